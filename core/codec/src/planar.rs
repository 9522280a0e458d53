//! Pictures in planes, as decoders of video have them: luma and chroma, or green, blue and red, each in a plane of its
//! own.
//!
//! A picture is one block of bytes: its planes one after the other, rows from the top, without gaps. Samples of more
//! than eight bits are two bytes, the lower first; what is above their bits means nothing. What a block shows is said
//! in whole numbers, so that every implementation of it has the same pixels. For samples Y, U, V of `bits` bits, with
//! `shift = 8 + bits` and the numbers of [`Planar::numbers`]:
//!
//! ```text
//! y = luma * (Y - black) + 2^(shift - 1)          neutral = 2^(bits - 1)
//! R = clamp((y                              + red_v  * (V - neutral)) >> shift)
//! G = clamp((y - green_u * (U - neutral)    - green_v * (V - neutral)) >> shift)
//! B = clamp((y + blue_u  * (U - neutral)                            ) >> shift)
//! ```
//!
//! `>>` rounds down and `clamp` is to 0 to 255; no sum leaves 32 bits. With [`Matrix::Identity`] the planes are green,
//! blue and red, each made a colour as `y` makes a grey. A sample of chroma stands for all pixels of its block, and is
//! not interpolated: a pixel follows from three samples. A last row or column of blocks may be cut off.

mod convert;
mod quad;
mod show;

pub use convert::COLUMNS;

/// What the planes of a picture mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planar {
    /// Which planes there are, and which pixels share a sample of chroma.
    pub chroma: Chroma,
    /// How fine a sample is.
    pub depth: Depth,
    /// How the planes were made.
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
    /// None do.
    C444,
    /// Four pixels side by side.
    C411,
    /// Two by two pixels, U and V by turns in one plane.
    Nv12,
    /// There is no chroma.
    Mono,
}

/// Bits of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// One byte.
    Eight,
    /// Two bytes, from 0 to 1023.
    Ten,
    /// Two bytes, from 0 to 4095.
    Twelve,
}

/// How the planes follow from red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matrix {
    /// They are green, blue and red.
    Identity,
    /// ITU-R BT.709, of high definition.
    Bt709,
    /// ITU-R BT.601, of standard definition.
    Bt601,
    /// ITU-R BT.2020, of ultra-high definition, without constant luminance.
    Bt2020,
}

/// Which numbers stand for black and white.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Range {
    /// Of eight bits: luma from 16 to 235, chroma from 16 to 240.
    #[default]
    Limited,
    /// All there are.
    Full,
}

/// The formula's numbers: all but `black` and `shift` are `2^shift` times the real ones, rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// The sample of luma that is black.
    pub black: i32,
    /// The sample of chroma that is no colour.
    pub neutral: i32,
    /// What a step of luma adds to each colour.
    pub luma: i32,
    /// What a step of V adds to red.
    pub red_v: i32,
    /// What a step of U takes from green.
    pub green_u: i32,
    /// What a step of V takes from green.
    pub green_v: i32,
    /// What a step of U adds to blue.
    pub blue_u: i32,
    /// Bits by which a sum is shifted to the right.
    pub shift: u32,
}

impl Chroma {
    /// All of them; each lies one before its number.
    pub const ALL: [Self; 6] = [Self::C420, Self::C422, Self::C444, Self::C411, Self::Nv12, Self::Mono];

    /// Its number on the wire, from 1.
    pub fn number(self) -> u8 {
        self as u8 + 1
    }

    /// The one of this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }

    /// Pixels that share a sample, across and down; 0 where there is none.
    pub fn block(self) -> (usize, usize) {
        match self {
            Self::C420 | Self::Nv12 => (2, 2),
            Self::C422 => (2, 1),
            Self::C411 => (4, 1),
            Self::C444 => (1, 1),
            Self::Mono => (0, 0),
        }
    }
}

