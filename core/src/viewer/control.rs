//! The control channel: what a viewer says, and what it is told that is not pixels.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use super::link::{Link, ORDERS_MAX, Order};
use super::{Error, Pump, ROUTES_MAX, Reaction, Seating, UNANSWERED_MAX};
use crate::encode::Coder;
use crate::feed::Status;
use crate::protocol::{
    HELLO_CODES, HELLO_VERIFY, Hello, NoticeCode, ParseError, ROUTE_PLAIN, Route, ServerMessage, SourceState,
    Transport, VERSION, ViewerMessage,
};
use crate::session::{Repertoire, Session, Totals, Violation};
use crate::source::{Command, Pointer};
use crate::time::Micros;

/// Messages a viewer may send in a second: acks and proofs of 240 updates, pings, and as much again.
const MESSAGES_PER_SECOND_MAX: u32 = 1000;
/// What a viewer is told that is seen on the display it mirrors.
const MIRRORED_TEXT: &str =
    "this page is on the display that it mirrors: the rate is held at 10 frames a second";

/// The control channel of one viewer.
#[derive(Debug)]
pub struct Control {
    seating: Seating,
    /// Updates and bytes at the last report, and when it was.
    reported: (u64, u64, Micros),
    /// The edition of the certificates that the viewer has heard of.
    certificates_read: u64,
    hello: Option<Hello>,
    paused: bool,
    route: Option<OpenRoute>,
    /// All routes that are not dropped yet.
    links: Vec<Weak<Link>>,
    outgoing: VecDeque<Vec<u8>>,
    shape_sent: u32,
    /// Whether the viewer was told that it mirrors itself.
    mirrored: bool,
    budget: Budget,
}

/// Where pixels go at present.
#[derive(Debug)]
struct OpenRoute {
    number: u32,
    link: Arc<Link>,
    orders: SyncSender<Order>,
}

impl Control {
    /// The control channel of a viewer that was let in.
    pub fn new(seating: Seating) -> Self {
        let now = (seating.clock)();
        Self {
            seating,
            reported: (0, 0, now),
            certificates_read: 0,
            hello: None,
            paused: false,
            route: None,
            links: Vec::new(),
            outgoing: VecDeque::new(),
            shape_sent: 0,
            mirrored: false,
            budget: Budget { second: 0, left: MESSAGES_PER_SECOND_MAX },
        }
    }

    /// Takes one message of the viewer. `band_bytes` is where bands are to end on a route, as [`band_bytes`](super::band_bytes)
    /// has it.
    ///
    /// # Errors
    /// Why the channel is to be closed.
    pub fn handle(
        &mut self,
        bytes: &[u8],
        band_bytes: impl Fn(Transport) -> usize,
    ) -> Result<Reaction, Error> {
        let now = (self.seating.clock)();
        self.budget.spend(now)?;
        let (message, taken) = ViewerMessage::read(bytes)?.ok_or(ParseError::Incomplete)?;
        if taken != bytes.len() {
            return Err(ParseError::Trailing.into());
        }
        match message {
            ViewerMessage::Hello(hello) => self.greet(hello)?,
            ViewerMessage::Route(route) => return self.open(route, band_bytes(route.transport)),
            ViewerMessage::Ack(ack) => self.order(Order::Ack(ack, now))?,
            ViewerMessage::Proof { seq, hash } => self.order(Order::Proof { seq, hash })?,
            ViewerMessage::Refresh => self.order(Order::Refresh)?,
            ViewerMessage::Flow { paused } => {
                self.order(Order::Pause(paused))?;
                self.paused = paused;
            }
            // It belongs onto a WebTransport session, and there is nothing to be done about it here.
            ViewerMessage::Lack(_) => {}
            ViewerMessage::Steer(command) => self.steer(command)?,
            ViewerMessage::AskTicket if self.hello.is_none() => return Err(Error::OutOfOrder),
            ViewerMessage::AskTicket => return Ok(Reaction::Ticket),
            ViewerMessage::Ping { token } => self.send(&ServerMessage::Pong { token, clock_us: now.0 }),
        }
        Ok(Reaction::None)
    }

    /// Counts a message that is not the protocol's, such as a WebSocket ping, among those a viewer may send.
    ///
    /// # Errors
    /// [`Error::Flood`].
    pub fn count(&mut self) -> Result<(), Error> {
        self.budget.spend((self.seating.clock)())
    }

    /// The next message for the viewer; pending until there is one.
    pub fn poll_message(&mut self, context: &Context<'_>) -> Poll<Vec<u8>> {
        self.seating.news.register(context);
        self.seating.bell.register(context.waker());
        if let Some(route) = &self.route {
            route.link.control.register(context.waker());
        }
        self.gather();
        self.outgoing.pop_front().map_or(Poll::Pending, Poll::Ready)
    }

