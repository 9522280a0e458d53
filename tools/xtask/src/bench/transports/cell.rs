//! What the server says of one cell of the table.

use serde::{Deserialize, Serialize};

/// A line of the server.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Event {
    /// The page can be opened.
    Ready {
        url: String,
    },
    Cell(Cell),
    Done,
}

/// One engine, measured once.
#[derive(Debug, Serialize)]
pub(crate) struct Round {
    pub(crate) engine: String,
    pub(crate) cells: Vec<Cell>,
}

/// One path, one size, so many messages in flight.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Cell {
    pub(crate) path: String,
    /// What differs from our tuning, where something does.
    pub(crate) tuning: String,
    pub(crate) bytes: u32,
    pub(crate) in_flight: u32,
    #[serde(flatten)]
    pub(crate) figures: Figures,
}

/// What came of it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Figures {
    Measured(Sample),
    /// The engine does not have the path.
    Absent(String),
    /// It broke, with the reason.
    Broken(String),
}

/// The figures that the table shows, and all others as they came.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Sample {
    pub(crate) mbps: f64,
    pub(crate) p50_ms: Option<f64>,
    pub(crate) p99_ms: Option<f64>,
    /// Pieces that never came.
    pub(crate) lost: u64,
    pub(crate) pieces: u64,
    #[serde(flatten)]
    pub(crate) others: serde_json::Map<String, serde_json::Value>,
}

impl Figures {
    /// What was measured, if anything was.
    pub(crate) fn sample(&self) -> Option<&Sample> {
        match self {
            Self::Measured(sample) => Some(sample),
            Self::Absent(_) | Self::Broken(_) => None,
        }
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { path, tuning, bytes, in_flight, figures } = self;
        write!(f, "{path:<17} {tuning} {bytes:>8} x {in_flight}: ")?;
        match figures {
            Figures::Measured(sample) => write!(f, "{:.0} Mbit/s", sample.mbps),
            Figures::Absent(reason) => write!(f, "– ({reason})"),
            Figures::Broken(reason) => write!(f, "broken: {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(line: &str) -> Cell {
        let Event::Cell(cell) = serde_json::from_str(line).unwrap() else { panic!("{line} is no cell") };
        cell
    }

    #[test]
    fn a_measured_cell_keeps_what_it_does_not_know() {
        let line = r#"{"event":"cell","path":"stream","tuning":"","bytes":8192,"in_flight":1,
            "measured":{"mbps":12.5,"p50_ms":0.5,"p99_ms":null,"lost":0,"pieces":0,"seconds":0.7}}"#;
        let cell = cell(line);
        assert!(serde_json::to_string(&cell).unwrap().contains(r#""seconds":0.7"#));
        let Figures::Measured(sample) = cell.figures else { panic!("it was measured") };
        assert_eq!((sample.mbps, sample.p50_ms, sample.p99_ms), (12.5, Some(0.5), None));
    }

    #[test]
    fn an_absent_path_is_no_error() {
        let line = r#"{"event":"cell","path":"http-byob","tuning":"","bytes":8192,"in_flight":3,"absent":"no BYOB reader"}"#;
        assert!(matches!(cell(line).figures, Figures::Absent(_)));
    }

    #[test]
    fn the_other_lines_are_understood() {
        assert!(matches!(
            serde_json::from_str(r#"{"event":"ready","url":"http://a/"}"#),
            Ok(Event::Ready { .. })
        ));
        assert!(matches!(serde_json::from_str(r#"{"event":"done"}"#), Ok(Event::Done)));
    }
}
