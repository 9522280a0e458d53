//! What must be shown, before its first byte came, and how that becomes a source: once it is known what pictures are like.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lanstream_core::frame_buffer::{Layout, PixelFormat};
use lanstream_core::geometry::Size;
use lanstream_core::source::{Error, ErrorKind, Source};

use super::{Video, cannot_show, lost};
use crate::alterations::Alterations;
use crate::contents::Contents;
use crate::film::{Film, Need};
use crate::frame_reader::{FrameReader, ReadOutcome};
use crate::interrupt;
use crate::mix::Mix;
use crate::pace::{Pace, PlaybackClock};
use crate::program::Program;
use crate::seek::SeekPoint;
use crate::sound::SoundTrack;
use crate::stream::Shape;
use crate::wakeup::Wakeup;

/// Default limit of the time until a stream begins: a camera on a slow network takes seconds.
pub(crate) const START_TIMEOUT: Duration = Duration::from_secs(20);

/// Begins to read what the next writer writes.
pub(crate) type Again = Box<dyn Fn() -> Result<FrameReader, Error> + Send>;

/// What must be shown, before its first byte came.
pub(crate) struct Builder {
    /// For people.
    pub(crate) name: String,
    pub(crate) frame_reader: FrameReader,
    pub(crate) program: Option<Program>,
    pub(crate) pace: Pace,
    /// Whether each picture may be another than the previous one, as FFmpeg's log tells.
    pub(crate) has_showinfo: bool,
    /// How long its beginning may take.
    pub(crate) timeout: Duration,
    /// Where it begins, and what it is begun elsewhere from.
    pub(crate) start: Duration,
    pub(crate) film: Option<Film>,
    /// How the next writer is heard when one has left; `None` means it is over then.
    pub(crate) again: Option<Again>,
    /// Whether it begins again at its end.
    pub(crate) repeat: bool,
    /// Its sound, where that comes with its pictures.
    pub(crate) sound: Option<SoundTrack>,
}

/// Why there is no source.
pub(crate) enum OpenError {
    /// As the source's errors.
    Source(Error),
    /// FFmpeg has pictures in a format of this name, which can't be shown as they are.
    Format(String),
    /// It must be begun again, with this.
    Needs(Need),
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
            OpenError::Needs(_) => Self::new(ErrorKind::Unsupported, "it can't be begun anew"),
        }
    }
}

impl Builder {
    /// Waits until it is known what pictures are like.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for what can't be shown, [`ErrorKind::NotFound`] where nothing comes in time.
    pub(crate) fn open(self) -> Result<Box<dyn Source>, OpenError> {
        let Self {
            name,
            frame_reader,
            program,
            pace,
            has_showinfo,
            timeout,
            start,
            film,
            again,
            repeat,
            sound,
        } = self;
        let wakeup =
            Wakeup::new().map_err(|error| Error::new(ErrorKind::Lost, format!("no waker: {error}")))?;
        let layout = Layout::packed(Size { width: 1, height: 1 }, PixelFormat::Rgbx8);
        let mut video = Video {
            name,
            frame_reader,
            program,
            has_showinfo,
            wakeup,
            pace,
            clock: PlaybackClock::new(pace),
            layout,
            begun_at: SeekPoint::Accurate(start),
            film,
            again,
            contents: Contents::default(),
            repeat,
            began: Duration::ZERO,
            next_iteration: None,
            is_iteration_prepared: false,
            sound_after: None,
            last_at: Duration::ZERO,
            read_until: Duration::ZERO,
            told_duration: None,
            grown: Duration::ZERO,
            pictures_end: None,
            search: None,
            sound,
            track_names: Arc::default(),
            track: None,
            mix: Mix::Layout,
            ready: None,
            reported: false,
            after: None,
            end: None,
            alterations: Alterations::new(if has_showinfo { "--filter" } else { "-vf" }),
            is_described: true,
            came_at: Instant::now(),
            is_stalled: false,
            has_no_writer: false,
        };
        interrupt::listen(&video.wakeup);
        video.layout = video.first_layout(Instant::now().checked_add(timeout))?;
        video.choose_track()?;
        video.remark_contents();
        // A search for the last picture has moved the place where pictures begin, and not where sound does.
        video.begin_sound(start);
        Ok(Box::new(video))
    }
}

