//! From one source to its viewers: newest frame, pointer and status for each, and their demand back.
//!
//! The source's side ([`Feed`]) never waits for a viewer and takes no lock. A viewer's side ([`FrameReceiver`],
//! [`EventReceiver`]) takes the newest value when it is ready for it, and signals its demand beforehand, so that
//! nothing is captured that no viewer can take. Consumers that are no viewers receive whole frames
//! ([`CompleteReceiver`]).

mod complete;

use std::collections::VecDeque;
use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, PoisonError, mpsc};
use std::task::{Context, Poll, Waker};

use atomic_waker::AtomicWaker;

use crate::demand::{Demand, Parked};
use crate::frame::Frame;
use crate::slot::Slot;
use crate::source::{AudioChunk, Cursor, Description, Playback, PlaybackCommand, PlaybackSnapshot, Pointer};
use crate::sync::{Arc, AtomicBool, Ordering};
use crate::time::Micros;

pub(crate) use complete::CompleteReceiver;
use complete::CompleteSubscription;
pub use complete::{Delivery, FRAMES_WAITING_MAX, SinkHandle};

/// A feed, and the handle through which viewers join it.
pub fn feed() -> (Feed, FeedHandle) {
    let (sender, joins) = mpsc::channel();
    let source = Arc::new(SourceWakeup::default());
    let feed = Feed {
        joins,
        frame_subscriptions: Vec::new(),
        event_subscriptions: Vec::new(),
        complete_subscriptions: Vec::new(),
        source: Arc::clone(&source),
        pointer: None,
        status: None,
        description: None,
        went: None,
        commands: VecDeque::with_capacity(COMMANDS_MAX),
    };
    (feed, FeedHandle { joins: sender, source })
}

/// Status of a source, for people who watch it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It shows pictures.
    Live {
        /// What it shows.
        name: String,
    },
    /// It shows pictures, and a viewer of them among them: the rate is bounded.
    Mirrored {
        /// What it shows.
        name: String,
    },
    /// It is gone for now; the viewer keeps the last picture.
    Lost {
        /// Why.
        reason: String,
    },
    /// It is over.
    Ended {
        /// Why.
        reason: String,
    },
}

/// The source's end of a feed, held by its thread.
#[derive(Debug)]
pub struct Feed {
    joins: mpsc::Receiver<FeedRequest>,
    frame_subscriptions: Vec<Arc<FrameSubscription>>,
    event_subscriptions: Vec<Arc<EventSubscription>>,
    complete_subscriptions: Vec<Arc<CompleteSubscription>>,
    source: Arc<SourceWakeup>,
    pointer: Option<Arc<Pointer>>,
    status: Option<Arc<Status>>,
    description: Option<Arc<Description>>,
    went: Option<Arc<PlaybackSnapshot>>,
    /// Commands of viewers that the source has not been given yet.
    commands: VecDeque<PlaybackCommand>,
}

impl Feed {
    /// Adds new subscriptions and removes cancelled ones. `current` is sent to new subscribers and to those that asked
    /// for it again.
    pub fn admit(&mut self, current: Option<&Arc<Frame>>) {
        self.frame_subscriptions.retain(|subscription| !subscription.cancelled.load(Ordering::Acquire));
        self.event_subscriptions.retain(|subscription| !subscription.cancelled.load(Ordering::Acquire));
        self.complete_subscriptions.retain(|subscription| !subscription.is_cancelled());
        while let Ok(guest) = self.joins.try_recv() {
            match guest {
                FeedRequest::Frames(subscription) => {
                    subscription.resend.store(true, Ordering::Release);
                    self.frame_subscriptions.push(subscription);
                }
                FeedRequest::Events(subscription) => {
                    self.pointer.as_ref().map(|pointer| subscription.pointer.put(pointer.clone()));
                    self.status.as_ref().map(|status| subscription.status.put(status.clone()));
                    self.description
                        .as_ref()
                        .map(|description| subscription.description.put(description.clone()));
                    self.went.as_ref().map(|went| subscription.went.put(went.clone()));
                    subscription.waker.wake();
                    self.event_subscriptions.push(subscription);
                }
                FeedRequest::Complete(subscription) => {
                    self.admit_complete(subscription, current);
                }
                FeedRequest::Command(command) => {
                    self.source.commands.fetch_sub(1, Ordering::Relaxed);
                    self.queue(command);
                }
            }
        }
        for subscription in self
            .frame_subscriptions
            .iter()
            .filter(|subscription| subscription.resend.swap(false, Ordering::AcqRel))
        {
            current.map(|frame| subscription.frames.put(Arc::clone(frame)));
            subscription.waker.wake();
        }
    }

