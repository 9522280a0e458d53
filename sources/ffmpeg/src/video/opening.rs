//! What is to be shown, before its first byte came, and how that becomes a source: once it is known what pictures are like.

use std::time::{Duration, Instant};

use lanstream_core::frame::{Layout, PixelFormat};
use lanstream_core::geometry::Size;
use lanstream_core::source::{Error, ErrorKind, Source};

use super::{BACK_AT_FIRST, Restart, Video, cannot_show, lost};
use crate::bell::Bell;
use crate::intake::{Intake, Next};
use crate::pace::{Clock, Pace};
use crate::program::Program;
use crate::sound::SoundTrack;
use crate::stream::Shape;

/// What is to be shown, before its first byte came.
pub(crate) struct Opening {
    /// For people.
    pub(crate) name: String,
    pub(crate) intake: Intake,
    pub(crate) program: Option<Program>,
    pub(crate) pace: Pace,
    /// Whether each picture may be another than the one before, as FFmpeg's log tells.
    pub(crate) has_teller: bool,
    /// How long its beginning may take.
    pub(crate) patience: Duration,
    /// Where it begins, and how it begins elsewhere.
    pub(crate) start: Duration,
    pub(crate) restart: Option<Restart>,
    /// Whether it begins anew at its end.
    pub(crate) repeat: bool,
    pub(crate) sound: Option<SoundTrack>,
}

/// Why there is no source.
pub(crate) enum OpenError {
    /// As the source's errors.
    Source(Error),
    /// FFmpeg has pictures in a format of this name, which can't be shown as they are.
    Format(String),
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        Self::Source(error)
    }
}

impl From<OpenError> for Error {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Source(error) => error,
            OpenError::Format(format) => Self::new(ErrorKind::Unsupported, cannot_show(&format)),
        }
    }
}

impl Opening {
    /// Waits until it is known what pictures are like.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for what can't be shown, [`ErrorKind::NotFound`] where nothing comes in time.
    pub(crate) fn open(self) -> Result<Box<dyn Source>, OpenError> {
        let Self { name, intake, program, pace, has_teller, patience, start, restart, repeat, sound } = self;
        let bell = Bell::new().map_err(|error| Error::new(ErrorKind::Lost, format!("no waker: {error}")))?;
        let layout = Layout::packed(Size { width: 1, height: 1 }, PixelFormat::Rgbx8);
        let mut video = Video {
            name,
            intake,
            program,
            has_teller,
            bell,
            pace,
            clock: Clock::new(pace),
            layout,
            start,
            restart,
            repeat,
            began: Duration::ZERO,
            turn: None,
            is_turn_begun: false,
            sound_after: None,
            last_at: Duration::ZERO,
            read_until: Duration::ZERO,
            duration: None,
            back: BACK_AT_FIRST,
            sound,
            ready: None,
            told: false,
            after: None,
            end: None,
        };
        video.layout = video.first_layout(Instant::now().checked_add(patience))?;
        Ok(Box::new(video))
    }
}

impl Video {
    fn first_layout(&mut self, deadline: Option<Instant>) -> Result<Layout, OpenError> {
        let mut began = None;
        loop {
            if began.is_none() {
                began = match self.intake.next(&mut || None) {
                    Ok(Next::Began(shape)) => Some(shape),
                    Ok(_) => None,
                    Err(error) => return Err(Error::new(ErrorKind::Unsupported, self.about(&error)).into()),
                };
            }
            if let Some(shape) = self.first_shape(began)? {
                self.intake.reshape(shape);
                let layout = shape.layout();
                return layout.map_err(|error| Error::new(ErrorKind::Unsupported, self.about(&error)).into());
            }
            let log = self.program.as_ref().and_then(|program| program.log().pipe());
            if began.is_some() && log.is_none() {
                return Err(self.unsupported().into());
            }
            // What comes after the beginning is read when it is known what it is.
            let pipe = began.is_none().then(|| self.intake.pipe());
            let woken = self.bell.sleep([pipe, log, None], deadline).map_err(lost)?;
            if let Some(program) = self.program.as_mut().filter(|_| woken.second) {
                program.log_mut().read();
            }
            if woken.first && self.intake.read().map_err(lost)? {
                return Err(self.unsupported().into());
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                let message = format!("{}: nothing came in time: does anybody write to it?", self.name);
                return Err(Error::new(ErrorKind::NotFound, message).into());
            }
        }
    }

    /// What the first picture is like, once that is known: of FFmpeg's its log tells.
    fn first_shape(&self, began: Option<Shape>) -> Result<Option<Shape>, OpenError> {
        let (Some(shape), Some(program)) = (began, &self.program) else { return Ok(began) };
        let Some(told) = program.log().first_told(self.has_teller) else { return Ok(None) };
        told.shape(shape.size).map(Some).map_err(|format| OpenError::Format(format.to_owned()))
    }

    /// It ended before anything was known of its pictures.
    fn unsupported(&mut self) -> Error {
        Error { kind: ErrorKind::Unsupported, ..self.ending() }
    }
}
