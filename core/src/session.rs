//! One viewer's pixels, sans-IO: what it holds, what is on its way, and the bytes of the next update.
//!
//! One update is in flight at a time. While it is, newer frames replace each other in the viewer's slot; the
//! acknowledgement gives credit for the next update, which is then built from the newest frame.
//!
//! The order of calls is: [`wants_frame`](Session::wants_frame), [`begin`](Session::begin),
//! [`write_some`](Session::write_some) until it says [`WriteStatus::Done`] (or [`WriteStatus::Aborted`]: then all
//! begins again), then [`acknowledge`](Session::acknowledge) when the viewer says so.

use std::sync::Arc;
use std::task::Context;

use bytes::BytesMut;

pub use crate::encode::WriteStatus;
use crate::encode::{AckTiming, UpdateEncoder, Writer};
use crate::frame::Frame;
use crate::frame_buffer::Layout;
use crate::hash;
use crate::protocol::Ack;
use crate::time::Micros;

/// One viewer's pixels.
#[derive(Debug)]
pub(crate) struct Session {
    writer: Writer,
    /// The picture that the viewer holds or will hold when what is in flight has arrived.
    held: Option<Held>,
    awaited: Option<Awaited>,
    /// The frame of the last update, until the viewer's proof of it arrived.
    unproven: Option<Arc<Frame>>,
    verify: bool,
    paused: bool,
    totals: Totals,
}

/// A picture that a viewer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    seq: u32,
    /// Unknown after a reconnect: then the viewer's word is that it holds that frame.
    layout: Option<Layout>,
}

/// The update that the viewer has not acknowledged.
#[derive(Clone, Copy, Debug)]
struct Awaited {
    seq: u32,
    /// What the viewer shows until then.
    before: Option<Held>,
    began_at: Micros,
    /// Written so far.
    bytes: usize,
}

/// What a session has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Updates acknowledged.
    pub updates: u64,
    /// Bytes of updates, written to the sink.
    pub bytes: u64,
    /// Updates proven exact by the viewer.
    pub proven: u64,
    /// Updates whose proof was wrong.
    pub refuted: u64,
    /// Frames that were never sent, since a newer one came first.
    pub skipped: u64,
}

/// A viewer said something that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// It acknowledged an update that is not in flight.
    #[error("acknowledged update {0}, which is not in flight")]
    UnexpectedAck(u32),
}

/// What became of an acknowledged update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Delivered {
    /// From the moment its frame was given to the session until the acknowledgement.
    pub took: std::time::Duration,
}

/// What a viewer's proof showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    /// The update.
    pub seq: u32,
    /// Whether the viewer's picture equals the frame.
    pub exact: bool,
}

impl Session {
    /// A session that splits updates into bands of about `band_bytes` of pixels.
    ///
    /// `held_seq` is what a viewer that comes back says it shows, already checked to be of this run; 0 for none.
    pub(crate) fn new(band_bytes: usize, verify: bool, held_seq: u32, encoder: UpdateEncoder) -> Self {
        Self {
            writer: Writer::new(band_bytes, encoder),
            held: (held_seq > 0).then_some(Held { seq: held_seq, layout: None }),
            awaited: None,
            unproven: None,
            verify,
            paused: false,
            totals: Totals::default(),
        }
    }

    /// Whether the viewer can take an update now.
    pub(crate) fn wants_frame(&self) -> bool {
        let proof_due = self.verify && self.unproven.is_some();
        !self.paused && !self.writer.is_writing() && self.awaited.is_none() && !proof_due
    }

    /// Returns whether there are bytes to write.
    pub(crate) fn is_sending(&self) -> bool {
        self.writer.is_writing()
    }

    /// Returns when the update began that the viewer has not acknowledged, if there is one.
    pub(crate) fn unanswered_since(&self) -> Option<Micros> {
        self.awaited.map(|awaited| awaited.began_at)
    }

