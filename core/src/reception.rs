//! Who is here: exchanges the run's token for a viewer's key, keys for places at the feed, and keeps the numbers.
//!
//! Sinks share one reception. It locks, but only when viewers come and go: no pixel passes through here.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use atomic_waker::AtomicWaker;

use crate::encode::Pool;
use crate::feed::{Entrance, News};
use crate::guard::{Guard, Refusal, Secret};
use crate::pipeline;
use crate::protocol::{Certificates, GoodbyeCode, Route};
use crate::time::{Clock, Micros};
use crate::viewer::{Bulletin, Control, Counters, Pump, Seating};

/// Viewers at a time: each may hold two frames and a socket buffer.
pub const VIEWERS_MAX: usize = 16;
/// Viewers with HTTP streams at a time. A browser opens six connections to a host; with more than four streams its next
/// page would wait for a free one, so later viewers get their pixels by WebSocket, which has a limit of its own.
pub const HTTP_STREAMS_MAX: usize = 4;
/// HTTP streams of one viewer at a time: whenever its route changes it opens one, perhaps before those before have ended.
const STREAMS_OF_ONE_MAX: usize = 8;
/// Carriers of one viewer that are remembered while they wait: all HTTP streams, its WebTransport session, and some that are
/// about to end.
const CARRIERS_MAX: usize = HTTP_STREAMS_MAX + 4;
/// Time from the exchange of the token to the control channel.
pub const KEY_LIFETIME: Duration = Duration::from_secs(10);

/// Time from a ticket to the WebTransport session that it opens.
pub const TICKET_LIFETIME: Duration = Duration::from_secs(10);

/// What all sinks share.
pub struct Reception {
    guard: Guard,
    token: Secret,
    entrance: Entrance,
    clock: Clock,
    state: Arc<pipeline::State>,
    epoch: u64,
    encoders: Arc<Pool>,
    certificates: Arc<Bulletin>,
    draw: fn() -> [u8; 32],
    observer: Box<dyn Fn(Visit) + Send + Sync>,
    book: Mutex<Book>,
    visits: AtomicU64,
    farewell: OnceLock<Farewell>,
}

/// What viewers are told when the server ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Farewell {
    /// Why, in a word.
    pub code: GoodbyeCode,
    /// Why, for people.
    pub text: String,
}

impl Farewell {
    /// Somebody stopped the server.
    pub fn stopped() -> Self {
        Self { code: GoodbyeCode::Stopped, text: "lanstream was stopped".to_owned() }
    }

    /// Its source has ended, for this reason.
    pub fn ended(reason: &str) -> Self {
        Self { code: GoodbyeCode::Ended, text: reason.to_owned() }
    }
}

/// A viewer came or went.
#[derive(Clone, Debug)]
pub enum Visit {
    /// Its control channel is open.
    Joined {
        /// Counts viewers of this run from 1.
        viewer: u64,
        /// Number of viewers now.
        viewers: usize,
    },
    /// It is closed.
    Left {
        /// The same number.
        viewer: u64,
        /// Number of viewers now.
        viewers: usize,
        /// What was sent.
        counters: Arc<Counters>,
        /// Why, where the server closed it.
        reason: Option<String>,
    },
}

/// What a reception is made of.
pub struct Settings {
    /// Hosts and origins that are let in.
    pub guard: Guard,
    /// The run's token.
    pub token: Secret,
    /// Where viewers join the feed.
    pub entrance: Entrance,
    /// The pipeline's clock.
    pub clock: Clock,
    /// What the pipeline tells of itself.
    pub state: Arc<pipeline::State>,
    /// Encodes for viewers that take codes.
    pub encoders: Arc<Pool>,
    /// Draws random bytes, for keys.
    pub draw: fn() -> [u8; 32],
    /// Is told who comes and goes.
    pub observer: Box<dyn Fn(Visit) + Send + Sync>,
}

