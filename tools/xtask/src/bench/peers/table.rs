//! The figures of all rounds, as tables in Markdown and as JSON with every raw value.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use super::super::machine::Machine;
use super::super::sample::{Sample, median};
use super::ours;
use super::peer::Peer;
use super::turn::{Conditions, Loaded, Turn};
use crate::patience::Patience;

/// Everything measured in one run.
#[derive(Serialize)]
pub(super) struct Table {
    machine: Machine,
    conditions: Conditions,
    systems: Vec<System>,
    turns: Vec<Turn>,
}

/// What was to be measured.
#[derive(Serialize)]
pub(super) struct System {
    name: String,
    versions: Vec<String>,
    /// Why it could not be had.
    absent: Option<String>,
}

/// What a load of one system came to in all rounds.
#[derive(Clone, Debug, PartialEq)]
struct Figures {
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
    shown: usize,
    drawn: usize,
    /// The most of any round.
    pixels_differ: usize,
    difference_max: u8,
    torn_share: f64,
    server_cpu_seconds: Option<f64>,
    browser_cpu_seconds: Option<f64>,
    megabytes_per_second: Option<f64>,
}

impl System {
    /// Installs one, or keeps the reason why it can't be had.
    ///
    /// # Errors
    /// After Ctrl-C.
    pub(super) fn install(peer: &dyn Peer, patience: &Patience) -> anyhow::Result<Self> {
        let installed = peer.install(patience);
        patience.check()?;
        let absent = installed.err().map(|error| format!("it can't be had: {error:#}"));
        let versions = if absent.is_none() { peer.versions() } else { Vec::new() };
        Ok(Self { name: peer.name().to_owned(), versions, absent })
    }

    /// Whether it could be had.
    pub(super) fn is_there(&self) -> bool {
        self.absent.is_none()
    }
}

impl Table {
    /// Puts turns together.
    pub(super) fn new(
        machine: Machine,
        conditions: Conditions,
        systems: Vec<System>,
        turns: Vec<Turn>,
    ) -> Self {
        Self { machine, conditions, systems, turns }
    }

    /// Returns the names of all systems, in the order of the tables.
    pub(super) fn systems(&self) -> impl Iterator<Item = &str> {
        self.systems.iter().map(|system| system.name.as_str())
    }

    /// Returns the names of all loads.
    pub(super) fn loads(&self) -> impl Iterator<Item = String> {
        self.conditions.loads.iter().map(ToString::to_string)
    }

    /// Returns the samples of a load of one system, one for each round.
    pub(super) fn samples(&self, system: &str, load: &str) -> impl Iterator<Item = &Sample> {
        self.loaded(system, load).map(|loaded| &loaded.sample)
    }

    fn loaded(&self, system: &str, load: &str) -> impl Iterator<Item = &Loaded> {
        let all = self.turns_of(system).flat_map(|turn| &turn.loads);
        all.filter(move |loaded| loaded.sample.load == load)
    }

    fn turns_of(&self, system: &str) -> impl Iterator<Item = &Turn> {
        self.turns.iter().filter(move |turn| turn.system == system)
    }

    fn figures(&self, system: &str, load: &str) -> Option<Figures> {
        let all: Vec<_> = self.loaded(system, load).collect();
        (!all.is_empty()).then(|| Figures::of(&all))
    }

    fn write_load(&self, f: &mut Formatter<'_>, load: &str) -> fmt::Result {
        writeln!(f, "\n### {load}\n")?;
        writeln!(
            f,
            "| system | p50 ms | p99 ms | p50 ÷ ours | shown of drawn | pixels that differ | torn | CPU s, server | CPU s, browser | MB/s |"
        )?;
        writeln!(f, "|{}", " --- |".repeat(10))?;
        let own = self.figures(ours::NAME, load).and_then(|figures| figures.p50_ms);
        for system in self.systems() {
            match self.figures(system, load) {
                Some(figures) => writeln!(f, "| {system} | {} |", figures.cells(own).join(" | "))?,
                None => writeln!(f, "| {system} |{}", " – |".repeat(9))?,
            }
        }
        Ok(())
    }

