//! Little-endian fields, read with bounds checks and written to a growing buffer.

use super::{HEADER_BYTES, ParseError};

/// Reads the fields of one body, front to back.
pub(super) struct Fields<'a> {
    kind: u8,
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn new(kind: u8, body: &'a [u8]) -> Self {
        Self { kind, rest: body }
    }

    pub(super) fn u8(&mut self) -> Result<u8, ParseError> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, ParseError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, ParseError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, ParseError> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn end(self) -> Result<(), ParseError> {
        if self.rest.is_empty() { Ok(()) } else { Err(ParseError::WrongLength(self.kind)) }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ParseError> {
        let (field, rest) = self.rest.split_first_chunk().ok_or(ParseError::WrongLength(self.kind))?;
        self.rest = rest;
        Ok(*field)
    }
}

/// The first message of some bytes.
pub(super) struct First<'a> {
    pub(super) kind: u8,
    pub(super) body: &'a [u8],
    /// Bytes that it takes in all.
    pub(super) taken: usize,
}

/// Splits the first message off `bytes`. Returns `None` if it is not all there.
pub(super) fn split(bytes: &[u8], body_max: usize) -> Result<Option<First<'_>>, ParseError> {
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER_BYTES>() else { return Ok(None) };
    let [a, b, c, d, kind, ..] = *header;
    let length = u32::from_le_bytes([a, b, c, d]) as usize;
    if length > body_max {
        return Err(ParseError::TooLong(length));
    }
    Ok(rest.get(..length).map(|body| First { kind, body, taken: HEADER_BYTES + length }))
}

/// Writes one message: `body` appends the body.
pub(super) fn message(out: &mut Vec<u8>, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0, 0, 0, 0, kind, 0, 0, 0]);
    body(out);
    let length = (out.len() - start - HEADER_BYTES) as u32;
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}
