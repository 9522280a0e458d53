//! What the programs of a system and its browser use: processor time and bytes while a load is drawn, and memory.

use std::cell::RefCell;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde::Serialize;

use super::process_tree;
use crate::usage::Usage;

/// Between two looks at memory: often enough for what grows in seconds, and a few milliseconds of a core each.
const MEMORY_INTERVAL: Duration = Duration::from_millis(500);

/// A meter on two trees of processes.
pub(crate) struct Meter {
    roots: Roots,
    readings: RefCell<Vec<Reading>>,
    peak: Arc<Mutex<Memory>>,
    /// Ends the thread that looks at memory when it goes.
    _looks: Sender<()>,
}

/// The processes that all others of a system descend from.
#[derive(Clone, Debug)]
pub(super) struct Roots {
    /// Its own, and the X server that it mirrors.
    pub(super) server: Vec<u32>,
    pub(super) browser: Vec<u32>,
}

/// What the counters say at one instant.
#[derive(Clone, Copy)]
struct Reading {
    server_cpu: Duration,
    browser_cpu: Duration,
    loopback_bytes: u64,
}

/// What was used between two readings.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Used {
    pub(crate) server_cpu_seconds: f64,
    pub(crate) browser_cpu_seconds: f64,
    /// Bytes that all programs of the machine sent each other through its loopback interface.
    pub(super) loopback_bytes: u64,
}

/// The most memory that was in use, in MiB: the part that no file and no other process has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Memory {
    pub(super) server_mib: f64,
    pub(super) browser_mib: f64,
}

impl Meter {
    /// Looks at what these processes, and all that descend from them, use from now on.
    pub(crate) fn of(server: Vec<u32>, browser: Vec<u32>) -> anyhow::Result<Self> {
        Self::start(Roots { server, browser })
    }

    /// Looks at memory from now on.
    pub(super) fn start(roots: Roots) -> anyhow::Result<Self> {
        let peak = Arc::<Mutex<Memory>>::default();
        let (looks, ended) = mpsc::channel::<()>();
        let (their_roots, their_peak) = (roots.clone(), Arc::clone(&peak));
        thread::Builder::new().name("memory".to_owned()).spawn(move || {
            loop {
                let now = Memory::now(&their_roots);
                their_peak.lock().unwrap_or_else(PoisonError::into_inner).raise(now);
                if ended.recv_timeout(MEMORY_INTERVAL) == Err(RecvTimeoutError::Disconnected) {
                    return;
                }
            }
        })?;
        Ok(Self { roots, readings: RefCell::default(), peak, _looks: looks })
    }

    /// Looks whether all programs of the system run.
    ///
    /// # Errors
    /// Where one has ended.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        ensure!(!self.roots.server.iter().any(|pid| process_tree::has_ended(*pid)), "a program has ended");
        Ok(())
    }

    /// Takes a reading, to be called before and after what is measured.
    ///
    /// # Errors
    /// Where the system has no loopback interface.
    pub(crate) fn read(&self) -> anyhow::Result<()> {
        let cpu = |roots: &[u32]| process_tree::cpu_time(&process_tree::of(roots));
        let text = std::fs::read_to_string("/proc/net/dev")?;
        self.readings.borrow_mut().push(Reading {
            server_cpu: cpu(&self.roots.server),
            browser_cpu: cpu(&self.roots.browser),
            loopback_bytes: loopback_bytes(&text).context("there is no loopback interface")?,
        });
        Ok(())
    }

    /// Returns what was used between the last two readings.
    ///
    /// # Errors
    /// Where there are no two.
    pub(crate) fn used(&self) -> anyhow::Result<Used> {
        let readings = self.readings.borrow();
        let [.., before, after] = readings.as_slice() else { anyhow::bail!("nothing was read") };
        let cpu = |of: fn(&Reading) -> Duration| of(after).saturating_sub(of(before)).as_secs_f64();
        Ok(Used {
            server_cpu_seconds: cpu(|reading| reading.server_cpu),
            browser_cpu_seconds: cpu(|reading| reading.browser_cpu),
            loopback_bytes: after.loopback_bytes.saturating_sub(before.loopback_bytes),
        })
    }

    /// Returns the most memory that was in use so far.
    pub(super) fn peak(&self) -> Memory {
        *self.peak.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn now(roots: &Roots) -> Self {
        let mib = |roots: &[u32]| {
            let members = process_tree::of(roots);
            // One may have ended since it was listed.
            let usages = members.iter().filter_map(|member| Usage::of(member.pid).ok());
            usages.map(|usage| usage.unshared_mib).sum()
        };
        Self { server_mib: mib(&roots.server), browser_mib: mib(&roots.browser) }
    }

    fn raise(&mut self, now: Self) {
        self.server_mib = self.server_mib.max(now.server_mib);
        self.browser_mib = self.browser_mib.max(now.browser_mib);
    }
}

/// Returns the bytes received by the loopback interface, as `/proc/net/dev` counts them.
fn loopback_bytes(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.trim_start().strip_prefix("lo:"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_works_is_seen_to() {
        let roots = Roots { server: vec![std::process::id()], browser: Vec::new() };
        let meter = Meter::start(roots).unwrap();
        assert!(meter.used().is_err(), "nothing was read");
        meter.read().unwrap();
        let before = process_tree::cpu_time(&process_tree::of(&[std::process::id()]));
        while process_tree::cpu_time(&process_tree::of(&[std::process::id()])) == before {}
        meter.read().unwrap();
        let used = meter.used().unwrap();
        assert!(used.server_cpu_seconds > 0.0 && used.browser_cpu_seconds == 0.0, "{used:?}");
    }

    #[test]
    fn the_peak_stays() {
        let mut peak = Memory { server_mib: 5.0, browser_mib: 1.0 };
        peak.raise(Memory { server_mib: 4.0, browser_mib: 2.0 });
        assert_eq!(peak, Memory { server_mib: 5.0, browser_mib: 2.0 });
    }

    #[test]
    fn interfaces_are_told_apart() {
        let text = " face |bytes packets\n  eth0: 7 1 0\n    lo: 12345 6 0 0\n";
        assert_eq!(loopback_bytes(text), Some(12_345));
        assert_eq!(loopback_bytes("eth0: 7 1"), None);
    }
}