    fn write_systems(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n### Systems\n")?;
        writeln!(
            f,
            "| system | versions | ready ms | first picture ms | MiB, server | MiB, browser | what went wrong |"
        )?;
        writeln!(f, "|{}", " --- |".repeat(7))?;
        for system in &self.systems {
            let of = |figure: fn(&Turn) -> Option<f64>| {
                cell(median(self.turns_of(&system.name).filter_map(figure)), 0)
            };
            let cells = [
                system.name.clone(),
                system.versions.join(", "),
                of(|turn| turn.start_ms),
                of(|turn| turn.first_picture_ms),
                of(|turn| Some(turn.memory?.server_mib)),
                of(|turn| Some(turn.memory?.browser_mib)),
                self.remarks(system),
            ];
            writeln!(f, "| {} |", cells.join(" | "))?;
        }
        Ok(())
    }

    /// Says what went wrong, once for each way.
    fn remarks(&self, system: &System) -> String {
        let mut remarks: Vec<String> = system.absent.iter().cloned().collect();
        for turn in self.turns_of(&system.name) {
            let left = (!turn.left_behind.is_empty())
                .then(|| format!("left behind: {}", turn.left_behind.join(", ")));
            for remark in turn.failure.iter().cloned().chain(left) {
                if !remarks.contains(&remark) {
                    remarks.push(remark);
                }
            }
        }
        // A bar would end the cell.
        remarks.join("; ").replace('|', "/")
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Conditions { size: (width, height), duration, .. } = &self.conditions;
        let rounds = self.turns.iter().map(|turn| turn.round).max().unwrap_or_default();
        writeln!(f, "{}. {width}x{height}, {rounds} × {} s.", self.machine, duration.as_secs())?;
        for load in self.loads() {
            self.write_load(f, &load)?;
        }
        self.write_systems(f)
    }
}

impl Figures {
    #[expect(clippy::cast_precision_loss, reason = "no run has as many bytes and looks as a float counts")]
    fn of(all: &[&Loaded]) -> Self {
        let of = |figure: fn(&Loaded) -> Option<f64>| median(all.iter().filter_map(|loaded| figure(loaded)));
        let sum = |count: fn(&Sample) -> u64| all.iter().map(|loaded| count(&loaded.sample)).sum::<u64>();
        Self {
            p50_ms: of(|loaded| loaded.sample.latency_ms(0.5)),
            p99_ms: of(|loaded| loaded.sample.latency_ms(0.99)),
            shown: all.iter().map(|loaded| loaded.sample.latencies_ms.len()).sum(),
            drawn: all.iter().map(|loaded| loaded.sample.sent).sum(),
            pixels_differ: all.iter().map(|loaded| loaded.sample.pixels_differ).max().unwrap_or_default(),
            difference_max: all.iter().map(|loaded| loaded.sample.difference_max).max().unwrap_or_default(),
            torn_share: sum(|sample| sample.torn) as f64 / sum(|sample| sample.looks).max(1) as f64,
            server_cpu_seconds: of(|loaded| Some(loaded.used.server_cpu_seconds)),
            browser_cpu_seconds: of(|loaded| Some(loaded.used.browser_cpu_seconds)),
            megabytes_per_second: of(|loaded| {
                Some(loaded.used.loopback_bytes as f64 / 1e6 / loaded.sample.seconds)
            }),
        }
    }

    /// What follows the system's name; `own` is the p50 of ours.
    fn cells(&self, own: Option<f64>) -> [String; 9] {
        let ratio = self.p50_ms.zip(own).map(|(p50, own)| p50 / own);
        let differ = match self.pixels_differ {
            0 => "none".to_owned(),
            count => format!("{count} by up to {}", self.difference_max),
        };
        [
            cell(self.p50_ms, 1),
            cell(self.p99_ms, 1),
            cell(ratio, 2),
            format!("{} of {}", self.shown, self.drawn),
            differ,
            format!("{:.1} %", self.torn_share * 100.0),
            cell(self.server_cpu_seconds, 2),
            cell(self.browser_cpu_seconds, 2),
            cell(self.megabytes_per_second, 2),
        ]
    }
}

