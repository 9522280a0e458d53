//! From one source to its viewers: newest frame, pointer and status for each, and their demand back.
//!
//! The source's side ([`Feed`]) never waits for a viewer and takes no lock. A viewer's side ([`FrameReceiver`],
//! [`EventReceiver`]) takes the newest value when it is ready for it, and signals its demand beforehand, so that
//! nothing is captured that no viewer can take. Consumers that are no viewers receive whole frames
//! ([`CompleteReceiver`]).

mod complete;
mod events;
mod frames;

use std::collections::VecDeque;
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc;
use std::task::Waker;

use atomic_waker::AtomicWaker;

use crate::demand::Parked;
use crate::frame::Frame;
use crate::source::{AudioChunk, Cursor, Description, Playback, PlaybackCommand, PlaybackSnapshot, Pointer};
use crate::sync::{Arc, AtomicBool, Ordering};
use crate::time::Micros;

pub(crate) use complete::CompleteReceiver;
use complete::CompleteSubscription;
pub use complete::{Delivery, FRAMES_WAITING_MAX, SinkHandle};
pub use events::EventReceiver;
use events::EventSubscription;
pub use frames::FrameReceiver;
use frames::FrameSubscription;

/// Returns a feed, and the handle through which viewers subscribe to it.
pub fn feed() -> (Feed, FeedHandle) {
    let (sender, requests) = mpsc::channel();
    let source = Arc::new(SourceWakeup::default());
    let feed = Feed {
        requests,
        frame_subscriptions: Vec::new(),
        event_subscriptions: Vec::new(),
        complete_subscriptions: Vec::new(),
        source: Arc::clone(&source),
        pointer: None,
        status: None,
        description: None,
        playback: None,
        has_audio: false,
        commands: VecDeque::with_capacity(COMMANDS_MAX),
    };
    (feed, FeedHandle { requests: sender, source })
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
    requests: mpsc::Receiver<FeedRequest>,
    frame_subscriptions: Vec<Arc<FrameSubscription>>,
    event_subscriptions: Vec<Arc<EventSubscription>>,
    complete_subscriptions: Vec<Arc<CompleteSubscription>>,
    source: Arc<SourceWakeup>,
    pointer: Option<Arc<Pointer>>,
    status: Option<Arc<Status>>,
    description: Option<Arc<Description>>,
    playback: Option<Arc<PlaybackSnapshot>>,
    /// The source has sound, and no controls whose tracks would say whether any is heard.
    has_audio: bool,
    /// Commands of viewers that the source has not been given yet.
    commands: VecDeque<PlaybackCommand>,
}

impl Feed {
    /// Adds new subscriptions and removes cancelled ones. `current` is sent to new subscribers and to those that asked
    /// for it again.
    pub fn admit(&mut self, current: Option<&Arc<Frame>>) {
        self.frame_subscriptions.retain(|subscription| !subscription.is_cancelled());
        self.event_subscriptions.retain(|subscription| !subscription.is_cancelled());
        self.complete_subscriptions.retain(|subscription| !subscription.is_cancelled());
        while let Ok(request) = self.requests.try_recv() {
            match request {
                FeedRequest::Frames(subscription) => self.frame_subscriptions.push(subscription),
                FeedRequest::Events(subscription) => self.admit_events(subscription),
                FeedRequest::Complete(subscription) => self.admit_complete(subscription, current),
                FeedRequest::Command(command) => {
                    self.source.commands.fetch_sub(1, Ordering::Relaxed);
                    self.queue(command);
                }
            }
        }
        self.frame_subscriptions.iter().for_each(|subscription| subscription.resend(current));
    }

    fn admit_events(&mut self, subscription: Arc<EventSubscription>) {
        self.pointer.iter().for_each(|pointer| subscription.put_pointer(pointer));
        self.status.iter().for_each(|status| subscription.put_status(status));
        self.description.iter().for_each(|description| subscription.put_description(description));
        self.playback.iter().for_each(|playback| subscription.put_playback(playback));
        self.event_subscriptions.push(subscription);
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
        let is_wanted = self.frame_subscriptions.iter().any(|subscription| subscription.has_demand())
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
        self.frame_subscriptions.iter().for_each(|subscription| subscription.put(frame));
    }

