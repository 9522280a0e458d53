//! Selection of an audio track: by number, by language, or the film's default.

use std::fmt;
use std::str::FromStr;

/// Selection of an audio track.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Track {
    /// The one that the film says is the default, else its first.
    #[default]
    Default,
    /// By its number from 0.
    Number(usize),
    /// The first in this language, by its three letters.
    Language(String),
}

/// Text that names no track.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a track is a number from 0, or a language in three letters, such as eng")]
pub struct ParseTrackError;

impl FromStr for Track {
    type Err = ParseTrackError;

    fn from_str(text: &str) -> Result<Self, ParseTrackError> {
        let is_language = text.len() == 3 && text.bytes().all(|letter| letter.is_ascii_alphabetic());
        match text.parse() {
            Ok(number) => Ok(Self::Number(number)),
            Err(_) if is_language => Ok(Self::Language(text.to_owned())),
            Err(_) => Err(ParseTrackError),
        }
    }
}

impl fmt::Display for Track {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default track"),
            Self::Number(number) => write!(f, "track {number}"),
            Self::Language(language) => write!(f, "track in {language:?}"),
        }
    }
}
