//! From luma and chroma to red, green and blue, in whole numbers, so that every implementation of it has the same pixels.
//!
//! For samples Y, U, V of 8 bits, with the numbers of a matrix and a range (all of them 2^16 times the real ones):
//!
//! ```text
//! y = luma * (Y - black) + 2^15          black = 16 in the limited range, 0 in the full one
//! R = clamp((y                        + red_v  * (V - 128)) >> 16)
//! G = clamp((y - green_u * (U - 128) - green_v * (V - 128)) >> 16)
//! B = clamp((y + blue_u  * (U - 128)                      ) >> 16)
//! ```
//!
//! `>>` rounds down and `clamp` is to 0 to 255; no sum leaves 32 bits. A sample of chroma stands for all pixels of its
//! block, and is not interpolated: a pixel follows from three samples. A last row or column of blocks may be cut off.

use lanstream_core::frame::PIXEL_BYTES;
use lanstream_core::geometry::Size;

/// What the three planes mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Yuv {
    /// Which pixels share a sample of chroma.
    pub chroma: Chroma,
    /// How luma and chroma were made.
    pub matrix: Matrix,
    /// Which numbers stand for black and white.
    pub range: Range,
}

/// Which pixels share a sample of chroma, and how samples lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chroma {
    /// Two by two pixels.
    C420,
    /// Two pixels side by side.
    C422,
    /// Four pixels side by side.
    C411,
    /// None do.
    C444,
    /// Two by two pixels, U and V by turns in one plane.
    Nv12,
    /// There is no chroma.
    Mono,
}

/// How luma and chroma follow from red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matrix {
    /// ITU-R BT.601, of standard definition.
    Bt601,
    /// ITU-R BT.709, of high definition.
    Bt709,
}

/// Which numbers stand for black and white.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Range {
    /// Luma from 16 to 235, chroma from 16 to 240.
    #[default]
    Limited,
    /// From 0 to 255.
    Full,
}

/// The formula's numbers.
#[derive(Clone, Copy, Debug)]
struct Numbers {
    black: i32,
    luma: i32,
    red_v: i32,
    green_u: i32,
    green_v: i32,
    blue_u: i32,
}

/// What a sample of chroma adds to the three colours.
#[derive(Clone, Copy)]
struct Tint {
    red: i32,
    green: i32,
    blue: i32,
}

const HALF: i32 = 1 << 15;
const SHIFT: u32 = 16;
/// The sample that says "no colour".
const NEUTRAL: u8 = 128;

impl Matrix {
    /// What a stream of this size most likely has that says nothing: by common practice BT.709 from 1280 pixels in a row or
    /// 577 rows on.
    pub fn guessed(size: Size) -> Self {
        if size.width >= 1280 || size.height > 576 { Self::Bt709 } else { Self::Bt601 }
    }
}

impl Chroma {
    /// Pixels that share a sample, across and down; 0 where there is none.
    fn block(self) -> (usize, usize) {
        match self {
            Self::C420 | Self::Nv12 => (2, 2),
            Self::C422 => (2, 1),
            Self::C411 => (4, 1),
            Self::C444 => (1, 1),
            Self::Mono => (0, 0),
        }
    }
}

impl Yuv {
    /// Bytes of a picture: sizes that blocks don't divide have blocks that are cut off.
    pub(crate) fn bytes(self, size: Size) -> usize {
        let (width, height) = self.chroma_size(size);
        size.area() + 2 * width * height
    }

    /// Samples of U or V in a row, and their rows.
    fn chroma_size(self, size: Size) -> (usize, usize) {
        match self.chroma.block() {
            (0, _) => (0, 0),
            (across, down) => ((size.width as usize).div_ceil(across), (size.height as usize).div_ceil(down)),
        }
    }

    /// Writes red, green, blue, 255 for each pixel.
    ///
    /// # Panics
    /// Where either slice is shorter than `size` says.
    pub(crate) fn convert(self, size: Size, bytes: &[u8], frame: &mut [u8]) {
        let numbers = self.numbers();
        let width = size.width as usize;
        let (luma, chroma) = bytes.split_at(size.area());
        let rows = frame.chunks_exact_mut(width * PIXEL_BYTES).zip(luma.chunks_exact(width));
        for (y, (row, luma)) in rows.take(size.height as usize).enumerate() {
            self.convert_row(numbers, size, (y, luma), chroma, row.as_chunks_mut().0);
        }
    }

    fn convert_row(
        self,
        numbers: Numbers,
        size: Size,
        (y, luma): (usize, &[u8]),
        chroma: &[u8],
        row: &mut [[u8; PIXEL_BYTES]],
    ) {
        let (width, height) = self.chroma_size(size);
        let (across, down) = self.chroma.block();
        if self.chroma == Chroma::Mono {
            return numbers.paint(row, luma, numbers.tint(NEUTRAL, NEUTRAL));
        }
        let start = y / down * width;
        let blocks = row.chunks_mut(across).zip(luma.chunks(across));
        if self.chroma == Chroma::Nv12 {
            let samples = chroma[2 * start..][..2 * width].as_chunks::<2>().0;
            return blocks
                .zip(samples)
                .for_each(|((row, luma), [u, v])| numbers.paint(row, luma, numbers.tint(*u, *v)));
        }
        let (u, v) = chroma.split_at(width * height);
        let samples = u[start..][..width].iter().zip(&v[start..][..width]);
        for ((row, luma), (u, v)) in blocks.zip(samples) {
            numbers.paint(row, luma, numbers.tint(*u, *v));
        }
    }

