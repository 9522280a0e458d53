//! Pictures with alpha, which says how much of a pixel is seen: they are shown over black, so that no colour shows that
//! is hidden.
//!
//! With alpha `a` of at most `m` a red, green or blue `c` becomes `c * a / m`, a luma `black + (c - black) * a / m` and
//! a chroma `neutral + (c - neutral) * a / m` with the mean of its block's alphas, each rounded to the nearest whole
//! number.

use lanstream_core::planar::{Chroma, Depth, Matrix, Planar, Range};
use lanstream_core::{PIXEL_BYTES, Size};

use super::Packed;

/// A format with alpha.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Veiled {
    pub(super) name: &'static str,
    pub(super) colours: Colours,
}

/// What it has besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colours {
    /// Side by side, with alpha at this byte of a pixel.
    Packed(Packed, usize),
    /// In planes, with alpha in a plane after them.
    Planar(Planar),
}

/// Formats side by side: their name, and at which of so many bytes red, green, blue and alpha are.
const PACKED: [(&str, usize, [usize; 4]); 5] = [
    ("rgba", 4, [0, 1, 2, 3]),
    ("bgra", 4, [2, 1, 0, 3]),
    ("argb", 4, [1, 2, 3, 0]),
    ("abgr", 4, [3, 2, 1, 0]),
    ("ya8", 2, [0, 0, 0, 1]),
];

/// Formats in planes.
const PLANAR: [(&str, Chroma, Depth); 11] = [
    ("yuva420p", Chroma::C420, Depth::Eight),
    ("yuva422p", Chroma::C422, Depth::Eight),
    ("yuva444p", Chroma::C444, Depth::Eight),
    ("yuva420p10le", Chroma::C420, Depth::Ten),
    ("yuva422p10le", Chroma::C422, Depth::Ten),
    ("yuva444p10le", Chroma::C444, Depth::Ten),
    ("yuva422p12le", Chroma::C422, Depth::Twelve),
    ("yuva444p12le", Chroma::C444, Depth::Twelve),
    ("gbrap", Chroma::C444, Depth::Eight),
    ("gbrap10le", Chroma::C444, Depth::Ten),
    ("gbrap12le", Chroma::C444, Depth::Twelve),
];

impl Veiled {
    /// FFmpeg's names of all of them.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        PACKED.iter().map(|(name, ..)| *name).chain(PLANAR.iter().map(|(name, ..)| *name))
    }

    /// By FFmpeg's name, with the range and matrix of what says nothing of them.
    pub(super) fn of(name: &str) -> Option<Self> {
        if let Some((name, bytes, [red, green, blue, alpha])) =
            PACKED.iter().find(|(known, ..)| *known == name)
        {
            let packed = Packed { name, bytes: *bytes, red: *red, green: *green, blue: *blue };
            return Some(Self { name, colours: Colours::Packed(packed, *alpha) });
        }
        let (name, chroma, depth) = *PLANAR.iter().find(|(known, ..)| *known == name)?;
        let (matrix, range) = if name.starts_with("gbr") {
            (Matrix::Identity, Range::Full)
        } else {
            (Matrix::Bt601, Range::Limited)
        };
        Some(Self { name, colours: Colours::Planar(Planar { chroma, depth, matrix, range }) })
    }

    /// Bytes of a picture.
    pub(super) fn bytes(self, size: Size) -> usize {
        match self.colours {
            Colours::Packed(packed, _) => size.area() * packed.bytes,
            Colours::Planar(planar) => {
                planar.bytes(size.width as usize, size.height as usize)
                    + size.area() * sample_bytes(planar.depth)
            }
        }
    }

    /// Whether its bytes are a frame's as they come, but for what is hidden.
    pub(super) fn is_frame(self) -> bool {
        matches!(self.colours, Colours::Packed(Packed { bytes: PIXEL_BYTES, green: 1, .. }, _))
    }

    /// Hides what is hidden where its bytes are a frame's. Returns whether anything is.
    pub(super) fn hide(self, frame: &mut [u8]) -> bool {
        let Colours::Packed(_, alpha) = self.colours else { return false };
        let pixels = frame.as_chunks_mut::<PIXEL_BYTES>().0;
        // All of them without a branch, which the compiler does for many at a time.
        let common = pixels.iter().fold(u32::MAX, |common, pixel| common & u32::from_le_bytes(*pixel));
        if common.to_le_bytes()[alpha] == u8::MAX {
            return false;
        }
        for pixel in pixels {
            let seen = i32::from(pixel[alpha]);
            *pixel = pixel.map(|colour| faded_byte(colour, seen));
        }
        true
    }

    /// Makes a frame of its bytes. Returns whether any of it is hidden.
    pub(super) fn convert(self, size: Size, bytes: &[u8], frame: &mut [u8]) -> bool {
        match self.colours {
            Colours::Packed(packed, alpha) => convert_packed(packed, alpha, bytes, frame),
            Colours::Planar(planar) if planar.depth == Depth::Eight => {
                convert_planar::<1>(planar, size, bytes, frame)
            }
            Colours::Planar(planar) => convert_planar::<2>(planar, size, bytes, frame),
        }
    }
}

