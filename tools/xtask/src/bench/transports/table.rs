//! Medians over the rounds, as tables in Markdown and as JSON with every raw figure.

use std::fmt::{self, Display, Formatter};
use std::path::Path;

use anyhow::Context;
use serde::Serialize;

use super::super::machine::Machine;
use super::super::sample::median;
use super::cell::{Cell, Figures, Round, Sample};

/// The server's names of the paths, and ours, in the tables' order.
const PATHS: [(&str, &str); 8] = [
    ("http-byob", "HTTP, BYOB reader"),
    ("http", "HTTP, default reader"),
    ("websocket", "WebSocket, one message"),
    ("websocket-pieces", "WebSocket, 256 KiB messages"),
    (TUNED, "WebTransport, one stream"),
    (PLAIN, "the same, plain quinn loop"),
    ("streams", "WebTransport, a stream per message"),
    ("datagrams", "WebTransport, datagrams"),
];
const TUNED: &str = "stream";
const PLAIN: &str = "stream-plain";
/// The only size that the plain loop is measured with.
const PLAIN_BYTES: u32 = 1_000_000;

/// Everything measured in one run.
#[derive(Serialize)]
pub(crate) struct Table {
    pub(crate) machine: Machine,
    rounds: Vec<Round>,
}

/// A row of the tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    path: String,
    tuning: String,
}

/// What a cell of the tables shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Entry {
    /// Not measured, or the engine does not have it.
    Absent,
    /// It broke in each round.
    Broken,
    Measured {
        mbps: f64,
        p50_ms: Option<f64>,
        p99_ms: Option<f64>,
        lost: u64,
        pieces: u64,
    },
}

impl Table {
    /// Puts rounds together.
    pub(crate) fn new(machine: Machine, rounds: Vec<Round>) -> Self {
        Self { machine, rounds }
    }

    /// Writes everything.
    ///
    /// # Errors
    /// Where the file can't be written.
    pub(crate) fn write_json(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        std::fs::write(path, text + "\n").with_context(|| format!("can't write {}", path.display()))
    }

    /// In the order in which they were measured.
    pub(crate) fn engines(&self) -> Vec<&str> {
        distinct(self.rounds.iter().map(|round| round.engine.as_str()))
    }

