//! Fields of messages, little-endian: read with bounds checks, written to a growing buffer.
//!
//! A [`Field`] has no name; a [`Record`] is a sequence of named fields. The macros `record!` and `messages!` make both
//! directions of one list of names.

use std::borrow::Cow;

use bytes::BufMut;

use super::{HEADER_BYTES, ParseError};

/// A value in a body.
pub(super) trait Field<'a>: Sized {
    fn read(body: &mut Body<'a>) -> Result<Self, FieldError>;
    fn write(&self, out: &mut impl BufMut);
}

/// Several fields, one after another.
pub(super) trait Record<'a>: Sized {
    fn read(body: &mut Body<'a>) -> Result<Self, ParseError>;
    fn write(&self, out: &mut impl BufMut);
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum FieldError {
    CutOff,
    Invalid(u64),
    NotText,
}

/// The part of a body that is not read yet.
pub(super) struct Body<'a> {
    kind: u8,
    rest: &'a [u8],
}

impl<'a> Body<'a> {
    pub(super) fn new(kind: u8, bytes: &'a [u8]) -> Self {
        Self { kind, rest: bytes }
    }

    /// Reads the next field; `name` is for errors.
    pub(super) fn field<T: Field<'a>>(&mut self, name: &'static str) -> Result<T, ParseError> {
        T::read(self).map_err(|error| self.error(name, error))
    }

    pub(super) fn error(&self, field: &'static str, error: FieldError) -> ParseError {
        let kind = self.kind;
        match error {
            FieldError::CutOff => ParseError::CutOff { kind, field },
            FieldError::Invalid(found) => ParseError::InvalidField { kind, field, found },
            FieldError::NotText => ParseError::InvalidText { kind, field },
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn end(self) -> Result<(), ParseError> {
        match self.rest.len() {
            0 => Ok(()),
            bytes => Err(ParseError::Excess { kind: self.kind, bytes }),
        }
    }

    pub(super) fn take(&mut self, bytes: usize) -> Result<&'a [u8], FieldError> {
        let (taken, rest) = self.rest.split_at_checked(bytes).ok_or(FieldError::CutOff)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], FieldError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(FieldError::CutOff)?;
        self.rest = rest;
        Ok(*taken)
    }
}

macro_rules! number_field {
    ($($number:ty => $put:ident),+) => {$(
        impl Field<'_> for $number {
            fn read(body: &mut Body<'_>) -> Result<Self, FieldError> {
                body.array().map(Self::from_le_bytes)
            }

            fn write(&self, out: &mut impl BufMut) {
                out.$put(*self);
            }
        }
    )+};
}

number_field!(u8 => put_u8, u16 => put_u16_le, u32 => put_u32_le, i32 => put_i32_le, u64 => put_u64_le, i64 => put_i64_le);

impl<const N: usize> Field<'_> for [u8; N] {
    fn read(body: &mut Body<'_>) -> Result<Self, FieldError> {
        body.array()
    }

    fn write(&self, out: &mut impl BufMut) {
        out.put_slice(self);
    }
}

impl Field<'_> for bool {
    fn read(body: &mut Body<'_>) -> Result<Self, FieldError> {
        match u8::read(body)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(FieldError::Invalid(other.into())),
        }
    }

    fn write(&self, out: &mut impl BufMut) {
        out.put_u8((*self).into());
    }
}

/// All that is left.
impl<'a> Field<'a> for &'a [u8] {
    fn read(body: &mut Body<'a>) -> Result<Self, FieldError> {
        body.take(body.rest.len())
    }

    fn write(&self, out: &mut impl BufMut) {
        out.put_slice(self);
    }
}

/// All that is left, as text.
impl<'a> Field<'a> for &'a str {
    fn read(body: &mut Body<'a>) -> Result<Self, FieldError> {
        std::str::from_utf8(Field::read(body)?).map_err(|_| FieldError::NotText)
    }

    fn write(&self, out: &mut impl BufMut) {
        out.put_slice(self.as_bytes());
    }
}

/// Longest text with its length before it: more than anybody reads, and its length fits 16 bits.
const TEXT_BYTES_MAX: usize = 4096;