fn sample_bytes(depth: Depth) -> usize {
    if depth == Depth::Eight { 1 } else { 2 }
}

/// A sample of which so many of `max` parts are seen, the rest being `black`.
fn faded(sample: i32, black: i32, seen: i32, max: i32) -> i32 {
    black + (2 * (sample - black) * seen + max).div_euclid(2 * max)
}

/// A colour of which so many of 255 parts are seen, the rest being black.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it lies between black and the colour"
)]
fn faded_byte(colour: u8, seen: i32) -> u8 {
    faded(i32::from(colour), 0, seen, 255) as u8
}

fn convert_packed(packed: Packed, alpha: usize, bytes: &[u8], frame: &mut [u8]) -> bool {
    let mut is_hidden = false;
    let pixels = frame.as_chunks_mut::<PIXEL_BYTES>().0.iter_mut();
    for (pixel, from) in pixels.zip(bytes.chunks_exact(packed.bytes)) {
        let seen = i32::from(from[alpha]);
        is_hidden |= seen < 255;
        let colour = |at: usize| faded_byte(from[at], seen);
        *pixel = [colour(packed.red), colour(packed.green), colour(packed.blue), 255];
    }
    is_hidden
}

/// With samples of so many bytes.
fn convert_planar<const BYTES: usize>(planar: Planar, size: Size, bytes: &[u8], frame: &mut [u8]) -> bool {
    let (width, height) = (size.width as usize, size.height as usize);
    let (planes, alpha) = bytes.split_at(planar.bytes(width, height));
    frame[..planes.len()].copy_from_slice(planes);
    let max = (1 << planar.depth.bits()) - 1;
    let seen = |index: usize| sample::<BYTES>(alpha, index) & max;
    if (0..width * height).all(|index| seen(index) == max) {
        return false;
    }
    let numbers = planar.numbers();
    let neutral = if planar.matrix == Matrix::Identity { numbers.black } else { numbers.neutral };
    for index in 0..width * height {
        put::<BYTES>(
            frame,
            index,
            faded(sample::<BYTES>(planes, index) & max, numbers.black, seen(index), max),
        );
    }
    let (across, down) = planar.chroma.block();
    let (columns, rows) = (width.div_ceil(across.max(1)), height.div_ceil(down.max(1)));
    for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
        let lines = row * down..((row + 1) * down).min(height);
        let block = lines
            .flat_map(|y| (column * across..((column + 1) * across).min(width)).map(move |x| y * width + x));
        let (sum, count) = block.fold((0, 0), |(sum, count), index| (sum + seen(index), count + 1));
        for plane in 0..2 {
            let index = width * height + (plane * rows + row) * columns + column;
            let own = sample::<BYTES>(planes, index) & max;
            put::<BYTES>(frame, index, faded(own, neutral, sum, count * max));
        }
    }
    true
}

