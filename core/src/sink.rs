//! Contract of a sink: one listener that carries the pixels of viewers, by one transport or several.
//!
//! A sink knows no other sink. Its life:
//!
//! 1. The app opens it, which takes everything that may fail: ports, certificates.
//! 2. [`transports`](Sink::transports) and [`addresses`](Sink::addresses) are read once, for the run's [`Transports`]
//!    and for the allow-list of hosts.
//! 3. [`serve`](Sink::serve) is called once, with the run's [`Admission`]. For each viewer the sink gets a
//!    [`PumpReceiver`](crate::admission::PumpReceiver) by the viewer's key or ticket, polls it for pumps of routes over
//!    its own transports, and sends the bytes that each pump writes, in their order, until the pump returns `None`.
//! 4. When `shutdown` completes the sink closes what it has open, and the future of [`serve`](Sink::serve) completes.
//!
//! A sink that listens on a network must pass what a request says of itself to [`Admission::guard`] before anything
//! else.

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use crate::admission::Admission;

pub use crate::transport::{DuplicateTransportError, Endpoint, TransportInfo, Transports};

/// Future of a sink while it serves.
pub type Serving = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Future that completes when the sink must end.
pub type Shutdown = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Carrier of viewers' pixels.
pub trait Sink: Send {
    /// Returns the transports that it carries; none if it only serves other sinks, as the control channel does.
    fn transports(&self) -> Vec<TransportInfo>;

    /// Returns the addresses at which clients name it; none if it has no listener of its own.
    fn addresses(&self) -> Vec<SocketAddr> {
        Vec::new()
    }

    /// Serves viewers until `shutdown`. What viewers must know to reach it has been announced when this returns.
    fn serve(self: Box<Self>, admission: Arc<Admission>, shutdown: Shutdown) -> Serving;
}

impl fmt::Debug for dyn Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sink").field("transports", &self.transports()).finish_non_exhaustive()
    }
}
