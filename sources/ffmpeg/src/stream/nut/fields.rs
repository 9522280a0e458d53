//! The fields that NUT's headers are made of: numbers of seven bits a byte, runs of bytes, packet heads.

use super::CHECKSUM_FROM;

/// Bytes that are read from the front. `None` says that they end too early.
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Bytes that are not read yet.
    pub(super) fn left(&self) -> usize {
        self.0.len()
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(super) fn skip(&mut self, len: usize) -> Option<&'a [u8]> {
        let (skipped, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(skipped)
    }

    /// `v`: seven bits a byte, the highest first; what does not fit 64 bits loses its top.
    pub(super) fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        loop {
            let byte = self.byte()?;
            value = value << 7 | u64::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
    }

    /// `v` where there is one: `Some(None)` where there isn't.
    pub(super) fn varint_if(&mut self, present: bool) -> Option<Option<u64>> {
        if present { self.varint().map(Some) } else { Some(None) }
    }

    /// `s`: 0, 1, -1, 2, -2, … as 0, 1, 2, 3, 4, …
    pub(super) fn signed(&mut self) -> Option<i64> {
        let value = self.varint()?.wrapping_add(1);
        let half = (value >> 1).cast_signed();
        Some(if value & 1 == 1 { -half } else { half })
    }

    /// `vb`: a length and so many bytes.
    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.varint()?).ok()?;
        self.skip(len)
    }

    /// A packet's start code, and how many bytes come after its head, its checksum among them.
    pub(super) fn packet_head(&mut self) -> Option<(u64, u64)> {
        let code = u64::from_be_bytes(*self.skip(size_of::<u64>())?.first_chunk()?);
        let len = self.varint()?;
        if len > CHECKSUM_FROM {
            self.skip(size_of::<u32>())?;
        }
        Some((code, len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_the_format_has_them() {
        assert_eq!(Fields::new(&[0x81, 0x70]).varint(), Some(240));
        assert_eq!(Fields::new(&[0x81]).varint(), None);
        assert_eq!(Fields::new(&[0xff; 40]).varint(), None);
        let signed: Vec<_> = (0..5).map(|byte| Fields::new(&[byte]).signed()).collect();
        assert_eq!(signed, [Some(0), Some(1), Some(-1), Some(2), Some(-2)]);
    }

    #[test]
    fn bytes_that_are_not_there() {
        assert_eq!(Fields::new(&[3, 1, 2]).bytes(), None);
        assert_eq!(Fields::new(&[2, 1, 2]).bytes(), Some(&[1, 2][..]));
    }
}