/// A text with its length before it. Of one that is longer than [`TEXT_BYTES_MAX`] the beginning is written.
impl Field<'_> for String {
    fn read(body: &mut Body<'_>) -> Result<Self, FieldError> {
        let bytes = usize::from(u16::read(body)?);
        if bytes > TEXT_BYTES_MAX {
            return Err(FieldError::Invalid(bytes as u64));
        }
        let text = std::str::from_utf8(body.take(bytes)?);
        text.map(Self::from).map_err(|_| FieldError::NotText)
    }

    fn write(&self, out: &mut impl BufMut) {
        let text = &self[..self.floor_char_boundary(TEXT_BYTES_MAX)];
        out.put_u16_le(u16::try_from(text.len()).unwrap_or(u16::MAX));
        out.put_slice(text.as_bytes());
    }
}

/// What is read is owned, what is written may be borrowed.
impl<'a, T: Record<'a> + Clone> Record<'a> for Cow<'_, T> {
    fn read(body: &mut Body<'a>) -> Result<Self, ParseError> {
        T::read(body).map(Cow::Owned)
    }

    fn write(&self, out: &mut impl BufMut) {
        T::write(self, out);
    }
}

/// Implements [`Record`] for a structure: its fields in their order on the wire.
macro_rules! record {
    ($Record:ident $(<$life:lifetime>)? { $($field:ident),+ $(,)? }) => {
        impl<'a> Record<'a> for $Record $(<$life>)? {
            fn read(body: &mut Body<'a>) -> Result<Self, ParseError> {
                Ok(Self { $($field: body.field(stringify!($field))?),+ })
            }

            fn write(&self, out: &mut impl BufMut) {
                $(Field::write(&self.$field, out);)+
            }
        }
    };
}

/// Implements [`Field`] for an enumeration of one byte.
macro_rules! code {
    ($Code:ident { $($variant:ident),+ $(,)? }) => {
        impl Field<'_> for $Code {
            fn read(body: &mut Body<'_>) -> Result<Self, FieldError> {
                let number = u8::read(body)?;
                let known = [$(Self::$variant),+].into_iter().find(|code| *code as u8 == number);
                known.ok_or_else(|| FieldError::Invalid(number.into()))
            }

            fn write(&self, out: &mut impl BufMut) {
                out.put_u8(*self as u8);
            }
        }
    };
}

/// Implements `read` and `write` of an enumeration of messages: the kind of each, its variant, and its fields in their
/// order or its record.
macro_rules! messages {
    ($Message:ident $(<$life:lifetime>)?, $bytes_max:expr, {
        $($KIND:ident => $Variant:ident $({ $($field:ident),+ })? $(($record:ident))?),+ $(,)?
    }) => {
        impl<'a> $Message $(<$life>)? {
            /// Reads the first message of `bytes` and how many it took. Returns `None` if it is not all there.
            ///
            /// # Errors
            /// Reason why it is not a message that this end receives.
            pub fn read(bytes: &'a [u8]) -> Result<Option<(Self, usize)>, ParseError> {
                let Some(First { kind, body, taken }) = split(bytes, $bytes_max)? else { return Ok(None) };
                Ok(Some((Self::from_body(kind, body)?, taken)))
            }

            /// Reads a message of this kind from its whole body.
            ///
            /// # Errors
            /// Reason why it is not a message that this end receives.
            pub fn from_body(kind: u8, body: &'a [u8]) -> Result<Self, ParseError> {
                let mut body = Body::new(kind, body);
                let message = match kind {
                    $(kind::$KIND => Self::$Variant
                        $({ $($field: body.field(stringify!($field))?),+ })?
                        $(({ let $record = Record::read(&mut body)?; $record }))?,)+
                    _ => return Err(ParseError::UnknownKindError(kind)),
                };
                body.end()?;
                Ok(message)
            }

            /// Appends the message to `out`.
            pub fn write(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$Variant $({ $($field),+ })? $(($record))? => message(out, kind::$KIND, |out| {
                        $($(Field::write($field, out);)+)?
                        $(Record::write($record, out);)?
                        let _ = out;
                    }),)+
                }
            }
        }
    };
}

pub(super) use {code, messages, record};

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
    out.put_slice(&[0, 0, 0, 0, kind, 0, 0, 0]);
    body(out);
    let length = length(out.len() - start - HEADER_BYTES);
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

/// Returns a number of bytes or of patches as it is on the wire. No message has more than fits.
pub(super) fn length(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
