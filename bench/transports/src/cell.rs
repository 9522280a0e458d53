//! One cell of the table: one path, one size of message, so many in flight.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::bail;
use bytes::Bytes;
use tokio::time::timeout;
use wtransport::Connection;

use crate::control::{Control, Said, Tell};
use crate::link::Link;
use crate::sample::{Quic, Sample, percentile};

/// How long an acknowledgement may take. The slowest that works is below half a second.
const STALL_LIMIT: Duration = Duration::from_secs(5);

/// How a cell ended.
pub enum Outcome {
    /// With figures.
    Measured(Sample),
    /// The path broke or stalled.
    Broken(String),
}

/// How long is measured.
#[derive(Clone, Copy)]
pub struct Times {
    /// Before anything counts.
    pub warm_up: Duration,
    /// What counts, at least.
    pub measured: Duration,
}

/// A cell that is being measured.
pub struct Run<'a> {
    pub control: &'a mut Control,
    pub link: &'a mut Link,
    pub message: &'a Bytes,
    /// Messages that are sent before the first of them is acknowledged.
    pub in_flight: usize,
    /// When messages that are not acknowledged yet began.
    pub began: HashMap<u32, Instant>,
    pub next: u32,
}

/// An acknowledgement with what it ends.
struct Arrival {
    at: Instant,
    took: Duration,
    lost: u32,
}

impl Run<'_> {
    /// Sends and counts until the time is over and all is acknowledged.
    ///
    /// # Errors
    /// Where the page is gone.
    pub async fn measure(mut self, times: Times) -> anyhow::Result<Outcome> {
        match timeout(Duration::from_secs(60), self.try_measure(times)).await {
            Ok(outcome) => outcome,
            Err(_) => Ok(Outcome::Broken("it took a minute".to_owned())),
        }
    }

    async fn try_measure(&mut self, times: Times) -> anyhow::Result<Outcome> {
        let mut counted = Counted::default();
        let warm = Instant::now() + times.warm_up;
        let mut start: Option<Start> = None;
        loop {
            if let Err(error) = self.fill().await {
                return Ok(Outcome::Broken(format!("{error:#}")));
            }
            let arrival = match timeout(STALL_LIMIT, self.arrival()).await {
                Ok(arrival) => arrival?,
                Err(_) => return Ok(Outcome::Broken("no acknowledgement came".to_owned())),
            };
            let arrival = match arrival { Ok(arrival) => arrival, Err(reason) => return Ok(Outcome::Broken(reason)) };
            match &start {
                None if arrival.at >= warm => start = Some(Start::now(arrival.at, self.link.session())),
                None => {}
                Some(start) => {
                    counted.add(&arrival);
                    if arrival.at >= start.at + times.measured {
                        let sample = counted.sample(start, arrival.at, self);
                        self.drain().await?;
                        return Ok(Outcome::Measured(sample));
                    }
                }
            }
        }
    }

    async fn fill(&mut self) -> anyhow::Result<()> {
        while self.began.len() < self.in_flight {
            let number = self.next;
            self.next += 1;
            self.began.insert(number, Instant::now());
            timeout(STALL_LIMIT, self.link.send(number, self.message)).await??;
            if matches!(self.link, Link::Datagrams(_)) {
                self.control.tell(&Tell::Sent { number }).await?;
            }
        }
        Ok(())
    }

    async fn arrival(&mut self) -> anyhow::Result<Result<Arrival, String>> {
        match self.control.hear().await? {
            Said::Acknowledged { at, number, lost } => {
                let Some(began) = self.began.remove(&number) else { bail!("message {number} was acknowledged twice") };
                Ok(Ok(Arrival { at, took: at.saturating_duration_since(began), lost }))
            }
            Said::Absent(reason) | Said::Broken(reason) => Ok(Err(reason)),
            Said::Closed => bail!("the page closed a path by itself"),
        }
    }

    async fn drain(&mut self) -> anyhow::Result<()> {
        while !self.began.is_empty() {
            let Ok(arrival) = timeout(STALL_LIMIT, self.arrival()).await else { return Ok(()) };
            if arrival?.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }
}

struct Start {
    at: Instant,
    cpu: Duration,
    packets: (u64, u64),
}

impl Start {
    fn now(at: Instant, session: Option<&Connection>) -> Self {
        Self { at, cpu: cpu_time(), packets: session.map_or((0, 0), packets) }
    }
}

#[derive(Default)]
struct Counted {
    messages: usize,
    whole: Vec<Duration>,
    lost: u64,
}

impl Counted {
    fn add(&mut self, arrival: &Arrival) {
        self.messages += 1;
        self.lost += u64::from(arrival.lost);
        if arrival.lost == 0 {
            self.whole.push(arrival.took);
        }
    }

    fn sample(&mut self, start: &Start, end: Instant, run: &Run<'_>) -> Sample {
        self.whole.sort();
        let seconds = (end - start.at).as_secs_f64();
        let lost_bytes = self.lost * 1400;
        let bytes = (self.messages * run.message.len()) as u64 - lost_bytes.min((self.messages * run.message.len()) as u64);
        Sample {
            messages: self.messages,
            seconds,
            mbps: bytes as f64 * 8.0 / 1e6 / seconds,
            p50_ms: percentile(&self.whole, 0.5),
            p99_ms: percentile(&self.whole, 0.99),
            lost: self.lost,
            server_cpu: cpu_time().saturating_sub(start.cpu).as_secs_f64() / seconds,
            quic: run.link.session().map(|session| quic(session, start.packets)),
        }
    }
}

fn packets(session: &Connection) -> (u64, u64) {
    let path = session.quic_connection().stats().path;
    (path.sent_packets, path.lost_packets)
}

fn quic(session: &Connection, before: (u64, u64)) -> Quic {
    let path = session.quic_connection().stats().path;
    Quic {
        packets: path.sent_packets - before.0,
        packets_lost: path.lost_packets - before.1,
        window: path.cwnd,
        rtt_us: path.rtt.as_micros() as u64,
        mtu: path.current_mtu,
    }
}

/// Processor time of this process.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
