//! Reasons why bytes are not a message, of viewers and servers alike.

/// Reason why bytes are not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The header gives a length over the limit.
    #[error("message of {0} bytes is longer than the limit")]
    TooLong(usize),
    /// The bytes hold less than one message.
    #[error("message ends early")]
    Incomplete,
    /// The bytes hold more than one message.
    #[error("bytes after the message")]
    Trailing,
    /// The kind is not one that this end receives.
    #[error("unknown message kind {0:#04x}")]
    UnknownKindError(u8),
    /// The body ends within a field.
    #[error("message {kind:#04x}: {field} is cut off")]
    CutOff {
        /// Kind of the message.
        kind: u8,
        /// Name of the field.
        field: &'static str,
    },
    /// The body goes on after its last field.
    #[error("message {kind:#04x} has {bytes} bytes too many")]
    Excess {
        /// Kind of the message.
        kind: u8,
        /// Bytes after the last field.
        bytes: usize,
    },
    /// A field has a value that means nothing.
    #[error("message {kind:#04x}: {field} has the invalid value {found}")]
    InvalidField {
        /// Kind of the message.
        kind: u8,
        /// Name of the field.
        field: &'static str,
        /// Its value.
        found: u64,
    },
    /// A text is not UTF-8.
    #[error("message {kind:#04x}: {field} is not UTF-8")]
    InvalidText {
        /// Kind of the message.
        kind: u8,
        /// Name of the field.
        field: &'static str,
    },
}
