//! Files and URLs, played.

use std::ffi::{OsStr, OsString};
use std::time::Duration;

use lanstream_core::source::{Error, Listener, Source};

use crate::builder::{Builder, OpenError, START_TIMEOUT};
use crate::film::{Begun, Film, FilmOptions};
use crate::input::Input;
use crate::pace::{Pacing, Speed};
use crate::program::{FFMPEG, check_version};
use crate::seek::SeekPoint;
use crate::track::Track;

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
    pub pace: Option<Pacing>,
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
    /// [`ErrorKind::NotFound`](lanstream_core::source::ErrorKind::NotFound) where there is no such file, place or track
    /// or no FFmpeg, [`ErrorKind::Unsupported`](lanstream_core::source::ErrorKind::Unsupported) where FFmpeg is too old
    /// or finds neither picture nor sound in it.
    pub fn open(&self) -> Result<Box<dyn Source>, Error> {
        let input = Input::of(&self.input)?;
        check_version(self.ffmpeg())?;
        let pace =
            self.pace.unwrap_or(if input.is_live { Pacing::Newest } else { Pacing::Timestamps(Speed::REAL) });
        let mut film = Film::new(self.film_options(), input);
        loop {
            match self.begin(&film, pace) {
                Err(OpenError::Needs(need)) => film.add(need),
                // What a film needs besides this FFmpeg may not have.
                Err(_) if film.give_up() => {}
                opened => return Ok(opened?),
            }
        }
    }

    fn begin(&self, film: &Film, pace: Pacing) -> Result<Box<dyn Source>, OpenError> {
        let Begun { frame_reader, program, sound } = film.pictures(SeekPoint::Accurate(self.start))?;
        Builder {
            name: film.name().to_owned(),
            frame_reader,
            program: Some(program),
            pace,
            has_showinfo: true,
            timeout: START_TIMEOUT,
            start: self.start,
            film: Some(film.clone()),
            reopen: None,
            repeat: self.repeat,
            sound,
        }
        .open()
    }

    fn film_options(&self) -> FilmOptions {
        // At another speed than its own it would have another pitch.
        let is_real_time = self.pace.is_none_or(|pace| pace == Pacing::Timestamps(Speed::REAL));
        FilmOptions {
            ffmpeg: self.ffmpeg().to_owned(),
            filter: self.filter.clone(),
            track: self.track.clone(),
            is_heard: self.sound && is_real_time,
            listener: self.listener.clone(),
        }
    }

    fn ffmpeg(&self) -> &OsStr {
        self.ffmpeg.as_deref().unwrap_or_else(|| FFMPEG.as_ref())
    }
}
