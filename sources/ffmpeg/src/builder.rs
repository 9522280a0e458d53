//! Opening of a stream: reads until it is known what its frames are like, and makes a [`Player`] of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lanstream_core::Layout;
use lanstream_core::source::{Error, ErrorKind, Source};
use lanstream_wakeup::{Wakeup, Woken};

use crate::film::{Film, Need};
use crate::frame_reader::{FrameReader, ReadOutcome};
use crate::interrupt;
use crate::pace::Pacing;
use crate::player::{Audio, FrameStream, Player, Playlist, Reopen, Status, Video, cannot_show};
use crate::program::Program;
use crate::sound::SoundTrack;
use crate::stream::Shape;

/// Default limit of the time until a stream begins: a camera on a slow network takes seconds.
pub(crate) const START_TIMEOUT: Duration = Duration::from_secs(20);

/// A stream to be opened, before its first byte came.
pub(crate) struct Builder {
    /// Name, for people.
    pub(crate) name: String,
    pub(crate) frame_reader: FrameReader,
    pub(crate) program: Option<Program>,
    pub(crate) pace: Pacing,
    /// Whether each frame may differ from the previous one, as a showinfo filter reports.
    pub(crate) has_showinfo: bool,
    /// How long its beginning may take.
    pub(crate) timeout: Duration,
    /// Where it begins, and the film that it is restarted from.
    pub(crate) start: Duration,
    pub(crate) film: Option<Film>,
    /// How the next writer is read when one has left; `None` means it is over then.
    pub(crate) reopen: Option<Reopen>,
    /// Whether it begins again at its end.
    pub(crate) repeat: bool,
    /// Its sound, where that comes with its frames.
    pub(crate) sound: Option<SoundTrack>,
}

/// Why there is no source.
pub(crate) enum OpenError {
    /// An error of the source.
    Source(Error),
    /// FFmpeg has frames in a format of this name, which can't be shown as they are.
    Format(String),
    /// It must be started again, with this.
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
    /// Waits until it is known what its frames are like.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for what can't be shown, [`ErrorKind::NotFound`] where nothing comes in time.
    pub(crate) fn open(self) -> Result<Box<dyn Source>, OpenError> {
        let wakeup =
            Wakeup::new().map_err(|error| Error::new(ErrorKind::Lost, format!("no waker: {error}")))?;
        interrupt::listen(&wakeup);
        let stream = FrameStream::new(self.frame_reader, self.program, self.has_showinfo, self.reopen);
        let playlist = Playlist::new(self.film, self.repeat);
        let mut opening = Opening {
            wakeup,
            is_live: self.pace == Pacing::Newest,
            video: Video::new(stream, playlist, self.start),
            audio: Audio::new(self.sound),
            status: Status::new(self.name, if self.has_showinfo { "--filter" } else { "-vf" }),
        };
        let layout = opening.wait_for_layout(Instant::now().checked_add(self.timeout))?;
        opening.choose_track()?;
        opening.remark_film(layout);
        // The first description has all of that.
        opening.status.take_change();
        let Opening { wakeup, video, mut audio, mut status, .. } = opening;
        // A search for the final frame has moved the point where frames begin, and not that of the sound.
        audio.begin(video.film(), video.seek_point(self.start), Duration::ZERO, &mut status);
        Ok(Box::new(Player::new(wakeup, self.pace, layout, video, audio, status)))
    }
}

/// A stream that is being opened.
struct Opening {
    wakeup: Arc<Wakeup>,
    is_live: bool,
    video: Video,
    audio: Audio,
    status: Status,
}

impl Opening {
    /// Waits for the layout of the first frame.
    fn wait_for_layout(&mut self, deadline: Option<Instant>) -> Result<Layout, OpenError> {
        let mut began = None;
        loop {
            if interrupt::is_interrupted() {
                return Err(self.error(ErrorKind::Lost, "it is not opened any more").into());
            }
            if began.is_none() {
                began = self.begin()?;
            }
            if let Some(shape) = self.first_shape(began)? {
                self.video.stream.reshape(shape);
                let layout = shape.layout();
                return layout.map_err(|error| self.error(ErrorKind::Unsupported, &error.to_string()).into());
            }
            let is_at_end = (began.is_some() && self.video.stream.log_pipe().is_none())
                || self.sleep(began.is_some(), deadline)?;
            if is_at_end {
                self.go_on_without_frame()?;
                began = None;
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                let message = "nothing came in time: does anybody write to it?";
                return Err(self.error(ErrorKind::NotFound, message).into());
            }
        }
    }

