//! A congestion window with an end: Cubic, but never more in flight than the browser's socket holds.

use std::any::Any;
use std::sync::Arc;
use std::time::Instant;

use quinn_proto::RttEstimator;
use wtransport::quinn::congestion::{Controller, ControllerFactory, CubicConfig};

/// Makes windows that begin at their end: there is nothing to find out on the same machine.
#[derive(Clone, Copy, Debug)]
pub struct CappedCubicConfig {
    /// Bytes in flight at most.
    pub bytes_max: u64,
}

impl ControllerFactory for CappedCubicConfig {
    fn build(self: Arc<Self>, now: Instant, mtu: u16) -> Box<dyn Controller> {
        let mut cubic = CubicConfig::default();
        cubic.initial_window(self.bytes_max);
        Box::new(CappedCubic { cubic: Arc::new(cubic).build(now, mtu), bytes_max: self.bytes_max })
    }
}

struct CappedCubic {
    cubic: Box<dyn Controller>,
    bytes_max: u64,
}

impl Controller for CappedCubic {
    fn on_sent(&mut self, now: Instant, bytes: u64, last_packet: u64) {
        self.cubic.on_sent(now, bytes, last_packet);
    }

    /// At its end the window is what limits, not the path, so Cubic must not grow behind it: after a loss it would not
    /// be below the end, and no one would slow down.
    fn on_ack(&mut self, now: Instant, sent: Instant, bytes: u64, is_app_limited: bool, rtt: &RttEstimator) {
        let is_at_end = self.cubic.window() >= self.bytes_max;
        self.cubic.on_ack(now, sent, bytes, is_app_limited || is_at_end, rtt);
    }

    fn on_end_acks(&mut self, now: Instant, in_flight: u64, is_app_limited: bool, largest: Option<u64>) {
        self.cubic.on_end_acks(now, in_flight, is_app_limited, largest);
    }

    fn on_congestion_event(&mut self, now: Instant, sent: Instant, is_persistent: bool, lost_bytes: u64) {
        self.cubic.on_congestion_event(now, sent, is_persistent, lost_bytes);
    }

    fn on_mtu_update(&mut self, mtu: u16) {
        self.cubic.on_mtu_update(mtu);
    }

    fn window(&self) -> u64 {
        self.cubic.window().min(self.bytes_max)
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(Self { cubic: self.cubic.clone_box(), bytes_max: self.bytes_max })
    }

    fn initial_window(&self) -> u64 {
        self.bytes_max
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_at_its_end_and_a_loss_takes_it_below() {
        let now = Instant::now();
        let mut window = Arc::new(CappedCubicConfig { bytes_max: 256 << 10 }).build(now, 1472);
        assert_eq!(window.window(), 256 << 10);
        window.on_congestion_event(now, now, false, 1472);
        assert!(window.window() < 256 << 10);
        assert_eq!(window.clone_box().window(), window.window());
    }
}
