//! One source's loop: wait, capture what may have changed, find what did, publish. Runs on the thread of its caller.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Waker;
use std::time::Duration;

use crate::encode::ENCODING_FRAMES_MAX;
use crate::frame::Frame;
use crate::geometry::{Rect, Size};
use crate::pool::FramePool;
use crate::region::Region;
use crate::self_capture::{SelfCaptureChange, SelfCaptureDetector};
use crate::source::{
    Captured, CursorSource, Description, Error, ErrorKind, Event, Flow, Source, UnreliableDamage,
};
use crate::stage::{Comparison, Stage};
use crate::time::{Clock, Micros};

pub use crate::audience::Audience;
pub use crate::feed::{EventReceiver, Feed, FeedHandle, FrameReceiver, Status, feed};
pub use crate::pool::FRAMES_SPARE;
pub use crate::self_capture::Marker;
pub use crate::state::PipelineState;

/// Parts in which a picture that no damage tells of is looked at, one every [`RESCAN_INTERVAL`].
pub const RESCAN_PARTS: u32 = 12;
/// Time between two such looks: all of the picture is seen once a second, at a fraction of a percent of a core.
pub const RESCAN_INTERVAL: Duration = Duration::from_millis(83);
/// Pause before a source is asked again that returned [`ErrorKind::Retry`].
const RETRY_PAUSE: Duration = Duration::from_millis(5);
/// Frames that one route of a viewer can hold: the one being sent, the previous one, from which parts may be moved, and
/// with proofs asked for the one being proven.
const FRAMES_PER_SUBSCRIPTION: usize = 3;

/// Takes pictures from a source to a feed.
pub struct Pipeline {
    feed: Feed,
    stage: Stage,
    /// The source has damage that was not captured.
    is_damaged: bool,
    pool: FramePool,
    pace: CapturePacer,
    rescan: Rescan,
    self_capture: SelfCaptureDetector,
    /// What the source was told last of frames that are not captured in time.
    flow: Flow,
    clock: Clock,
    state: Arc<PipelineState>,
    observer: Box<Observer>,
    /// Size of the source's frames, once one has run.
    size: Option<Size>,
}

/// Something that is observed of a source while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observation<'a> {
    /// How it is described, at the start of a run and whenever that changes.
    Described(&'a Description),
    /// Its frames have another size than those before.
    Resized(Size),
}

