//! State shared by the control channel and one route of a viewer: commands go to the pump, its end and verdicts on
//! proofs come back.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use atomic_waker::AtomicWaker;

use crate::protocol::Ack;
use crate::session::ProtocolError;
use crate::time::Micros;

/// Commands from control to pump that may be queued. A viewer has at most one update in flight, so a few are plenty.
pub(super) const COMMANDS_MAX: usize = 32;

/// Command from control to a pump.
#[derive(Clone, Copy, Debug)]
pub(super) enum PumpCommand {
    Ack(Ack, Micros),
    Proof { seq: u32, hash: u64 },
    Refresh,
    Pause(bool),
}

/// State that both ends read and write.
#[derive(Debug, Default)]
pub(super) struct RouteState {
    /// One of the ends is gone, another route took over, or the viewer broke the rules.
    pub(super) over: AtomicBool,
    /// The rule it broke.
    pub(super) violation: OnceLock<ProtocolError>,
    pub(super) control: AtomicWaker,
    pub(super) pump: AtomicWaker,
    /// When the update began that is not acknowledged yet; 0 where there is none.
    pub(super) unanswered_since: AtomicU64,
    /// The last proof: `seq << 32 | exact << 1 | 1`, or 0. Proofs come one at a time, each after the answer to the
    /// last.
    verdict: AtomicU64,
}

impl RouteState {
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::Release);
        self.control.wake();
        self.pump.wake();
    }

    pub(super) fn set_verdict(&self, seq: u32, exact: bool) {
        self.verdict.store(u64::from(seq) << 32 | u64::from(exact) << 1 | 1, Ordering::Release);
        self.control.wake();
    }

    pub(super) fn take_verdict(&self) -> Option<(u32, bool)> {
        let verdict = self.verdict.swap(0, Ordering::AcqRel);
        (verdict != 0).then_some(((verdict >> 32) as u32, verdict & 2 != 0))
    }
}
