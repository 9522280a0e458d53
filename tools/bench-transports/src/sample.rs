//! The figures of one cell, from what was acknowledged.

use std::time::Duration;

use serde::Serialize;

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Sample {
    /// Messages that were acknowledged.
    pub(crate) messages: u32,
    /// The time that they took together.
    pub(crate) seconds: f64,
    /// Megabits a second, of what arrived.
    pub(crate) mbps: f64,
    /// From the beginning of sending to the acknowledgement, of messages that came whole: half took no longer.
    pub p50_ms: Option<f64>,
    /// Of a hundred 99 took no longer.
    pub p99_ms: Option<f64>,
    /// The same of the very first message on the path.
    pub(crate) first_ms: f64,
    /// Pieces that messages were sent in, where pieces can be lost alone.
    pub(crate) pieces: u64,
    /// Pieces that never came.
    pub(crate) lost: u64,
    /// Processor time of the server for each second.
    pub(crate) server_cpu: f64,
    /// What QUIC says of itself.
    pub(crate) quic: Option<Quic>,
}

/// QUIC's own figures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Quic {
    /// Packets sent while measured.
    pub(crate) packets: u64,
    /// Packets that counted as lost.
    pub(crate) packets_lost: u64,
    /// Calls of the kernel that sent them: several packets go in one.
    pub(crate) sends: u64,
    /// Acknowledgements of packets that came.
    pub(crate) acks: u64,
    /// Bytes that may be in flight, at the end.
    pub(crate) window: u64,
    /// The smoothed round trip, at the end.
    pub(crate) rtt_us: u64,
    /// Bytes of a packet.
    pub(crate) mtu: u16,
}

/// A message that was acknowledged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delivery {
    /// From the beginning of sending to the acknowledgement.
    pub(crate) took: Duration,
    /// The pieces that it was sent in.
    pub(crate) pieces: u32,
    /// Those that never came.
    pub(crate) lost: u32,
}

/// Counts deliveries.
#[derive(Default)]
pub(crate) struct Tally {
    whole: Vec<Duration>,
    messages: u32,
    pieces: u64,
    lost: u64,
    /// How many messages' worth of pieces came.
    arrived: f64,
}

impl Tally {
    /// Counts one.
    pub(crate) fn add(&mut self, delivery: Delivery) {
        self.messages += 1;
        self.pieces += u64::from(delivery.pieces);
        self.lost += u64::from(delivery.lost);
        self.arrived += 1.0 - f64::from(delivery.lost) / f64::from(delivery.pieces);
        if delivery.lost == 0 {
            self.whole.push(delivery.took);
        }
    }

    /// The figures of messages of so many bytes in a time. `cpu` is what the server took.
    #[expect(clippy::cast_precision_loss, reason = "no message has as many bytes as a float counts")]
    pub(crate) fn sample(
        mut self,
        bytes: usize,
        time: Duration,
        first: Duration,
        cpu: Duration,
        quic: Option<Quic>,
    ) -> Sample {
        self.whole.sort_unstable();
        let seconds = time.as_secs_f64();
        Sample {
            messages: self.messages,
            seconds,
            mbps: self.arrived * bytes as f64 * 8.0 / 1e6 / seconds,
            p50_ms: percentile(&self.whole, 0.5),
            p99_ms: percentile(&self.whole, 0.99),
            first_ms: first.as_secs_f64() * 1e3,
            pieces: self.pieces,
            lost: self.lost,
            server_cpu: cpu.as_secs_f64() / seconds,
            quic,
        }
    }
}

/// The smallest of ascending values that a share of them is not above, in milliseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "no sample has as many values as a float counts"
)]
fn percentile(ascending: &[Duration], share: f64) -> Option<f64> {
    let rank = (ascending.len() as f64 * share).ceil() as usize;
    ascending.get(rank.saturating_sub(1)).map(|value| value.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_TIME: Duration = Duration::ZERO;

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
    fn few_values_have_percentiles_and_none_have_none() {
        assert_eq!(percentile(&ms([7]), 0.5), Some(7.0));
        assert_eq!(percentile(&ms([7]), 0.99), Some(7.0));
        assert_eq!(percentile(&ms([7, 9]), 0.99), Some(9.0));
        assert_eq!(percentile(&[], 0.5), None);
    }

    #[test]
    fn what_was_lost_counts_neither_as_bytes_nor_as_latency() {
        let mut tally = Tally::default();
        tally.add(Delivery { took: Duration::from_millis(9), pieces: 4, lost: 1 });
        tally.add(Delivery { took: Duration::from_millis(5), pieces: 4, lost: 0 });
        let sample = tally.sample(1_000_000, Duration::from_secs(1), NO_TIME, NO_TIME, None);
        assert_eq!(sample.mbps, 14.0);
        assert_eq!((sample.pieces, sample.lost, sample.messages), (8, 1, 2));
        assert_eq!((sample.p50_ms, sample.p99_ms), (Some(5.0), Some(5.0)));
    }

    #[test]
    fn without_a_whole_message_there_is_no_latency() {
        let mut tally = Tally::default();
        tally.add(Delivery { took: NO_TIME, pieces: 2, lost: 2 });
        let sample = tally.sample(1000, Duration::from_secs(1), NO_TIME, NO_TIME, None);
        assert_eq!((sample.mbps, sample.p50_ms), (0.0, None));
    }
}