    /// In the order of the tables: the paths', and ours before other tunings.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let rows = self.cells().map(|(_, cell)| Row { path: cell.path.clone(), tuning: cell.tuning.clone() });
        let mut rows = distinct(rows);
        rows.sort_by_key(|row| PATHS.iter().position(|(path, _)| *path == row.path));
        rows
    }

    pub(crate) fn sizes(&self) -> Vec<u32> {
        distinct(self.cells().map(|(_, cell)| cell.bytes))
    }

    /// The medians of one cell.
    pub(crate) fn entry(&self, engine: &str, row: &Row, bytes: u32, in_flight: u32) -> Entry {
        let cells: Vec<_> = self.cells().filter(|(of, cell)| *of == engine && row.is_of(cell)).collect();
        let cells = cells.iter().filter(|(_, cell)| (cell.bytes, cell.in_flight) == (bytes, in_flight));
        let figures: Vec<_> = cells.map(|(_, cell)| &cell.figures).collect();
        let samples: Vec<_> = figures.iter().filter_map(|figures| figures.sample()).collect();
        let of = |figure: fn(&Sample) -> Option<f64>| median(samples.iter().filter_map(|s| figure(s)));
        match of(|sample| Some(sample.mbps)) {
            Some(mbps) => Entry::Measured {
                mbps,
                p50_ms: of(|sample| sample.p50_ms),
                p99_ms: of(|sample| sample.p99_ms),
                lost: samples.iter().map(|sample| sample.lost).sum(),
                pieces: samples.iter().map(|sample| sample.pieces).sum(),
            },
            None if figures.iter().any(|figures| matches!(figures, Figures::Broken(_))) => Entry::Broken,
            None => Entry::Absent,
        }
    }

    fn cells(&self) -> impl Iterator<Item = (&str, &Cell)> {
        self.rounds.iter().flat_map(|round| round.cells.iter().map(|cell| (round.engine.as_str(), cell)))
    }

    fn in_flights(&self) -> Vec<u32> {
        distinct(self.cells().map(|(_, cell)| cell.in_flight))
    }

    /// Of each round in which both were measured: the tuned stream's Mbit/s by the plain loop's.
    fn ratios(&self, engine: &str, in_flight: u32) -> Vec<f64> {
        let rounds = self.rounds.iter().filter(|round| round.engine == engine);
        rounds
            .filter_map(|round| Some(round.mbps(TUNED, in_flight)? / round.mbps(PLAIN, in_flight)?))
            .collect()
    }

    fn write_engine(&self, f: &mut Formatter<'_>, engine: &str, in_flight: u32) -> fmt::Result {
        let sizes = self.sizes();
        let in_words =
            if in_flight == 1 { "one in flight".to_owned() } else { format!("{in_flight} in flight") };
        writeln!(f, "\n### {engine}, {in_words}\n")?;
        let heads: String = sizes.iter().map(|bytes| format!(" {} |", size(*bytes))).collect();
        writeln!(f, "| path |{heads}\n| --- |{}", " --- |".repeat(sizes.len()))?;
        for row in self.rows() {
            let entries = sizes.iter().map(|bytes| self.entry(engine, &row, *bytes, in_flight));
            let entries: String = entries.map(|entry| format!(" {entry} |")).collect();
            writeln!(f, "| {row} |{entries}")?;
        }
        Ok(())
    }

    /// Nothing where the two were not both measured.
    fn write_ratios(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut rows = String::new();
        for engine in self.engines() {
            for in_flight in self.in_flights() {
                let ratios = self.ratios(engine, in_flight);
                let Some(middle) = median(ratios.iter().copied()) else { continue };
                let each: Vec<_> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
                rows += &format!("| {engine} | {in_flight} | {middle:.2} | {} |\n", each.join(", "));
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n### One stream, tuned ÷ plain quinn loop, 1 MB\n")?;
        write!(
            f,
            "| engine | in flight | tuned ÷ plain, Mbit/s | of each round |\n| --- | --- | --- | --- |\n{rows}"
        )
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}.", self.machine)?;
        for engine in self.engines() {
            for in_flight in self.in_flights() {
                self.write_engine(f, engine, in_flight)?;
            }
        }
        self.write_ratios(f)
    }
}

impl Round {
    /// Megabits a second of a path in our tuning, at the size that the plain loop is measured with.
    fn mbps(&self, path: &str, in_flight: u32) -> Option<f64> {
        let is_it = |cell: &&Cell| {
            (cell.path.as_str(), cell.tuning.as_str(), cell.bytes, cell.in_flight)
                == (path, "", PLAIN_BYTES, in_flight)
        };
        self.cells.iter().find(is_it).and_then(|cell| cell.figures.sample()).map(|sample| sample.mbps)
    }
}

impl Row {
    /// Whether it is in our tuning, not in another that was asked for.
    pub(crate) fn is_ours(&self) -> bool {
        self.tuning.is_empty() && self.path != PLAIN
    }

    fn is_of(&self, cell: &Cell) -> bool {
        (&self.path, &self.tuning) == (&cell.path, &cell.tuning)
    }
}

impl Display for Row {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name = PATHS.iter().find(|(path, _)| *path == self.path).map(|(_, name)| *name);
        f.write_str(name.unwrap_or(&self.path))?;
        if self.tuning.is_empty() { Ok(()) } else { write!(f, ", `{}`", self.tuning) }
    }
}

impl Display for Entry {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("–"),
            Self::Broken => f.write_str("broke"),
            Self::Measured { mbps, p50_ms, p99_ms, lost, pieces } => {
                write!(f, "**{mbps:.0}** {} / {}", ms(*p50_ms), ms(*p99_ms))?;
                if *lost > 0 { write!(f, ", lost {lost} of {pieces}") } else { Ok(()) }
            }
        }
    }
}

