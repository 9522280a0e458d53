//! What is told to whoever started this: one JSON object a line on standard output.

use std::io::Write;

use serde::Serialize;

use crate::path::Path;
use crate::sample::Sample;

/// A line.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Event<'a> {
    /// The page can be opened.
    Ready { url: &'a str },
    /// A cell was measured.
    Cell {
        path: Path,
        tuning: &'a str,
        bytes: u32,
        in_flight: usize,
        #[serde(flatten)]
        figures: Figures,
    },
    /// All were.
    Done,
}

/// What came of a cell.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Figures {
    Measured(Sample),
    /// The engine does not have the path.
    Absent(String),
    /// The path broke, or stalled.
    Broken(String),
}

impl Event<'_> {
    /// Writes the line at once.
    ///
    /// # Errors
    /// Where nobody reads it.
    pub(crate) fn say(&self) -> anyhow::Result<()> {
        let line = serde_json::to_string(self)?;
        let mut output = std::io::stdout().lock();
        writeln!(output, "{line}")?;
        Ok(output.flush()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_one_flat_object() {
        let figures = Figures::Absent("no BYOB reader".to_owned());
        let event = Event::Cell { path: Path::HttpByob, tuning: "", bytes: 8192, in_flight: 3, figures };
        assert_eq!(
            serde_json::to_string(&event).unwrap(),
            r#"{"event":"cell","path":"http-byob","tuning":"","bytes":8192,"in_flight":3,"absent":"no BYOB reader"}"#
        );
    }
}
