//! From one source to its viewers: newest frame, pointer and status for each, and their demand back.
//!
//! The source's side ([`Feed`]) never waits for a viewer and takes no lock. A viewer's side ([`Frames`], [`News`]) takes
//! what is newest when it is ready for it, and says so beforehand, so that nothing is captured that nobody can take.

use std::collections::VecDeque;
use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, PoisonError, mpsc};
use std::task::{Context, Poll, Waker};

use atomic_waker::AtomicWaker;

use crate::demand::{Starved, Wish};
use crate::frame::Frame;
use crate::slot::Slot;
use crate::source::{Command, Cursor, Description, Playback, Pointer, Sound, Went};
use crate::sync::{Arc, AtomicBool, Ordering};
use crate::time::Micros;

/// A feed, and the handle through which viewers join it.
pub fn feed() -> (Feed, Entrance) {
    let (sender, joins) = mpsc::channel();
    let source = Arc::new(SourceSide::default());
    let feed = Feed {
        joins,
        seats: Vec::new(),
        ears: Vec::new(),
        source: Arc::clone(&source),
        pointer: None,
        status: None,
        description: None,
        went: None,
        commands: VecDeque::with_capacity(COMMANDS_MAX),
    };
    (feed, Entrance { joins: sender, source })
}

/// What a source is doing, for people who watch it.
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

/// What the source's thread holds.
#[derive(Debug)]
pub struct Feed {
    joins: mpsc::Receiver<Guest>,
    seats: Vec<Arc<Seat>>,
    ears: Vec<Arc<Ear>>,
    source: Arc<SourceSide>,
    pointer: Option<Arc<Pointer>>,
    status: Option<Arc<Status>>,
    description: Option<Arc<Description>>,
    went: Option<Arc<Went>>,
    /// What viewers asked for, and was not done yet.
    commands: VecDeque<Command>,
}

impl Feed {
    /// Lets in those who joined and forgets those who left. `current` is for a start, and for those who want it again.
    pub fn admit(&mut self, current: Option<&Arc<Frame>>) {
        self.seats.retain(|seat| !seat.left.load(Ordering::Acquire));
        self.ears.retain(|ear| !ear.left.load(Ordering::Acquire));
        while let Ok(guest) = self.joins.try_recv() {
            match guest {
                Guest::Seat(seat) => {
                    seat.again.store(true, Ordering::Release);
                    self.seats.push(seat);
                }
                Guest::Ear(ear) => {
                    self.pointer.as_ref().map(|pointer| ear.pointer.put(pointer.clone()));
                    self.status.as_ref().map(|status| ear.status.put(status.clone()));
                    self.description.as_ref().map(|description| ear.description.put(description.clone()));
                    self.went.as_ref().map(|went| ear.went.put(went.clone()));
                    ear.waker.wake();
                    self.ears.push(ear);
                }
                Guest::Command(command) => {
                    self.source.commands.fetch_sub(1, Ordering::Relaxed);
                    self.queue(command);
                }
            }
        }
        for seat in self.seats.iter().filter(|seat| seat.again.swap(false, Ordering::AcqRel)) {
            current.map(|frame| seat.frames.put(Arc::clone(frame)));
            seat.waker.wake();
        }
    }

    /// Of several places that are asked for while the source is busy only the last is gone to.
    fn queue(&mut self, command: Command) {
        let is_seek = |command: &Command| matches!(command, Command::Seek(_));
        if is_seek(&command) && self.commands.back().is_some_and(is_seek) {
            self.commands.pop_back();
        }
        if self.commands.len() < COMMANDS_MAX {
            self.commands.push_back(command);
        }
    }

    /// Number of those who take frames: a viewer whose route changes has two seats for a moment.
    pub fn seats(&self) -> usize {
        self.seats.len()
    }

    /// Whether a viewer waits for a frame.
    pub fn has_demand(&self) -> bool {
        self.seats.iter().any(|seat| seat.wish.is_set())
    }

    /// Gives `frame`, of which at least the top is compared, to every viewer.
    pub fn publish(&self, frame: &Arc<Frame>) {
        for seat in &self.seats {
            // Cleared before the frame is there: a viewer that takes it at once and wants the next is not overheard.
            seat.wish.clear();
            seat.frames.put(Arc::clone(frame));
            seat.waker.wake();
        }
    }

    /// Says that more of the published frame is compared, to the viewers who came to where it was not.
    pub fn progressed(&self) {
        self.seats.iter().for_each(|seat| seat.waker.wake());
    }

