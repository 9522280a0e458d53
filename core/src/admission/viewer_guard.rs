//! Registration of one viewer, for as long as its control channel is open.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::registry::{Farewell, ViewerEntry, ViewerEvent, ViewerRegistry};
use super::secret::Secret;
use super::signal::Signal;
use crate::viewer::Pump;

/// Registration of a viewer while its control channel is open; dropping it removes the viewer.
#[derive(Debug)]
pub struct ViewerGuard {
    pub(super) registry: Arc<ViewerRegistry>,
    pub(super) viewer: u64,
    pub(super) displaced: Arc<Signal>,
    pub(super) reason: Option<String>,
}

impl ViewerGuard {
    /// Stores `pump` until the transport of its route takes it or another pump replaces it.
    pub fn deposit(&self, pump: Box<Pump>) {
        let mut inner = self.registry.lock();
        if let Some(entry) = inner.of(self.viewer) {
            entry.pump = Some(pump);
            entry.wakers.drain(..).for_each(Waker::wake);
        }
    }

    /// A ticket for a session, in hexadecimal digits. It replaces the previous one. Browsers report the
    /// address of a session that could not be opened, so the address must not hold a secret that opens anything else.
    pub fn ticket(&self) -> String {
        let ticket = Secret::new((self.registry.draw)());
        let now = self.registry.now();
        let mut inner = self.registry.lock();
        if let Some(entry) = inner.of(self.viewer) {
            entry.ticket = Some((ticket.clone(), now));
        }
        ticket.to_hex()
    }

    /// Returns the reason sent to the viewer when the server ends.
    pub fn farewell(&self) -> Farewell {
        self.registry.farewell.get().cloned().unwrap_or_else(Farewell::stopped)
    }

    /// Ready when another viewer has the place of this one, which must leave.
    pub fn poll_displaced(&self, context: &Context<'_>) -> Poll<()> {
        self.displaced.poll(context)
    }

    /// Records why the server ends the viewer's session.
    pub fn end(mut self, reason: String) {
        self.reason = Some(reason);
    }
}

impl Drop for ViewerGuard {
    fn drop(&mut self) {
        let mut inner = self.registry.lock();
        let Some(index) = inner.viewers.iter().position(|entry| entry.viewer == self.viewer) else {
            return;
        };
        let ViewerEntry { viewer, counters, wakers, .. } = inner.viewers.swap_remove(index);
        wakers.into_iter().for_each(Waker::wake);
        inner.departed.add(&counters);
        let viewers = self.registry.count(&inner);
        (self.registry.observer)(ViewerEvent::Left { viewer, viewers, counters, reason: self.reason.take() });
    }
}
