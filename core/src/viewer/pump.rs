//! The pixels of one viewer on one route: frames in, bytes out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::task::{Context, Poll};

use bytes::BytesMut;

use super::Counters;
use super::route_state::{PumpCommand, RouteState};
use crate::feed::FrameReceiver;
use crate::protocol::{Ack, Route, ServerMessage};
use crate::session::{ProtocolError, Session, Totals, WriteStatus};
use crate::time::{Clock, Micros};

/// The pixels of one viewer on one route.
#[derive(Debug)]
pub struct Pump {
    pub(super) route: Route,
    pub(super) token_exchanged_at: Micros,
    /// The route's first message was written.
    pub(super) announced: bool,
    pub(super) session: Session,
    pub(super) frames: FrameReceiver,
    pub(super) commands: Receiver<PumpCommand>,
    pub(super) clock: Clock,
    pub(super) counters: Arc<Counters>,
    pub(super) route_state: Arc<RouteState>,
    /// When the viewer last asked for the picture as it is, whether or not it is new: with the route, by a refresh, or
    /// when it went on after a pause.
    pub(super) asked_at: Micros,
    /// When the update being written began.
    pub(super) began: Option<Micros>,
    /// Session totals already added to the counters.
    pub(super) published: Totals,
}

impl Pump {
    /// What the viewer asked for.
    pub fn route(&self) -> Route {
        self.route
    }

    /// Whether an update was sent, at least in part, that the viewer has not acknowledged.
    pub fn is_awaiting(&self) -> bool {
        self.route_state.unanswered_since.load(Ordering::Relaxed) > 0
    }

    /// Ready when nothing more must be sent here, though the transport may still be writing.
    pub fn poll_over(&mut self, context: &Context<'_>) -> Poll<()> {
        self.route_state.pump.register(context.waker());
        if self.route_state.over.load(Ordering::Acquire) { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Appends the next bytes for the viewer to `out`, about `limit` of them; pending until there are some. Returns
    /// `None` if the viewer is gone, has another route or violated the protocol, so that this route ends.
    pub fn poll_bytes(
        &mut self,
        context: &Context<'_>,
        out: &mut BytesMut,
        limit: usize,
    ) -> Poll<Option<WriteStatus>> {
        self.route_state.pump.register(context.waker());
        loop {
            if let Err(violation) = self.handle_commands() {
                self.route_state.violation.get_or_init(|| violation);
                self.route_state.end();
            }
            if self.route_state.over.load(Ordering::Acquire) {
                return Poll::Ready(None);
            }
            if !std::mem::replace(&mut self.announced, true) {
                return Poll::Ready(Some(self.announce(out)));
            }
            if self.session.is_sending() {
                return self.poll_write(context, out, limit).map(Some);
            }
            if !self.session.wants_frame() {
                return Poll::Pending;
            }
            let Poll::Ready(frame) = self.frames.poll(context) else { return Poll::Pending };
            let now = (self.clock)();
            self.began = Some(now);
            self.session.begin(frame, self.asked_at, now);
            self.publish_unanswered();
        }
    }

    /// At once, before there is a frame: from here on the viewer knows that the route is good.
    fn announce(&self, out: &mut BytesMut) -> WriteStatus {
        let mut message = Vec::new();
        ServerMessage::Routed { number: self.route.number }.write(&mut message);
        out.extend_from_slice(&message);
        WriteStatus::Band
    }

    /// Pending where what comes next is still being compared or encoded.
    fn poll_write(&mut self, context: &Context<'_>, out: &mut BytesMut, limit: usize) -> Poll<WriteStatus> {
        let mut status = self.write(context, out, limit);
        if status == WriteStatus::Waiting {
            self.frames.register(context);
            // It may have been compared just before.
            status = self.write(context, out, limit);
        }
        if status == WriteStatus::Waiting { Poll::Pending } else { Poll::Ready(status) }
    }

    fn write(&mut self, context: &Context<'_>, out: &mut BytesMut, limit: usize) -> WriteStatus {
        let status = self.session.write_some(out, limit, context);
        if let (WriteStatus::Done, Some(began)) = (status, self.began) {
            self.counters.send_us.store((self.clock)().us_since(began), Ordering::Relaxed);
            // While the last bytes travel and are acknowledged, the source may capture what changed meanwhile.
            self.frames.request_next();
        }
        self.publish_unanswered();
        self.publish_totals();
        status
    }

    fn handle_commands(&mut self) -> Result<(), ProtocolError> {
        while let Ok(command) = self.commands.try_recv() {
            match command {
                PumpCommand::Ack(ack, at) => self.acknowledge(ack, at)?,
                PumpCommand::Proof { seq, hash } => self.prove(seq, hash),
                PumpCommand::Refresh => {
                    self.session.refresh();
                    self.ask_again();
                }
                PumpCommand::Pause(paused) => {
                    self.session.pause(paused);
                    self.asked_at = (self.clock)();
                }
            }
        }
        Ok(())
    }

    fn acknowledge(&mut self, ack: Ack, at: Micros) -> Result<(), ProtocolError> {
        self.session.acknowledge(ack, at)?;
        self.publish_unanswered();
        if self.counters.first_us.load(Ordering::Relaxed) == 0 {
            self.counters.first_us.store(at.us_since(self.token_exchanged_at), Ordering::Relaxed);
        }
        if ack.total_us > 0 {
            self.counters.latencies.record(ack.total_us);
        }
        if let Some(byte_ns) = self.session.byte_ns() {
            self.counters.byte_times[self.route.transport.index()].store(byte_ns);
        }
        self.publish_totals();
        Ok(())
    }

    /// The source may not change again for long.
    fn ask_again(&mut self) {
        self.asked_at = (self.clock)();
        self.frames.resend();
    }

    fn prove(&mut self, seq: u32, hash: u64) {
        if let Some(proof) = self.session.prove(seq, hash) {
            if !proof.exact {
                self.ask_again();
            }
            self.publish_totals();
            self.route_state.set_verdict(proof.seq, proof.exact);
        }
    }

    /// Publishes since when the viewer has not answered; 0 while it owes no answer.
    fn publish_unanswered(&self) {
        let since = self.session.unanswered_since().map_or(0, |since| since.0);
        self.route_state.unanswered_since.store(since, Ordering::Relaxed);
        self.counters.unanswered_since_us.store(since, Ordering::Relaxed);
    }

    /// Adds what is new: the routes before this one have counted, too.
    fn publish_totals(&mut self) {
        let totals = self.session.totals();
        let before = std::mem::replace(&mut self.published, totals);
        let counters = &self.counters;
        let add = |counter: &AtomicU64, new: u64, old: u64| counter.fetch_add(new - old, Ordering::Relaxed);
        add(&counters.updates, totals.updates, before.updates);
        add(&counters.bytes, totals.bytes, before.bytes);
        add(&counters.skipped, totals.skipped, before.skipped);
        add(&counters.proven, totals.proven, before.proven);
        add(&counters.refuted, totals.refuted, before.refuted);
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.route_state.end();
    }
}
