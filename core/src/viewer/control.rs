//! The control channel: what a viewer says, and what it is told that is not pixels.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::task::{Context, Poll};

use super::link::{Link, ORDERS_MAX, Order};
use super::{Counters, Error, Pump, Reaction, Seating, UNANSWERED_MAX};
use crate::encode::{Coder, Pool};
use crate::feed::{Frames, News, Status};
use crate::pipeline;
use crate::protocol::{
    HELLO_CODES, HELLO_PIXELS, HELLO_VERIFY, Hello, NoticeCode, ParseError, ServerMessage, SourceState,
    VERSION, ViewerMessage,
};
use crate::session::{Session, Violation};
use crate::source::Cursor;
use crate::time::{Clock, Micros};

/// Messages a viewer may send in a second: acks and proofs of 240 updates, pings, and as much again.
const MESSAGES_PER_SECOND_MAX: u32 = 1000;
/// Longest probe message, so that it is not held in memory as a whole.
const PROBE_CHUNK_BYTES: usize = 256 << 10;
/// What a viewer is told that is seen on the display it mirrors.
const MIRRORED_TEXT: &str =
    "this page is on the display that it mirrors: the rate is held at 10 frames a second";

/// The control channel of one viewer.
#[derive(Debug)]
pub struct Control {
    news: News,
    /// Until the hello.
    frames: Option<Frames>,
    epoch: u64,
    clock: Clock,
    state: Arc<pipeline::State>,
    counters: Arc<Counters>,
    encoders: Arc<Pool>,
    /// Updates and bytes at the last report, and when it was.
    reported: (u64, u64, Micros),
    link: Arc<Link>,
    orders: Option<SyncSender<Order>>,
    outgoing: VecDeque<Vec<u8>>,
    /// Bytes of a probe still to be sent.
    probe: Option<usize>,
    shape_sent: u32,
    /// Whether the viewer was told that it mirrors itself.
    mirrored: bool,
    budget: Budget,
}

impl Control {
    /// The control channel of a viewer that was let in.
    pub fn new(seating: Seating) -> Self {
        let Seating { frames, news, epoch, clock, state, counters, encoders } = seating;
        Self {
            news,
            frames: Some(frames),
            epoch,
            clock,
            state,
            counters,
            encoders,
            reported: (0, 0, clock()),
            link: Arc::default(),
            orders: None,
            outgoing: VecDeque::new(),
            probe: None,
            shape_sent: 0,
            mirrored: false,
            budget: Budget { second: 0, left: MESSAGES_PER_SECOND_MAX },
        }
    }

    /// Takes one message of the viewer. `band_bytes` is where the pump's bands are to end, by whether pixels come here.
    ///
    /// # Errors
    /// Why the channel is to be closed.
    pub fn handle(&mut self, bytes: &[u8], band_bytes: impl Fn(bool) -> usize) -> Result<Reaction, Error> {
        let now = (self.clock)();
        self.budget.spend(now)?;
        let (message, taken) = ViewerMessage::read(bytes)?.ok_or(ParseError::Incomplete)?;
        if taken != bytes.len() {
            return Err(ParseError::Trailing.into());
        }
        match message {
            ViewerMessage::Hello(hello) => return self.start(hello, band_bytes),
            ViewerMessage::Ack(ack) => self.order(Order::Ack(ack, now))?,
            ViewerMessage::Proof { seq, hash } => self.order(Order::Proof { seq, hash })?,
            ViewerMessage::Refresh => self.order(Order::Refresh)?,
            ViewerMessage::Flow { paused } => self.order(Order::Pause(paused))?,
            ViewerMessage::Ping { token } => self.send(&ServerMessage::Pong { token, clock_us: now.0 }),
            ViewerMessage::Probe { bytes } => self.probe = Some(bytes as usize),
        }
        Ok(Reaction::None)
    }

    /// Counts a message that is not the protocol's, such as a WebSocket ping, among those a viewer may send.
    ///
    /// # Errors
    /// [`Error::Flood`].
    pub fn count(&mut self) -> Result<(), Error> {
        self.budget.spend((self.clock)())
    }

    /// The next message for the viewer; pending until there is one.
    pub fn poll_message(&mut self, context: &Context<'_>) -> Poll<Vec<u8>> {
        self.news.register(context);
        self.link.control.register(context.waker());
        self.gather();
        if let Some(message) = self.outgoing.pop_front() {
            return Poll::Ready(message);
        }
        self.next_probe().map_or(Poll::Pending, Poll::Ready)
    }

    /// Has `message` sent.
    pub fn send(&mut self, message: &ServerMessage<'_>) {
        let mut bytes = Vec::new();
        message.write(&mut bytes);
        self.outgoing.push_back(bytes);
    }

    /// Whether the viewer said hello.
    pub fn has_started(&self) -> bool {
        self.orders.is_some()
    }

