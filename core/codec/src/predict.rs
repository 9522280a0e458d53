//! Runs, recent colours and differences: a row of tokens, each of which continues the pixels before it in reading
//! order.
//!
//! | first byte | then | pixels |
//! | --- | --- | --- |
//! | 00 iiiiii | | the recent colour in place i |
//! | 01 rrggbb | | left, each channel −2…1 |
//! | 10 gggggg | rrrrbbbb | left, green −32…31, red and blue −8…7 on top of that |
//! | 110 nnnnn | | n + 1 pixels as left |
//! | 1110 nnnn | | n + 1 pixels as above |
//! | 11110000 | n | n + 33 pixels as left |
//! | 11110001 | n | n + 17 pixels as above |
//! | 11110010 | red, green, blue | this pixel |
//!
//! n is of seven bits a byte, low ones first, the eighth says that there are more. Left of the first pixel and above
//! the first row all is black. A pixel that was not as left or above is kept as the recent colour of its place.

mod decode;
#[cfg(feature = "encode")]
mod encode;

pub(crate) use decode::decode;
#[cfg(feature = "encode")]
pub(crate) use encode::encode;

const INDEX: u8 = 0b0000_0000;
const DIFF: u8 = 0b0100_0000;
const LUMA: u8 = 0b1000_0000;
const LEFT: u8 = 0b1100_0000;
const ABOVE: u8 = 0b1110_0000;
const LEFT_LONG: u8 = 0b1111_0000;
const ABOVE_LONG: u8 = 0b1111_0001;
const PIXEL: u8 = 0b1111_0010;

/// Pixels of the longest run that one byte tells of.
const LEFT_SHORT_MAX: usize = 32;
const ABOVE_SHORT_MAX: usize = 16;
/// Places for recent colours.
const RECENT: usize = 64;
/// The place of a colour among the recent ones.
fn place(pixel: u32) -> u8 {
    // The top bits of a product depend on all bits of the pixel.
    (pixel.wrapping_mul(0x9E37_79B1) >> 26) as u8
}
