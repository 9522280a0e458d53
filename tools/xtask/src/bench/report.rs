//! The figures of all rounds, as a table for people and as JSON with every raw value.

use std::path::Path;

use anyhow::Context;
use lanstream_testkit::browser::Engine;
use serde::Serialize;

use super::idle::Idle;
use super::machine::Machine;
use super::sample::{Sample, median};

/// Everything measured in one run.
#[derive(Serialize)]
pub(crate) struct Report {
    machine: Machine,
    pub(crate) rounds: Vec<Round>,
}

/// One server, started once, in one browser.
#[derive(Serialize)]
pub(crate) struct Round {
    pub(crate) engine: &'static str,
    pub(crate) server: String,
    pub(crate) samples: Vec<Sample>,
    /// The same loads while a second viewer reads nothing.
    pub(crate) stuck: Option<Vec<Sample>>,
    pub(crate) idle: Option<Idle>,
}

/// Medians over the rounds of one load of one server in one browser.
#[derive(Serialize)]
struct Medians {
    engine: &'static str,
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

/// What the floor goes by in place of a server.
pub(crate) const FLOOR: &str = "floor";

/// What is added to a server's name where a second viewer was stuck.
const STUCK: &str = ", one stuck";

impl Report {
    pub(crate) fn new(browsers: &[Engine]) -> Self {
        Self { machine: Machine::look(browsers), rounds: Vec::new() }
    }

    /// Prints a table, with the ratios of `ours` to each of the others and what it takes beyond the floor.
    pub(crate) fn print(&self, ours: &str) {
        println!("{}", self.machine);
        print!("{}", self.table(ours));
        self.print_idle();
    }

    /// The engines side by side, load by load.
    fn table(&self, ours: &str) -> String {
        let mut lines = vec![format!(
            "{:<20} {:<10} {:<22} {:>6} {:>8} {:>8} {:>8} {:>7} {:>7} {:>6} {:>6}",
            "load", "browser", "server", "fps", "p50 ms", "p90 ms", "p99 ms", "<16.7", "torn", "cpu", "exact"
        )];
        let medians = self.medians();
        for load in self.rounds.iter().take(1).flat_map(|round| &round.samples) {
            let of_load: Vec<_> = medians.iter().filter(|row| row.load == load.load).collect();
            for rows in of_load.chunk_by(|a, b| a.engine == b.engine) {
                lines.extend(rows.iter().map(|row| line(row)));
                lines.extend(comparisons(ours, rows));
            }
        }
        lines.join("\n") + "\n"
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
        for (engine, server, sample) in self.samples() {
            let is_there =
                |row: &Medians| row.engine == engine && row.server == server && row.load == sample.load;
            if !medians.iter().any(is_there) {
                medians.push(self.medians_of(engine, server, &sample.load));
            }
        }
        // In each round all servers are measured in one browser before the next.
        medians
    }

    fn medians_of(&self, engine: &'static str, server: String, load: &str) -> Medians {
        let is_of = |(browser, name, sample): &(&str, String, &Sample)| {
            *browser == engine && *name == server && sample.load == load
        };
        let all: Vec<_> = self.samples().filter(is_of).map(|(_, _, sample)| sample).collect();
        let of = |figure: fn(&Sample) -> Option<f64>| median(all.iter().filter_map(|sample| figure(sample)));
        Medians {
            engine,
            load: load.to_owned(),
            fps: of(|sample| Some(sample.fps())),
            p50_ms: of(|sample| sample.latency_ms(0.5)),
            p90_ms: of(|sample| sample.latency_ms(0.9)),
            p99_ms: of(|sample| sample.latency_ms(0.99)),
            within_refresh: of(|sample| Some(sample.within_refresh())),
            torn_share: of(|sample| Some(sample.torn_share())),
            server_cpu: of(|sample| Some(sample.server_cpu_seconds? / sample.seconds)),
            exact: all.iter().all(|sample| sample.pixels_differ == 0),
            server,
        }
    }

    /// Every sample with its browser and the name that it goes by in the table.
    fn samples(&self) -> impl Iterator<Item = (&'static str, String, &Sample)> {
        self.rounds.iter().flat_map(|round| {
            let name = |suffix| format!("{}{suffix}", round.server);
            let plain = round.samples.iter().map(move |sample| (round.engine, name(""), sample));
            let stuck = round.stuck.iter().flatten();
            plain.chain(stuck.map(move |sample| (round.engine, name(STUCK), sample)))
        })
    }