    /// Has `message` sent.
    pub fn send(&mut self, message: &ServerMessage<'_>) {
        let mut bytes = Vec::new();
        message.write(&mut bytes);
        self.outgoing.push_back(bytes);
    }

    /// Whether the viewer said hello.
    pub fn has_started(&self) -> bool {
        self.hello.is_some()
    }

    /// What the viewer did against the rules, if it did: then the channel is to be closed.
    pub fn violation(&self) -> Option<Violation> {
        self.route.as_ref().and_then(|route| route.link.violation.get().copied())
    }

    /// Tells the viewer the numbers since the last report. To be called once a second.
    ///
    /// # Errors
    /// [`Error::Unanswered`] where the viewer is to be given up.
    pub fn report(&mut self) -> Result<(), Error> {
        let now = (self.seating.clock)();
        let unanswered = |route: &OpenRoute| route.link.unanswered_since.load(Ordering::Relaxed);
        let since = self.route.as_ref().map_or(0, unanswered);
        let unanswered = if since > 0 { now.since(Micros(since)) } else { Duration::ZERO };
        if unanswered > UNANSWERED_MAX {
            return Err(Error::Unanswered);
        }
        if self.has_started() {
            let json = self.numbers(now, unanswered);
            self.send(&ServerMessage::Stats { json: &json });
        }
        Ok(())
    }

    /// `unanswered`: for how long the update that is on its way has not been acknowledged.
    fn numbers(&mut self, now: Micros, unanswered: Duration) -> String {
        let read = |number: &AtomicU32| number.load(Ordering::Relaxed);
        let count = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let (updates, bytes) = (count(&self.seating.counters.updates), count(&self.seating.counters.bytes));
        let (updates_before, bytes_before, at) = std::mem::replace(&mut self.reported, (updates, bytes, now));
        let seconds = now.since(at).as_secs_f64().max(1e-3);
        let fps = (updates - updates_before) as f64 / seconds;
        let mbps = (bytes - bytes_before) as f64 * 8e-6 / seconds;
        format!(
            r#"{{"capture_us":{},"compare_us":{},"send_us":{},"fps":{fps:.1},"mbps":{mbps:.1},"viewers":{},"lies":{},"skipped":{},"unanswered_ms":{}}}"#,
            read(&self.seating.state.capture_us),
            read(&self.seating.state.compare_us),
            read(&self.seating.counters.send_us),
            read(&self.seating.state.viewers),
            count(&self.seating.state.lies),
            count(&self.seating.counters.skipped),
            unanswered.as_millis(),
        )
    }

    fn greet(&mut self, hello: Hello) -> Result<(), Error> {
        if hello.version != VERSION {
            return Err(Error::Version(hello.version));
        }
        if self.hello.replace(hello).is_some() {
            return Err(Error::OutOfOrder);
        }
        self.send(&ServerMessage::Welcome { epoch: self.seating.epoch, clock_us: (self.seating.clock)().0 });
        Ok(())
    }

    /// Opens a route. The one before is over, whatever it still holds.
    fn open(&mut self, route: Route, band_bytes: usize) -> Result<Reaction, Error> {
        let hello = self.hello.ok_or(Error::OutOfOrder)?;
        self.close_route();
        self.links.retain(|link| link.strong_count() > 0);
        if self.links.len() >= ROUTES_MAX {
            return Err(Error::Routes);
        }
        let frames = self.seating.entrance.frames().ok_or(Error::SourceGone)?;
        let (sender, orders) = sync_channel(ORDERS_MAX);
        let link = Arc::new(Link::default());
        self.links.push(Arc::downgrade(&link));
        self.route = Some(OpenRoute { number: route.number, link: Arc::clone(&link), orders: sender });
        let session = self.new_session(hello, route, band_bytes);
        let (clock, counters) = (self.seating.clock, Arc::clone(&self.seating.counters));
        Ok(Reaction::Start(Box::new(Pump {
            route,
            came: self.seating.came,
            announced: false,
            session,
            frames,
            orders,
            clock,
            counters,
            link,
            asked_at: clock(),
            began: None,
            published: Totals::default(),
        })))
    }

    fn new_session(&self, hello: Hello, route: Route, band_bytes: usize) -> Session {
        let held_seq = if route.epoch == self.seating.epoch { route.held_seq } else { 0 };
        let repertoire = self.repertoire(hello, route);
        let mut session = Session::new(band_bytes, hello.flags & HELLO_VERIFY != 0, held_seq, repertoire);
        session.pause(self.paused);
        session
    }

