//! Errors of sources, classified by what the pipeline does about them.

/// What went wrong with a source, and in its words why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What the pipeline does about it.
    pub kind: ErrorKind,
    /// For people: what was wrong and what to do.
    pub message: String,
}

impl Error {
    /// An error of `kind`.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

/// What the pipeline does about a source's error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Nothing is lost: ask again after the next event.
    Retry,
    /// The device is gone for now: open the source again after a while.
    Lost,
    /// It is over for good: the window closed, the file broke off.
    Ended,
    /// It is over because all of it was shown: a file came to its end. Nothing went wrong.
    Finished,
    /// The user asked for something that isn't there: say so and stop.
    NotFound,
    /// This system or server can't do it: say so and stop.
    Unsupported,
}
