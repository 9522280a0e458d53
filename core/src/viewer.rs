//! One viewer, sans-IO: its control channel and its pixels, as ends that different tasks may hold.
//!
//! [`Control`] understands what the viewer says and tells it what is not pixels. [`Pump`] turns frames into bytes, for
//! one route: when the viewer asks for another, the pump there builds on what the viewer holds, and the previous one is
//! over, wherever it hangs. Credit, refreshes and proofs go from control to pump through a bounded queue without a
//! lock.

mod budget;
mod control;
mod histogram;
mod pump;
mod route_state;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

pub use crate::session::{ProtocolError, WriteStatus};
use atomic_waker::AtomicWaker;
pub use budget::MessageBudget;
pub use control::Control;
pub use histogram::{HistogramSnapshot, LatencyHistogram};
pub use pump::Pump;

use crate::admission::certificates::CertificateWatch;
use crate::encode::EncodePool;
use crate::feed::{EventReceiver, FeedHandle};
use crate::pipeline;
use crate::protocol::{ParseError, TransportId, VERSION};
use crate::time::{Clock, Micros};
use crate::transport::Transports;

/// How long a viewer may leave an update unacknowledged before it is disconnected: one of 1920x1080 without codes takes
/// so long at 2 Mbit/s. A page that slept comes back by itself, with the picture that it holds.
pub const UNANSWERED_MAX: Duration = Duration::from_secs(30);

/// Room in a buffer for what a band may have beyond that: the row that ends it, and its table.
pub const BAND_ROOM: usize = 192 << 10;

/// Routes of one viewer that may hang at a time. Each holds frames; a page has one, and for a moment the previous one.
pub const ROUTES_MAX: usize = 3;

/// Statistics of one viewer over its life.
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
    /// From the capture of each until it was painted.
    pub latencies: LatencyHistogram,
    /// Microseconds from the exchange of the token until the first picture had arrived; 0 before.
    pub first_us: AtomicU32,
    /// When the update began that it has not acknowledged, in microseconds; 0 where there is none.
    pub unanswered_since_us: AtomicU64,
    /// Microseconds that writing the last update took.
    pub send_us: AtomicU32,
    /// Time that a byte took on each transport, by its index.
    pub byte_times: [ByteTime; TransportId::MAX],
}

/// Nanoseconds that a byte takes, as the last measurement had it.
#[derive(Debug, Default)]
pub struct ByteTime(AtomicU32);

impl ByteTime {
    /// Replaces the measurement.
    pub fn store(&self, byte_ns: f32) {
        self.0.store(byte_ns.to_bits(), Ordering::Relaxed);
    }

    /// Returns the last measurement, if there was one.
    pub fn load(&self) -> Option<f32> {
        Some(f32::from_bits(self.0.load(Ordering::Relaxed))).filter(|byte_ns| *byte_ns > 0.0)
    }
}

/// Reason why a viewer is disconnected.
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
    /// It asks for a transport that this run does not offer.
    #[error("transport {} is not offered", .0.number())]
    TransportUnknown(TransportId),
    /// It changes routes while those before still hang.
    #[error("more than {ROUTES_MAX} routes at a time")]
    Routes,
    /// The source's thread has ended.
    #[error("the source is gone")]
    SourceGone,
    /// It left an update unacknowledged for too long.
    #[error("no answer for {} seconds", UNANSWERED_MAX.as_secs())]
    Unanswered,
}

/// Action that the caller must take after a message.
#[derive(Debug)]
pub enum ControlOutput {
    /// Nothing.
    None,
    /// Send pixels on the pump's route.
    Start(Box<Pump>),
    /// Draw a ticket and send it.
    Ticket,
}

/// Everything that a viewer's control channel and pumps need.
#[derive(Debug)]
pub struct ViewerContext {
    /// Handle through which its routes subscribe to frames.
    pub feed_handle: FeedHandle,
    /// Receiver of the feed's events.
    pub events: EventReceiver,
    /// Names this run of the source.
    pub epoch: u64,
    /// The pipeline's clock.
    pub clock: Clock,
    /// Statistics of the pipeline.
    pub state: Arc<pipeline::PipelineState>,
    /// Counters of the viewer.
    pub counters: Arc<Counters>,
    /// Encodes for viewers that take codes.
    pub encoders: Arc<EncodePool>,
    /// When the token was exchanged.
    pub token_exchanged_at: Micros,
    /// Transports that its routes may take.
    pub transports: Arc<Transports>,
    /// WebTransport certificates.
    pub certificates: Arc<CertificateWatch>,
    /// Wakes the control channel when they change.
    pub control_waker: Arc<AtomicWaker>,
}
