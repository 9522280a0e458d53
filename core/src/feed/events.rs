//! Subscription of a viewer to everything but frames: pointer, status, description, playback state and sound.

use std::sync::{Mutex, PoisonError, mpsc};
use std::task::Context;

use atomic_waker::AtomicWaker;

use super::{SourceWakeup, Status};
use crate::slot::Slot;
use crate::source::{AudioChunk, Description, PlaybackSnapshot, Pointer};
use crate::sync::{Arc, AtomicBool, Ordering};

/// Audio chunks that wait for a viewer: a little more than a second. Later ones are lost to it.
const AUDIO_CHUNKS_MAX: usize = 64;

/// State of one event subscription, shared with the source's thread.
#[derive(Debug)]
pub(super) struct EventSubscription {
    pointer: Slot<Pointer>,
    status: Slot<Status>,
    description: Slot<Description>,
    playback: Slot<PlaybackSnapshot>,
    sounds: mpsc::SyncSender<Arc<AudioChunk>>,
    cancelled: AtomicBool,
    waker: AtomicWaker,
}

impl EventSubscription {
    fn new(sounds: mpsc::SyncSender<Arc<AudioChunk>>) -> Self {
        Self {
            sounds,
            pointer: Slot::new(),
            status: Slot::new(),
            description: Slot::new(),
            playback: Slot::new(),
            cancelled: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        }
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    pub(super) fn put_pointer(&self, pointer: &Arc<Pointer>) {
        self.pointer.put(Arc::clone(pointer));
        self.waker.wake();
    }

    pub(super) fn put_status(&self, status: &Arc<Status>) {
        self.status.put(Arc::clone(status));
        self.waker.wake();
    }

    pub(super) fn put_description(&self, description: &Arc<Description>) {
        self.description.put(Arc::clone(description));
        self.waker.wake();
    }

    pub(super) fn put_playback(&self, playback: &Arc<PlaybackSnapshot>) {
        self.playback.put(Arc::clone(playback));
        self.waker.wake();
    }

    /// Queues an audio chunk. If the queue is full, the viewer loses it.
    pub(super) fn put_sound(&self, sound: &Arc<AudioChunk>) {
        let _missed = self.sounds.try_send(Arc::clone(sound));
        self.waker.wake();
    }
}

/// Receiver of everything but frames, one a viewer.
#[derive(Debug)]
pub struct EventReceiver {
    subscription: Arc<EventSubscription>,
    /// Used by one viewer, so that no thread waits for it.
    sounds: Mutex<mpsc::Receiver<Arc<AudioChunk>>>,
    source: Arc<SourceWakeup>,
}

impl EventReceiver {
    pub(super) fn new(source: Arc<SourceWakeup>) -> Self {
        let (sender, sounds) = mpsc::sync_channel(AUDIO_CHUNKS_MAX);
        let subscription = Arc::new(EventSubscription::new(sender));
        Self { subscription, sounds: Mutex::new(sounds), source }
    }

    pub(super) fn subscription(&self) -> Arc<EventSubscription> {
        Arc::clone(&self.subscription)
    }

    /// Uses the context's waker, once, when there is something to take.
    pub fn register(&self, context: &Context<'_>) {
        self.subscription.waker.register(context.waker());
    }

    /// Takes the pointer, if it is new.
    pub fn take_pointer(&self) -> Option<Arc<Pointer>> {
        self.subscription.pointer.take()
    }

    /// Takes the source's description, if it is new.
    pub fn take_description(&self) -> Option<Arc<Description>> {
        self.subscription.description.take()
    }

    /// Takes the playback state, if it is new.
    pub fn take_playback(&self) -> Option<Arc<PlaybackSnapshot>> {
        self.subscription.playback.take()
    }

    /// Takes the next audio chunk, if there is one.
    pub fn take_sound(&self) -> Option<Arc<AudioChunk>> {
        self.sounds.lock().unwrap_or_else(PoisonError::into_inner).try_recv().ok()
    }

    /// Takes the source's status, if it is new.
    pub fn take_status(&self) -> Option<Arc<Status>> {
        self.subscription.status.take()
    }
}

impl Drop for EventReceiver {
    fn drop(&mut self) {
        self.subscription.cancelled.store(true, Ordering::Release);
        self.source.notify();
    }
}