/// What is told of a source, on its thread.
pub type Observer = dyn Fn(Observation<'_>) + Send;

/// Why a run returned without an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

impl Pipeline {
    /// A pipeline that publishes to `feed`, at most every `interval`, to viewers with `marker` in their titles.
    /// `observer` is told what viewers are told about the source besides its frames.
    pub fn new(
        feed: Feed,
        interval: Option<Duration>,
        clock: Clock,
        state: Arc<PipelineState>,
        marker: Marker,
        observer: Box<Observer>,
    ) -> Self {
        let pace = CapturePacer { interval: interval.unwrap_or_default(), next: Micros::ZERO };
        let self_capture = SelfCaptureDetector::new(marker);
        let rescan = Rescan { next: Micros::ZERO, part: 0 };
        Self {
            feed,
            stage: Stage::default(),
            is_damaged: true,
            pool: FramePool::default(),
            pace,
            rescan,
            self_capture,
            flow: Flow::default(),
            clock,
            state,
            observer,
            size: None,
        }
    }

    /// Tells viewers what the source is doing.
    pub fn announce(&mut self, status: Status) {
        self.feed.admit(self.stage.current());
        self.feed.announce(status);
    }

    /// Prepares for waiting without a source: `waker` is used when a viewer comes. Returns whether one has come
    /// already.
    pub fn listen(&self, waker: &Waker) -> bool {
        self.feed.listen(waker, false)
    }

    /// Runs until it is stopped. The pictures of a source that was lost stay for viewers until the next run shows its
    /// own.
    ///
    /// # Errors
    /// The source's, other than [`ErrorKind::Retry`].
    pub fn run(&mut self, source: &mut dyn Source) -> Result<Stopped, Error> {
        self.pool = FramePool::default();
        self.stage.clear();
        self.is_damaged = true;
        self.flow = Flow::default();
        let waker = source.waker();
        self.describe(source);
        self.observe_size(source);
        self.feed.set_has_audio(source.playback().is_none() && source.audio().is_some());
        while !self.state.stop.load(Ordering::SeqCst) {
            self.feed.admit(self.stage.current());
            self.exchange_playback(source);
            let now = (self.clock)();
            self.feed.account(now);
            self.set_flow(source);
            self.exchange_sound(source);
            match self.next_step(source, now) {
                Step::Capture(region) => self.capture(source, &region)?,
                Step::Wait { timeout, parked } => self.wait(source, &waker, timeout, parked)?,
            }
        }
        Ok(Stopped)
    }

    /// Gives viewers' commands to the source, and its playback state to viewers.
    fn exchange_playback(&mut self, source: &mut dyn Source) {
        let mut controls = source.playback();
        while let Some(command) = self.feed.take_command() {
            if let Some(controls) = &mut controls {
                controls.control(command);
            }
        }
        let playback = controls.and_then(|controls| controls.playback());
        self.feed.set_playback(playback, (self.clock)());
    }

    /// Takes the sound that is due, unless a consumer of all of it is behind.
    fn exchange_sound(&self, source: &mut dyn Source) {
        while !self.feed.is_full()
            && let Some(chunk) = source.audio().and_then(|audio| audio.take_chunk())
        {
            self.feed.sound(chunk);
        }
    }

    /// Tells a source that could skip frames whether it may.
    fn set_flow(&mut self, source: &mut dyn Source) {
        let flow = match (self.feed.is_full(), self.feed.wants_every()) {
            (true, _) => Flow::Held,
            (false, true) => Flow::Every,
            (false, false) => Flow::Skip,
        };
        if std::mem::replace(&mut self.flow, flow) != flow
            && let Some(control) = source.flow_control()
        {
            control.set_flow(flow);
        }
    }

    /// What to do now. Unless a frame can be taken nothing is captured, whatever changes.
    fn next_step(&self, source: &dyn Source, now: Micros) -> Step {
        if !self.feed.has_demand() {
            return Step::Wait { timeout: None, parked: true };
        }
        let damage = if self.is_damaged { source.damage() } else { Some(Region::EMPTY) };
        let mut region = damage.unwrap_or(Region::EMPTY);
        let needs_rescan = source.unreliable_damage().is_some_and(UnreliableDamage::needs_rescan);
        let rescan = needs_rescan.then(|| self.rescan.next.since(now));
        if rescan == Some(Duration::ZERO) {
            region.merge(
                &self.rescan.rows(source.layout().cells().bounds()).map_or(Region::EMPTY, Region::from),
            );
        }
        let until_due = self.pace.next.since(now);
        if region.is_empty() && damage.is_some() {
            Step::Wait { timeout: rescan, parked: false }
        } else if until_due.is_zero() {
            Step::Capture(region)
        } else {
            Step::Wait { timeout: Some(until_due), parked: false }
        }
    }

    fn wait(
        &mut self,
        source: &mut dyn Source,
        waker: &Waker,
        timeout: Option<Duration>,
        parked: bool,
    ) -> Result<(), Error> {
        let events = self.feed.listen(waker, parked);
        if events || self.state.stop.load(Ordering::SeqCst) {
            return Ok(());
        }
        let event = source.wait(timeout)?;
        self.hear(source, event);
        Ok(())
    }

    fn describe(&mut self, source: &dyn Source) {
        let description = source.description();
        (self.observer)(Observation::Described(&description));
        self.feed.describe(description);
    }

    fn observe_size(&mut self, source: &dyn Source) {
        let size = source.layout().size;
        if self.size.replace(size).is_some_and(|before| before != size) {
            (self.observer)(Observation::Resized(size));
        }
    }

    fn capture(&mut self, source: &mut dyn Source, region: &Region) -> Result<(), Error> {
        let limit = FRAMES_SPARE
            + ENCODING_FRAMES_MAX
            + FRAMES_PER_SUBSCRIPTION * self.feed.frame_subscriptions()
            + self.feed.complete_frames_max();
        let layout = source.layout();
        let Some(slot) = self.pool.acquire(layout, limit, || source.allocate())? else {
            debug_assert!(false, "viewers and sinks hold more frames than they may");
            return self.pause(source);
        };
        let Some(frame) = Arc::get_mut(slot) else { return Ok(()) };
        let mut wanted = self.stage.stale(frame);
        wanted.merge(region);
        let wanted = wanted.clipped(layout.cells().bounds());
        let Captured { mut updated, damage } =
            match source.capture(frame.begin_capture((self.clock)()), &wanted) {
                Ok(captured) => captured,
                Err(error) => {
                    frame.invalidate();
                    return self.retry(source, error);
                }
            };
        self.is_damaged = false;
        updated.merge(&wanted);
        let updated = updated.clipped(layout.cells().bounds());
        let mut comparison = self.stage.begin(frame, &updated, &damage);
        let mut arrivals = Arrivals { source, clock: self.clock, rows: 0, last: (self.clock)() };
        if let Err(error) = arrivals.find_change(&mut self.stage, frame, &mut comparison) {
            frame.invalidate();
            return self.retry(source, error);
        }
        self.stage.number(frame, &comparison);
        let frame = Arc::clone(slot);
        self.publish(arrivals, &frame, comparison, region)
    }

    /// Has viewers sent the top of a picture while its bottom is still compared, or not even there.
    fn publish(
        &mut self,
        mut arrivals: Arrivals<'_>,
        frame: &Arc<Frame>,
        mut comparison: Comparison<'_>,
        region: &Region,
    ) -> Result<(), Error> {
        if comparison.is_new() {
            self.feed.publish(frame);
        }
        let compared = arrivals.compare(&mut self.stage, &self.feed, frame, &mut comparison);
        let Arrivals { source, last: captured, .. } = arrivals;
        if let Err(error) = compared {
            self.stage.abandon(frame);
            self.feed.progressed();
            return self.retry(source, error);
        }
        self.state.account(frame.captured_at(), captured, (self.clock)(), comparison.change.undamaged);
        self.pace.took(frame.captured_at(), self.self_capture.interval());
        self.rescan.took(frame.captured_at(), region, frame.cells().bounds());
        if self.stage.advance(frame) {
            self.feed.complete(frame);
            self.state.frames.fetch_add(1, Ordering::Relaxed);
            self.check_self_capture(source, captured);
        }
        Ok(())
    }

    fn check_self_capture(&mut self, source: &mut dyn Source, now: Micros) {
        match self.self_capture.changed(now, source) {
            Some(SelfCaptureChange::Began) => {
                self.feed.announce(Status::Mirrored { name: source.description().name })
            }
            Some(SelfCaptureChange::Ended) => {
                self.feed.announce(Status::Live { name: source.description().name })
            }
            None => {}
        }
    }

    fn retry(&mut self, source: &mut dyn Source, error: Error) -> Result<(), Error> {
        if error.kind != ErrorKind::Retry {
            return Err(error);
        }
        self.pause(source)
    }

    fn pause(&mut self, source: &mut dyn Source) -> Result<(), Error> {
        let event = source.wait(Some(RETRY_PAUSE))?;
        self.hear(source, event);
        Ok(())
    }

    fn hear(&mut self, source: &dyn Source, event: Event) {
        match event {
            Event::Damaged => self.is_damaged = true,
            Event::Resized => {
                self.stage.clear();
                self.is_damaged = true;
                self.observe_size(source);
            }
            Event::CursorMoved => {
                if let Some(cursor) = source.cursor().map(CursorSource::cursor) {
                    self.feed.point(cursor);
                }
            }
            Event::Described => self.describe(source),
            Event::Sounded | Event::PlaybackChanged | Event::Woken | Event::TimedOut => {}
        }
    }
}

/// The rows of a frame as they arrive.
struct Arrivals<'a> {
    source: &'a mut dyn Source,
    clock: Clock,
    /// Rows that have arrived.
    rows: u32,
    /// When the last of them came.
    last: Micros,
}

