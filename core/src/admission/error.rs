//! Reasons why admission refuses.

use super::guard::GuardError;
use super::limits::{HTTP_STREAMS_MAX, VIEWERS_MAX};

/// Reason why a viewer gets no key, session or stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdmissionError {
    /// See the refusal.
    #[error(transparent)]
    Refused(#[from] GuardError),
    /// All places are taken.
    #[error("{VIEWERS_MAX} viewers are here already")]
    Full,
    /// The key is not one that was given, was used, or is too old.
    #[error("the session is unknown or over")]
    KeyUnknown,
    /// The ticket is not one that was given last, was used, or is too old.
    #[error("the ticket is unknown, used or too old")]
    TicketUnknown,
    /// All HTTP streams are taken.
    #[error("{HTTP_STREAMS_MAX} HTTP streams are open already; use WebSocket")]
    StreamsTaken,
    /// The source's thread has ended.
    #[error("the source is gone")]
    SourceGone,
}