    fn admit_complete(&mut self, subscription: Arc<CompleteSubscription>, current: Option<&Arc<Frame>>) {
        self.description.iter().for_each(|description| subscription.describe(description));
        subscription.set_has_sound(self.has_sound());
        current.into_iter().for_each(|frame| subscription.put_frame(frame));
        self.complete_subscriptions.push(subscription);
    }

    /// Queues a command. Of consecutive seeks only the last is kept.
    fn queue(&mut self, command: PlaybackCommand) {
        let is_seek = |command: &PlaybackCommand| matches!(command, PlaybackCommand::Seek(_));
        if is_seek(&command) && self.commands.back().is_some_and(is_seek) {
            self.commands.pop_back();
        }
        if self.commands.len() < COMMANDS_MAX {
            self.commands.push_back(command);
        }
    }

    /// Number of frame subscriptions. A viewer whose route changes has two for a moment.
    pub fn frame_subscriptions(&self) -> usize {
        self.frame_subscriptions.len()
    }

    /// Number of frames that viewers need none of, but other consumers can hold.
    pub fn complete_frames_max(&self) -> usize {
        self.complete_subscriptions.iter().map(|subscription| subscription.frames_max()).sum()
    }

    /// Whether a frame can be taken: somebody waits for one, and nobody who takes every frame has too many.
    pub fn has_demand(&self) -> bool {
        let is_wanted = self.frame_subscriptions.iter().any(|subscription| subscription.demand.is_set())
            || self.complete_subscriptions.iter().any(|subscription| subscription.has_demand());
        is_wanted && !self.is_full()
    }

    /// Whether a consumer of every frame has so many, or so much sound, that nothing more may come.
    pub fn is_full(&self) -> bool {
        self.complete_subscriptions.iter().any(|subscription| subscription.is_full())
    }

    /// Whether a consumer takes every frame.
    pub fn wants_every(&self) -> bool {
        self.complete_subscriptions.iter().any(|subscription| subscription.wants_every())
    }

    /// Counts, for each consumer of every frame, the time in which it holds captures back.
    pub fn account(&self, now: Micros) {
        self.complete_subscriptions.iter().for_each(|subscription| subscription.account(now));
    }

    /// Gives `frame`, of which at least the top is compared, to every viewer.
    pub fn publish(&self, frame: &Arc<Frame>) {
        for subscription in &self.frame_subscriptions {
            // Cleared before the frame is there: the demand of a viewer that takes it at once is not lost.
            subscription.demand.clear();
            subscription.frames.put(Arc::clone(frame));
            subscription.waker.wake();
        }
    }

    /// Wakes the viewers that wait for more of the published frame to be compared.
    pub fn progressed(&self) {
        self.frame_subscriptions.iter().for_each(|subscription| subscription.waker.wake());
    }

    /// Gives `frame`, which is new and compared as a whole, to every consumer of complete frames.
    pub fn complete(&self, frame: &Arc<Frame>) {
        self.progressed();
        self.complete_subscriptions.iter().for_each(|subscription| subscription.put_frame(frame));
    }