fn sample<const BYTES: usize>(plane: &[u8], index: usize) -> i32 {
    let low = i32::from(plane[index * BYTES]);
    if BYTES == 1 { low } else { low | i32::from(plane[index * BYTES + 1]) << 8 }
}

fn put<const BYTES: usize>(plane: &mut [u8], index: usize, value: i32) {
    plane[index * BYTES..][..BYTES].copy_from_slice(&value.to_le_bytes()[..BYTES]);
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { width: 3, height: 1 };

    fn shown(name: &str, bytes: &[u8], frame_bytes: usize) -> (Vec<u8>, bool) {
        let veiled = Veiled::of(name).unwrap();
        assert_eq!(veiled.bytes(SIZE), bytes.len());
        let mut frame = vec![0; frame_bytes];
        if veiled.is_frame() {
            frame.copy_from_slice(bytes);
            let is_hidden = veiled.hide(&mut frame);
            return (frame, is_hidden);
        }
        let is_hidden = veiled.convert(SIZE, bytes, &mut frame);
        (frame, is_hidden)
    }

    #[test]
    fn colours_side_by_side_are_as_much_as_is_seen() {
        let pixels = [[255, 0, 0, 0], [0, 0, 255, 128], [10, 20, 30, 255]];
        for (name, order) in
            [("rgba", [0, 1, 2, 3]), ("bgra", [2, 1, 0, 3]), ("argb", [3, 0, 1, 2]), ("abgr", [3, 2, 1, 0])]
        {
            let bytes: Vec<u8> = pixels.iter().flat_map(|pixel| order.map(|from| pixel[from])).collect();
            let (frame, is_hidden) = shown(name, &bytes, 12);
            let [red, blue] = if name == "bgra" { [2, 0] } else { [0, 2] };
            let rgb: Vec<_> = frame.chunks(4).map(|pixel| [pixel[red], pixel[1], pixel[blue]]).collect();
            assert_eq!(rgb, [[0, 0, 0], [0, 0, 128], [10, 20, 30]], "{name}");
            assert!(is_hidden);
        }
        assert_eq!(
            shown("ya8", &[200, 255, 200, 0, 200, 51], 12).0,
            [200, 200, 200, 255, 0, 0, 0, 255, 40, 40, 40, 255]
        );
        let opaque = [1, 2, 3, 255, 4, 5, 6, 255, 7, 8, 9, 255];
        assert_eq!(shown("rgba", &opaque, 12), (opaque.to_vec(), false));
    }

    #[test]
    fn planes_are_as_much_as_is_seen() {
        let (frame, is_hidden) = shown("yuva420p", &[235, 235, 16, 240, 100, 16, 200, 0, 255, 255], 7);
        assert_eq!((frame, is_hidden), (vec![16, 235, 16, 184, 100, 72, 200], true));
        let opaque = [200, 100, 50, 1, 2, 3, 4, 255, 255, 255];
        assert_eq!(shown("yuva420p", &opaque, 7), (opaque[..7].to_vec(), false));
        let gbr = [255, 255, 255, 10, 20, 30, 0, 0, 1, 255, 0, 255];
        assert_eq!(shown("gbrap", &gbr, 9).0, [255, 0, 255, 10, 0, 30, 0, 0, 1]);
        let ten: Vec<u8> = [940, 940, 64, 512, 960, 512, 512, 512, 512, 1023, 0, 0]
            .into_iter()
            .flat_map(u16::to_le_bytes)
            .collect();
        let wanted: Vec<u8> =
            [940, 64, 64, 512, 512, 512, 512, 512, 512].into_iter().flat_map(u16::to_le_bytes).collect();
        assert_eq!(shown("yuva444p10le", &ten, 18).0, wanted);
    }
}
