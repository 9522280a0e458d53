//! The contract between the pipeline and whatever produces frames: a screen, a film, a test pattern, a plugin.
//!
//! A source owns its device and nothing else: neither the thread that it runs on nor the frames. Its life:
//!
//! 1. An [`Opener`] opens it, on the thread of its caller. It announces itself by [`description`](Source::description)
//!    and [`layout`](Source::layout).
//! 2. It moves to a thread of its own. All calls below come from there, one at a time; only its
//!    [`waker`](Source::waker) is used on others.
//! 3. While no viewer is ready for a frame, only [`wait`](Source::wait) is called. It returns an [`Event`] as soon as
//!    something happens.
//! 4. Once [`Event::Damaged`] was returned, at the beginning and after [`Event::Resized`],
//!    [`capture`](Source::capture) is called when a viewer is ready: into memory that
//!    [`allocate`](Source::allocate) returned, once per buffer.
//! 5. An [`Error`] of any kind but [`ErrorKind::Retry`] ends it: it is dropped. After [`ErrorKind::Lost`] its opener is
//!    called again.
//! 6. Dropped, it releases its device. Frames that viewers still hold outlive it, and their memory with them.
//!
//! What only some sources have is an optional capability: [`CursorSource`], [`PlaybackSource`], [`AudioSource`],
//! [`LateRows`], [`UnreliableDamage`], [`TitleProbe`], [`FlowControl`].
//!
//! A source that shows one colour, and then another one for each frame:
//!
//! ```
//! use std::task::Waker;
//! use std::time::Duration;
//!
//! use lanstream_core::source::{Captured, Description, Error, Event, Source};
//! use lanstream_core::{FrameBuffer, Layout, PixelFormat, Region, Size};
//!
//! struct Fade {
//!     layout: Layout,
//!     grey: u8,
//! }
//!
//! impl Source for Fade {
//!     fn description(&self) -> Description {
//!         Description { name: "fade".into(), ..Description::default() }
//!     }
//!
//!     fn layout(&self) -> Layout {
//!         self.layout
//!     }
//!
//!     fn waker(&self) -> Waker {
//!         // `wait` never waits, so there is nothing to wake.
//!         Waker::noop().clone()
//!     }
//!
//!     fn wait(&mut self, _timeout: Option<Duration>) -> Result<Event, Error> {
//!         Ok(Event::Damaged)
//!     }
//!
//!     fn capture(&mut self, frame: &mut FrameBuffer, _region: &Region) -> Result<Captured, Error> {
//!         self.grey = self.grey.wrapping_add(1);
//!         frame.bytes_mut().fill(self.grey);
//!         Ok(Captured::all(self.layout))
//!     }
//! }
//!
//! let layout = Layout::packed(Size { width: 4, height: 2 }, PixelFormat::Rgbx8);
//! let mut source = Fade { layout, grey: 0 };
//! let mut frame = FrameBuffer::new(layout, source.allocate()?).expect("the memory holds the layout");
//! source.capture(&mut frame, &Region::full(layout.size))?;
//! assert_eq!(frame.row(0, 1, 1), [1, 1, 1, 1]);
//! # Ok::<(), Error>(())
//! ```

mod audio;
mod capability;
mod cursor;
mod error;
mod playback;
mod report;
mod wakeup;

use std::task::Waker;
use std::time::Duration;

use crate::frame_buffer::{FrameBuffer, Layout, PixelMemory};
use crate::region::Region;

pub use audio::{AudioChunk, AudioSource, SOUND_FRAME_BYTES, SOUND_RATE};
pub use capability::{Flow, FlowControl, LateRows, TitleProbe, UnreliableDamage};
pub use cursor::{CURSOR_SIDE_MAX, Cursor, CursorShape, CursorSource, Pointer};
pub use error::{Error, ErrorKind};
pub use playback::{Playback, PlaybackCommand, PlaybackSnapshot, PlaybackSource, Position};
pub use report::{Listener, Report};
pub use wakeup::Wakeup;

/// Function that opens a source: at the start, and again after it was lost.
pub type Opener = Box<dyn FnMut() -> Result<Box<dyn Source>, Error> + Send>;

/// Producer of frames. See the [module](self) for its life.
pub trait Source: Send {
    /// Description for viewers and for people. It changes only when [`wait`](Source::wait) returns
    /// [`Event::Described`].
    fn description(&self) -> Description;

    /// Layout of the next frame. It changes only when [`wait`](Source::wait) returns [`Event::Resized`].
    fn layout(&self) -> Layout;

