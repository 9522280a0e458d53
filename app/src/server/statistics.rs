//! Statistics of a server: counts of the pipeline and of all viewers between two moments.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lanstream_core::admission::Traffic;
use lanstream_core::pipeline::PipelineState;
use lanstream_core::viewer::{Counters, HistogramSnapshot};

use crate::clock;
use crate::event::Stats;

/// Counts at one moment, for [`Server::stats`](super::Server::stats).
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    at: u64,
    frames: u64,
    bytes: u64,
    updates: u64,
}

/// Returns what has happened since `before`, which becomes the present moment.
#[expect(clippy::cast_precision_loss, reason = "rates are told to a few digits")]
pub(super) fn since(before: &mut Totals, traffic: &Traffic, state: &PipelineState) -> Stats {
    let Traffic { viewers, departed } = traffic;
    let totals = Totals {
        at: clock::now().0,
        frames: state.frames.load(Ordering::Relaxed),
        bytes: sum(viewers, departed.bytes, |own| &own.bytes),
        updates: sum(viewers, departed.updates, |own| &own.updates),
    };
    let earlier = std::mem::replace(before, totals);
    let seconds = (totals.at - earlier.at).max(1) as f64 / 1e6;
    let mut latencies = HistogramSnapshot::default();
    viewers.iter().for_each(|own| own.latencies.drain_to(&mut latencies));
    Stats {
        viewers: viewers.len(),
        fps: (totals.frames - earlier.frames) as f64 / seconds,
        painted: totals.updates.saturating_sub(earlier.updates) as f64
            / seconds
            / viewers.len().max(1) as f64,
        mbps: totals.bytes.saturating_sub(earlier.bytes) as f64 * 8e-6 / seconds,
        latency_ms: latencies.quantile(0.5) / 1e3,
        latency_p99_ms: latencies.quantile(0.99) / 1e3,
        capture_us: state.capture_us.load(Ordering::Relaxed),
        compare_us: state.compare_us.load(Ordering::Relaxed),
        missed_damage: state.missed_damage.load(Ordering::Relaxed),
        proven: sum(viewers, departed.proven, |own| &own.proven),
        refuted: sum(viewers, departed.refuted, |own| &own.refuted),
    }
}

/// Returns what the present viewers and those that have left count together.
fn sum(viewers: &[Arc<Counters>], departed: u64, number: fn(&Counters) -> &AtomicU64) -> u64 {
    viewers.iter().map(|own| number(own).load(Ordering::Relaxed)).sum::<u64>() + departed
}
