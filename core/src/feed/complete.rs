//! Subscriptions to complete frames and to all sound, for consumers that are no viewers: every frame or the newest.
//!
//! A consumer of every frame has a bounded queue. While that is full, nothing is captured: the source waits instead of
//! frames being lost, and the time is counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Context;
use std::time::Duration;

use atomic_waker::AtomicWaker;

use super::SourceWakeup;
use crate::demand::Demand;
use crate::frame::Frame;
use crate::queue::Queue;
use crate::slot::Slot;
use crate::source::{AudioChunk, Description};
use crate::sync::AtomicBool;
use crate::time::Micros;

/// Frames that wait for a consumer of every frame: an eighth of a second of a film with 60 a second, 66 MB at 1080p.
pub const FRAMES_WAITING_MAX: usize = 8;
/// Frames that a consumer has taken: the one at hand, and the one before it, which may have to be shown again.
const FRAMES_TAKEN_MAX: usize = 2;
/// Audio chunks that wait for a consumer: a little more than a second.
const CHUNKS_WAITING_MAX: usize = 64;

/// Which frames a consumer gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The newest there is when the consumer is ready for one; what came meanwhile is skipped.
    Newest,
    /// Every frame that is captured, and all sound. While [`FRAMES_WAITING_MAX`] frames wait, nothing is captured: a
    /// film stands still, a screen is captured less often, and viewers wait too.
    Every,
}

/// Counts of a subscription.
#[derive(Debug, Default)]
struct Counters {
    /// Frames taken.
    frames: AtomicU64,
    /// Frames that a newer one replaced before they were taken; always 0 for a consumer of every frame.
    skipped: AtomicU64,
    /// Microseconds, until the present time began, in which nothing was captured because the queue was full.
    held_us: AtomicU64,
    /// When the queue became full, in microseconds; 0 if it has room.
    held_since: AtomicU64,
}

impl Counters {
    /// Time in which nothing was captured because the queue was full.
    fn held(&self, now: Micros) -> Duration {
        let since = self.held_since.load(Ordering::Relaxed);
        let present = if since == 0 { Duration::ZERO } else { now.since(Micros(since)) };
        Duration::from_micros(self.held_us.load(Ordering::Relaxed)) + present
    }

    /// Notes whether captures are held back at `now`. Only the source's thread calls it.
    fn note(&self, is_held: bool, now: Micros) {
        let since = self.held_since.load(Ordering::Relaxed);
        if is_held && since == 0 {
            self.held_since.store(now.0.max(1), Ordering::Relaxed);
        } else if !is_held && since > 0 {
            let us = now.0.saturating_sub(since);
            self.held_us.fetch_add(us, Ordering::Relaxed);
            self.held_since.store(0, Ordering::Relaxed);
        }
    }
}

/// State of one subscription, shared with the source's thread.
#[derive(Debug)]
pub(super) struct CompleteSubscription {
    frames: Frames,
    sounds: Queue<AudioChunk, CHUNKS_WAITING_MAX>,
    description: Slot<Description>,
    /// Whether the source has sound.
    has_sound: AtomicBool,
    /// Of a consumer of the newest frame: it is ready for one.
    demand: Demand,
    /// The consumer is gone.
    cancelled: AtomicBool,
    /// Nothing more will come.
    closed: AtomicBool,
    waker: AtomicWaker,
    counters: Counters,
}

#[derive(Debug)]
enum Frames {
    Newest(Slot<Frame>),
    Every(Box<Queue<Frame, FRAMES_WAITING_MAX>>),
}

impl CompleteSubscription {
    fn new(delivery: Delivery) -> Self {
        let frames = match delivery {
            Delivery::Newest => Frames::Newest(Slot::new()),
            Delivery::Every => Frames::Every(Box::default()),
        };
        Self {
            frames,
            sounds: Queue::new(),
            description: Slot::new(),
            has_sound: AtomicBool::new(false),
            demand: Demand::new(),
            cancelled: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            waker: AtomicWaker::new(),
            counters: Counters::default(),
        }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    pub(super) fn wants_every(&self) -> bool {
        matches!(self.frames, Frames::Every(_))
    }

    fn waiting(&self) -> usize {
        match &self.frames {
            Frames::Newest(_) => 0,
            Frames::Every(frames) => frames.len(),
        }
    }

    /// Whether nothing may be captured, since it could not be taken.
    pub(super) fn is_full(&self) -> bool {
        match &self.frames {
            Frames::Newest(_) => false,
            Frames::Every(frames) => frames.is_full() || self.sounds.is_full(),
        }
    }

    pub(super) fn has_demand(&self) -> bool {
        match &self.frames {
            Frames::Newest(_) => self.demand.is_set(),
            Frames::Every(frames) => !frames.is_full(),
        }
    }

    /// Frames that it can hold: those that wait, and those that its consumer has.
    pub(super) fn frames_max(&self) -> usize {
        let waiting = match self.frames {
            Frames::Newest(_) => 1,
            Frames::Every(_) => FRAMES_WAITING_MAX,
        };
        waiting + FRAMES_TAKEN_MAX
    }

    /// Counts the time in which captures are held back.
    pub(super) fn account(&self, now: Micros) {
        self.counters.note(self.is_full(), now);
    }

    pub(super) fn put_frame(&self, frame: &Arc<Frame>) {
        self.demand.clear();
        let is_lost = match &self.frames {
            Frames::Newest(newest) => newest.put(Arc::clone(frame)).is_some(),
            Frames::Every(frames) => frames.put(Arc::clone(frame)).is_err(),
        };
        debug_assert!(!(is_lost && self.wants_every()), "nothing is captured while the queue is full");
        self.counters.skipped.fetch_add(u64::from(is_lost), Ordering::Relaxed);
        self.waker.wake();
    }

    pub(super) fn put_sound(&self, sound: &Arc<AudioChunk>) {
        // Only a consumer of the newest frames can be too slow for it, and misses some.
        let _missed = self.sounds.put(Arc::clone(sound));
        self.waker.wake();
    }

    pub(super) fn describe(&self, description: &Arc<Description>) {
        self.description.put(Arc::clone(description));
    }

    pub(super) fn set_has_sound(&self, has_sound: bool) {
        self.has_sound.store(has_sound, Ordering::Relaxed);
    }
}

/// Receiver of complete frames and of sound.
#[derive(Debug)]
pub(crate) struct CompleteReceiver {
    subscription: Arc<CompleteSubscription>,
    source: Arc<SourceWakeup>,
}

impl CompleteReceiver {
    pub(super) fn new(delivery: Delivery, source: Arc<SourceWakeup>) -> Self {
        let subscription = Arc::new(CompleteSubscription::new(delivery));
        Self { subscription, source }
    }

