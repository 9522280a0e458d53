//! What the bytes of a picture mean as they come, by FFmpeg's names, and how they become a frame's packed pixels.

use std::fmt;
use std::str::FromStr;

use lanstream_core::frame::{PIXEL_BYTES, PixelFormat};
use lanstream_core::geometry::Size;

pub(crate) mod yuv;

use yuv::{Chroma, Matrix, Range, Yuv};

/// How pixels come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pixels {
    /// Red, green and blue of a pixel side by side.
    Packed(Packed),
    /// Luma and chroma, each in a plane of its own.
    Yuv(Yuv),
}

/// Where red, green and blue stand among the bytes of a pixel. Alpha is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed {
    name: &'static str,
    bytes: usize,
    red: usize,
    green: usize,
    blue: usize,
}

const fn packed(name: &'static str, bytes: usize, [red, green, blue]: [usize; 3]) -> Packed {
    Packed { name, bytes, red, green, blue }
}

const PACKED: [Packed; 11] = [
    packed("rgb0", 4, [0, 1, 2]),
    packed("rgba", 4, [0, 1, 2]),
    packed("bgr0", 4, [2, 1, 0]),
    packed("bgra", 4, [2, 1, 0]),
    packed("rgb24", 3, [0, 1, 2]),
    packed("bgr24", 3, [2, 1, 0]),
    packed("0rgb", 4, [1, 2, 3]),
    packed("argb", 4, [1, 2, 3]),
    packed("0bgr", 4, [3, 2, 1]),
    packed("abgr", 4, [3, 2, 1]),
    packed("gray", 1, [0, 0, 0]),
];

/// Planar formats with the matrix open; those whose names have a `j` have the full range.
const PLANAR: [(&str, Chroma, Range); 8] = [
    ("yuv420p", Chroma::C420, Range::Limited),
    ("yuv422p", Chroma::C422, Range::Limited),
    ("yuv444p", Chroma::C444, Range::Limited),
    ("yuv411p", Chroma::C411, Range::Limited),
    ("nv12", Chroma::Nv12, Range::Limited),
    ("yuvj420p", Chroma::C420, Range::Full),
    ("yuvj422p", Chroma::C422, Range::Full),
    ("yuvj444p", Chroma::C444, Range::Full),
];

impl Pixels {
    /// What FFmpeg is asked for: a frame's own layout, which viewers take without a further change.
    pub const RGB0: Self = Self::Packed(PACKED[0]);

    /// Bytes of one picture.
    pub fn bytes(self, size: Size) -> usize {
        match self {
            Self::Packed(packed) => size.area() * packed.bytes,
            Self::Yuv(yuv) => yuv.bytes(size),
        }
    }

    /// The same with the chosen matrix, or else with the one that its size suggests.
    #[must_use]
    pub fn with_matrix(self, matrix: Option<Matrix>, size: Size) -> Self {
        match self {
            Self::Yuv(yuv) => {
                Self::Yuv(Yuv { matrix: matrix.unwrap_or_else(|| Matrix::guessed(size)), ..yuv })
            }
            packed @ Self::Packed(_) => packed,
        }
    }

    /// What a frame of them is once [`convert`](Self::convert) has seen it.
    pub(crate) fn format(self) -> PixelFormat {
        match self {
            Self::Packed(Packed { bytes: PIXEL_BYTES, red: 2, green: 1, blue: 0, .. }) => PixelFormat::Bgrx8,
            _ => PixelFormat::Rgbx8,
        }
    }

    /// Whether the bytes are a frame's own as they come.
    pub(crate) fn is_frame(self) -> bool {
        matches!(self, Self::Packed(Packed { bytes: PIXEL_BYTES, green: 1, .. }))
    }

    /// Writes what a picture's bytes show, as packed pixels of [`format`](Self::format).
    pub(crate) fn convert(self, size: Size, bytes: &[u8], frame: &mut [u8]) {
        match self {
            Self::Packed(packed) => packed.convert(bytes, frame),
            Self::Yuv(yuv) => yuv.convert(size, bytes, frame),
        }
    }
}

impl Packed {
    fn convert(self, bytes: &[u8], frame: &mut [u8]) {
        let Self { red, green, blue, .. } = self;
        for (pixel, from) in
            frame.as_chunks_mut::<PIXEL_BYTES>().0.iter_mut().zip(bytes.chunks_exact(self.bytes))
        {
            *pixel = [from[red], from[green], from[blue], 255];
        }
    }
}

impl fmt::Display for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Packed(packed) => f.write_str(packed.name),
            Self::Yuv(yuv) => {
                let known =
                    PLANAR.iter().find(|(_, chroma, range)| (yuv.chroma, yuv.range) == (*chroma, *range));
                f.write_str(known.map_or("YUV", |(name, ..)| name))
            }
        }
    }
}

impl FromStr for Pixels {
    type Err = UnknownPixels;

    fn from_str(name: &str) -> Result<Self, UnknownPixels> {
        if let Some(packed) = PACKED.iter().find(|packed| packed.name == name) {
            return Ok(Self::Packed(*packed));
        }
        let planar = PLANAR.iter().find(|(known, ..)| *known == name);
        let (_, chroma, range) = *planar.ok_or(UnknownPixels)?;
        Ok(Self::Yuv(Yuv { chroma, matrix: Matrix::Bt601, range }))
    }
}

/// A name that stands for no format that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownPixels;

impl fmt::Display for UnknownPixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = PACKED.iter().map(|packed| packed.name).chain(PLANAR.iter().map(|(name, ..)| *name));
        write!(f, "formats are {}", names.collect::<Vec<_>>().join(", "))
    }
}

impl std::error::Error for UnknownPixels {}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { width: 3, height: 1 };

    #[test]
    fn every_name_is_read_and_said() {
        for name in PACKED.iter().map(|packed| packed.name).chain(PLANAR.iter().map(|(name, ..)| *name)) {
            assert_eq!(name.parse::<Pixels>().unwrap().to_string(), name);
        }
        assert!("yuv420p10le".parse::<Pixels>().unwrap_err().to_string().contains("rgb24, bgr24"));
    }

    #[test]
    fn packed_pixels_stay_what_they_are() {
        for packed in PACKED {
            let pixels = Pixels::Packed(packed);
            let bytes: Vec<u8> = (1..).take(pixels.bytes(SIZE)).collect();
            let mut frame = [0; 12];
            if pixels.is_frame() {
                frame.copy_from_slice(&bytes);
            } else {
                pixels.convert(SIZE, &bytes, &mut frame);
            }
            for (index, pixel) in frame.as_chunks::<4>().0.iter().enumerate() {
                let at = |offset| bytes[index * packed.bytes + offset];
                let [first, second, third, _] = *pixel;
                let wanted = [at(packed.red), at(packed.green), at(packed.blue)];
                match pixels.format() {
                    PixelFormat::Rgbx8 => assert_eq!([first, second, third], wanted, "{pixels}"),
                    _ => assert_eq!([third, second, first], wanted, "{pixels}"),
                }
            }
        }
    }
}
