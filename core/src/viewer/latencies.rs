//! How long pictures took from their capture until a viewer had painted them: counts by length, so that a median and the worst
//! can be told without keeping each.

use std::sync::atomic::{AtomicU32, Ordering};

/// Lengths are told apart to one part in so many of their octave: within 5 %.
const STEPS: usize = 16;
/// Octaves of microseconds: up to 16 seconds, and all beyond.
const OCTAVES: usize = 24;

/// Counts for one viewer, which whoever asks takes away.
#[derive(Debug)]
pub struct Latencies([AtomicU32; OCTAVES * STEPS]);

impl Default for Latencies {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU32::new(0)))
    }
}

impl Latencies {
    /// Counts one.
    pub fn record(&self, us: u32) {
        self.0[place(us)].fetch_add(1, Ordering::Relaxed);
    }

    /// Adds what was counted since the last time this was asked.
    pub fn drain_to(&self, spread: &mut Spread) {
        for (own, sum) in self.0.iter().zip(&mut spread.0) {
            *sum += own.swap(0, Ordering::Relaxed);
        }
    }
}

/// What was counted, of any number of viewers.
#[derive(Clone, Debug)]
pub struct Spread([u32; OCTAVES * STEPS]);

impl Default for Spread {
    fn default() -> Self {
        Self([0; OCTAVES * STEPS])
    }
}

impl Spread {
    /// Microseconds that so large a share of all took at most; 0 where there is none.
    pub fn quantile(&self, share: f64) -> f64 {
        let all: u32 = self.0.iter().sum();
        let wanted = (f64::from(all) * share).ceil().max(1.0) as u32;
        let mut sum = 0;
        let found = self.0.iter().position(|count| {
            sum += count;
            sum >= wanted
        });
        found.map_or(0.0, middle)
    }
}

fn place(us: u32) -> usize {
    let octave = us.max(1).ilog2() as usize;
    let within = ((us.max(1) as usize * STEPS) >> octave) - STEPS;
    (octave * STEPS + within).min(OCTAVES * STEPS - 1)
}

/// Microseconds in the middle of a place.
fn middle(place: usize) -> f64 {
    let octave = (1_u64 << (place / STEPS)) as f64;
    octave * (1.0 + (place % STEPS) as f64 / STEPS as f64 + 0.5 / STEPS as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_a_twentieth() {
        let latencies = Latencies::default();
        (1..=1000).for_each(|ms| latencies.record(ms * 1000));
        let mut spread = Spread::default();
        latencies.drain_to(&mut spread);
        for (share, us) in [(0.0, 1e3), (0.5, 500e3), (0.99, 990e3), (1.0, 1e6)] {
            let found = spread.quantile(share);
            assert!((found / us - 1.0).abs() < 0.05, "{found} instead of {us}");
        }
        let mut rest = Spread::default();
        latencies.drain_to(&mut rest);
        assert_eq!(rest.quantile(0.5), 0.0);
    }

    #[test]
    fn any_length_has_a_place() {
        for us in [0, 1, 2, 15, 16, 17, 1 << 24, u32::MAX] {
            assert!(place(us) < OCTAVES * STEPS, "{us}");
        }
    }
}
