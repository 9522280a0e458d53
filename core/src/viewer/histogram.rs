//! Histogram of latencies from capture to paint: logarithmic buckets, so that quantiles are known without keeping every
//! sample.

use std::sync::atomic::{AtomicU32, Ordering};

/// Buckets an octave: the error of a quantile is within 5 %.
const STEPS: u32 = 16;
/// Octaves of microseconds: up to 16 seconds; the last bucket holds everything beyond.
const OCTAVES: u32 = 24;
const BUCKETS: usize = (OCTAVES * STEPS) as usize;

/// Histogram of one viewer, drained by its reader.
#[derive(Debug)]
pub struct LatencyHistogram([AtomicU32; BUCKETS]);

impl Default for LatencyHistogram {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU32::new(0)))
    }
}

impl LatencyHistogram {
    /// Records one sample.
    pub fn record(&self, us: u32) {
        self.0[index(us)].fetch_add(1, Ordering::Relaxed);
    }

    /// Moves all samples since the previous call to `snapshot`.
    pub fn drain_to(&self, snapshot: &mut HistogramSnapshot) {
        for (own, sum) in self.0.iter().zip(&mut snapshot.0) {
            *sum += own.swap(0, Ordering::Relaxed);
        }
    }
}

/// Samples drained from any number of histograms.
#[derive(Clone, Debug)]
pub struct HistogramSnapshot([u32; BUCKETS]);

impl Default for HistogramSnapshot {
    fn default() -> Self {
        Self([0; BUCKETS])
    }
}

impl HistogramSnapshot {
    /// Returns the quantile at `share` in microseconds; 0 if there are no samples.
    pub fn quantile(&self, share: f64) -> f64 {
        let all: u32 = self.0.iter().sum();
        let wanted = (f64::from(all) * share).ceil().max(1.0);
        let mut sum = 0;
        let found = (0..).zip(&self.0).find(|(_, count)| {
            sum += **count;
            f64::from(sum) >= wanted
        });
        found.map_or(0.0, |(index, _)| middle(index))
    }
}

fn index(us: u32) -> usize {
    let octave = us.max(1).ilog2();
    let within = ((us.max(1) as usize * STEPS as usize) >> octave) - STEPS as usize;
    ((octave * STEPS) as usize + within).min(BUCKETS - 1)
}

/// Returns the middle of a bucket in microseconds.
fn middle(index: u32) -> f64 {
    let (octave, step) = (1_u32 << (index / STEPS), index % STEPS);
    f64::from(octave) * (1.0 + f64::from(step) / f64::from(STEPS) + 0.5 / f64::from(STEPS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_a_twentieth() {
        let latencies = LatencyHistogram::default();
        (1..=1000).for_each(|ms| latencies.record(ms * 1000));
        let mut snapshot = HistogramSnapshot::default();
        latencies.drain_to(&mut snapshot);
        for (share, us) in [(0.0, 1e3), (0.5, 500e3), (0.99, 990e3), (1.0, 1e6)] {
            let found = snapshot.quantile(share);
            assert!((found / us - 1.0).abs() < 0.05, "{found} instead of {us}");
        }
        let mut rest = HistogramSnapshot::default();
        latencies.drain_to(&mut rest);
        assert_eq!(rest.quantile(0.5), 0.0);
    }

    #[test]
    fn any_length_has_a_bucket() {
        for us in [0, 1, 2, 15, 16, 17, 1 << 24, u32::MAX] {
            assert!(index(us) < BUCKETS, "{us}");
        }
    }
}
