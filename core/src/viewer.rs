//! One viewer, sans-IO: its control channel and its pixels, as two ends that different tasks may hold.
//!
//! [`Control`] understands what the viewer says and tells it what is not pixels. [`Pump`] turns frames into bytes. Credit,
//! refreshes and proofs go from one to the other through a bounded queue without a lock.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use atomic_waker::AtomicWaker;
use bytes::BytesMut;

use crate::feed::{Frames, News, Status};
use crate::pipeline;
use crate::protocol::{
    Ack, HELLO_PIXELS, HELLO_VERIFY, Hello, NoticeCode, ParseError, ServerMessage, SourceState, VERSION,
    ViewerMessage,
};
use crate::session::{Fill, Session, Violation};
use crate::source::Cursor;
use crate::time::{Clock, Micros};

/// Orders from control to pump that may wait. A viewer has at most one update in flight, so a few are plenty.
const ORDERS_MAX: usize = 32;
/// Messages a viewer may send in a second: acks and proofs of 240 updates, pings, and as much again.
const MESSAGES_PER_SECOND_MAX: u32 = 1000;
/// Longest probe message, so that it is not held in memory as a whole.
const PROBE_CHUNK_BYTES: usize = 256 << 10;

/// What a viewer is told that is seen on the display it mirrors.
const MIRRORED_TEXT: &str =
    "this page is on the display that it mirrors: the rate is held at 10 frames a second";

/// What a viewer and the server share over its life.
#[derive(Debug, Default)]
pub struct Counters {
    /// Updates acknowledged.
    pub updates: AtomicU64,
    /// Bytes of updates.
    pub bytes: AtomicU64,
    /// Frames that a newer one replaced before they were sent.
    pub skipped: AtomicU64,
    /// Updates proven exact.
    pub proven: AtomicU64,
    /// Updates proven to be wrong.
    pub refuted: AtomicU64,
    /// Microseconds from the last update's capture to its acknowledgement.
    pub latency_us: AtomicU32,
    /// Microseconds that writing the last update took.
    pub send_us: AtomicU32,
    /// When the update began that is not acknowledged yet; 0 where there is none.
    pub unanswered_since: AtomicU64,
}

/// Why a viewer is sent away.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It does not speak the protocol.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// It speaks another version.
    #[error("the viewer speaks protocol {0}, this is {VERSION}")]
    Version(u16),
    /// Something else came before its hello, or a second one.
    #[error("hello must come first, and once")]
    OutOfOrder,
    /// More messages than a viewer has reason to send.
    #[error("too many messages")]
    Flood,
    /// It left an update unacknowledged for too long.
    #[error("no answer for {} seconds", UNANSWERED_MAX.as_secs())]
    Unanswered,
}

/// What the caller has to do after a message.
#[derive(Debug)]
pub enum Reaction {
    /// Nothing.
    None,
    /// The pixels may start. With `here` they are to come on this channel.
    Start {
        /// Turns frames into bytes.
        pump: Box<Pump>,
        /// Whether they come on the control channel.
        here: bool,
    },
}