fn cell(figure: Option<f64>, digits: usize) -> String {
    figure.map_or_else(|| "–".to_owned(), |figure| format!("{figure:.digits$}"))
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use super::super::meter::{Memory, Used};
    use super::*;

    /// A second of four frames, of which those with a latency were seen.
    fn loaded(latencies_ms: &[f64], pixels_differ: usize) -> Loaded {
        let sample = Sample {
            load: "ui 4 full".to_owned(),
            sent: 4,
            late: 0,
            seconds: 2.0,
            latencies_ms: latencies_ms.to_vec(),
            gap_ms: 0.0,
            looks: 100,
            torn: 1,
            pixels_differ,
            difference_max: u8::from(pixels_differ > 0),
            server_cpu_seconds: None,
        };
        let used = Used { server_cpu_seconds: 0.5, browser_cpu_seconds: 0.25, loopback_bytes: 3_000_000 };
        Loaded { sample, used }
    }

    fn turn(system: &str, round: u32, loads: Vec<Loaded>, failure: Option<&str>) -> Turn {
        Turn {
            system: system.to_owned(),
            round,
            loads,
            start_ms: Some(100.0),
            first_picture_ms: Some(900.0),
            memory: Some(Memory { server_mib: 20.0, browser_mib: 200.0 }),
            failure: failure.map(str::to_owned),
            left_behind: Vec::new(),
        }
    }

    fn system(name: &str, absent: Option<&str>) -> System {
        let versions = vec![format!("{name} 1.0")];
        System { name: name.to_owned(), versions, absent: absent.map(str::to_owned) }
    }

    /// Two rounds of ours, of one that loses frames, of one that crashes in the second, and one that is not there.
    pub(in super::super) fn table() -> Table {
        let loads = vec!["ui:4".parse().unwrap()];
        let conditions = Conditions::new((1920, 1080), loads, Duration::from_secs(1));
        let systems = vec![
            system(ours::NAME, None),
            system("slow", None),
            system("shaky", None),
            system("gone", Some("it can't be had: no | network")),
        ];
        let turns = vec![
            turn(ours::NAME, 1, vec![loaded(&[4.0; 4], 0)], None),
            turn("slow", 1, vec![loaded(&[10.0, 30.0], 7)], None),
            turn("shaky", 1, vec![loaded(&[8.0; 4], 0)], None),
            turn(ours::NAME, 2, vec![loaded(&[5.0; 4], 0)], None),
            turn("slow", 2, vec![loaded(&[20.0, 40.0], 9)], None),
            turn("shaky", 2, Vec::new(), Some("it fell over")),
        ];
        Table::new(Machine::look(&[]), conditions, systems, turns)
    }

    #[test]
    fn rounds_come_down_to_medians_sums_and_the_worst() {
        let text = table().to_string();
        let own = "| lanstream | 4.0 | 4.0 | 1.00 | 8 of 8 | none | 1.0 % | 0.50 | 0.25 | 1.50 |";
        let slow = "| slow | 10.0 | 10.0 | 2.50 | 4 of 8 | 9 by up to 1 | 1.0 % | 0.50 | 0.25 | 1.50 |";
        assert!(text.contains(own) && text.contains(slow), "{text}");
    }

    #[test]
    fn what_went_wrong_is_in_the_row() {
        let text = table().to_string();
        assert!(
            text.contains("| shaky | 8.0 | 8.0 | 2.00 | 4 of 4 |"),
            "the round that went well counts: {text}"
        );
        assert!(text.contains("| shaky | shaky 1.0 | 100 | 900 | 20 | 200 | it fell over |"), "{text}");
        assert!(text.contains("| gone | – |"), "{text}");
        assert!(
            text.contains("| gone | gone 1.0 | – | – | – | – | it can't be had: no / network |"),
            "{text}"
        );
    }

    #[test]
    fn every_raw_value_is_in_the_json() {
        let json = serde_json::to_value(table()).unwrap();
        assert_eq!(json["conditions"]["loads"][0], "ui 4 full");
        assert_eq!(json["turns"][4]["loads"][0]["latencies_ms"][1], 40.0);
        assert_eq!(json["turns"][4]["loads"][0]["used"]["loopback_bytes"], 3_000_000);
        assert_eq!(json["turns"][5]["failure"], "it fell over");
    }
}
