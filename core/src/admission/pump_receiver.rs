//! Handles of a transport: the receiver of a viewer's pumps, and the permit of an open stream.

use std::sync::Arc;
use std::task::{Context, Poll};

use super::registry::ViewerRegistry;
use crate::feed::EventReceiver;
use crate::protocol::Route;
use crate::time::Micros;
use crate::viewer::Pump;

/// Receives the pumps of one viewer, for a transport that carries them.
#[derive(Debug)]
pub struct PumpReceiver {
    pub(super) registry: Arc<ViewerRegistry>,
    pub(super) viewer: u64,
    /// The number of the viewer's session, where it is of one.
    pub(super) session: Option<u64>,
}

impl PumpReceiver {
    /// Where the pointer is, for a transport that sends it sooner than the control channel. Returns `None` if the
    /// source is gone.
    pub fn events(&self) -> Option<EventReceiver> {
        self.registry.feed_handle.subscribe_events()
    }

    /// The source's clock.
    pub fn now(&self) -> Micros {
        self.registry.now()
    }

    /// Returns the pump of a route that `wanted` accepts, once there is one. Returns `None` if the viewer has left or
    /// another transport session replaces this one.
    pub fn poll(&self, context: &Context<'_>, wanted: impl Fn(&Route) -> bool) -> Poll<Option<Box<Pump>>> {
        let mut inner = self.registry.lock();
        let Some(entry) = inner.of(self.viewer) else {
            return Poll::Ready(None);
        };
        if self.session.is_some_and(|session| session != entry.sessions) {
            return Poll::Ready(None);
        }
        if let Some(pump) = entry.pump.take_if(|pump| wanted(&pump.route())) {
            return Poll::Ready(Some(pump));
        }
        entry.register_waker(context.waker());
        Poll::Pending
    }
}

/// Permit for one open stream of a limited number; dropping it gives it back.
#[derive(Debug)]
pub struct StreamPermit {
    pub(super) registry: Arc<ViewerRegistry>,
    pub(super) viewer: u64,
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        let mut inner = self.registry.lock();
        if let Some(index) = inner.streams.iter().position(|viewer| *viewer == self.viewer) {
            inner.streams.swap_remove(index);
        }
    }
}