    /// Starts the update that leads from what the viewer holds to `frame`. Where that is what it holds, nothing
    /// happens. A frame that stood already when the viewer asked for it, at `asked_at`, is late from then on only.
    pub(crate) fn begin(&mut self, frame: Arc<Frame>, asked_at: Micros, now: Micros) {
        debug_assert!(self.wants_frame(), "one update at a time");
        let base = self.base_for(&frame);
        if base == frame.seq() {
            return;
        }
        self.totals.skipped +=
            u64::from(frame.seq().saturating_sub(base.max(1)).saturating_sub(1)) * u64::from(base > 0);
        let before = self.held.replace(Held { seq: frame.seq(), layout: Some(frame.layout()) });
        self.awaited = Some(Awaited { seq: frame.seq(), before, began_at: now, bytes: 0 });
        self.unproven = self.verify.then(|| Arc::clone(&frame));
        let due_at = frame.captured_at().max(asked_at);
        self.writer.begin(frame, base, due_at);
    }

    /// Appends bytes of the update, at most to the end of a band, until `out` holds `limit` or more; it takes at most
    /// one row, one table and what is coded of a band more. Where it returns [`WriteStatus::Waiting`] for something
    /// that is encoded, `context` is woken.
    pub(crate) fn write_some(
        &mut self,
        out: &mut BytesMut,
        limit: usize,
        context: &Context<'_>,
    ) -> WriteStatus {
        let before = out.len();
        let status = self.writer.write_some(out, limit, context);
        let written = out.len() - before;
        self.totals.bytes += written as u64;
        if status == WriteStatus::Aborted {
            self.abort();
        } else if let Some(awaited) = &mut self.awaited {
            awaited.bytes += written;
        }
        status
    }

    /// The viewer stays where it was, and answers nothing.
    fn abort(&mut self) {
        self.held = self.awaited.take().and_then(|awaited| awaited.before);
        self.unproven = None;
    }

    /// The viewer has all of an update.
    ///
    /// # Errors
    /// Where that update is not in flight.
    pub(crate) fn acknowledge(&mut self, ack: Ack, now: Micros) -> Result<Delivered, ProtocolError> {
        match self.awaited.take() {
            Some(awaited) if awaited.seq == ack.seq && !self.writer.is_writing() => {
                self.totals.updates += 1;
                let took = now.since(awaited.began_at);
                self.writer.acknowledged(&AckTiming::new(awaited.bytes, took, &ack));
                Ok(Delivered { took })
            }
            _ => Err(ProtocolError::UnexpectedAck(ack.seq)),
        }
    }

    /// The viewer's hash of its picture after an update. Returns `None` if no proof of that update is due.
    pub(crate) fn prove(&mut self, seq: u32, viewer_hash: u64) -> Option<Proof> {
        let frame = self.unproven.take_if(|frame| frame.seq() == seq)?;
        let exact = hash::frame_hash(&frame) == viewer_hash;
        if exact {
            self.totals.proven += 1;
        } else {
            self.totals.refuted += 1;
            self.held = None;
        }
        Some(Proof { seq, exact })
    }

    /// The viewer lost its picture: the next update needs none.
    pub(crate) fn refresh(&mut self) {
        self.held = None;
    }

    /// Stops updates, or lets them go on.
    pub(crate) fn pause(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// Returns nanoseconds per byte on the viewer's link, if measured.
    pub(crate) fn byte_ns(&self) -> Option<f32> {
        self.writer.byte_ns()
    }

    /// What it has done so far.
    pub(crate) fn totals(&self) -> Totals {
        self.totals
    }

    /// What the update to `frame` can build on: a picture of its layout of which something is left.
    fn base_for(&self, frame: &Frame) -> u32 {
        let Some(held) = self.held.filter(|held| held.seq <= frame.seq()) else { return 0 };
        let comparable = match held.layout {
            Some(layout) => layout == frame.layout(),
            // The layout a viewer held before it came back is unknown, but a change of it stamps every tile.
            None => frame.stamps.iter().any(|stamp| stamp <= held.seq),
        };
        if comparable { held.seq } else { 0 }
    }
}
