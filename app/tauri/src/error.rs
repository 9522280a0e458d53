//! Why a stream cannot be had, for Rust and for pages.

use lanstream::StartError;
use lanstream::core::registry::RegistryError;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// Why a stream cannot be had. In a page it is an object with `code` and `message`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No stream has the name.
    #[error("there is no stream {0:?}")]
    UnknownStream(String),
    /// A stream has the name already.
    #[error("there is a stream {0:?} already: stop it first, or choose another name")]
    NameTaken(String),
    /// The stream was not started by the page that wants to stop it.
    #[error("the stream {0:?} was not started by this page")]
    NotOwned(String),
    /// Pages may not start the source.
    #[error("pages may not start the source {0:?}: the application allows it by Builder::allow_source")]
    SourceNotAllowed(String),
    /// A value that a page gave for an option is no text, number, truth value or list of these.
    #[error("the option {0} is no text, number, true, false or list of these")]
    OptionType(String),
    /// There is no such source, or an option is wrong.
    #[error(transparent)]
    Source(#[from] RegistryError),
    /// The stream did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The page that started the stream went before it had started.
    #[error("the page that started {0:?} is gone")]
    PageGone(String),
    /// The application is ending.
    #[error("the application is ending")]
    Ending,
}

impl Error {
    /// Returns the word by which a page tells errors apart.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownStream(_) => "unknown-stream",
            Self::NameTaken(_) => "name-taken",
            Self::NotOwned(_) => "not-owned",
            Self::SourceNotAllowed(_) => "source-not-allowed",
            Self::OptionType(_) => "option-type",
            Self::Source(_) => "source",
            Self::Start(_) => "start",
            Self::PageGone(_) => "page-gone",
            Self::Ending => "ending",
        }
    }
}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Error", 2)?;
        object.serialize_field("code", self.code())?;
        object.serialize_field("message", &self.to_string())?;
        object.end()
    }
}