    /// Sends the pointer to every present and future viewer.
    pub fn point(&mut self, cursor: Cursor) {
        if self.pointer.as_ref().is_some_and(|pointer| pointer.cursor == cursor) {
            return;
        }
        let moves = self.pointer.as_ref().map_or(0, |pointer| pointer.moves).wrapping_add(1);
        let pointer = Arc::new(Pointer { cursor, moves });
        self.broadcast(|subscription| drop(subscription.pointer.put(pointer.clone())));
        self.pointer = Some(pointer);
    }

    /// Sends the source's status to every present and future viewer.
    pub fn announce(&mut self, status: Status) {
        if self.status.as_deref() == Some(&status) {
            return;
        }
        let status = Arc::new(status);
        self.broadcast(|subscription| drop(subscription.status.put(status.clone())));
        self.status = Some(status);
    }

    /// Sends the source's description to every present and future viewer.
    pub fn describe(&mut self, description: Description) {
        if self.description.as_deref() == Some(&description) {
            return;
        }
        let description = Arc::new(description);
        self.broadcast(|subscription| drop(subscription.description.put(description.clone())));
        self.complete_subscriptions.iter().for_each(|subscription| subscription.describe(&description));
        self.description = Some(description);
    }

    /// Sends an audio chunk to every viewer and consumer. A viewer whose queue is full loses it.
    pub fn sound(&self, sound: AudioChunk) {
        let sound = Arc::new(sound);
        self.complete_subscriptions.iter().for_each(|subscription| subscription.put_sound(&sound));
        for subscription in &self.event_subscriptions {
            let _missed = subscription.sounds.try_send(Arc::clone(&sound));
            subscription.waker.wake();
        }
    }

    /// Sends the playback state to every present and future viewer, unless the last one sent predicts it.
    pub fn set_playback(&mut self, playback: Option<Playback>, now: Micros) {
        let Some(playback) = playback else { return };
        if self.went.as_ref().is_some_and(|went| went.predicts(&playback, now)) {
            return;
        }
        let went = Arc::new(PlaybackSnapshot { playback, at: now });
        self.broadcast(|subscription| drop(subscription.went.put(went.clone())));
        self.went = Some(went);
        let has_sound = self.has_sound();
        self.complete_subscriptions.iter().for_each(|subscription| subscription.set_has_sound(has_sound));
    }

    /// Takes the next command of a viewer.
    pub fn take_command(&mut self) -> Option<PlaybackCommand> {
        self.commands.pop_front()
    }

    /// Prepares for waiting: from now on `waker` is used when a viewer joins, leaves or, with `parked`, wants a frame.
    /// Returns whether that has happened already, so that waiting would miss it.
    pub fn listen(&self, waker: &Waker, parked: bool) -> bool {
        self.source.waker.register(waker);
        self.source.parked.set(parked);
        let notified = self.source.notified.swap(false, Ordering::SeqCst);
        notified || (parked && self.has_demand())
    }

    fn has_sound(&self) -> bool {
        self.went.as_ref().is_some_and(|went| went.playback.track.is_some())
    }

    fn broadcast(&self, put: impl Fn(&EventSubscription)) {
        for subscription in &self.event_subscriptions {
            put(subscription);
            subscription.waker.wake();
        }
    }
}

/// Request to a feed, from a viewer's thread.
#[derive(Debug)]
enum FeedRequest {
    Frames(Arc<FrameSubscription>),
    Events(Arc<EventSubscription>),
    Complete(Arc<CompleteSubscription>),
    /// A command for the source.
    Command(PlaybackCommand),
}

/// Commands that may wait for a source: more than a person gives while it opens a file. Later ones are lost.
const COMMANDS_MAX: usize = 64;
/// Audio chunks that wait for a viewer: a little more than a second. Later ones are lost to it.
const AUDIO_CHUNKS_MAX: usize = 64;

/// Handle through which viewers subscribe to a feed.
#[derive(Clone, Debug)]
pub struct FeedHandle {
    joins: mpsc::Sender<FeedRequest>,
    source: Arc<SourceWakeup>,
}

