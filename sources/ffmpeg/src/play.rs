//! Files and URLs, played.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use lanstream_core::source::{Error, Listener, Source};

use crate::START_TIMEOUT;
use crate::film::{Begun, Film, Place};
use crate::input::Input;
use crate::pace::{Pace, Speed};
use crate::program::{FFMPEG, check_version};
use crate::video::{Builder, OpenError};

/// What to play, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Play {
    /// A file or a URL.
    pub input: OsString,
    /// Whether to begin again at the end.
    pub repeat: bool,
    /// Where to begin.
    pub start: Duration,
    /// When pictures are shown; `None` means by their timestamps, or as they come from what happens now.
    pub pace: Option<Pace>,
    /// FFmpeg's filters, in its own words.
    pub filter: Option<String>,
    /// Whether it must be heard; what happens now is not.
    pub sound: bool,
    /// Which of its tracks of sound is heard first.
    pub track: Track,
    /// The FFmpeg to run; `None` means the one on the PATH.
    pub ffmpeg: Option<OsString>,
    /// Who hears what it says.
    pub listener: Option<Listener>,
}

/// A track of sound.
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

impl Play {
    /// Plays `input` once, from its beginning, by its timestamps.
    pub fn new(input: impl Into<OsString>) -> Self {
        Self {
            input: input.into(),
            repeat: false,
            start: Duration::ZERO,
            pace: None,
            filter: None,
            sound: true,
            track: Track::Default,
            ffmpeg: None,
            listener: None,
        }
    }

    /// Starts FFmpeg, and waits until it knows what it shows.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](lanstream_core::source::ErrorKind::NotFound) where there is no such file, place or track or no FFmpeg,
    /// [`ErrorKind::Unsupported`](lanstream_core::source::ErrorKind::Unsupported) where FFmpeg is too old or finds neither picture nor sound in it.
    pub fn open(&self) -> Result<Box<dyn Source>, Error> {
        let input = Input::of(&self.input)?;
        check_version(self.ffmpeg())?;
        let pace =
            self.pace.unwrap_or(if input.is_live { Pace::Newest } else { Pace::Timestamps(Speed::REAL) });
        let mut film = Film::new(self.clone(), input);
        loop {
            match self.begin(&film, pace) {
                Err(OpenError::Needs(need)) => film.add(need),
                // What a film needs besides this FFmpeg may not have.
                Err(_) if film.give_up() => {}
                opened => return Ok(opened?),
            }
        }
    }

    fn begin(&self, film: &Film, pace: Pace) -> Result<Box<dyn Source>, OpenError> {
        let Begun { frame_reader, program, sound } = film.pictures(Place::At(self.start))?;
        Builder {
            name: film.name().to_owned(),
            frame_reader,
            program: Some(program),
            pace,
            has_showinfo: true,
            timeout: START_TIMEOUT,
            start: self.start,
            film: Some(film.clone()),
            again: None,
            repeat: self.repeat,
            sound,
        }
        .open()
    }

    pub(crate) fn ffmpeg(&self) -> &OsStr {
        self.ffmpeg.as_deref().unwrap_or_else(|| FFMPEG.as_ref())
    }
}
