//! What one load of one server in one round gave.

use serde::Serialize;
use serde_json::Value;

/// Latency that a viewer at 60 Hz can't tell from none: one refresh.
const REFRESH_MS: f64 = 1000.0 / 60.0;

/// The figures of one load.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Sample {
    pub(crate) load: String,
    /// Frames drawn.
    pub(crate) sent: usize,
    /// Frames drawn more than an interval after they were due: the machine was too busy to put the server under the
    /// load.
    pub(crate) late: usize,
    /// Seconds from the first frame to the last.
    pub(crate) seconds: f64,
    /// From asking for the drawing until both ends show the number, of the frames that were seen, in ascending order.
    pub(crate) latencies_ms: Vec<f64>,
    /// Longest time from one frame that was seen to the next.
    pub(crate) gap_ms: f64,
    pub(crate) looks: u64,
    /// Looks that found two numbers in one picture.
    pub(crate) torn: u64,
    /// Pixels that differ once the picture is at rest.
    pub(crate) pixels_differ: usize,
    /// By how much at most, of 255, in any channel.
    pub(crate) difference_max: u8,
    /// Processor time of the server's own process, where there is a server.
    pub(crate) server_cpu_seconds: Option<f64>,
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "no sample has as many figures as a float counts"
)]
impl Sample {
    pub(crate) fn fps(&self) -> f64 {
        self.latencies_ms.len() as f64 / self.seconds
    }

    /// The latency that a share of the seen frames stayed below, if any was seen.
    pub(crate) fn latency_ms(&self, share: f64) -> Option<f64> {
        let last = self.latencies_ms.len().checked_sub(1)?;
        Some(self.latencies_ms[(last as f64 * share) as usize])
    }

    /// Share of the drawn frames that were seen within one refresh.
    pub(crate) fn within_refresh(&self) -> f64 {
        self.latencies_ms.iter().filter(|latency| **latency < REFRESH_MS).count() as f64 / self.sent as f64
    }

    pub(crate) fn torn_share(&self) -> f64 {
        self.torn as f64 / self.looks.max(1) as f64
    }
}

/// Returns the median of a number of the `stats` events, 0 where it is in none.
pub(crate) fn median_of(stats: &[Value], name: &str) -> f64 {
    median(stats.iter().filter_map(|event| event[name].as_f64())).unwrap_or_default()
}

/// The median of some figures; of an even number the lower of the two in the middle.
pub(crate) fn median(figures: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut figures: Vec<_> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len().checked_sub(1)? / 2).copied()
}
