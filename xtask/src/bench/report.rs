//! The figures of all rounds, as a table for people and as JSON with every raw value.

use std::path::Path;

use anyhow::Context;
use serde::Serialize;

use super::browser::Engine;
use super::idle::Idle;
use super::machine::Machine;
use super::sample::{Sample, median};

/// Everything measured in one run.
#[derive(Serialize)]
pub(crate) struct Report {
    machine: Machine,
    pub(crate) rounds: Vec<Round>,
}

/// One server, started once.
#[derive(Serialize)]
pub(crate) struct Round {
    pub(crate) server: String,
    pub(crate) samples: Vec<Sample>,
    /// The same loads while a second viewer reads nothing.
    pub(crate) stuck: Option<Vec<Sample>>,
    pub(crate) idle: Option<Idle>,
}

/// Medians over the rounds of one load of one server.
#[derive(Serialize)]
struct Medians {
    server: String,
    load: String,
    fps: Option<f64>,
    p50_ms: Option<f64>,
    p90_ms: Option<f64>,
    p99_ms: Option<f64>,
    within_refresh: Option<f64>,
    torn_share: Option<f64>,
    /// Of one second's processor time.
    server_cpu: Option<f64>,
    exact: bool,
}

/// What is added to a server's name where a second viewer was stuck.
const STUCK: &str = ", one stuck";

impl Report {
    pub(crate) fn new(browser: Engine) -> Self {
        Self { machine: Machine::look(&[browser]), rounds: Vec::new() }
    }

    /// Prints a table, with the ratios of `ours` to each of the others.
    pub(crate) fn print(&self, ours: &str) {
        println!("{}", self.machine);
        println!(
            "{:<20} {:<22} {:>6} {:>8} {:>8} {:>8} {:>7} {:>7} {:>6} {:>6}",
            "load", "server", "fps", "p50 ms", "p90 ms", "p99 ms", "<16.7", "torn", "cpu", "exact"
        );
        let medians = self.medians();
        for load in self.rounds.iter().take(1).flat_map(|round| &round.samples) {
            print_load(ours, medians.iter().filter(|row| row.load == load.load));
        }
        self.print_idle();
    }

    /// Writes everything, raw values and medians.
    ///
    /// # Errors
    /// Where the file can't be written.
    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        #[derive(Serialize)]
        struct Full<'a> {
            #[serde(flatten)]
            report: &'a Report,
            medians: Vec<Medians>,
        }
        let full = Full { report: self, medians: self.medians() };
        let text = serde_json::to_string_pretty(&full)?;
        std::fs::write(path, text + "\n").with_context(|| format!("can't write {}", path.display()))
    }

    fn medians(&self) -> Vec<Medians> {
        let mut medians: Vec<Medians> = Vec::new();
        for (server, sample) in self.samples() {
            if !medians.iter().any(|row| row.server == server && row.load == sample.load) {
                medians.push(self.medians_of(server, &sample.load));
            }
        }
        medians
    }

    fn medians_of(&self, server: String, load: &str) -> Medians {
        let all: Vec<_> =
            self.samples().filter(|(name, sample)| *name == server && sample.load == load).collect();
        let of =
            |figure: fn(&Sample) -> Option<f64>| median(all.iter().filter_map(|(_, sample)| figure(sample)));
        Medians {
            load: load.to_owned(),
            fps: of(|sample| Some(sample.fps())),
            p50_ms: of(|sample| sample.latency_ms(0.5)),
            p90_ms: of(|sample| sample.latency_ms(0.9)),
            p99_ms: of(|sample| sample.latency_ms(0.99)),
            within_refresh: of(|sample| Some(sample.within_refresh())),
            torn_share: of(|sample| Some(sample.torn_share())),
            server_cpu: of(|sample| Some(sample.server_cpu_seconds / sample.seconds)),
            exact: all.iter().all(|(_, sample)| sample.pixels_differ == 0),
            server,
        }
    }

    /// Every sample with the name that it goes by in the table.
    fn samples(&self) -> impl Iterator<Item = (String, &Sample)> {
        self.rounds.iter().flat_map(|round| {
            let plain = round.samples.iter().map(|sample| (round.server.clone(), sample));
            let stuck = round.stuck.iter().flatten();
            plain.chain(stuck.map(|sample| (format!("{}{STUCK}", round.server), sample)))
        })
    }

    fn print_idle(&self) {
        for round in &self.rounds {
            if let Some(Idle { seconds, cpu_seconds, bytes_sent }) = round.idle {
                println!(
                    "idle: {} used {cpu_seconds:.2} s and sent {bytes_sent} bytes in {seconds:.1} s",
                    round.server
                );
            }
        }
    }
}

fn print_load<'a>(ours: &str, rows: impl Iterator<Item = &'a Medians>) {
    let rows: Vec<_> = rows.collect();
    for row in &rows {
        print_row(row);
    }
    let Some(own) = rows.iter().find(|row| row.server == ours) else { return };
    for other in rows.iter().filter(|row| row.server != ours) {
        let ratio =
            |own: Option<f64>, other: Option<f64>| figure(own.zip(other).map(|(own, other)| own / other), 2);
        println!(
            "{:<20} {:<22} {:>6} {:>8} {:>8} {:>8}",
            "",
            format!("/ {}", other.server),
            ratio(own.fps, other.fps),
            ratio(own.p50_ms, other.p50_ms),
            ratio(own.p90_ms, other.p90_ms),
            ratio(own.p99_ms, other.p99_ms),
        );
    }
}

fn print_row(row: &Medians) {
    println!(
        "{:<20} {:<22} {:>6} {:>8} {:>8} {:>8} {:>6}% {:>6}% {:>6} {:>6}",
        row.load,
        row.server,
        figure(row.fps, 1),
        figure(row.p50_ms, 1),
        figure(row.p90_ms, 1),
        figure(row.p99_ms, 1),
        figure(row.within_refresh.map(|share| share * 100.0), 0),
        figure(row.torn_share.map(|share| share * 100.0), 1),
        figure(row.server_cpu, 2),
        if row.exact { "yes" } else { "no" },
    );
}

fn figure(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
}
