//! What a source of pictures is: something that can wait for a change and bring a frame up to date.
//!
//! A source owns its device and nothing else: not the thread it runs on, not the frames. The pipeline calls
//! [`wait`](Source::wait) until there is something to see and a viewer to see it, then [`capture`](Source::capture).

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use crate::frame::{Frame, Layout, PixelMemory};
use crate::region::Region;
use crate::time::Pts;

/// Produces pictures.
pub trait Source: Send {
    /// What it shows, in words for people: "monitor HDMI-1", "test pattern bars".
    fn name(&self) -> String;

    /// What viewers are told besides its pictures. It changes only where [`wait`](Source::wait) has returned [`Event::Described`].
    fn description(&self) -> Description {
        Description { name: self.name(), ..Description::default() }
    }

    /// How the next frame lies. It changes only where [`wait`](Source::wait) has returned [`Event::Resized`].
    fn layout(&self) -> Layout;

    /// Memory for one frame of the present layout. The pipeline calls it a few times per layout, then recycles.
    ///
    /// # Errors
    /// [`ErrorKind::Lost`] where the system gives no memory.
    fn allocate(&mut self) -> Result<Box<dyn PixelMemory>, Error> {
        Ok(Box::new(vec![0_u8; self.layout().bytes()]))
    }

    /// A handle that makes a `wait` on another thread return [`Event::Woken`], at once or when it is next called.
    fn waker(&self) -> Waker;

    /// Waits until something happens, for `timeout` at most (`None`: for as long as it takes).
    ///
    /// # Errors
    /// [`ErrorKind::Lost`], [`ErrorKind::Ended`] or [`ErrorKind::Finished`]; the source is then done for.
    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error>;

    /// What may have changed since the last capture: all of the picture before the first and after a change of layout,
    /// nothing where nothing has. It is counted in the layout's cells.
    fn damage(&self) -> Region;

    /// Brings `region` of `frame` up to date, and forgets the damage that it took. All other pixels of `frame` keep what
    /// they hold: what is compared is `region`, so a change written outside of it would never be seen. A source that has to
    /// read more, so that all is of one instant, adds that to `region`.
    ///
    /// Returns all damage that was told of what it read, so that a change nobody told of can be counted. Where the frame's memory
    /// can be written to without the frame, it may return before all is there: [`arrived`](Source::arrived) tells.
    ///
    /// # Errors
    /// [`ErrorKind::Retry`] where it can't now (a window being resized): nothing is lost, the pipeline waits and asks
    /// again. The others as for `wait`.
    fn capture(&mut self, frame: &mut Frame, region: &mut Region) -> Result<Region, Error>;

    /// Waits until more than the first `rows` rows of the frame captured last are up to date, and returns how many are. The
    /// pipeline asks until it is told of all, and looks at no other meanwhile.
    ///
    /// # Errors
    /// As for `capture`; nobody writes into the frame any more.
    fn arrived(&mut self, rows: u32) -> Result<u32, Error> {
        let _ = rows;
        Ok(u32::MAX)
    }

    /// Whether pictures may change without damage being told, so that undamaged parts are to be looked at now and then.
    fn needs_audit(&self) -> bool {
        false
    }

    /// Whether a window with `part` in its title can be seen in the picture.
    fn shows_title(&mut self, part: &str) -> bool {
        let _ = part;
        false
    }

    /// The pointer as it is now, where the source tells it apart from the picture.
    fn cursor(&self) -> Option<Cursor> {
        None
    }

    /// How it goes, where it can be steered: a film can, a screen can't.
    fn playback(&self) -> Option<Playback> {
        None
    }

    /// The next stretch of sound that is to be on its way to viewers by now, if there is one.
    fn sound(&mut self) -> Option<Sound> {
        None
    }

    /// Does what a viewer asks for, if it can be steered so. What comes of it is told by `playback`, and by pictures.
    fn steer(&mut self, command: Command) {
        let _ = command;
    }
}

/// What viewers are told about an open source, besides its pictures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// What it shows. A window that is renamed has another name from then on.
    pub name: String,
    /// Why no new pictures come although the source is open: "the window is minimised". `None` while they may come.
    pub stalled: Option<String>,
    /// In what its frames differ from what it captures or decodes, a phrase each: "10 bit shown as 8 bit". Empty: in nothing.
    pub alterations: Vec<String>,
}

/// A stretch of a film's sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    /// Where in the film it begins, by the clock of its pictures.
    pub at: Pts,
    /// [`SOUND_RATE`] frames a second of a sample each for left and right, little-endian `f32`s.
    pub samples: Vec<u8>,
}

/// Frames of sound in a second: what nearly all sound cards play as it is.
pub const SOUND_RATE: u32 = 48_000;
/// Bytes of a frame.
pub const SOUND_FRAME_BYTES: usize = 2 * size_of::<f32>();

/// What a viewer asks of a source that can be steered. All its viewers see what comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Stand still.
    Pause,
    /// Go on.
    Play,
    /// Stand still, and show one more picture.
    Step,
    /// Go on from there, or stand still there: so long after the beginning.
    Seek(Duration),
}

/// How a source goes that can be steered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Playback {
    /// It goes on by itself.
    pub is_playing: bool,
    /// [`Command::Seek`] leads somewhere.
    pub can_seek: bool,
    /// Where on the clock of its pictures it began: what is begun anew at its end goes on with later timestamps.
    pub began: Pts,
    /// How long it takes, where that is known.
    pub duration: Option<Duration>,
}

/// Why [`Source::wait`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// [`Source::damage`] is no longer empty.
    Damaged,
    /// The layout changed; frames of the old one are of no more use.
    Resized,
    /// The pointer moved or changed its shape.
    CursorMoved,
    /// [`Source::description`] changed.
    Described,
    /// [`Source::sound`] has something.
    Sounded,
    /// The waker was used.
    Woken,
    /// The timeout passed.
    TimedOut,
}

/// The pointer over a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Column of the hotspot; it may lie outside of the picture.
    pub x: i32,
    /// Row of the hotspot.
    pub y: i32,
    /// What it looks like; `None` where it is hidden.
    pub shape: Option<Arc<CursorShape>>,
}

/// Where the pointer is, and how often it had moved then: of two that travel apart, the later is the one with more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// Where, and what it looks like.
    pub cursor: Cursor,
    /// Counts moves of this run.
    pub moves: u32,
}

/// What the pointer looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorShape {
    /// Differs for every shape a source has shown, so that each is sent once.
    pub serial: u32,
    /// Pixels in a row, at most [`CURSOR_SIDE_MAX`].
    pub width: u16,
    /// Rows, at most [`CURSOR_SIDE_MAX`].
    pub height: u16,
    /// Column of the pixel that points.
    pub hot_x: u16,
    /// Row of the pixel that points.
    pub hot_y: u16,
    /// `width * height` pixels: red, green, blue, alpha, not premultiplied.
    pub rgba: Vec<u8>,
}

/// Longest side of a pointer in pixels. Desktops with large pointers use 256; more is not a pointer.
pub const CURSOR_SIDE_MAX: u16 = 512;

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
    /// The device is gone for now: open the source anew after a while.
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