    /// Wakes the viewers that wait for more of the published frame to be compared.
    pub fn progressed(&self) {
        self.frame_subscriptions.iter().for_each(|subscription| subscription.progressed());
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
        self.event_subscriptions.iter().for_each(|subscription| subscription.put_pointer(&pointer));
        self.pointer = Some(pointer);
    }

    /// Sends the source's status to every present and future viewer.
    pub fn announce(&mut self, status: Status) {
        if self.status.as_deref() == Some(&status) {
            return;
        }
        let status = Arc::new(status);
        self.event_subscriptions.iter().for_each(|subscription| subscription.put_status(&status));
        self.status = Some(status);
    }

    /// Sends the source's description to every present and future viewer.
    pub fn describe(&mut self, description: Description) {
        if self.description.as_deref() == Some(&description) {
            return;
        }
        let description = Arc::new(description);
        self.event_subscriptions.iter().for_each(|subscription| subscription.put_description(&description));
        self.complete_subscriptions.iter().for_each(|subscription| subscription.describe(&description));
        self.description = Some(description);
    }

    /// Sends an audio chunk to every viewer and consumer. A viewer whose queue is full loses it.
    pub fn sound(&self, sound: AudioChunk) {
        let sound = Arc::new(sound);
        self.complete_subscriptions.iter().for_each(|subscription| subscription.put_sound(&sound));
        self.event_subscriptions.iter().for_each(|subscription| subscription.put_sound(&sound));
    }

    /// Sends the playback state to every present and future viewer, unless the last one sent predicts it.
    pub fn set_playback(&mut self, playback: Option<Playback>, now: Micros) {
        let Some(playback) = playback else { return };
        if self.playback.as_ref().is_some_and(|last| last.predicts(&playback, now)) {
            return;
        }
        let snapshot = Arc::new(PlaybackSnapshot { playback, at: now });
        self.event_subscriptions.iter().for_each(|subscription| subscription.put_playback(&snapshot));
        self.playback = Some(snapshot);
        self.tell_has_sound();
    }

    /// Sets whether a source without controls has sound.
    pub fn set_has_audio(&mut self, has_audio: bool) {
        self.has_audio = has_audio;
        self.tell_has_sound();
    }

    fn tell_has_sound(&self) {
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
        self.has_audio || self.playback.as_ref().is_some_and(|last| last.playback.track.is_some())
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

/// Handle through which viewers subscribe to a feed.
#[derive(Clone, Debug)]
pub struct FeedHandle {
    requests: mpsc::Sender<FeedRequest>,
    source: Arc<SourceWakeup>,
}

impl FeedHandle {
    /// Subscribes to frames. Returns `None` if the source's thread is gone.
    pub fn subscribe_frames(&self) -> Option<FrameReceiver> {
        let receiver = FrameReceiver::new(Arc::clone(&self.source));
        self.send(FeedRequest::Frames(receiver.subscription()))?;
        Some(receiver)
    }

    /// Subscribes to everything else. Returns `None` if the source's thread is gone.
    pub fn subscribe_events(&self) -> Option<EventReceiver> {
        let receiver = EventReceiver::new(Arc::clone(&self.source));
        self.send(FeedRequest::Events(receiver.subscription()))?;
        Some(receiver)
    }

    /// Subscribes to complete frames and to sound. Returns `None` if the source's thread is gone.
    pub(crate) fn subscribe_complete(&self, delivery: Delivery) -> Option<CompleteReceiver> {
        let receiver = CompleteReceiver::new(delivery, Arc::clone(&self.source));
        self.send(FeedRequest::Complete(receiver.subscription()))?;
        Some(receiver)
    }

    /// Sends a request to the source's thread, and wakes it. Returns `None` if the thread is gone.
    fn send(&self, request: FeedRequest) -> Option<()> {
        self.requests.send(request).ok()?;
        self.source.notify();
        Some(())
    }

    /// Sends a command to the source. It is lost if the source's thread is gone.
    pub fn control(&self, command: PlaybackCommand) {
        if self.source.commands.fetch_add(1, Ordering::Relaxed) >= COMMANDS_MAX {
            self.source.commands.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        let _unheard = self.send(FeedRequest::Command(command));
    }

    /// Wakes the source's thread.
    pub fn wake(&self) {
        self.source.notify();
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
