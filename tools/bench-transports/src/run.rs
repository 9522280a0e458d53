//! One cell being measured: so many messages in flight on an open path, until the time is over.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bytes::Bytes;
use tokio::time::timeout;
use wtransport::quinn::{self, ConnectionStats};

use crate::control::{Control, Said, Tell};
use crate::link::Link;
use crate::sample::{Delivery, Quic, Sample, Tally};

/// How long a message may take, to be sent or to be acknowledged. The slowest that works takes below half a second.
const STALL_LIMIT: Duration = Duration::from_secs(5);

/// How long is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// Before anything counts.
    pub(crate) warm_up: Duration,
    /// What counts, at least.
    pub(crate) measured: Duration,
}

/// A cell that is being measured.
pub(crate) struct Run<'a> {
    control: &'a mut Control,
    link: &'a mut Link,
    cell: u32,
    message: &'a Bytes,
    /// Messages that are sent before the first of them is acknowledged.
    in_flight: usize,
    next: u32,
    sent: HashMap<u32, Sent>,
}

/// A message that is not acknowledged yet.
struct Sent {
    began: Instant,
    pieces: u32,
}

impl<'a> Run<'a> {
    /// Prepares to send a message, again and again.
    pub(crate) fn new(
        control: &'a mut Control,
        link: &'a mut Link,
        cell: u32,
        message: &'a Bytes,
        in_flight: usize,
    ) -> Self {
        Self { control, link, cell, message, in_flight, next: 0, sent: HashMap::new() }
    }

    /// Sends and counts. Time is counted from one acknowledgement to another, so that it holds whole messages.
    ///
    /// # Errors
    /// Where the path breaks or stalls, or the page is gone.
    pub(crate) async fn measure(mut self, times: Times) -> anyhow::Result<Sample> {
        let warm = Instant::now() + times.warm_up;
        let (mut at, first) = self.deliver().await?;
        while at < warm {
            (at, _) = self.deliver().await?;
        }
        let start = Start::new(at, self.link);
        let mut tally = Tally::default();
        while at < start.at + times.measured {
            let delivery;
            (at, delivery) = self.deliver().await?;
            tally.add(delivery);
        }
        let cpu = cpu_time().saturating_sub(start.cpu);
        let quic = self.link.session().zip(start.stats.as_ref());
        let quic = quic.map(|(session, before)| quic_since(session.quic_connection(), before));
        while !self.sent.is_empty() {
            self.acknowledged().await?;
        }
        Ok(tally.sample(self.message.len(), at - start.at, first.took, cpu, quic))
    }

    /// Has all sent that may be in flight, and waits for the next acknowledgement.
    async fn deliver(&mut self) -> anyhow::Result<(Instant, Delivery)> {
        while self.sent.len() < self.in_flight {
            timeout(STALL_LIMIT, self.send()).await.context("the page takes nothing")??;
        }
        self.acknowledged().await
    }

    async fn send(&mut self) -> anyhow::Result<()> {
        let number = self.next;
        let began = Instant::now();
        let pieces = self.link.send(number, self.message).await?;
        if !self.link.is_reliable() {
            self.control.tell(&Tell::Sent { number, pieces }).await?;
        }
        self.next += 1;
        self.sent.insert(number, Sent { began, pieces });
        Ok(())
    }

    async fn acknowledged(&mut self) -> anyhow::Result<(Instant, Delivery)> {
        let said = timeout(STALL_LIMIT, self.control.hear(self.cell)).await;
        match said.context("the page acknowledges nothing")?? {
            Said::Acknowledged { at, number, lost } => {
                let Sent { began, pieces } =
                    self.sent.remove(&number).context("a message was acknowledged that was not in flight")?;
                ensure!(lost <= pieces, "the page lost more than it was sent");
                Ok((at, Delivery { took: at.saturating_duration_since(began), pieces, lost }))
            }
            Said::Absent(reason) | Said::Broken(reason) => Err(anyhow::Error::msg(reason)),
            Said::Closed => Err(anyhow::Error::msg("the page closed the path")),
        }
    }
}

/// Where things stood when counting began.
struct Start {
    at: Instant,
    cpu: Duration,
    stats: Option<ConnectionStats>,
}

impl Start {
    fn new(at: Instant, link: &Link) -> Self {
        Self { at, cpu: cpu_time(), stats: link.session().map(|session| session.quic_connection().stats()) }
    }
}

fn quic_since(connection: &quinn::Connection, before: &ConnectionStats) -> Quic {
    let now = connection.stats();
    Quic {
        packets: now.path.sent_packets - before.path.sent_packets,
        packets_lost: now.path.lost_packets - before.path.lost_packets,
        sends: now.udp_tx.ios - before.udp_tx.ios,
        acks: now.frame_rx.acks - before.frame_rx.acks,
        window: now.path.cwnd,
        rtt_us: u64::try_from(now.path.rtt.as_micros()).unwrap_or(u64::MAX),
        mtu: now.path.current_mtu,
    }
}

/// Processor time of this process so far.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}