    /// Whether the pixels ended, so that the channel is to be closed.
    pub fn is_over(&self) -> bool {
        self.link.over.load(Ordering::Acquire)
    }

    /// What the viewer did against the rules, if that is why the pixels ended.
    pub fn violation(&self) -> Option<Violation> {
        self.link.violation.get().copied()
    }

    /// Tells the viewer the numbers since the last report. To be called once a second.
    ///
    /// # Errors
    /// [`Error::Unanswered`] where the viewer is to be given up.
    pub fn report(&mut self) -> Result<(), Error> {
        let now = (self.clock)();
        let since = self.counters.unanswered_since.load(Ordering::Relaxed);
        if since > 0 && now.since(Micros(since)) > UNANSWERED_MAX {
            return Err(Error::Unanswered);
        }
        if self.has_started() {
            let json = self.numbers(now);
            self.send(&ServerMessage::Stats { json: &json });
        }
        Ok(())
    }

    fn numbers(&mut self, now: Micros) -> String {
        let read = |number: &AtomicU32| number.load(Ordering::Relaxed);
        let count = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let (updates, bytes) = (count(&self.counters.updates), count(&self.counters.bytes));
        let (updates_before, bytes_before, at) = std::mem::replace(&mut self.reported, (updates, bytes, now));
        let seconds = now.since(at).as_secs_f64().max(1e-3);
        let fps = (updates - updates_before) as f64 / seconds;
        let mbps = (bytes - bytes_before) as f64 * 8e-6 / seconds;
        format!(
            r#"{{"capture_us":{},"compare_us":{},"send_us":{},"fps":{fps:.1},"mbps":{mbps:.1},"viewers":{},"lies":{},"skipped":{}}}"#,
            read(&self.state.capture_us),
            read(&self.state.compare_us),
            read(&self.counters.send_us),
            read(&self.state.viewers),
            count(&self.state.lies),
            count(&self.counters.skipped),
        )
    }

    fn start(&mut self, hello: Hello, band_bytes: impl Fn(bool) -> usize) -> Result<Reaction, Error> {
        if hello.version != VERSION {
            return Err(Error::Version(hello.version));
        }
        let frames = self.frames.take().ok_or(Error::OutOfOrder)?;
        let (sender, orders) = sync_channel(ORDERS_MAX);
        self.orders = Some(sender);
        self.send(&ServerMessage::Welcome { epoch: self.epoch, clock_us: (self.clock)().0 });
        let here = hello.flags & HELLO_PIXELS != 0;
        let held_seq = if hello.epoch == self.epoch { hello.held_seq } else { 0 };
        let coder =
            (hello.flags & HELLO_CODES != 0).then(|| Coder::new(self.clock, Arc::clone(&self.encoders)));
        let session = Session::new(band_bytes(here), hello.flags & HELLO_VERIFY != 0, held_seq, coder);
        let (clock, counters, link) = (self.clock, Arc::clone(&self.counters), Arc::clone(&self.link));
        Ok(Reaction::Start {
            pump: Box::new(Pump { session, frames, orders, clock, counters, link, began: None }),
            here,
        })
    }

    fn order(&mut self, order: Order) -> Result<(), Error> {
        let orders = self.orders.as_ref().ok_or(Error::OutOfOrder)?;
        // A pump that is gone takes no orders, and needs none: its stream has ended.
        match orders.try_send(order) {
            Err(TrySendError::Full(_)) => return Err(Error::Flood),
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
        }
        self.link.pump.wake();
        Ok(())
    }

    /// Turns what is new into messages. Before the welcome there is nothing to tell.
    fn gather(&mut self) {
        if self.orders.is_none() {
            return;
        }
        if let Some(status) = self.news.take_status() {
            self.tell_status(&status);
        }
        if let Some(cursor) = self.news.take_cursor() {
            self.point(&cursor);
        }
        if let Some((seq, exact)) = self.link.take_verdict() {
            let count = self.counters.proven.load(Ordering::Relaxed);
            self.send(&ServerMessage::Proven { seq, exact, count });
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

    fn point(&mut self, cursor: &Cursor) {
        if let Some(shape) = cursor.shape.as_ref().filter(|shape| shape.serial != self.shape_sent) {
            self.shape_sent = shape.serial;
            self.send(&ServerMessage::CursorShape(shape));
        }
        self.send(&ServerMessage::CursorAt { cursor });
    }

    fn next_probe(&mut self) -> Option<Vec<u8>> {
        let left = self.probe.take()?;
        let bytes = left.min(PROBE_CHUNK_BYTES);
        self.probe = Some(left - bytes).filter(|rest| *rest > 0);
        let mut message = Vec::new();
        ServerMessage::Probe { bytes, last: bytes == left }.write(&mut message);
        Some(message)
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.link.over.store(true, Ordering::Release);
        self.link.pump.wake();
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
