//! Reasons why admission refuses.

use super::guard::GuardError;
use super::limits::VIEWERS_MAX;

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
    /// All streams of a transport are taken.
    #[error("{0} viewers have streams already; use another transport")]
    StreamsTaken(usize),
    /// The source's thread has ended.
    #[error("the source is gone")]
    SourceGone,
}
