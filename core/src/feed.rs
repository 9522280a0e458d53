//! From one source to its viewers: newest frame, pointer and status for each, and their demand back.
//!
//! The source's side ([`Feed`]) never waits for a viewer and takes no lock. A viewer's side ([`Frames`], [`News`]) takes
//! what is newest when it is ready for it, and says so beforehand, so that nothing is captured that nobody can take.

use std::sync::mpsc;
use std::task::{Context, Poll, Waker};

use atomic_waker::AtomicWaker;

use crate::demand::{Starved, Wish};
use crate::frame::Frame;
use crate::slot::Slot;
use crate::source::Cursor;
use crate::sync::{Arc, AtomicBool, Ordering};

/// A feed, and the handle through which viewers join it.
pub fn feed() -> (Feed, Entrance) {
    let (sender, joins) = mpsc::channel();
    let source = Arc::new(SourceSide::default());
    let feed = Feed { joins, seats: Vec::new(), source: Arc::clone(&source), cursor: None, status: None };
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
    joins: mpsc::Receiver<Arc<Seat>>,
    seats: Vec<Arc<Seat>>,
    source: Arc<SourceSide>,
    cursor: Option<Arc<Cursor>>,
    status: Option<Arc<Status>>,
}

impl Feed {
    /// Lets in those who joined and forgets those who left. `current` is for a start, and for those who want it again.
    pub fn admit(&mut self, current: Option<&Arc<Frame>>) {
        self.seats.retain(|seat| !seat.left.load(Ordering::Acquire));
        while let Ok(seat) = self.joins.try_recv() {
            current.map(|frame| seat.frames.put(Arc::clone(frame)));
            seat.frames_waker.wake();
            self.cursor.as_ref().map(|cursor| seat.cursor.put(cursor.clone()));
            self.status.as_ref().map(|status| seat.status.put(status.clone()));
            seat.news_waker.wake();
            self.seats.push(seat);
        }
        for seat in self.seats.iter().filter(|seat| seat.again.swap(false, Ordering::AcqRel)) {
            current.map(|frame| seat.frames.put(Arc::clone(frame)));
            seat.frames_waker.wake();
        }
    }

    /// Number of viewers.
    pub fn viewers(&self) -> usize {
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
            seat.frames_waker.wake();
        }
    }

    /// Says that all of the published frame is compared, to the viewers who came to where it was not.
    pub fn completed(&self) {
        self.seats.iter().for_each(|seat| seat.frames_waker.wake());
    }

    /// Tells every viewer, now and later, where the pointer is.
    pub fn point(&mut self, cursor: Cursor) {
        if self.cursor.as_deref() != Some(&cursor) {
            let cursor = Arc::new(cursor);
            self.tell(|seat| drop(seat.cursor.put(cursor.clone())));
            self.cursor = Some(cursor);
        }
    }

    /// Tells every viewer, now and later, what the source is doing.
    pub fn announce(&mut self, status: Status) {
        if self.status.as_deref() == Some(&status) {
            return;
        }
        let status = Arc::new(status);
        self.tell(|seat| drop(seat.status.put(status.clone())));
        self.status = Some(status);
    }

    /// Prepares for waiting: from now on `waker` is used when a viewer joins, leaves or, with `starved`, wants a frame.
    /// Returns whether there is such news already, so that waiting would miss it.
    pub fn listen(&self, waker: &Waker, starved: bool) -> bool {
        self.source.waker.register(waker);
        self.source.starved.set(starved);
        let news = self.source.news.swap(false, Ordering::SeqCst);
        news || (starved && self.has_demand())
    }

    fn tell(&self, put: impl Fn(&Seat)) {
        for seat in &self.seats {
            put(seat);
            seat.news_waker.wake();
        }
    }
}

/// Lets viewers join a feed.
#[derive(Clone, Debug)]
pub struct Entrance {
    joins: mpsc::Sender<Arc<Seat>>,
    source: Arc<SourceSide>,
}