/// Why a viewer gets no key, place or stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Turned {
    /// See the refusal.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// All places are taken.
    #[error("{VIEWERS_MAX} viewers are here already")]
    Full,
    /// The key is not one that was given, was used, or is too old.
    #[error("the session is unknown or over")]
    KeyUnknown,
    /// The ticket is not one that was given last, was used, or is too old.
    #[error("the ticket is unknown, used or too old")]
    TicketUnknown,
    /// All HTTP streams are taken.
    #[error("{HTTP_STREAMS_MAX} HTTP streams are open already; use WebSocket")]
    StreamsTaken,
    /// The source's thread has ended.
    #[error("the source is gone")]
    SourceGone,
}

#[derive(Default)]
struct Book {
    keys: Vec<(Secret, Micros)>,
    present: Vec<Present>,
    /// Whose HTTP streams are open.
    streams: Vec<u64>,
}

struct Present {
    viewer: u64,
    key: Secret,
    counters: Arc<Counters>,
    /// The newest pump that no carrier has taken yet, and who may.
    pump: Option<Box<Pump>>,
    carriers: Vec<Waker>,
    /// What opens its next session, until then, and when it was drawn.
    ticket: Option<(Secret, Micros)>,
    /// Its sessions so far. The last may still be there.
    sessions: u64,
    /// Wakes its control channel.
    bell: Arc<AtomicWaker>,
}

impl Reception {
    /// An empty reception. `epoch` should differ from run to run.
    pub fn new(settings: Settings) -> Self {
        let Settings { guard, token, entrance, clock, state, encoders, draw, observer } = settings;
        let [a, b, c, d, e, f, g, h, ..] = draw();
        // 0 is a viewer's word for "none".
        let epoch = u64::from_le_bytes([a, b, c, d, e, f, g, h]) | 1;
        Self {
            guard,
            token,
            entrance,
            clock,
            state,
            epoch,
            encoders,
            certificates: Arc::default(),
            draw,
            observer,
            book: Mutex::default(),
            visits: AtomicU64::new(0),
            farewell: OnceLock::new(),
        }
    }

    /// Names this run of the source.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Hosts and origins that are let in.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// The source's clock.
    pub fn now(&self) -> Micros {
        (self.clock)()
    }

    /// Exchanges the run's token for a key that opens one control channel.
    ///
    /// # Errors
    /// [`Turned::Refused`] for a wrong token, [`Turned::Full`].
    pub fn exchange(&self, token: &Secret) -> Result<Secret, Turned> {
        if !self.token.matches(token) {
            return Err(Refusal::TokenInvalid.into());
        }
        let now = self.now();
        let mut book = self.book();
        book.keys.retain(|(_, drawn)| now.since(*drawn) < KEY_LIFETIME);
        if book.present.len() + book.keys.len() >= VIEWERS_MAX {
            return Err(Turned::Full);
        }
        let key = Secret::new((self.draw)());
        book.keys.push((key.clone(), now));
        Ok(key)
    }

    /// Opens the control channel of the viewer with this key, which is used up.
    ///
    /// # Errors
    /// [`Turned::KeyUnknown`], [`Turned::SourceGone`].
    pub fn enter(self: &Arc<Self>, key: &Secret) -> Result<(Control, Stay), Turned> {
        let now = self.now();
        let (counters, bell) = (Arc::new(Counters::default()), Arc::new(AtomicWaker::new()));
        let (viewer, came, news) = {
            let mut book = self.book();
            let known =
                |(own, drawn): &(Secret, Micros)| own.matches(key) && now.since(*drawn) < KEY_LIFETIME;
            let index = book.keys.iter().position(known).ok_or(Turned::KeyUnknown)?;
            // Only now: who has no key must not even wake the source.
            let news = self.entrance.news().ok_or(Turned::SourceGone)?;
            let (key, came) = book.keys.swap_remove(index);
            let viewer = self.visits.fetch_add(1, Ordering::Relaxed) + 1;
            book.present.push(Present {
                viewer,
                key,
                counters: Arc::clone(&counters),
                pump: None,
                carriers: Vec::new(),
                ticket: None,
                sessions: 0,
                bell: Arc::clone(&bell),
            });
            let viewers = self.count(&book);
            (self.observer)(Visit::Joined { viewer, viewers });
            (viewer, came, news)
        };
        let (clock, state, encoders) = (self.clock, Arc::clone(&self.state), Arc::clone(&self.encoders));
        let (entrance, certificates) = (self.entrance.clone(), Arc::clone(&self.certificates));
        let seating = Seating {
            entrance,
            news,
            epoch: self.epoch,
            clock,
            state,
            counters,
            encoders,
            came,
            certificates,
            bell,
        };
        Ok((Control::new(seating), Stay { reception: Arc::clone(self), viewer, reason: None }))
    }