    fn print_idle(&self) {
        for round in &self.rounds {
            if let Some(Idle { seconds, cpu_seconds, bytes_sent }) = round.idle {
                println!(
                    "idle: {} in {} used {cpu_seconds:.2} s and sent {bytes_sent} bytes in {seconds:.1} s",
                    round.server, round.engine
                );
            }
        }
    }
}

/// What `ours` is of each other server in one browser, and by how much it is beyond the floor.
fn comparisons(ours: &str, rows: &[&Medians]) -> Vec<String> {
    let Some(own) = rows.iter().find(|row| row.server == ours) else { return Vec::new() };
    let others = rows.iter().filter(|row| row.server != ours);
    let compare = |other: &&Medians| {
        let (sign, figure): (_, fn(f64, f64) -> String) = match other.server.as_str() {
            FLOOR => ('-', |own, floor| format!("{:+.1}", own - floor)),
            _ => ('/', |own, other| format!("{:.2}", own / other)),
        };
        let of = |own: Option<f64>, other: Option<f64>| {
            own.zip(other).map_or_else(|| "-".to_owned(), |(own, other)| figure(own, other))
        };
        format!(
            "{:<20} {:<10} {:<22} {:>6} {:>8} {:>8} {:>8}",
            "",
            "",
            format!("{sign} {}", other.server),
            of(own.fps, other.fps),
            of(own.p50_ms, other.p50_ms),
            of(own.p90_ms, other.p90_ms),
            of(own.p99_ms, other.p99_ms),
        )
    };
    others.map(compare).collect()
}

fn line(row: &Medians) -> String {
    format!(
        "{:<20} {:<10} {:<22} {:>6} {:>8} {:>8} {:>8} {:>6}% {:>6}% {:>6} {:>6}",
        row.load,
        row.engine,
        row.server,
        figure(row.fps, 1),
        figure(row.p50_ms, 1),
        figure(row.p90_ms, 1),
        figure(row.p99_ms, 1),
        figure(row.within_refresh.map(|share| share * 100.0), 0),
        figure(row.torn_share.map(|share| share * 100.0), 1),
        figure(row.server_cpu, 2),
        if row.exact { "yes" } else { "no" },
    )
}

fn figure(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A second of four frames that took so long.
    fn round(engine: &'static str, server: &str, latencies_ms: [f64; 4]) -> Round {
        let sample = Sample {
            load: "ui 4 full".to_owned(),
            sent: 4,
            late: 0,
            seconds: 1.0,
            latencies_ms: latencies_ms.to_vec(),
            gap_ms: 0.0,
            looks: 100,
            torn: 0,
            pixels_differ: 0,
            difference_max: 0,
            server_cpu_seconds: (server != FLOOR).then_some(0.5),
        };
        Round { engine, server: server.to_owned(), samples: vec![sample], stuck: None, idle: None }
    }

    fn report(rounds: Vec<Round>) -> Report {
        Report { machine: Machine::look(&[]), rounds }
    }

    #[test]
    fn each_browser_is_compared_with_its_own_others_and_its_own_floor() {
        let report = report(vec![
            round("Chromium", "ours", [10.0; 4]),
            round("Chromium", "other", [20.0; 4]),
            round("Chromium", FLOOR, [7.5; 4]),
            round("Firefox", "ours", [30.0; 4]),
            round("Firefox", "other", [40.0; 4]),
            round("Firefox", FLOOR, [29.0; 4]),
        ]);
        let table = report.table("ours");
        let rows: Vec<_> =
            table.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>()).collect();
        assert_eq!(rows.len(), 10, "{table}");
        let of = |row: usize| rows[row].join(" ");
        assert_eq!(of(0), "ui 4 full Chromium ours 4.0 10.0 10.0 10.0 100% 0.0% 0.50 yes");
        assert_eq!(of(2), "ui 4 full Chromium floor 4.0 7.5 7.5 7.5 100% 0.0% - yes");
        assert_eq!(of(3), "/ other 1.00 0.50 0.50 0.50");
        assert_eq!(of(4), "- floor +0.0 +2.5 +2.5 +2.5");
        assert_eq!(of(8), "/ other 1.00 0.75 0.75 0.75");
        assert_eq!(of(9), "- floor +0.0 +1.0 +1.0 +1.0");
    }

    #[test]
    fn rounds_come_down_to_their_median_in_each_browser() {
        let rounds = [9.0, 5.0, 7.0].map(|ms| round("Chromium", "ours", [ms; 4]));
        let others = [90.0, 50.0, 70.0].map(|ms| round("Firefox", "ours", [ms; 4]));
        let rounds = rounds.into_iter().zip(others).flat_map(|(one, other)| [one, other]).collect();
        let medians = report(rounds).medians();
        let p50: Vec<_> = medians.iter().map(|row| (row.engine, row.p50_ms)).collect();
        assert_eq!(p50, [("Chromium", Some(7.0)), ("Firefox", Some(70.0))]);
    }
}