    /// Tells every viewer, now and later, where the pointer is.
    pub fn point(&mut self, cursor: Cursor) {
        if self.pointer.as_ref().is_some_and(|pointer| pointer.cursor == cursor) {
            return;
        }
        let moves = self.pointer.as_ref().map_or(0, |pointer| pointer.moves).wrapping_add(1);
        let pointer = Arc::new(Pointer { cursor, moves });
        self.tell(|ear| drop(ear.pointer.put(pointer.clone())));
        self.pointer = Some(pointer);
    }

    /// Tells every viewer, now and later, what the source is doing.
    pub fn announce(&mut self, status: Status) {
        if self.status.as_deref() == Some(&status) {
            return;
        }
        let status = Arc::new(status);
        self.tell(|ear| drop(ear.status.put(status.clone())));
        self.status = Some(status);
    }

    /// Tells every viewer, now and later, what is to be known about the source.
    pub fn describe(&mut self, description: Description) {
        if self.description.as_deref() == Some(&description) {
            return;
        }
        let description = Arc::new(description);
        self.tell(|ear| drop(ear.description.put(description.clone())));
        self.description = Some(description);
    }

    /// Gives a stretch of sound to every viewer. One that takes none misses it.
    pub fn sound(&self, sound: Sound) {
        let sound = Arc::new(sound);
        for ear in &self.ears {
            let _missed = ear.sounds.try_send(Arc::clone(&sound));
            ear.waker.wake();
        }
    }

    /// Tells every viewer, now and later, how a source goes that can be steered, unless that was foretold.
    pub fn tell_playback(&mut self, playback: Option<Playback>, now: Micros) {
        let Some(playback) = playback else { return };
        if self.went.as_ref().is_some_and(|went| went.foretells(&playback, now)) {
            return;
        }
        let went = Arc::new(Went { playback, at: now });
        self.tell(|ear| drop(ear.went.put(went.clone())));
        self.went = Some(went);
    }

    /// What a viewer asked for next.
    pub fn take_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// Prepares for waiting: from now on `waker` is used when a viewer joins, leaves or, with `starved`, wants a frame.
    /// Returns whether there is such news already, so that waiting would miss it.
    pub fn listen(&self, waker: &Waker, starved: bool) -> bool {
        self.source.waker.register(waker);
        self.source.starved.set(starved);
        let news = self.source.news.swap(false, Ordering::SeqCst);
        news || (starved && self.has_demand())
    }

    fn tell(&self, put: impl Fn(&Ear)) {
        for ear in &self.ears {
            put(ear);
            ear.waker.wake();
        }
    }
}

/// Who joins a feed.
#[derive(Debug)]
enum Guest {
    Seat(Arc<Seat>),
    Ear(Arc<Ear>),
    /// Someone asks for something.
    Command(Command),
}

/// Commands that may wait for a source: more than a person gives while it opens a file. Later ones are lost.
const COMMANDS_MAX: usize = 64;
/// Stretches of sound that wait for a viewer: a little more than a second. Later ones are lost to it.
const SOUNDS_MAX: usize = 64;

/// Lets viewers join a feed.
#[derive(Clone, Debug)]
pub struct Entrance {
    joins: mpsc::Sender<Guest>,
    source: Arc<SourceSide>,
}

impl Entrance {
    /// A seat for someone who takes frames. `None` where the source's thread is gone.
    pub fn frames(&self) -> Option<Frames> {
        let seat = Arc::new(Seat::default());
        self.joins.send(Guest::Seat(Arc::clone(&seat))).ok()?;
        self.source.tell();
        Some(Frames { seat, source: Arc::clone(&self.source) })
    }

    /// An ear for everything else. `None` where the source's thread is gone.
    pub fn news(&self) -> Option<News> {
        let (sender, sounds) = mpsc::sync_channel(SOUNDS_MAX);
        let ear = Arc::new(Ear::new(sender));
        self.joins.send(Guest::Ear(Arc::clone(&ear))).ok()?;
        self.source.tell();
        Some(News { ear, sounds: Mutex::new(sounds), source: Arc::clone(&self.source) })
    }

