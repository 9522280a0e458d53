//! What can be wrong with a code.

/// Why bytes are no code of a rectangle of this size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// They end before the last pixel.
    Short,
    /// A run or a repeat goes beyond the last pixel.
    Beyond,
    /// Bytes are left after the last pixel.
    Left,
    /// A token that there is none of.
    Token,
    /// A colour that is not in the palette, or a palette of a size that there is none of.
    Colour,
    /// A repeat of what would be before the first pixel.
    Before,
    /// The pixels to be filled are not whole rows.
    Rectangle,
}

impl Error {
    /// What stands for it where only a number can be told, from 1.
    pub fn number(self) -> u32 {
        self as u32 + 1
    }
}

impl core::fmt::Display for Error {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Short => "the code ends before the pixels do",
            Self::Beyond => "a run goes beyond the last pixel",
            Self::Left => "bytes are left after the last pixel",
            Self::Token => "a token has no meaning",
            Self::Colour => "a colour is not in the palette",
            Self::Before => "a repeat reaches before the first pixel",
            Self::Rectangle => "the pixels are not whole rows",
        })
    }
}

impl core::error::Error for Error {}
