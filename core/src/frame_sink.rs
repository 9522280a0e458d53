//! Contract of a frame sink: a consumer of whole frames, such as a recorder or a stream to a media server.
//!
//! It is no transport: [`Sink`](crate::sink::Sink) carries viewers, each with a session and at its own rate. A frame
//! sink gets the frames themselves. Its life:
//!
//! 1. A [`SinkOpener`] opens it, which takes what may fail before there is a frame: programs, plugins.
//! 2. It moves to a thread of its own, which calls all below, one at a time, by a [`Driver`].
//! 3. [`begin`](FrameSink::begin) is called before the first frame, and again before a frame of another layout.
//! 4. [`frame`](FrameSink::frame) and [`audio`](FrameSink::audio) are called for what comes, in the order of time for
//!    each; sound may be ahead of its pictures. A sink may take as long as it needs: see [`Delivery`].
//! 5. [`finish`](FrameSink::finish) is called once, when nothing more comes, or after the sink has said that it is
//!    [complete](SinkStatus::Complete). After an error of `begin`, `frame` or `audio` it is dropped instead.
//!
//! A sink that counts:
//!
//! ```
//! use lanstream_core::frame_sink::{Delivery, FrameSink, FrameSinkError, SinkFrame, SinkStatus, StreamInfo};
//!
//! struct Counter(u64);
//!
//! impl FrameSink for Counter {
//!     fn delivery(&self) -> Delivery {
//!         Delivery::Every
//!     }
//!
//!     fn begin(&mut self, _stream: &StreamInfo) -> Result<(), FrameSinkError> {
//!         Ok(())
//!     }
//!
//!     fn frame(&mut self, _frame: &SinkFrame<'_>) -> Result<SinkStatus, FrameSinkError> {
//!         self.0 += 1;
//!         Ok(if self.0 < 100 { SinkStatus::Open } else { SinkStatus::Complete })
//!     }
//!
//!     fn finish(self: Box<Self>) -> Result<(), FrameSinkError> {
//!         Ok(())
//!     }
//! }
//! ```

mod driver;

use std::sync::Arc;
use std::time::Duration;

use crate::frame::Frame;
use crate::frame_buffer::Layout;
use crate::region::Region;
use crate::source::{AudioChunk, Description};
use crate::time::Micros;

pub use crate::feed::{Delivery, FRAMES_WAITING_MAX, SinkHandle};
pub use driver::{Driver, DriverStep};

/// Function that opens a frame sink.
pub type SinkOpener = Arc<dyn Fn() -> Result<Box<dyn FrameSink>, FrameSinkError> + Send + Sync>;

/// Consumer of whole frames. See the [module](self) for its life.
pub trait FrameSink: Send {
    /// Returns which frames it gets. It is asked once, before anything else.
    fn delivery(&self) -> Delivery;

    /// Begins a stream of frames of one layout, after ending the previous one, if there was one.
    ///
    /// # Errors
    /// If it cannot take such a stream.
    fn begin(&mut self, stream: &StreamInfo) -> Result<(), FrameSinkError>;

    /// Takes a frame. It is borrowed: once this returns, the source may write into its memory.
    ///
    /// # Errors
    /// If the sink can't go on.
    fn frame(&mut self, frame: &SinkFrame<'_>) -> Result<SinkStatus, FrameSinkError>;

    /// Takes a stretch of sound, of a stream that has any.
    ///
    /// # Errors
    /// If the sink can't go on.
    fn audio(&mut self, _chunk: &Arc<AudioChunk>) -> Result<SinkStatus, FrameSinkError> {
        Ok(SinkStatus::Open)
    }

    /// Ends: what was taken is complete where it is meant to go when this returns.
    ///
    /// # Errors
    /// If it is not.
    fn finish(self: Box<Self>) -> Result<(), FrameSinkError>;
}

/// What is known of a stream of frames before the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamInfo {
    /// How each frame lies in memory.
    pub layout: Layout,
    /// Name of the source, and in what its frames differ from what it has.
    pub description: Description,
    /// Whether sound belongs to the frames.
    pub has_sound: bool,
}

/// A frame, complete, for a sink.
#[derive(Clone, Copy, Debug)]
pub struct SinkFrame<'a> {
    /// The frame, with its presentation time, if it has one.
    pub frame: &'a Frame,
    /// What may have changed since the sink's previous frame, in the layout's cells: all of it in the first frame of a
    /// stream, nothing where the picture still stands.
    pub damage: Region,
    /// When it is shown, on the pipeline's clock: when it was captured, or, of one that still stands, now.
    pub at: Micros,
    /// How far the sink is behind.
    pub backlog: Backlog,
}

/// How far a sink is behind, which shows whether it is too slow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Frames that wait behind this one; always 0 with [`Delivery::Newest`].
    pub waiting: usize,
    /// Time so far in which nothing was captured because too many waited.
    pub held: Duration,
}

/// Whether a sink takes more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SinkStatus {
    /// It takes more.
    Open,
    /// It has all that it wants: nothing went wrong.
    Complete,
}

/// Reason why a frame sink can't go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FrameSinkError {
    /// Classification.
    pub kind: FrameSinkErrorKind,
    /// For people: what was wrong and what to do.
    pub message: String,
}

impl FrameSinkError {
    /// Returns an error of `kind`.
    pub fn new(kind: FrameSinkErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

/// Kind of a frame sink's error. All of them end the sink, and none ends the run of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameSinkErrorKind {
    /// What it needs isn't there: a program, a folder.
    NotFound,
    /// It can't take such a stream, or its program is too old.
    Unsupported,
    /// What it writes to broke off.
    Broken,
    /// The user gave it up before it was finished.
    Interrupted,
}