/// A time with as many digits as mean something.
fn ms(value: Option<f64>) -> String {
    match value {
        None => "–".to_owned(),
        Some(value) if value < 1.0 => format!("{value:.2}"),
        Some(value) if value < 20.0 => format!("{value:.1}"),
        Some(value) => format!("{value:.0}"),
    }
}

/// Bytes as a person says them.
pub(crate) fn size(bytes: u32) -> String {
    match bytes {
        0..100_000 if bytes.is_multiple_of(1024) => format!("{} KiB", bytes / 1024),
        0..1_000_000 => format!("{} KB", bytes / 1000),
        _ => format!("{} MB", (f64::from(bytes) / 1e5).round() / 10.0),
    }
}

fn distinct<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    values.fold(Vec::new(), |mut distinct, value| {
        if !distinct.contains(&value) {
            distinct.push(value);
        }
        distinct
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn cell(path: &str, in_flight: u32, figures: Figures) -> Cell {
        Cell { path: path.to_owned(), tuning: String::new(), bytes: PLAIN_BYTES, in_flight, figures }
    }

    fn measured(mbps: f64, lost: u64) -> Figures {
        let others = serde_json::Map::new();
        Figures::Measured(Sample { mbps, p50_ms: Some(0.25), p99_ms: Some(31.7), lost, pieces: 700, others })
    }

    fn round(in_flight: u32, tuned: f64, plain: f64) -> Round {
        let cells = vec![
            cell("datagrams", in_flight, measured(200.0, 3)),
            cell("stream", in_flight, measured(tuned, 0)),
            cell("stream-plain", in_flight, measured(plain, 0)),
            cell("http-byob", in_flight, Figures::Absent("no BYOB reader".to_owned())),
        ];
        Round { engine: "Firefox".to_owned(), cells }
    }

    /// Three rounds of one engine.
    pub(crate) fn table(in_flight: u32) -> Table {
        let figures = [(900.0, 1000.0), (1500.0, 1000.0), (1200.0, 800.0)];
        let rounds = figures.map(|(tuned, plain)| round(in_flight, tuned, plain));
        Table::new(Machine::look(&[]), rounds.into())
    }

    #[test]
    fn a_path_that_an_engine_does_not_have_is_a_dash() {
        let text = table(1).to_string();
        assert!(text.contains("\n| HTTP, BYOB reader | – |\n"), "{text}");
    }

    #[test]
    fn figures_are_medians_and_losses_are_counted() {
        let text = table(1).to_string();
        assert!(text.contains("\n| WebTransport, one stream | **1200** 0.25 / 32 |\n"), "{text}");
        assert!(text.contains("| **200** 0.25 / 32, lost 9 of 2100 |"), "{text}");
    }

    #[test]
    fn ratios_are_taken_within_a_round() {
        let text = table(1).to_string();
        assert!(text.contains("\n| Firefox | 1 | 1.50 | 0.90, 1.50, 1.50 |\n"), "{text}");
    }

    #[test]
    fn rows_come_in_the_order_of_the_paths() {
        let rows: Vec<_> = table(1).rows().iter().map(|row| row.path.clone()).collect();
        assert_eq!(rows, ["http-byob", "stream", "stream-plain", "datagrams"]);
    }

    #[test]
    fn a_path_that_broke_every_time_is_told_from_one_that_is_not_there() {
        let cells = vec![cell("stream", 1, Figures::Broken("closed".to_owned()))];
        let table = Table::new(Machine::look(&[]), vec![Round { engine: "Chromium".to_owned(), cells }]);
        assert_eq!(table.entry("Chromium", &table.rows()[0], PLAIN_BYTES, 1), Entry::Broken);
        assert_eq!(table.entry("Firefox", &table.rows()[0], PLAIN_BYTES, 1), Entry::Absent);
    }

    #[test]
    fn sizes_are_said_as_people_say_them() {
        let sizes = [8192, 100_000, 1_000_000, 3_110_400, 8_294_400].map(size);
        assert_eq!(sizes, ["8 KiB", "100 KB", "1 MB", "3.1 MB", "8.3 MB"]);
    }
}