    /// Where an HTTP stream of the viewer with this key gets the pump of its route.
    ///
    /// # Errors
    /// [`Turned::KeyUnknown`], [`Turned::StreamsTaken`].
    pub fn stream(self: &Arc<Self>, key: &Secret) -> Result<(Berth, StreamPlace), Turned> {
        let mut book = self.book();
        let viewer = book.with_key(key)?.viewer;
        if book.streams_of(viewer) >= STREAMS_OF_ONE_MAX
            || book.others_with_streams(viewer) >= HTTP_STREAMS_MAX
        {
            return Err(Turned::StreamsTaken);
        }
        book.streams.push(viewer);
        let reception = || Arc::clone(self);
        Ok((
            Berth { reception: reception(), viewer, session: None },
            StreamPlace { reception: reception(), viewer },
        ))
    }

    /// Where a session of the viewer with this ticket, which is used up, gets the pumps of its routes, one after the other. A later
    /// session of the same viewer replaces it.
    ///
    /// # Errors
    /// [`Turned::TicketUnknown`].
    pub fn session(self: &Arc<Self>, ticket: &Secret) -> Result<Berth, Turned> {
        let now = self.now();
        let mut book = self.book();
        let present = book.with_ticket(ticket, now)?;
        present.sessions += 1;
        present.carriers.drain(..).for_each(Waker::wake);
        let (viewer, session) = (present.viewer, Some(present.sessions));
        Ok(Berth { reception: Arc::clone(self), viewer, session })
    }

    /// How WebTransport can be had, as viewers were told last.
    pub fn certificates(&self) -> Arc<Certificates> {
        self.certificates.newest()
    }

    /// Tells every viewer, now and later, how WebTransport can be had.
    pub fn certify(&self, certificates: Certificates) {
        self.certificates.post(certificates);
        self.book().present.iter().for_each(|present| present.bell.wake());
    }

    /// Says why the server ends, before its sinks are told to. The first word counts.
    pub fn dismiss(&self, farewell: Farewell) {
        let _said_already = self.farewell.set(farewell);
    }

    /// The counters of all who are here.
    pub fn counters(&self) -> Vec<Arc<Counters>> {
        self.book().present.iter().map(|present| Arc::clone(&present.counters)).collect()
    }

    fn count(&self, book: &Book) -> usize {
        self.state.viewers.store(book.present.len() as u32, Ordering::Relaxed);
        book.present.len()
    }

    /// A panic elsewhere can't leave the book half-written: every change is one push, removal or assignment.
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Reception {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reception").field("guard", &self.guard).finish_non_exhaustive()
    }
}

/// A viewer's presence, while its control channel is open.
#[derive(Debug)]
pub struct Stay {
    reception: Arc<Reception>,
    viewer: u64,
    reason: Option<String>,
}

impl Stay {
    /// Keeps `pump` until what carries its route takes it, or another one comes.
    pub fn deposit(&self, pump: Box<Pump>) {
        let mut book = self.reception.book();
        if let Some(present) = book.present.iter_mut().find(|present| present.viewer == self.viewer) {
            present.pump = Some(pump);
            present.carriers.drain(..).for_each(Waker::wake);
        }
    }

    /// A ticket for a session, in hexadecimal digits. It takes the place of the one before. Where browsers tell of a session that
    /// could not be opened, they tell its address, which so has no secret that is good for more.
    pub fn ticket(&self) -> String {
        let ticket = Secret::new((self.reception.draw)());
        let now = self.reception.now();
        let mut book = self.reception.book();
        if let Some(present) = book.present.iter_mut().find(|present| present.viewer == self.viewer) {
            present.ticket = Some((ticket.clone(), now));
        }
        ticket.to_hex()
    }