impl FeedHandle {
    /// Subscribes to frames. Returns `None` if the source's thread is gone.
    pub fn subscribe_frames(&self) -> Option<FrameReceiver> {
        let subscription = Arc::new(FrameSubscription::default());
        self.joins.send(FeedRequest::Frames(Arc::clone(&subscription))).ok()?;
        self.source.notify();
        Some(FrameReceiver { subscription, source: Arc::clone(&self.source) })
    }

    /// Subscribes to everything else. Returns `None` if the source's thread is gone.
    pub fn subscribe_events(&self) -> Option<EventReceiver> {
        let (sender, sounds) = mpsc::sync_channel(AUDIO_CHUNKS_MAX);
        let subscription = Arc::new(EventSubscription::new(sender));
        self.joins.send(FeedRequest::Events(Arc::clone(&subscription))).ok()?;
        self.source.notify();
        Some(EventReceiver { subscription, sounds: Mutex::new(sounds), source: Arc::clone(&self.source) })
    }

    /// Subscribes to complete frames and to sound. Returns `None` if the source's thread is gone.
    pub(crate) fn subscribe_complete(&self, delivery: Delivery) -> Option<CompleteReceiver> {
        let receiver = CompleteReceiver::new(delivery, Arc::clone(&self.source));
        self.joins.send(FeedRequest::Complete(receiver.subscription())).ok()?;
        self.source.notify();
        Some(receiver)
    }

    /// Sends a command to the source. It is lost if the source's thread is gone.
    pub fn control(&self, command: PlaybackCommand) {
        if self.source.commands.fetch_add(1, Ordering::Relaxed) >= COMMANDS_MAX {
            self.source.commands.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        let _unheard = self.joins.send(FeedRequest::Command(command));
        self.source.notify();
    }

    /// Wakes the source's thread.
    pub fn wake(&self) {
        self.source.notify();
    }
}

/// Receiver of frames, one a route.
#[derive(Debug)]
pub struct FrameReceiver {
    subscription: Arc<FrameSubscription>,
    source: Arc<SourceWakeup>,
}

impl FrameReceiver {
    /// The newest frame, if it was not taken before.
    ///
    /// Pending says to the source that this viewer is ready for the next one, and uses the context's waker then.
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
        self.subscription.resend.store(true, Ordering::Release);
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

/// Receiver of everything but frames, one a viewer.
#[derive(Debug)]
pub struct EventReceiver {
    subscription: Arc<EventSubscription>,
    /// Used by one viewer, so that no thread waits for it.
    sounds: Mutex<mpsc::Receiver<Arc<AudioChunk>>>,
    source: Arc<SourceWakeup>,
}

impl EventReceiver {
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
        self.subscription.went.take()
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

/// State of one frame subscription, shared with the source's thread.
#[derive(Debug)]
struct FrameSubscription {
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

/// State of one event subscription, shared with the source's thread.
#[derive(Debug)]
struct EventSubscription {
    pointer: Slot<Pointer>,
    status: Slot<Status>,
    description: Slot<Description>,
    went: Slot<PlaybackSnapshot>,
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
            went: Slot::new(),
            cancelled: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        }
    }
}

/// Wakes the source's thread on behalf of viewers and consumers.
#[derive(Debug)]
struct SourceWakeup {
    waker: AtomicWaker,
    /// Whether something happened since the source last listened.
    notified: AtomicBool,
    /// Commands in the channel to it.
    commands: AtomicUsize,
    parked: Parked,
}

impl Default for SourceWakeup {
    fn default() -> Self {
        Self {
            waker: AtomicWaker::new(),
            notified: AtomicBool::new(false),
            commands: AtomicUsize::new(0),
            parked: Parked::new(),
        }
    }
}

impl SourceWakeup {
    fn notify(&self) {
        self.notified.store(true, Ordering::SeqCst);
        self.waker.wake();
    }
}
