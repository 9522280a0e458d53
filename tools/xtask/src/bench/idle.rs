//! What a server costs while nothing changes and one viewer looks on.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde::Serialize;

use super::server::Server;
use crate::patience::Patience;

/// Long enough to tell a thousandth of a core from none, at a hundred ticks a second.
const DURATION: Duration = Duration::from_secs(10);
/// Before it starts: what the last load left in flight comes to rest.
const REST: Duration = Duration::from_secs(1);

/// The cost of doing nothing.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Idle {
    pub(crate) seconds: f64,
    /// Processor time of the server's own process.
    pub(crate) cpu_seconds: f64,
    /// Bytes sent on the connections to its port.
    pub(crate) bytes_sent: u64,
}

pub(crate) fn measure(server: &Server, patience: &Patience) -> anyhow::Result<Idle> {
    patience.pass(REST)?;
    let (began, cpu, bytes) = (Instant::now(), cpu_time(server.id())?, bytes_sent(server.port()?)?);
    patience.pass(DURATION)?;
    let cpu = cpu_time(server.id())?.saturating_sub(cpu);
    let bytes_sent = bytes_sent(server.port()?)?.saturating_sub(bytes);
    Ok(Idle { seconds: began.elapsed().as_secs_f64(), cpu_seconds: cpu.as_secs_f64(), bytes_sent })
}

/// Processor time that a process has used, its own and the system's for it.
pub(crate) fn cpu_time(pid: u32) -> anyhow::Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let stat = std::fs::read_to_string(&path).with_context(|| format!("{path}: the server has ended"))?;
    let ticks = ticks_from_stat(&stat).with_context(|| format!("{path} reads {stat:?}"))?;
    Ok(Duration::from_nanos(ticks * 1_000_000_000 / rustix::param::clock_ticks_per_second()))
}

/// Fields 14 and 15 of `/proc/PID/stat`. The second field is the program's name in brackets, which may hold anything.
fn ticks_from_stat(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

/// Bytes that all open connections to a local port were sent from it, as the kernel counts them.
fn bytes_sent(port: u16) -> anyhow::Result<u64> {
    let output = Command::new("ss").args(["-tinH", &format!("sport = :{port}")]).output();
    let output = output.context("can't run ss, of Debian's iproute2")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let counts = text.split_ascii_whitespace().filter_map(|word| word.strip_prefix("bytes_sent:"));
    Ok(counts.filter_map(|count| count.parse::<u64>().ok()).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_brackets_does_not_shift_the_fields() {
        let stat = "7 (a ) b) S 1 2 3 4 5 6 7 8 9 10 31 11 0 0 20";
        assert_eq!(ticks_from_stat(stat), Some(42));
        assert_eq!(ticks_from_stat("7 (a) S 1"), None);
    }
}
