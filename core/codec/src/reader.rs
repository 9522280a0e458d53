//! Bytes that may be anything, read from the front.

use crate::Error;
use crate::pixel::pixel;

/// The bytes of a number: seven bits each, so that this is more pixels than any rectangle has.
const NUMBER_BYTES_MAX: u32 = 4;

/// What is left of a code.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    #[inline]
    pub(crate) fn byte(&mut self) -> Result<u8, Error> {
        let (first, rest) = self.0.split_first().ok_or(Error::Short)?;
        self.0 = rest;
        Ok(*first)
    }

    #[inline]
    pub(crate) fn bytes(&mut self, bytes: usize) -> Result<&'a [u8], Error> {
        let (first, rest) = self.0.split_at_checked(bytes).ok_or(Error::Short)?;
        self.0 = rest;
        Ok(first)
    }

    /// Red, green and blue.
    #[inline]
    pub(crate) fn pixel(&mut self) -> Result<u32, Error> {
        let ([red, green, blue], rest) = self.0.split_first_chunk().ok_or(Error::Short)?;
        self.0 = rest;
        Ok(pixel([*red, *green, *blue]))
    }

    /// A number of seven bits a byte, low ones first; the eighth says that there are more.
    pub(crate) fn number(&mut self) -> Result<usize, Error> {
        let mut number = 0_u32;
        for shift in (0..NUMBER_BYTES_MAX).map(|byte| byte * 7) {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number as usize);
            }
        }
        Err(Error::Beyond)
    }

    pub(crate) fn end(&self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Left) }
    }
}

/// Appends a number as [`Reader::number`] reads it.
#[cfg(feature = "encode")]
pub(crate) fn extend_number(out: &mut alloc::vec::Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(low_byte(number) | 0x80);
        number >>= 7;
    }
    out.push(low_byte(number));
}

/// The number's lowest eight bits.
#[cfg(feature = "encode")]
fn low_byte(number: usize) -> u8 {
    number.to_le_bytes()[0]
}