impl Video {
    fn first_layout(&mut self, deadline: Option<Instant>) -> Result<Layout, OpenError> {
        let mut began = None;
        loop {
            if interrupt::is_interrupted() {
                let message = format!("{}: it is not opened any more", self.name);
                return Err(Error::new(ErrorKind::Lost, message).into());
            }
            if began.is_none() {
                began = match self.frame_reader.next(&mut || None) {
                    Ok(ReadOutcome::Began(shape)) => Some(shape),
                    Ok(_) => None,
                    Err(error) => return Err(Error::new(ErrorKind::Unsupported, self.about(&error)).into()),
                };
            }
            if let Some(shape) = self.first_shape(began)? {
                self.frame_reader.reshape(shape);
                let layout = shape.layout();
                return layout.map_err(|error| Error::new(ErrorKind::Unsupported, self.about(&error)).into());
            }
            let log = self.program.as_ref().and_then(|program| program.log().pipe());
            if began.is_some() && log.is_none() {
                self.without_picture()?;
                began = None;
                continue;
            }
            // What comes after the beginning is read when it is known what it is.
            let pipe = began.is_none().then(|| self.frame_reader.pipe());
            // Of a list it may come first, and what is not read keeps the pictures back.
            let sound = self.sound.as_ref().and_then(SoundTrack::pipe);
            let woken = self.wakeup.sleep([pipe, log, sound], deadline).map_err(lost)?;
            if let Some(sound) = self.sound.as_mut().filter(|_| woken.third) {
                sound.read();
            }
            if let Some(program) = self.program.as_mut().filter(|_| woken.second) {
                program.log_mut().read();
            }
            if woken.first && self.frame_reader.read().map_err(lost)? {
                self.without_picture()?;
                began = None;
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                let message = format!("{}: nothing came in time: does anybody write to it?", self.name);
                return Err(Error::new(ErrorKind::NotFound, message).into());
            }
        }
    }

    /// What the first picture is like, once that is known: of FFmpeg's its log tells.
    fn first_shape(&mut self, began: Option<Shape>) -> Result<Option<Shape>, OpenError> {
        let (Some(shape), Some(program)) = (began, &self.program) else { return Ok(began) };
        let Some(info) = program.log().first_frame_info(self.has_showinfo) else { return Ok(None) };
        if let Some(need) =
            self.film.as_ref().and_then(|film| film.need(program.log().contents(), Some(info)))
        {
            return Err(OpenError::Needs(need));
        }
        let shape = info.shape(shape.size).map_err(|format| OpenError::Format(format.to_owned()))?;
        if self.film.is_none() {
            self.alterations.note_picture(info, shape.pixels);
        }
        Ok(Some(shape))
    }

    /// It ended before anything was known of its pictures: they are begun otherwise, or that is why it can't be opened.
    fn without_picture(&mut self) -> Result<(), OpenError> {
        let contents = self.program.as_ref().map(|program| program.log().contents());
        let need = self.film.as_ref().zip(contents).and_then(|(film, contents)| film.need(contents, None));
        if let Some(need) = need {
            return Err(OpenError::Needs(need));
        }
        if let Some(error) = self.starts_after_end() {
            return Err(error.into());
        }
        if self.searches_on() || self.awaits_writer() {
            return Ok(());
        }
        Err(Error { kind: ErrorKind::Unsupported, ..self.ending() }.into())
    }

    /// What FFmpeg said of it is kept, and the track that is heard first.
    fn choose_track(&mut self) -> Result<(), Error> {
        let Some(program) = &self.program else { return Ok(()) };
        self.contents = program.log().contents().clone();
        let is_cover = self.contents.video().is_some_and(|video| video.is_cover);
        self.pictures_end = is_cover.then_some(Duration::ZERO);
        if let Some(film) = &self.film {
            self.track = film.track(&self.contents)?;
            self.mix = self.track.map_or(Mix::Layout, |track| self.contents.mix(track));
            let names = self.track.map_or_else(Vec::new, |_| self.contents.track_names());
            self.track_names = names.into();
        }
        Ok(())
    }
}
