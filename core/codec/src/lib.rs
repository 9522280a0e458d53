//! What pixels are in bytes: lossless codes of a rectangle of a screen, for pipes that are slower than memory, and the
//! planes that decoders of video make.
//!
//! [`encode`] and [`decode`] are each other's inverse. Pixels are `u32`s that lie in memory as red, green, blue, 255,
//! row by row without gaps. The bytes of each code are described where it lives; docs/codec.md describes them for other
//! languages.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "encode")]
extern crate alloc;

#[cfg(feature = "encode")]
mod budget;
mod error;
mod lz;
mod packed;
mod palette;
mod pixel;
pub mod planar;
mod predict;
mod reader;
#[cfg(feature = "encode")]
mod runs;

#[cfg(feature = "encode")]
use alloc::vec::Vec;

pub use error::Error;
pub use packed::RGB_BYTES;

/// A way to write a rectangle in fewer bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// A few colours, and which of them each pixel has: small icons, dithering, what is busy without many colours.
    Palette,
    /// Runs, recent colours and differences to the left: most of a screen, and photographs.
    Predict,
    /// Repeats from anywhere before: text in which the same letters recur.
    Lz,
    /// Every pixel without its fourth byte: whatever nothing shorter is worth while for.
    Packed,
}

impl Code {
    /// All of them; each lies where its number says.
    pub const ALL: [Self; 4] = [Self::Palette, Self::Predict, Self::Lz, Self::Packed];

    /// What stands for it among the codes, from 0.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The code of this number, if there is one.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// Appends the code of `pixels`, in rows of `width`, to `out`, and gives up where it would be more than `limit` bytes,
/// or is on the way there, or cannot be written in this code: then it returns `false`, and what was appended means
/// nothing.
///
/// The fourth byte of every pixel is to be 255: it is not coded, and comes out as that. Pixels that are not whole rows
/// are given up.
#[cfg(feature = "encode")]
pub fn encode(code: Code, pixels: &[u32], width: usize, limit: usize, out: &mut Vec<u8>) -> bool {
    if !is_rectangle(pixels, width) {
        return false;
    }
    let budget = budget::Budget::new(limit, pixels.len(), out);
    match code {
        Code::Palette => palette::encode(pixels, &budget, out),
        Code::Predict => predict::encode(pixels, width, &budget, out),
        Code::Lz => lz::encode(pixels, width, &budget, out),
        Code::Packed => packed::encode(pixels, &budget, out),
    }
}

/// Fills `pixels`, rows of `width`, with what `bytes` say. After an error they hold something of both.
///
/// # Errors
/// Where `bytes` are not the code of exactly so many pixels.
pub fn decode(code: Code, bytes: &[u8], width: usize, pixels: &mut [u32]) -> Result<(), Error> {
    if !is_rectangle(pixels, width) {
        return Err(Error::Rectangle);
    }
    let bytes = reader::Reader::new(bytes);
    match code {
        Code::Palette => palette::decode(bytes, pixels),
        Code::Predict => predict::decode(bytes, width, pixels),
        Code::Lz => lz::decode(bytes, pixels),
        Code::Packed => packed::decode(bytes, pixels),
    }
}

fn is_rectangle(pixels: &[u32], width: usize) -> bool {
    width > 0 && pixels.len().is_multiple_of(width)
}
