//! Subscription of one route of a viewer to frames: the newest, and the viewer's demand back.

use std::task::{Context, Poll};

use atomic_waker::AtomicWaker;

use super::SourceWakeup;
use crate::demand::Demand;
use crate::frame::Frame;
use crate::slot::Slot;
use crate::sync::{Arc, AtomicBool, Ordering};

/// State of one frame subscription, shared with the source's thread.
#[derive(Debug)]
pub(super) struct FrameSubscription {
    frames: Slot<Frame>,
    demand: Demand,
    /// The newest frame must be sent again, though it was taken.
    resend: AtomicBool,
    cancelled: AtomicBool,
    waker: AtomicWaker,
}

impl Default for FrameSubscription {
    fn default() -> Self {
        Self {
            frames: Slot::new(),
            demand: Demand::new(),
            resend: AtomicBool::new(false),
            cancelled: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        }
    }
}

impl FrameSubscription {
    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    pub(super) fn has_demand(&self) -> bool {
        self.demand.is_set()
    }

    pub(super) fn put(&self, frame: &Arc<Frame>) {
        // Cleared before the frame is there: the demand of a viewer that takes it at once is not lost.
        self.demand.clear();
        self.frames.put(Arc::clone(frame));
        self.waker.wake();
    }

    /// Wakes the viewer: more of the published frame is compared.
    pub(super) fn progressed(&self) {
        self.waker.wake();
    }

    /// Asks for the newest frame to be sent again.
    fn set_resend(&self) {
        self.resend.store(true, Ordering::Release);
    }

    /// Sends the newest frame again, if that was asked for. It meets no demand.
    pub(super) fn resend(&self, newest: Option<&Arc<Frame>>) {
        if self.resend.swap(false, Ordering::AcqRel) {
            newest.map(|frame| self.frames.put(Arc::clone(frame)));
            self.waker.wake();
        }
    }
}

/// Receiver of frames, one a route.
#[derive(Debug)]
pub struct FrameReceiver {
    subscription: Arc<FrameSubscription>,
    source: Arc<SourceWakeup>,
}

impl FrameReceiver {
    /// Returns a receiver, which begins with the newest frame.
    pub(super) fn new(source: Arc<SourceWakeup>) -> Self {
        let subscription = Arc::new(FrameSubscription::default());
        subscription.set_resend();
        Self { subscription, source }
    }

    pub(super) fn subscription(&self) -> Arc<FrameSubscription> {
        Arc::clone(&self.subscription)
    }

    /// Takes the newest frame, if it was not taken before.
    ///
    /// If it is pending, the source knows that this viewer is ready for the next one, and the context's waker is used
    /// then.
    pub fn poll(&self, context: &Context<'_>) -> Poll<Arc<Frame>> {
        if let Some(frame) = self.subscription.frames.take() {
            return Poll::Ready(frame);
        }
        self.register(context);
        self.request_next();
        self.subscription.frames.take().map_or(Poll::Pending, Poll::Ready)
    }

    /// Uses the context's waker when there is a newer frame, or all of the one that was taken is compared.
    pub fn register(&self, context: &Context<'_>) {
        self.subscription.waker.register(context.waker());
    }

    /// Requests the newest frame again, though it was taken: the viewer lost its picture.
    pub fn resend(&self) {
        self.subscription.set_resend();
        self.source.notify();
    }

    /// Signals to the source that this viewer will soon be ready for a frame, so that it can be captured beforehand.
    pub fn request_next(&self) {
        if self.subscription.demand.set(&self.source.parked) {
            self.source.notify();
        }
    }
}

impl Drop for FrameReceiver {
    fn drop(&mut self) {
        self.subscription.cancelled.store(true, Ordering::Release);
        self.source.notify();
    }
}