    /// Returns a handle that makes `wait` on the source's thread return [`Event::Woken`], at once or at its next call.
    fn waker(&self) -> Waker;

    /// Waits until something happens, for at most `timeout` (`None`: indefinitely). Each event is returned once.
    ///
    /// # Errors
    /// [`ErrorKind::Lost`], [`ErrorKind::Ended`] or [`ErrorKind::Finished`]; the source is then dropped.
    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error>;

    /// Brings `region` of `frame` up to date, in the layout's cells, and forgets the damage that lies in it. The rest
    /// of `frame` keeps its content, unless [`Captured::updated`] tells of more. Damage elsewhere remains, and the next
    /// `wait` returns [`Event::Damaged`] for it: a region may come from a rescan alone.
    ///
    /// # Errors
    /// [`ErrorKind::Retry`] if there is no picture at this moment, such as while a window is being resized: the damage
    /// remains, and the pipeline calls again after the next event. The others as for `wait`.
    fn capture(&mut self, frame: &mut FrameBuffer, region: &Region) -> Result<Captured, Error>;

    /// Region that may have changed since the last capture, in the layout's cells; all of it before the first capture
    /// and after a change of layout. It becomes part of the region to capture; an empty one puts the capture off.
    /// `None` where it is known only when the frame is captured: `capture` then writes it besides the region. The
    /// pipeline asks only if [`Event::Damaged`] or [`Event::Resized`] was returned since the last capture.
    fn damage(&self) -> Option<Region> {
        None
    }

    /// Allocates memory for one frame of the present layout. The pipeline calls it a few times per layout and reuses
    /// the memory.
    ///
    /// # Errors
    /// [`ErrorKind::Lost`] if the system provides no memory.
    fn allocate(&mut self) -> Result<Box<dyn PixelMemory>, Error> {
        Ok(Box::new(vec![0_u8; self.layout().bytes()]))
    }

    /// Cursor that is transmitted apart from the pixels.
    fn cursor(&self) -> Option<&dyn CursorSource> {
        None
    }

    /// Playback controls, as of a film.
    fn playback(&mut self) -> Option<&mut dyn PlaybackSource> {
        None
    }

    /// Audio that belongs to the frames.
    fn audio(&mut self) -> Option<&mut dyn AudioSource> {
        None
    }

    /// Rows that arrive after `capture` has returned.
    fn late_rows(&mut self) -> Option<&mut dyn LateRows> {
        None
    }

    /// Damage reports that may be incomplete.
    fn unreliable_damage(&self) -> Option<&dyn UnreliableDamage> {
        None
    }

    /// Frames that are skipped unless they are captured in time.
    fn flow_control(&mut self) -> Option<&mut dyn FlowControl> {
        None
    }

    /// Search for window titles in the picture.
    fn title_probe(&mut self) -> Option<&mut dyn TitleProbe> {
        None
    }
}

/// Result of a capture.
#[derive(Clone, Copy, Debug)]
pub struct Captured {
    /// Region that was written, where that is more than the requested one: a source may read more so that all is of one
    /// instant. It is compared together with the requested region.
    pub updated: Region,
    /// All damage that was reported for what was written, so that changes without a report can be counted.
    pub damage: Region,
}

impl Captured {
    /// Returns the result of a capture that wrote, and reported as damaged, all of a frame.
    pub fn all(layout: Layout) -> Self {
        Self::damaged(Region::full(layout.cells()))
    }

    /// Returns the result of a capture that wrote, and reported as damaged, `region`.
    pub fn damaged(region: Region) -> Self {
        Self { updated: region, damage: region }
    }
}

/// Description of an open source, for viewers and for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// Name of what is shown: "monitor HDMI-1", "test pattern bars". It follows a window that is renamed.
    pub name: String,
    /// Reason why no new frames come although the source is open: "the window is minimised". `None` while they may
    /// come.
    pub stalled: Option<String>,
    /// Differences between its frames and what it captures or decodes, one phrase each: "10 bit shown as 8 bit".
    pub alterations: Vec<String>,
}

/// Reason why [`Source::wait`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// There is damage that was not reported before.
    Damaged,
    /// The layout changed; frames of the previous one are of no more use.
    Resized,
    /// The cursor moved or changed its shape.
    CursorMoved,
    /// [`Source::description`] changed.
    Described,
    /// An audio chunk is due.
    Sounded,
    /// The playback state changed without a command.
    PlaybackChanged,
    /// The waker was used.
    Woken,
    /// The timeout passed.
    TimedOut,
}
