//! Numbers measured over time, and whether they stay level.

use std::fmt;
use std::time::Duration;

use crate::bench::sample::median as median_of_all;

/// Share of a run at its beginning that does not count: caches fill, and pages compile their scripts.
const WARM_UP: f64 = 0.25;
/// Minimum number of measurements that tell a trend.
const MEASUREMENTS_MIN: usize = 6;

/// What is measured, and how far it may drift.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quantity {
    pub(crate) name: &'static str,
    /// Direction in which a drift is a fault.
    pub(crate) worse: Worse,
    /// Drift that is noise, as a share of the level at the beginning.
    pub(crate) share: f64,
    /// Drift that is noise, in the quantity's own unit. The larger of both counts.
    pub(crate) absolute: f64,
}

/// Direction in which a drift is a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worse {
    Rising,
    Falling,
}

/// The measurements of a quantity.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    quantity: Quantity,
    measurements: Vec<(Duration, f64)>,
}

/// What became of a quantity after the warm-up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Trend {
    /// Median of the first third.
    pub(crate) first: f64,
    /// Median of the last third.
    pub(crate) last: f64,
    /// Slope of the line with the least squares.
    pub(crate) per_hour: f64,
    /// Whether the medians differ by no more than noise.
    pub(crate) is_level: bool,
}

impl Series {
    pub(crate) fn new(quantity: Quantity) -> Self {
        Self { quantity, measurements: Vec::new() }
    }

    pub(crate) fn add(&mut self, at: Duration, value: f64) {
        self.measurements.push((at, value));
    }

    pub(crate) fn name(&self) -> &'static str {
        self.quantity.name
    }

    /// Returns the trend, or `None` if too little was measured.
    pub(crate) fn trend(&self) -> Option<Trend> {
        let end = self.measurements.last()?.0;
        let is_warm = |(at, _): &&(Duration, f64)| *at >= end.mul_f64(WARM_UP);
        let counted: Vec<_> = self.measurements.iter().filter(is_warm).copied().collect();
        if counted.len() < MEASUREMENTS_MIN {
            return None;
        }
        let third = counted.len() / 3;
        let (first, last) = (median(&counted[..third]), median(&counted[counted.len() - third..]));
        let worse = match self.quantity.worse {
            Worse::Rising => last - first,
            Worse::Falling => first - last,
        };
        let is_level = worse <= self.quantity.absolute.max(first * self.quantity.share);
        Some(Trend { first, last, per_hour: slope_per_hour(&counted), is_level })
    }
}

impl fmt::Display for Trend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last, per_hour, is_level } = self;
        let verdict = if *is_level { "level" } else { "NOT LEVEL" };
        write!(f, "{first:>9.1} {last:>9.1} {per_hour:>+11.2}  {verdict}")
    }
}

fn median(measurements: &[(Duration, f64)]) -> f64 {
    median_of_all(measurements.iter().map(|(_, value)| *value)).unwrap_or_default()
}

fn slope_per_hour(measurements: &[(Duration, f64)]) -> f64 {
    let hours = |at: Duration| at.as_secs_f64() / 3600.0;
    let mean = |values: &dyn Fn(&(Duration, f64)) -> f64| {
        let (count, sum) =
            measurements.iter().fold((0.0, 0.0), |(n, sum), each| (n + 1.0, sum + values(each)));
        sum / f64::max(count, 1.0)
    };
    let (middle, level) = (mean(&|(at, _)| hours(*at)), mean(&|(_, value)| *value));
    let covariance = mean(&|(at, value)| (hours(*at) - middle) * (value - level));
    let variance = mean(&|(at, _)| (hours(*at) - middle).powi(2));
    if variance > 0.0 { covariance / variance } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMORY: Quantity = Quantity { name: "memory", worse: Worse::Rising, share: 0.05, absolute: 2.0 };
    const RATE: Quantity = Quantity { name: "frames/s", worse: Worse::Falling, share: 0.1, absolute: 0.0 };

    /// One measurement a minute for an hour.
    fn series(quantity: Quantity, value: impl Fn(f64) -> f64) -> Trend {
        let mut series = Series::new(quantity);
        for minute in 0..=60 {
            series.add(Duration::from_secs(60 * minute), value(f64::from(u32::try_from(minute).unwrap())));
        }
        series.trend().unwrap()
    }

    #[test]
    fn what_rises_at_first_and_then_stays_is_level() {
        let trend = series(MEMORY, |minute| minute.min(10.0) * 10.0);
        assert_eq!((trend.first, trend.last, trend.is_level), (100.0, 100.0, true));
    }

    #[test]
    fn a_leak_is_found_and_its_slope_told() {
        let trend = series(MEMORY, |minute| 100.0 + minute);
        assert!(!trend.is_level);
        assert!((trend.per_hour - 60.0).abs() < 1e-6, "{trend:?}");
    }

    #[test]
    fn outliers_do_not_count() {
        let trend = series(MEMORY, |minute| if minute % 10.0 == 0.0 { 900.0 } else { 100.0 });
        assert_eq!((trend.first, trend.last, trend.is_level), (100.0, 100.0, true));
    }

    #[test]
    fn only_the_direction_that_is_worse_is_a_fault() {
        assert!(series(MEMORY, |minute| 200.0 - minute).is_level);
        assert!(!series(RATE, |minute| 60.0 - minute / 2.0).is_level);
        assert!(series(RATE, |minute| 30.0 + minute / 2.0).is_level);
    }

    #[test]
    fn a_few_measurements_tell_nothing() {
        let mut series = Series::new(MEMORY);
        for second in 0..MEASUREMENTS_MIN {
            assert_eq!(series.trend(), None);
            series.add(Duration::from_secs(second as u64), 1.0);
        }
    }
}
