//! The figures of one cell.

use std::time::Duration;

use serde::Serialize;

/// What was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Sample {
    /// Messages that were acknowledged.
    pub messages: usize,
    /// The time that they took together.
    pub seconds: f64,
    /// Megabits a second, of what arrived.
    pub mbps: f64,
    /// From the beginning of sending to the acknowledgement, of messages that came whole.
    pub p50_ms: Option<f64>,
    /// The same, of which one in a hundred took longer.
    pub p99_ms: Option<f64>,
    /// Pieces of messages that never came.
    pub lost: u64,
    /// Processor time of the server for each second.
    pub server_cpu: f64,
    /// What QUIC says of itself.
    pub quic: Option<Quic>,
}

/// QUIC's own figures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quic {
    /// Packets sent while measured.
    pub packets: u64,
    /// Packets of these that had to be sent again, or would have.
    pub packets_lost: u64,
    /// Bytes that may be in flight, at the end.
    pub window: u64,
    /// The smoothed round trip, at the end.
    pub rtt_us: u64,
    /// Bytes of a packet.
    pub mtu: u16,
}

/// The value that a share of ascending values is not above.
pub fn percentile(ascending: &[Duration], share: f64) -> Option<f64> {
    let rank = (ascending.len() as f64 * share).ceil() as usize;
    ascending.get(rank.clamp(1, ascending.len().max(1)) - 1).map(|value| value.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(values: impl IntoIterator<Item = u64>) -> Vec<Duration> {
        values.into_iter().map(Duration::from_millis).collect()
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let hundred = ms(1..=100);
        assert_eq!(percentile(&hundred, 0.5), Some(50.0));
        assert_eq!(percentile(&hundred, 0.99), Some(99.0));
        assert_eq!(percentile(&hundred, 1.0), Some(100.0));
    }

    #[test]
    fn few_values_have_percentiles_too() {
        assert_eq!(percentile(&ms([7]), 0.5), Some(7.0));
        assert_eq!(percentile(&ms([7]), 0.99), Some(7.0));
        assert_eq!(percentile(&ms([7, 9]), 0.99), Some(9.0));
        assert_eq!(percentile(&ms([7, 9]), 0.0), Some(7.0));
    }

    #[test]
    fn nothing_has_no_percentile() {
        assert_eq!(percentile(&[], 0.5), None);
    }
}