    fn repertoire(&self, hello: Hello, route: Route) -> Repertoire {
        if route.flags & ROUTE_PLAIN != 0 {
            Repertoire::Plain
        } else if hello.flags & HELLO_CODES == 0 {
            Repertoire::Solid
        } else {
            let encoders = Arc::clone(&self.seating.encoders);
            let byte_ps = self.seating.counters.byte_ps[route.transport.place()].load(Ordering::Relaxed);
            let byte_ns = (byte_ps > 0).then_some(byte_ps as f32 / 1e3);
            Repertoire::Coded(Box::new(Coder::new(
                self.seating.clock,
                encoders,
                Arc::clone(&self.seating.state),
                byte_ns,
            )))
        }
    }

    fn close_route(&mut self) {
        if let Some(route) = self.route.take() {
            route.link.end();
        }
    }

    /// Without a route there is nobody to be told, and nothing that an order could change.
    fn order(&mut self, order: Order) -> Result<(), Error> {
        if self.hello.is_none() {
            return Err(Error::OutOfOrder);
        }
        let Some(route) = &self.route else { return Ok(()) };
        // A pump that is gone takes no orders, and needs none: its route has ended.
        match route.orders.try_send(order) {
            Err(TrySendError::Full(_)) => return Err(Error::Flood),
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
        }
        route.link.pump.wake();
        Ok(())
    }

    fn steer(&self, command: Command) -> Result<(), Error> {
        if self.hello.is_none() {
            return Err(Error::OutOfOrder);
        }
        self.seating.entrance.steer(command);
        Ok(())
    }

    /// Turns what is new into messages. Before the welcome there is nothing to tell.
    fn gather(&mut self) {
        if self.hello.is_none() {
            return;
        }
        if let Some(status) = self.seating.news.take_status() {
            self.tell_status(&status);
        }
        if let Some(description) = self.seating.news.take_description() {
            self.send(&ServerMessage::Description(&description));
        }
        if let Some(went) = self.seating.news.take_went() {
            self.send(&ServerMessage::Playback(&went));
        }
        if let Some(pointer) = self.seating.news.take_pointer() {
            self.point(&pointer);
        }
        if let Some(certificates) = self.seating.certificates.take(&mut self.certificates_read) {
            self.send(&ServerMessage::Certificates(&certificates));
        }
        self.hear_route();
        // One by one: what waits here is not bounded, what waits there is.
        if self.outgoing.is_empty()
            && let Some(sound) = self.seating.news.take_sound()
        {
            self.send(&ServerMessage::Sound(&sound));
        }
    }

    /// A verdict on a proof, and that what carried the pixels is gone.
    fn hear_route(&mut self) {
        let Some(route) = &self.route else { return };
        let (number, link) = (route.number, Arc::clone(&route.link));
        if let Some((seq, exact)) = link.take_verdict() {
            let count = self.seating.counters.proven.load(Ordering::Relaxed);
            self.send(&ServerMessage::Proven { seq, exact, count });
        }
        // A route that ended by a violation stays, as what the channel ends for.
        if link.over.load(Ordering::Acquire) && link.violation.get().is_none() {
            self.route = None;
            self.send(&ServerMessage::Unrouted { number });
        }
    }

    fn tell_status(&mut self, status: &Status) {
        let (state, text) = match status {
            Status::Live { name } | Status::Mirrored { name } => (SourceState::Live, name),
            Status::Lost { reason } => (SourceState::Lost, reason),
            Status::Ended { reason } => (SourceState::Ended, reason),
        };
        self.send(&ServerMessage::Source { state, text });
        let mirrored = matches!(status, Status::Mirrored { .. });
        if mirrored {
            self.send(&ServerMessage::Notice { code: NoticeCode::Feedback, text: MIRRORED_TEXT });
        } else if self.mirrored {
            self.send(&ServerMessage::Notice { code: NoticeCode::FeedbackOver, text: "" });
        }
        self.mirrored = mirrored;
    }

    fn point(&mut self, pointer: &Pointer) {
        if let Some(shape) = pointer.cursor.shape.as_ref().filter(|shape| shape.serial != self.shape_sent) {
            self.shape_sent = shape.serial;
            self.send(&ServerMessage::CursorShape(shape));
        }
        self.send(&ServerMessage::CursorAt(pointer));
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.close_route();
    }
}

/// Messages that may still come in this second.
#[derive(Clone, Copy, Debug)]
struct Budget {
    second: u64,
    left: u32,
}

impl Budget {
    fn spend(&mut self, now: Micros) -> Result<(), Error> {
        let second = now.since(Micros::ZERO).as_secs();
        if second != self.second {
            *self = Self { second, left: MESSAGES_PER_SECOND_MAX };
        }
        self.left = self.left.checked_sub(1).ok_or(Error::Flood)?;
        Ok(())
    }
}
