//! The pixels of one viewer: frames in, bytes out.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::task::{Context, Poll};

use bytes::BytesMut;

use super::Counters;
use super::link::{Link, Order};
use crate::feed::Frames;
use crate::protocol::Ack;
use crate::session::{Fill, Session, Violation};
use crate::time::{Clock, Micros};

/// The pixels of one viewer.
#[derive(Debug)]
pub struct Pump {
    pub(super) session: Session,
    pub(super) frames: Frames,
    pub(super) orders: Receiver<Order>,
    pub(super) clock: Clock,
    pub(super) counters: Arc<Counters>,
    pub(super) link: Arc<Link>,
    /// When the update being written began, and when its frame was captured.
    pub(super) began: Option<(Micros, Micros)>,
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
                return self.poll_write(context, out, limit).map(Some);
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

    /// Pending where what comes next is still being compared or encoded.
    fn poll_write(&mut self, context: &Context<'_>, out: &mut BytesMut, limit: usize) -> Poll<Fill> {
        let mut fill = self.write(context, out, limit);
        if fill == Fill::Waiting {
            self.frames.register(context);
            // It may have been compared just before.
            fill = self.write(context, out, limit);
        }
        if fill == Fill::Waiting { Poll::Pending } else { Poll::Ready(fill) }
    }

    fn write(&mut self, context: &Context<'_>, out: &mut BytesMut, limit: usize) -> Fill {
        let fill = self.session.fill(out, limit, context);
        if let (Fill::Done, Some((began, _))) = (fill, self.began) {
            self.counters.send_us.store((self.clock)().since(began).as_micros() as u32, Ordering::Relaxed);
            // While the last bytes travel and are acknowledged, the source may capture what changed meanwhile.
            self.frames.order();
        }
        self.publish_totals();
        fill
    }

    fn follow_orders(&mut self) -> Result<(), Violation> {
        while let Ok(order) = self.orders.try_recv() {
            match order {
                Order::Ack(ack, at) => self.acknowledge(ack, at)?,
                Order::Proof { seq, hash } => self.prove(seq, hash),
                Order::Refresh => {
                    self.session.refresh();
                    // The source may not change again for long.
                    self.frames.again();
                }
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
            if !proof.exact {
                self.frames.again();
            }
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