/// What a viewer's two ends are made of.
#[derive(Debug)]
pub struct Seating {
    /// The feed's pixels.
    pub frames: Frames,
    /// The feed's news.
    pub news: News,
    /// Names this run of the source.
    pub epoch: u64,
    /// The pipeline's clock.
    pub clock: Clock,
    /// What the pipeline tells of itself.
    pub state: Arc<pipeline::State>,
    /// Where the numbers go.
    pub counters: Arc<Counters>,
}

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
        let Seating { frames, news, epoch, clock, state, counters } = seating;
        Self {
            news,
            frames: Some(frames),
            epoch,
            clock,
            state,
            counters,
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
        let session = Session::new(band_bytes(here), hello.flags & HELLO_VERIFY != 0, held_seq);
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
            Err(std::sync::mpsc::TrySendError::Full(_)) => return Err(Error::Flood),
            Ok(()) | Err(std::sync::mpsc::TrySendError::Disconnected(_)) => {}
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

/// The pixels of one viewer.
#[derive(Debug)]
pub struct Pump {
    session: Session,
    frames: Frames,
    orders: Receiver<Order>,
    clock: Clock,
    counters: Arc<Counters>,
    link: Arc<Link>,
    /// When the update being written began, and when its frame was captured.
    began: Option<(Micros, Micros)>,
}

impl Pump {
    /// Appends the next bytes for the viewer to `out`, about `limit` of them; pending until there are some. `None`: the
    /// viewer is gone or broke the rules, and the stream ends.
    pub fn poll_fill(
        &mut self,
        context: &Context<'_>,
        out: &mut BytesMut,
        limit: usize,
    ) -> Poll<Option<Fill>> {
        self.link.pump.register(context.waker());
        loop {
            if let Err(violation) = self.follow_orders() {
                self.link.violation.get_or_init(|| violation);
                self.link.end();
            }
            if self.link.over.load(Ordering::Acquire) {
                return Poll::Ready(None);
            }
            if self.session.is_sending() {
                return Poll::Ready(Some(self.write(out, limit)));
            }
            if !self.session.wants_frame() {
                return Poll::Pending;
            }
            let Poll::Ready(frame) = self.frames.poll(context) else { return Poll::Pending };
            let now = (self.clock)();
            self.began = Some((now, frame.captured_at()));
            self.session.begin(frame, now);
            let since = if self.session.is_sending() { now.0 } else { 0 };
            self.counters.unanswered_since.store(since, Ordering::Relaxed);
        }
    }

    fn write(&mut self, out: &mut BytesMut, limit: usize) -> Fill {
        let fill = self.session.fill(out, limit);
        if let (Fill::Done, Some((began, _))) = (fill, self.began) {
            self.counters.send_us.store((self.clock)().since(began).as_micros() as u32, Ordering::Relaxed);
        }
        self.publish_totals();
        fill
    }

    fn follow_orders(&mut self) -> Result<(), Violation> {
        while let Ok(order) = self.orders.try_recv() {
            match order {
                Order::Ack(ack, at) => self.acknowledge(ack, at)?,
                Order::Proof { seq, hash } => self.prove(seq, hash),
                Order::Refresh => self.session.refresh(),
                Order::Pause(paused) => self.session.pause(paused),
            }
        }
        Ok(())
    }

    fn acknowledge(&mut self, ack: Ack, at: Micros) -> Result<(), Violation> {
        self.session.acknowledge(ack, at)?;
        self.counters.unanswered_since.store(0, Ordering::Relaxed);
        if let Some((_, captured)) = self.began {
            self.counters.latency_us.store(at.since(captured).as_micros() as u32, Ordering::Relaxed);
        }
        self.publish_totals();
        Ok(())
    }

    fn prove(&mut self, seq: u32, hash: u64) {
        if let Some(proof) = self.session.prove(seq, hash) {
            self.publish_totals();
            self.link.tell_verdict(proof.seq, proof.exact);
        }
    }

    fn publish_totals(&self) {
        let totals = self.session.totals();
        self.counters.updates.store(totals.updates, Ordering::Relaxed);
        self.counters.bytes.store(totals.bytes, Ordering::Relaxed);
        self.counters.skipped.store(totals.skipped, Ordering::Relaxed);
        self.counters.proven.store(totals.proven, Ordering::Relaxed);
        self.counters.refuted.store(totals.refuted, Ordering::Relaxed);
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.link.end();
    }
}

/// What control tells the pump.
#[derive(Clone, Copy, Debug)]
enum Order {
    Ack(Ack, Micros),
    Proof { seq: u32, hash: u64 },
    Refresh,
    Pause(bool),
}

/// What both ends see.
#[derive(Debug, Default)]
struct Link {
    /// One of the ends is gone, or the viewer broke the rules.
    over: AtomicBool,
    /// The rule it broke.
    violation: OnceLock<Violation>,
    control: AtomicWaker,
    pump: AtomicWaker,
    /// The last proof: `seq << 2 | exact << 1 | 1`, or 0. Proofs come one at a time, each after the answer to the last.
    verdict: AtomicU64,
}

impl Link {
    fn end(&self) {
        self.over.store(true, Ordering::Release);
        self.control.wake();
        self.pump.wake();
    }

    fn tell_verdict(&self, seq: u32, exact: bool) {
        self.verdict.store(u64::from(seq) << 2 | u64::from(exact) << 1 | 1, Ordering::Release);
        self.control.wake();
    }

    fn take_verdict(&self) -> Option<(u32, bool)> {
        let verdict = self.verdict.swap(0, Ordering::AcqRel);
        (verdict != 0).then_some(((verdict >> 2) as u32, verdict & 2 != 0))
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

/// How long a viewer may leave an update unacknowledged before it is sent away; a suspended laptop lid is shorter.
pub const UNANSWERED_MAX: Duration = Duration::from_secs(120);