    /// Asks the source for something. Where its thread is gone, nobody hears it.
    pub fn steer(&self, command: Command) {
        if self.source.commands.fetch_add(1, Ordering::Relaxed) >= COMMANDS_MAX {
            self.source.commands.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        let _unheard = self.joins.send(Guest::Command(command));
        self.source.tell();
    }

    /// Wakes the source's thread, so that it looks around.
    pub fn nudge(&self) {
        self.source.tell();
    }
}

/// A viewer's end for pixels.
#[derive(Debug)]
pub struct Frames {
    seat: Arc<Seat>,
    source: Arc<SourceSide>,
}

impl Frames {
    /// The newest frame, if it was not taken before.
    ///
    /// Pending says to the source that this viewer is ready for the next one, and uses the context's waker then.
    pub fn poll(&self, context: &Context<'_>) -> Poll<Arc<Frame>> {
        if let Some(frame) = self.seat.frames.take() {
            return Poll::Ready(frame);
        }
        self.register(context);
        self.order();
        self.seat.frames.take().map_or(Poll::Pending, Poll::Ready)
    }

    /// Uses the context's waker when there is a newer frame, or all of the one that was taken is compared.
    pub fn register(&self, context: &Context<'_>) {
        self.seat.waker.register(context.waker());
    }

    /// Asks for the newest frame once more, though it was taken: the viewer lost its picture.
    pub fn again(&self) {
        self.seat.again.store(true, Ordering::Release);
        self.source.tell();
    }

    /// Says to the source that this viewer will soon be ready for a frame, so that it can be captured beforehand.
    pub fn order(&self) {
        if self.seat.wish.set(&self.source.starved) {
            self.source.tell();
        }
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        self.seat.left.store(true, Ordering::Release);
        self.source.tell();
    }
}

/// A viewer's end for everything else.
#[derive(Debug)]
pub struct News {
    ear: Arc<Ear>,
    /// Of one viewer, so nobody waits for it.
    sounds: Mutex<mpsc::Receiver<Arc<Sound>>>,
    source: Arc<SourceSide>,
}

impl News {
    /// Uses the context's waker, once, when there is something to take.
    pub fn register(&self, context: &Context<'_>) {
        self.ear.waker.register(context.waker());
    }

    /// Where the pointer is, if that is new.
    pub fn take_pointer(&self) -> Option<Arc<Pointer>> {
        self.ear.pointer.take()
    }

    /// What is to be known about the source, if that is new.
    pub fn take_description(&self) -> Option<Arc<Description>> {
        self.ear.description.take()
    }

    /// How a source goes that can be steered, if that is new.
    pub fn take_went(&self) -> Option<Arc<Went>> {
        self.ear.went.take()
    }

    /// The next stretch of sound, if it has come.
    pub fn take_sound(&self) -> Option<Arc<Sound>> {
        self.sounds.lock().unwrap_or_else(PoisonError::into_inner).try_recv().ok()
    }

    /// What the source does, if that is new.
    pub fn take_status(&self) -> Option<Arc<Status>> {
        self.ear.status.take()
    }
}

impl Drop for News {
    fn drop(&mut self) {
        self.ear.left.store(true, Ordering::Release);
        self.source.tell();
    }
}

/// What someone who takes frames and the source's thread share.
#[derive(Debug)]
struct Seat {
    frames: Slot<Frame>,
    wish: Wish,
    /// The newest frame is wanted, though it was taken.
    again: AtomicBool,
    left: AtomicBool,
    waker: AtomicWaker,
}

impl Default for Seat {
    fn default() -> Self {
        Self {
            frames: Slot::new(),
            wish: Wish::new(),
            again: AtomicBool::new(false),
            left: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        }
    }
}

/// What one viewer and the source's thread share besides frames.
#[derive(Debug)]
struct Ear {
    pointer: Slot<Pointer>,
    status: Slot<Status>,
    description: Slot<Description>,
    went: Slot<Went>,
    sounds: mpsc::SyncSender<Arc<Sound>>,
    left: AtomicBool,
    waker: AtomicWaker,
}

impl Ear {
    fn new(sounds: mpsc::SyncSender<Arc<Sound>>) -> Self {
        Self {
            sounds,
            pointer: Slot::new(),
            status: Slot::new(),
            description: Slot::new(),
            went: Slot::new(),
            left: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        }
    }
}

/// How viewers reach the source's thread.
#[derive(Debug)]
struct SourceSide {
    waker: AtomicWaker,
    /// Something happened since the source last listened.
    news: AtomicBool,
    /// Commands on their way to it.
    commands: AtomicUsize,
    starved: Starved,
}

impl Default for SourceSide {
    fn default() -> Self {
        Self {
            waker: AtomicWaker::new(),
            news: AtomicBool::new(false),
            commands: AtomicUsize::new(0),
            starved: Starved::new(),
        }
    }
}

impl SourceSide {
    fn tell(&self) {
        self.news.store(true, Ordering::SeqCst);
        self.waker.wake();
    }
}
