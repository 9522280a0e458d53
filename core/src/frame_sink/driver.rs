//! Calls a frame sink with what its subscription has: sans-IO, for the thread that owns the sink.

use std::sync::Arc;
use std::task::Context;
use std::time::Duration;

use super::{Backlog, FrameSink, FrameSinkError, SinkFrame, SinkStatus, StreamInfo};
use crate::feed::{CompleteReceiver, FeedHandle, SinkHandle};
use crate::frame::Frame;
use crate::frame_buffer::Layout;
use crate::region::Region;
use crate::source::Description;
use crate::stage;
use crate::time::{Clock, Micros};

/// Time after which a picture that still stands is given again: media servers and players take a stream for dead that
/// is silent for several seconds, and a recording of a screen lasts as long as it was recorded.
const STANDING_INTERVAL: Duration = Duration::from_secs(1);

/// A frame sink with its subscription.
pub struct Driver {
    sink: Box<dyn FrameSink>,
    receiver: CompleteReceiver,
    clock: Clock,
    description: Arc<Description>,
    /// The frame that was given last.
    shown: Option<Shown>,
    /// The stream was begun with sound.
    has_sound: bool,
}

/// A frame that was given.
struct Shown {
    frame: Arc<Frame>,
    /// When it was given, or given again.
    at: Micros,
}

/// What the caller of [`Driver::advance`] must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriverStep {
    /// Call again when the waker was used, or this time has passed.
    Wait(Option<Duration>),
    /// Finish: the sink has all that it wants.
    Complete,
    /// Finish: nothing more comes.
    Over,
}

impl Driver {
    /// Subscribes a sink. Returns `None` if the source's thread is gone.
    pub fn new(sink: Box<dyn FrameSink>, feed_handle: &FeedHandle, clock: Clock) -> Option<Self> {
        let receiver = feed_handle.subscribe_complete(sink.delivery())?;
        Some(Self { sink, receiver, clock, description: Arc::default(), shown: None, has_sound: false })
    }

    /// Returns a handle to the subscription, for other threads.
    pub fn handle(&self) -> SinkHandle {
        self.receiver.handle()
    }

    /// Gives the sink all that there is. The context's waker is used when there is more.
    ///
    /// # Errors
    /// The sink's, after which it must be dropped.
    pub fn advance(&mut self, context: &Context<'_>) -> Result<DriverStep, FrameSinkError> {
        self.receiver.register(context);
        // Read first: what was put before it was closed is found below.
        let is_closed = self.receiver.is_closed();
        loop {
            if self.give_sound()? == SinkStatus::Complete {
                return Ok(DriverStep::Complete);
            }
            let Some(frame) = self.receiver.take_frame() else { break };
            if self.give_new(frame)? == SinkStatus::Complete {
                return Ok(DriverStep::Complete);
            }
        }
        let now = (self.clock)();
        if self.stands_again(now, is_closed) && self.give_again(now)? == SinkStatus::Complete {
            return Ok(DriverStep::Complete);
        }
        if is_closed { Ok(DriverStep::Over) } else { Ok(DriverStep::Wait(self.until_standing(now))) }
    }

    /// Finishes the sink.
    ///
    /// # Errors
    /// The sink's.
    pub fn finish(self) -> Result<(), FrameSinkError> {
        let Self { sink, receiver, shown, .. } = self;
        // A sink may take long: meanwhile it holds no frames, and no captures back.
        drop((receiver, shown));
        sink.finish()
    }

    /// Gives the sound that has come. What comes before the first picture belongs to none, and what comes in a stream
    /// that was begun without sound has no place in it.
    fn give_sound(&mut self) -> Result<SinkStatus, FrameSinkError> {
        while let Some(chunk) = self.receiver.take_sound() {
            let has_place = self.shown.is_some() && self.has_sound;
            if has_place && self.sink.audio(&chunk)? == SinkStatus::Complete {
                return Ok(SinkStatus::Complete);
            }
        }
        Ok(SinkStatus::Open)
    }

    fn give_new(&mut self, frame: Arc<Frame>) -> Result<SinkStatus, FrameSinkError> {
        let layout = frame.layout();
        let before = self.shown.as_ref().map(|shown| (shown.frame.layout(), shown.frame.seq()));
        let damage = match before {
            Some((same, seq)) if same == layout => stage::changed_since(&frame, seq),
            _ => {
                self.begin(layout)?;
                Region::full(layout.cells())
            }
        };
        let at = frame.captured_at();
        let given = self.sink_frame(&frame, damage, at);
        let status = self.sink.frame(&given);
        self.shown = Some(Shown { frame, at });
        status
    }

    fn begin(&mut self, layout: Layout) -> Result<(), FrameSinkError> {
        if let Some(description) = self.receiver.take_description() {
            self.description = description;
        }
        let description = Description::clone(&self.description);
        self.has_sound = self.receiver.has_sound();
        self.sink.begin(&StreamInfo { layout, description, has_sound: self.has_sound })
    }

    /// Whether the last picture is to be given again: it stands for a while, or is the last. A film says by itself when
    /// its pictures are shown.
    fn stands_again(&self, now: Micros, is_closed: bool) -> bool {
        let Some(shown) = self.shown.as_ref().filter(|shown| shown.frame.pts().is_none()) else {
            return false;
        };
        if is_closed { now > shown.at } else { now.since(shown.at) >= STANDING_INTERVAL }
    }

    fn give_again(&mut self, now: Micros) -> Result<SinkStatus, FrameSinkError> {
        let Some(Shown { frame, .. }) = self.shown.take() else { return Ok(SinkStatus::Open) };
        let given = self.sink_frame(&frame, Region::EMPTY, now);
        let status = self.sink.frame(&given);
        self.shown = Some(Shown { frame, at: now });
        status
    }

    fn sink_frame<'a>(&self, frame: &'a Frame, damage: Region, at: Micros) -> SinkFrame<'a> {
        let held = self.receiver.held((self.clock)());
        SinkFrame { frame, damage, at, backlog: Backlog { waiting: self.receiver.waiting(), held } }
    }

    fn until_standing(&self, now: Micros) -> Option<Duration> {
        let shown = self.shown.as_ref().filter(|shown| shown.frame.pts().is_none())?;
        Some((shown.at + STANDING_INTERVAL).since(now))
    }
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").field("receiver", &self.receiver).finish_non_exhaustive()
    }
}