    /// 2^16 times the real numbers of the standards, rounded.
    fn numbers(self) -> Numbers {
        let (black, luma) = match self.range {
            Range::Limited => (16, 76_309),
            Range::Full => (0, 65_536),
        };
        let [red_v, green_u, green_v, blue_u] = match (self.matrix, self.range) {
            (Matrix::Bt601, Range::Limited) => [104_597, 25_675, 53_279, 132_201],
            (Matrix::Bt601, Range::Full) => [91_881, 22_554, 46_802, 116_130],
            (Matrix::Bt709, Range::Limited) => [117_489, 13_975, 34_925, 138_438],
            (Matrix::Bt709, Range::Full) => [103_206, 12_276, 30_679, 121_609],
        };
        Numbers { black, luma, red_v, green_u, green_v, blue_u }
    }
}

impl Numbers {
    #[inline(always)]
    fn tint(self, u: u8, v: u8) -> Tint {
        let (u, v) = (i32::from(u) - i32::from(NEUTRAL), i32::from(v) - i32::from(NEUTRAL));
        let green = -self.green_u * u - self.green_v * v;
        Tint { red: self.red_v * v, green, blue: self.blue_u * u }
    }

    #[inline(always)]
    fn paint(self, row: &mut [[u8; PIXEL_BYTES]], luma: &[u8], tint: Tint) {
        for (pixel, luma) in row.iter_mut().zip(luma) {
            let luma = (i32::from(*luma) - self.black) * self.luma + HALF;
            let channel = |tint: i32| ((luma + tint) >> SHIFT).clamp(0, 255) as u8;
            *pixel = [channel(tint.red), channel(tint.green), channel(tint.blue), 255];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: [(Matrix, Range); 4] = [
        (Matrix::Bt601, Range::Limited),
        (Matrix::Bt601, Range::Full),
        (Matrix::Bt709, Range::Limited),
        (Matrix::Bt709, Range::Full),
    ];

    /// What the standards say, in real numbers.
    fn exact(matrix: Matrix, range: Range, [y, u, v]: [u8; 3]) -> [f64; 3] {
        let (red, blue) = match matrix {
            Matrix::Bt601 => (0.299, 0.114),
            Matrix::Bt709 => (0.2126, 0.0722),
        };
        let (black, luma, chroma) = match range {
            Range::Limited => (16.0, 219.0, 224.0),
            Range::Full => (0.0, 255.0, 255.0),
        };
        let y = (f64::from(y) - black) / luma;
        let (u, v) = ((f64::from(u) - 128.0) / chroma, (f64::from(v) - 128.0) / chroma);
        let (r, b) = (y + 2.0 * (1.0 - red) * v, y + 2.0 * (1.0 - blue) * u);
        let g = (y - red * r - blue * b) / (1.0 - red - blue);
        [r, g, b].map(|colour| (colour * 255.0).clamp(0.0, 255.0))
    }

    #[test]
    fn every_sample_is_as_the_standards_say_rounded() {
        let pixel = Size { width: 1, height: 1 };
        for (matrix, range) in EVERY {
            let yuv = Yuv { chroma: Chroma::C444, matrix, range };
            for sample in 0..1 << 18 {
                let [y, u, v] =
                    [sample & 63, sample >> 6 & 63, sample >> 12].map(|part| (part * 4 + sample % 4) as u8);
                let mut frame = [0; 4];
                yuv.convert(pixel, &[y, u, v], &mut frame);
                for (own, exact) in frame.iter().zip(exact(matrix, range, [y, u, v])) {
                    // Half for the rounding, and what 2^-16 of each number leaves.
                    assert!((f64::from(*own) - exact).abs() <= 0.51, "{frame:?} for {:?}", [y, u, v]);
                }
            }
        }
    }

    #[test]
    fn pixels_share_the_chroma_of_their_block() {
        let size = Size { width: 3, height: 3 };
        let luma = [126_u8; 9];
        for (chroma, across, down) in [
            (Chroma::C420, 2, 2),
            (Chroma::C422, 2, 1),
            (Chroma::C444, 1, 1),
            (Chroma::C411, 4, 1),
            (Chroma::Nv12, 2, 2),
        ] {
            let yuv = Yuv { chroma, matrix: Matrix::Bt601, range: Range::Limited };
            let (width, height) = (3_usize.div_ceil(across), 3_usize.div_ceil(down));
            let u: Vec<u8> = (0..width * height).map(|index| 100 + 5 * index as u8).collect();
            let v: Vec<u8> = u.iter().map(|sample| 250 - sample).collect();
            let samples = match chroma {
                Chroma::Nv12 => u.iter().zip(&v).flat_map(|(u, v)| [*u, *v]).collect(),
                _ => [u.clone(), v.clone()].concat(),
            };
            let bytes = [luma.to_vec(), samples].concat();
            assert_eq!(yuv.bytes(size), bytes.len());
            let mut frame = vec![0; 36];
            yuv.convert(size, &bytes, &mut frame);
            for (index, pixel) in frame.as_chunks::<4>().0.iter().enumerate() {
                let block = index / 3 / down * width + index % 3 / across;
                let mut wanted = [0; 4];
                let alone = Yuv { chroma: Chroma::C444, ..yuv };
                alone.convert(Size { width: 1, height: 1 }, &[126, u[block], v[block]], &mut wanted);
                assert_eq!(*pixel, wanted, "{chroma:?} at {index}");
            }
        }
    }

    #[test]
    fn no_chroma_is_grey() {
        let yuv = Yuv { chroma: Chroma::Mono, matrix: Matrix::Bt709, range: Range::Limited };
        let mut frame = [0; 8];
        yuv.convert(Size { width: 2, height: 1 }, &[16, 235], &mut frame);
        assert_eq!(frame, [0, 0, 0, 255, 255, 255, 255, 255]);
    }
}