    /// What the viewer is told where the server ends.
    pub fn farewell(&self) -> Farewell {
        self.reception.farewell.get().cloned().unwrap_or_else(Farewell::stopped)
    }

    /// Says why the server ends the stay.
    pub fn end(mut self, reason: String) {
        self.reason = Some(reason);
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        let mut book = self.reception.book();
        let Some(index) = book.present.iter().position(|present| present.viewer == self.viewer) else {
            return;
        };
        let Present { viewer, counters, carriers, .. } = book.present.swap_remove(index);
        carriers.into_iter().for_each(Waker::wake);
        let viewers = self.reception.count(&book);
        (self.reception.observer)(Visit::Left { viewer, viewers, counters, reason: self.reason.take() });
    }
}

impl Book {
    fn with_key(&mut self, key: &Secret) -> Result<&mut Present, Turned> {
        let present = self.present.iter_mut().find(|present| present.key.matches(key));
        present.ok_or(Turned::KeyUnknown)
    }

    fn with_ticket(&mut self, ticket: &Secret, now: Micros) -> Result<&mut Present, Turned> {
        let is_good =
            |(own, drawn): &mut (Secret, Micros)| own.matches(ticket) && now.since(*drawn) < TICKET_LIFETIME;
        let found = self.present.iter_mut().find_map(|present| {
            present.ticket.take_if(is_good)?;
            Some(present)
        });
        found.ok_or(Turned::TicketUnknown)
    }

    fn streams_of(&self, viewer: u64) -> usize {
        self.streams.iter().filter(|other| **other == viewer).count()
    }

    fn others_with_streams(&self, viewer: u64) -> usize {
        let has_stream = |present: &&Present| present.viewer != viewer && self.streams_of(present.viewer) > 0;
        self.present.iter().filter(has_stream).count()
    }
}

impl Present {
    fn wake_later(&mut self, carrier: &Waker) {
        if self.carriers.iter().any(|waker| waker.will_wake(carrier)) {
            return;
        }
        if self.carriers.len() >= CARRIERS_MAX {
            // Most likely it is gone. If not, it comes again.
            self.carriers.remove(0).wake();
        }
        self.carriers.push(carrier.clone());
    }
}

/// Where a carrier waits for the pumps of one viewer.
#[derive(Debug)]
pub struct Berth {
    reception: Arc<Reception>,
    viewer: u64,
    /// The number of the viewer's session, where it is of one.
    session: Option<u64>,
}

impl Berth {
    /// Where the pointer is, for a carrier that tells it sooner than the control channel. `None` where the source is gone.
    pub fn news(&self) -> Option<News> {
        self.reception.entrance.news()
    }

    /// The source's clock.
    pub fn now(&self) -> Micros {
        self.reception.now()
    }

    /// The pump of a route that `wanted` says yes to, once there is one. `None`: the viewer has left, or another carrier replaces this one.
    pub fn poll(&self, context: &Context<'_>, wanted: impl Fn(&Route) -> bool) -> Poll<Option<Box<Pump>>> {
        let mut book = self.reception.book();
        let Some(present) = book.present.iter_mut().find(|present| present.viewer == self.viewer) else {
            return Poll::Ready(None);
        };
        if self.session.is_some_and(|session| session != present.sessions) {
            return Poll::Ready(None);
        }
        if let Some(pump) = present.pump.take_if(|pump| wanted(&pump.route())) {
            return Poll::Ready(Some(pump));
        }
        present.wake_later(context.waker());
        Poll::Pending
    }
}

/// One of the HTTP streams, while it is open.
#[derive(Debug)]
pub struct StreamPlace {
    reception: Arc<Reception>,
    viewer: u64,
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut book = self.reception.book();
        if let Some(index) = book.streams.iter().position(|viewer| *viewer == self.viewer) {
            book.streams.swap_remove(index);
        }
    }
}