impl Depth {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Eight, Self::Ten, Self::Twelve];

    /// Bits of a sample, which is its number on the wire.
    pub fn bits(self) -> u8 {
        match self {
            Self::Eight => 8,
            Self::Ten => 10,
            Self::Twelve => 12,
        }
    }

    /// The one of so many bits.
    pub fn from_bits(bits: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|depth| depth.bits() == bits)
    }

    /// Bytes of a sample.
    pub fn bytes(self) -> usize {
        if self == Self::Eight { 1 } else { 2 }
    }
}

impl Matrix {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Identity, Self::Bt709, Self::Bt601, Self::Bt2020];

    /// Its number on the wire, which is that of ITU-T H.273.
    pub fn number(self) -> u8 {
        match self {
            Self::Identity => 0,
            Self::Bt709 => 1,
            Self::Bt601 => 6,
            Self::Bt2020 => 9,
        }
    }

    /// The one of this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|matrix| matrix.number() == number)
    }

    /// The shares of red and blue in luma.
    const fn shares(self) -> (f64, f64) {
        match self {
            // It has no luma; these make grey of it.
            Self::Identity => (0.5, 0.5),
            Self::Bt709 => (0.2126, 0.0722),
            Self::Bt601 => (0.299, 0.114),
            Self::Bt2020 => (0.2627, 0.0593),
        }
    }
}

impl Range {
    /// Its number on the wire.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The one of this number.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Limited, Self::Full].into_iter().find(|range| range.number() == number)
    }
}

impl Planar {
    /// What stands for it on the wire: chroma, bits, matrix, range.
    pub fn to_wire(self) -> [u8; 4] {
        [self.chroma.number(), self.depth.bits(), self.matrix.number(), self.range.number()]
    }

    /// The one of these numbers.
    pub fn from_wire([chroma, bits, matrix, range]: [u8; 4]) -> Option<Self> {
        Some(Self {
            chroma: Chroma::from_number(chroma)?,
            depth: Depth::from_bits(bits)?,
            matrix: Matrix::from_number(matrix)?,
            range: Range::from_number(range)?,
        })
    }

    /// Bytes of a picture's block.
    pub fn bytes(self, width: usize, height: usize) -> usize {
        let (chroma_width, chroma_height) = self.chroma_size(width, height);
        (width * height + 2 * chroma_width * chroma_height) * self.depth.bytes()
    }

    /// Samples of U or V in a row, and their rows: sizes that blocks don't divide have blocks that are cut off.
    fn chroma_size(self, width: usize, height: usize) -> (usize, usize) {
        match self.chroma.block() {
            (0, _) => (0, 0),
            (across, down) => (width.div_ceil(across), height.div_ceil(down)),
        }
    }

    /// What the formula is calculated with.
    pub fn numbers(self) -> Numbers {
        let bits = u32::from(self.depth.bits());
        let shift = 8 + bits;
        let finer = f64::from(1_u32 << (bits - 8));
        let (black, luma_steps, chroma_steps) = match self.range {
            Range::Limited => (16 << (bits - 8), 219.0 * finer, 224.0 * finer),
            Range::Full => (0, 256.0 * finer - 1.0, 256.0 * finer - 1.0),
        };
        let (red, blue) = self.matrix.shares();
        let green = 1.0 - red - blue;
        let number = |real: f64, steps: f64| rounded(real * 255.0 / steps * f64::from(1_u32 << shift));
        let (to_red, to_blue) = (2.0 * (1.0 - red), 2.0 * (1.0 - blue));
        let chroma = |real: f64| if self.matrix == Matrix::Identity { 0 } else { number(real, chroma_steps) };
        Numbers {
            black,
            neutral: 1 << (bits - 1),
            luma: number(1.0, luma_steps),
            red_v: chroma(to_red),
            green_u: chroma(to_blue * blue / green),
            green_v: chroma(to_red * red / green),
            blue_u: chroma(to_blue),
            shift,
        }
    }
}

/// Of numbers that are not negative.
#[expect(clippy::cast_possible_truncation, reason = "no number of the formula takes 31 bits")]
fn rounded(real: f64) -> i32 {
    (real + 0.5) as i32
}