impl Arrivals<'_> {
    fn wait(&mut self) -> Result<(), Error> {
        self.rows = match self.source.late_rows() {
            Some(late) => late.arrived(self.rows)?,
            None => u32::MAX,
        };
        self.last = (self.clock)();
        Ok(())
    }

    /// Compares to where it is known that there is something new, or to the end.
    fn find_change(
        &mut self,
        stage: &mut Stage,
        frame: &Frame,
        comparison: &mut Comparison<'_>,
    ) -> Result<(), Error> {
        while !comparison.is_new() && !comparison.is_over() {
            self.wait()?;
            stage.find(frame, comparison, self.rows);
        }
        Ok(())
    }

    /// Compares the rest, and wakes viewers who came to where it was not.
    fn compare(
        &mut self,
        stage: &mut Stage,
        feed: &Feed,
        frame: &Frame,
        comparison: &mut Comparison<'_>,
    ) -> Result<(), Error> {
        stage.compare(frame, comparison, self.rows);
        while !comparison.is_over() {
            feed.progressed();
            self.wait()?;
            stage.compare(frame, comparison, self.rows);
        }
        Ok(())
    }
}

#[expect(
    clippy::large_enum_variant,
    reason = "lives on the stack for one turn; a box would allocate on the pixel path"
)]
enum Step {
    Capture(Region),
    Wait { timeout: Option<Duration>, parked: bool },
}

/// Keeps captures at least an interval apart.
struct CapturePacer {
    interval: Duration,
    next: Micros,
}

impl CapturePacer {
    /// The next capture is due an interval after this one was, not after it happened: a late one doesn't slow the rate.
    fn took(&mut self, now: Micros, interval_min: Duration) {
        let interval = self.interval.max(interval_min);
        let due = self.next + interval;
        self.next = if due < now { now + interval / 2 } else { due };
    }
}

/// The part of the frame to rescan next.
struct Rescan {
    next: Micros,
    part: u32,
}

impl Rescan {
    fn took(&mut self, now: Micros, region: &Region, bounds: Rect) {
        let seen = self.rows(bounds).is_none_or(|rows| region.contains(rows));
        if seen && self.next <= now {
            self.part = (self.part + 1) % RESCAN_PARTS;
            self.next = now + RESCAN_INTERVAL;
        }
    }

    /// The rows of the present part.
    fn rows(&self, bounds: Rect) -> Option<Rect> {
        bounds.part(self.part, RESCAN_PARTS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_every_picture_comes_to_be_looked_at() {
        for height in 1..40 {
            let bounds = Rect { x: 0, y: 0, width: 10, height };
            let mut rescan = Rescan { next: Micros::ZERO, part: 0 };
            let mut seen = Region::EMPTY;
            for _ in 0..RESCAN_PARTS {
                let part = Region::from(rescan.rows(bounds).unwrap());
                seen.merge(&part);
                rescan.took(rescan.next, &part, bounds);
            }
            assert!(seen.contains(bounds), "{seen:?} of {height} rows");
        }
    }
}