    pub(super) fn subscription(&self) -> Arc<CompleteSubscription> {
        Arc::clone(&self.subscription)
    }

    /// Returns a handle to the subscription.
    pub(crate) fn handle(&self) -> SinkHandle {
        SinkHandle(Arc::clone(&self.subscription))
    }

    /// Time so far in which nothing was captured because the queue was full.
    pub(crate) fn held(&self, now: Micros) -> Duration {
        self.subscription.counters.held(now)
    }

    /// Uses the context's waker, once, when there is something to take, or nothing more will come.
    pub(crate) fn register(&self, context: &Context<'_>) {
        self.subscription.waker.register(context.waker());
    }

    /// Takes the next frame, if there is one; else the source is told that this consumer is ready for one.
    pub(crate) fn take_frame(&self) -> Option<Arc<Frame>> {
        let Self { subscription, source, .. } = self;
        let taken = match &subscription.frames {
            Frames::Newest(newest) => newest.take().or_else(|| {
                self.notify(subscription.demand.set(&source.parked));
                newest.take()
            }),
            Frames::Every(frames) => {
                let frame = frames.take()?;
                self.notify(source.parked.must_wake());
                Some(frame)
            }
        };
        subscription.counters.frames.fetch_add(u64::from(taken.is_some()), Ordering::Relaxed);
        taken
    }

    /// Takes the next audio chunk, if there is one.
    pub(crate) fn take_sound(&self) -> Option<Arc<AudioChunk>> {
        let sound = self.subscription.sounds.take()?;
        self.notify(self.source.parked.must_wake());
        Some(sound)
    }

    /// Takes the source's description, if it is new.
    pub(crate) fn take_description(&self) -> Option<Arc<Description>> {
        self.subscription.description.take()
    }

    /// Whether the source has sound, as far as it was known when the last frame came.
    pub(crate) fn has_sound(&self) -> bool {
        self.subscription.has_sound.load(Ordering::Relaxed)
    }

    /// Number of frames that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.subscription.waiting()
    }

    /// Whether nothing more will come than what waits.
    pub(crate) fn is_closed(&self) -> bool {
        self.subscription.closed.load(Ordering::Acquire)
    }

    fn notify(&self, is_parked: bool) {
        if is_parked {
            self.source.notify();
        }
    }
}

impl Drop for CompleteReceiver {
    fn drop(&mut self) {
        self.subscription.cancelled.store(true, Ordering::Release);
        self.source.notify();
    }
}

/// Handle to the subscription of a frame sink, for whoever watches it and ends it.
#[derive(Clone, Debug)]
pub struct SinkHandle(Arc<CompleteSubscription>);

impl SinkHandle {
    /// Tells the sink that nothing more will come than what waits. The source must have put its last frame.
    pub fn close(&self) {
        // Release: what was put before is seen by whoever sees this.
        self.0.closed.store(true, Ordering::Release);
        self.0.waker.wake();
    }

    /// Number of frames that the sink has taken.
    pub fn frames(&self) -> u64 {
        self.0.counters.frames.load(Ordering::Relaxed)
    }

    /// Number of frames that a newer one replaced before they were taken; always 0 with [`Delivery::Every`].
    pub fn skipped(&self) -> u64 {
        self.0.counters.skipped.load(Ordering::Relaxed)
    }

    /// Number of frames that wait; always 0 with [`Delivery::Newest`].
    pub fn waiting(&self) -> usize {
        self.0.waiting()
    }

    /// Time so far in which nothing was captured because too many frames, or too much sound, waited.
    pub fn held(&self, now: Micros) -> Duration {
        self.0.counters.held(now)
    }
}