    fn error(&self, kind: ErrorKind, message: &str) -> Error {
        Error::new(kind, format!("{}: {message}", self.status.name()))
    }

    /// Parses what was read. Returns the stream's shape once it begins.
    fn begin(&mut self) -> Result<Option<Shape>, Error> {
        match self.video.stream.begin() {
            Ok(ReadOutcome::Began(shape)) => Ok(Some(shape)),
            Ok(_) => Ok(None),
            Err(error) => Err(self.error(ErrorKind::Unsupported, &error.to_string())),
        }
    }

    /// Sleeps until something comes, and reads it. Returns whether the frames' pipe is at its end. What comes after the
    /// stream `has_begun` is read when it is known what it is.
    fn sleep(&mut self, has_begun: bool, deadline: Option<Instant>) -> Result<bool, Error> {
        let lost = |error| Error::new(ErrorKind::Lost, format!("a pipe is gone: {error}"));
        let pipe = (!has_begun).then(|| self.video.stream.pipe());
        // The sound of a list may come first, and if it is not read it keeps the frames back.
        let pipes = [pipe, self.video.stream.log_pipe(), self.audio.pipe()];
        let Woken { ready: [frames, log, sound], .. } = self.wakeup.sleep(pipes, deadline).map_err(lost)?;
        if sound {
            self.audio.read_ahead();
        }
        if log {
            self.video.stream.read_log();
        }
        if frames { self.video.stream.read().map_err(lost) } else { Ok(false) }
    }

    /// Returns the shape of the first frame, once it is known: of FFmpeg's its log reports it.
    fn first_shape(&mut self, began: Option<Shape>) -> Result<Option<Shape>, OpenError> {
        let stream = &self.video.stream;
        let (Some(shape), Some(contents)) = (began, stream.contents()) else { return Ok(began) };
        let Some(info) = stream.first_info() else { return Ok(None) };
        if let Some(need) = self.video.film().and_then(|film| film.need(contents, Some(info))) {
            return Err(OpenError::Needs(need));
        }
        let shape = info.shape(shape.size).map_err(|format| OpenError::Format(format.to_owned()))?;
        if self.video.film().is_none() {
            self.status.note_info(info, shape.pixels);
        }
        Ok(Some(shape))
    }

    /// Goes on where it ended before anything was known of its frames: it is started otherwise, or that is why it can't
    /// be opened.
    fn go_on_without_frame(&mut self) -> Result<(), OpenError> {
        let contents = self.video.stream.contents();
        let need = self.video.film().zip(contents).and_then(|(film, contents)| film.need(contents, None));
        if let Some(need) = need {
            return Err(OpenError::Needs(need));
        }
        if let Some(error) = self.video.starts_after_end(self.status.name()) {
            return Err(error.into());
        }
        if self.video.search_earlier(&mut self.audio)? || self.video.stream.reopen(&mut self.status)? {
            return Ok(());
        }
        let ending = self.video.stream.ending(self.status.name(), self.is_live);
        Err(Error { kind: ErrorKind::Unsupported, ..ending }.into())
    }

    /// Keeps what FFmpeg reported, and chooses the track that is heard first.
    fn choose_track(&mut self) -> Result<(), Error> {
        self.video.keep_contents();
        match self.video.film() {
            Some(film) => self.audio.choose_first(film, &self.video.contents),
            None => Ok(()),
        }
    }

    /// Adds to the status what is known of all of a film once it is open.
    fn remark_film(&mut self, layout: Layout) {
        let Some(film) = self.video.film() else { return };
        self.status.note_contents(&self.video.contents);
        let info = self.video.stream.first_info();
        if let Some((info, shape)) = info.and_then(|info| Some((info, info.shape(layout.size).ok()?))) {
            self.status.note_info(info, shape.pixels);
        }
        film.alterations().for_each(|phrase| self.status.remark(phrase));
        // A decoder may leave alpha out.
        let has_alpha = self.video.contents.video().is_some_and(|video| video.has_alpha);
        if has_alpha && !film.decodes_alpha() {
            self.status.remark("alpha ignored: colours may show that are hidden".to_owned());
        }
        self.audio.report_mix(&self.video.contents, &mut self.status);
    }
}