impl Entrance {
    /// A viewer's place at the feed. `None` where the source's thread is gone.
    pub fn join(&self) -> Option<(Frames, News)> {
        let seat = Arc::new(Seat::default());
        self.joins.send(Arc::clone(&seat)).ok()?;
        self.source.tell();
        let place = || Place { seat: Arc::clone(&seat), source: Arc::clone(&self.source) };
        Some((Frames { place: place() }, News { place: place() }))
    }

    /// Wakes the source's thread, so that it looks around.
    pub fn nudge(&self) {
        self.source.tell();
    }
}

/// A viewer's end for pixels.
#[derive(Debug)]
pub struct Frames {
    place: Place,
}

impl Frames {
    /// The newest frame, if it was not taken before.
    ///
    /// Pending says to the source that this viewer is ready for the next one, and uses the context's waker then.
    pub fn poll(&self, context: &Context<'_>) -> Poll<Arc<Frame>> {
        let seat = &self.place.seat;
        if let Some(frame) = seat.frames.take() {
            return Poll::Ready(frame);
        }
        self.register(context);
        self.order();
        seat.frames.take().map_or(Poll::Pending, Poll::Ready)
    }

    /// Uses the context's waker when there is a newer frame, or all of the one that was taken is compared.
    pub fn register(&self, context: &Context<'_>) {
        self.place.seat.frames_waker.register(context.waker());
    }

    /// Asks for the newest frame once more, though it was taken: the viewer lost its picture.
    pub fn again(&self) {
        self.place.seat.again.store(true, Ordering::Release);
        self.place.source.tell();
    }

    /// Says to the source that this viewer will soon be ready for a frame, so that it can be captured beforehand.
    pub fn order(&self) {
        if self.place.seat.wish.set(&self.place.source.starved) {
            self.place.source.tell();
        }
    }
}

/// A viewer's end for everything else.
#[derive(Debug)]
pub struct News {
    place: Place,
}

impl News {
    /// Uses the context's waker, once, when there is something to take.
    pub fn register(&self, context: &Context<'_>) {
        self.place.seat.news_waker.register(context.waker());
    }

    /// Where the pointer is, if that is new.
    pub fn take_cursor(&self) -> Option<Arc<Cursor>> {
        self.place.seat.cursor.take()
    }

    /// What the source does, if that is new.
    pub fn take_status(&self) -> Option<Arc<Status>> {
        self.place.seat.status.take()
    }
}

/// One viewer's place, shared by its two ends. It is left when either is dropped.
#[derive(Debug)]
struct Place {
    seat: Arc<Seat>,
    source: Arc<SourceSide>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.seat.left.store(true, Ordering::Release);
        self.source.tell();
    }
}

/// What one viewer and the source's thread share.
#[derive(Debug)]
struct Seat {
    frames: Slot<Frame>,
    cursor: Slot<Cursor>,
    status: Slot<Status>,
    wish: Wish,
    /// The viewer wants the newest frame, though it has had it.
    again: AtomicBool,
    /// The viewer is gone.
    left: AtomicBool,
    frames_waker: AtomicWaker,
    news_waker: AtomicWaker,
}

impl Default for Seat {
    fn default() -> Self {
        Self {
            frames: Slot::new(),
            cursor: Slot::new(),
            status: Slot::new(),
            wish: Wish::new(),
            again: AtomicBool::new(false),
            left: AtomicBool::new(false),
            frames_waker: AtomicWaker::new(),
            news_waker: AtomicWaker::new(),
        }
    }
}

/// How viewers reach the source's thread.
#[derive(Debug)]
struct SourceSide {
    waker: AtomicWaker,
    /// Something happened since the source last listened.
    news: AtomicBool,
    starved: Starved,
}

impl Default for SourceSide {
    fn default() -> Self {
        Self { waker: AtomicWaker::new(), news: AtomicBool::new(false), starved: Starved::new() }
    }
}

impl SourceSide {
    fn tell(&self) {
        self.news.store(true, Ordering::SeqCst);
        self.waker.wake();
    }
}
