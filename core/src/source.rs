//! What a source of pictures is: something that can wait for a change and bring a frame up to date.
//!
//! A source owns its device and nothing else: not the thread it runs on, not the frames. The pipeline calls
//! [`wait`](Source::wait) until there is something to see and a viewer to see it, then [`capture`](Source::capture).

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use crate::frame::{Frame, Layout, PixelMemory};
use crate::region::Region;
use crate::time::{Micros, Pts};

/// Produces pictures.
pub trait Source: Send {
    /// What it shows, in words for people: "monitor HDMI-1", "test pattern bars".
    fn name(&self) -> String;

    /// What viewers are sent besides its pictures. It changes only where [`wait`](Source::wait) has returned [`Event::Described`].
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
    /// Returns all damage that was reported of what it read, so that a change without reported damage can be counted. Where the frame's memory
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
    /// As for `capture`; no one writes into the frame any more.
    fn arrived(&mut self, rows: u32) -> Result<u32, Error> {
        let _ = rows;
        Ok(u32::MAX)
    }

    /// Whether pictures may change without reported damage, so that undamaged parts must be rescanned.
    fn needs_rescan(&self) -> bool {
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

    /// How it goes, where it can be controlled: a film can, a screen can't.
    fn playback(&self) -> Option<Playback> {
        None
    }

    /// The next audio chunk that must be on its way to viewers by now, if there is one.
    fn sound(&mut self) -> Option<AudioChunk> {
        None
    }

    /// Does what a viewer asks for, if it can be controlled so. What comes of it is told by `playback`, and by pictures.
    fn control(&mut self, command: PlaybackCommand) {
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
pub struct AudioChunk {
    /// Where in the film it begins, by the clock of its pictures.
    pub at: Pts,
    /// [`SOUND_RATE`] frames a second of a sample each for left and right, little-endian `f32`s.
    pub samples: Vec<u8>,
}

/// Frames of sound in a second: what nearly all sound cards play as it is.
pub const SOUND_RATE: u32 = 48_000;
/// Bytes of a frame.
pub const SOUND_FRAME_BYTES: usize = 2 * size_of::<f32>();

/// What a viewer asks of a source that can be controlled. All its viewers see what comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaybackCommand {
    /// Pause.
    Pause,
    /// Go on.
    Play,
    /// Pause, and show one more picture.
    Step,
    /// Go on from there, or pause there: so long after the beginning.
    Seek(Duration),
    /// Be heard by another of its tracks, by its number from 0.
    Track(u32),
}

/// How a source goes that can be controlled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Playback {
    /// It goes on by itself.
    pub is_playing: bool,
    /// [`PlaybackCommand::Seek`] leads somewhere.
    pub can_seek: bool,
    /// Where on the clock of its pictures it began: what is begun again at its end goes on with later timestamps.
    pub began: Pts,
    /// How long it takes, where that is known.
    pub duration: Option<Duration>,
    /// Where it is, whether or not a picture begins there; `None` means where the picture is that is shown.
    pub position: Option<Position>,
    /// What people call its tracks of sound.
    pub tracks: Arc<[String]>,
    /// The number of the one that is heard.
    pub track: Option<u32>,
}

/// Where a film is now, on the clock of its pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// There.
    pub at: Pts,
    /// Microseconds of the film in a second: 1000000 in real time, 0 where it stands.
    pub us_per_s: u32,
}

impl Position {
    /// Where it is so much later.
    pub fn after(self, time: Duration) -> Pts {
        let us = time.as_micros() * u128::from(self.us_per_s) / 1_000_000;
        Pts(self.at.0.saturating_add(i64::try_from(us).unwrap_or(i64::MAX)))
    }
}

/// How a film went at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaybackSnapshot {
    /// How.
    pub playback: Playback,
    /// When its position was told.
    pub at: Micros,
}

/// By so much a film may be elsewhere than was told before that is told again.
const DRIFT_MAX: Duration = Duration::from_millis(20);

impl PlaybackSnapshot {
    /// Whether it still goes as was told, so that its viewers know where it is.
    pub fn predicts(&self, playback: &Playback, now: Micros) -> bool {
        let told = Playback { position: playback.position, ..self.playback.clone() };
        let is_there = match (self.playback.position, playback.position) {
            (Some(before), Some(is)) if before.us_per_s == is.us_per_s => {
                let off = before.after(now.since(self.at)).0.abs_diff(is.at.0);
                off <= Position { at: Pts(0), ..is }.after(DRIFT_MAX).0.unsigned_abs()
            }
            (before, is) => before == is,
        };
        is_there && told == *playback
    }
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
    /// [`Source::playback`] is not what it was, although no one asked for that.
    PlaybackChanged,
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
    /// What it looks like; `None` if it is hidden.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_that_goes_as_was_foretold_is_not_told_of_again() {
        let at = |us, us_per_s| Playback {
            is_playing: true,
            can_seek: true,
            began: Pts(0),
            duration: None,
            position: Some(Position { at: Pts(us), us_per_s }),
            tracks: Arc::default(),
            track: None,
        };
        let went = PlaybackSnapshot { playback: at(1_000_000, 2_000_000), at: Micros(5_000_000) };
        let later = Micros(5_500_000);
        assert!(went.predicts(&at(2_000_000, 2_000_000), later));
        assert!(
            went.predicts(&at(2_039_000, 2_000_000), later)
                && !went.predicts(&at(2_041_000, 2_000_000), later)
        );
        assert!(!went.predicts(&at(2_000_000, 0), later), "it stands");
        assert!(!went.predicts(&Playback { can_seek: false, ..at(2_000_000, 2_000_000) }, later));
        let stood = PlaybackSnapshot { playback: at(7, 0), at: Micros(0) };
        assert!(stood.predicts(&at(7, 0), later) && !stood.predicts(&at(8, 0), later));
        let unknown = Playback { position: None, ..at(0, 0) };
        assert!(!stood.predicts(&unknown, later));
        assert!(PlaybackSnapshot { playback: unknown.clone(), at: later }.predicts(&unknown, later));
    }
}
