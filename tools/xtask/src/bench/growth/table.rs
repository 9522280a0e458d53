//! The figures of all rounds, as tables for people and as JSON with every value.

use std::fmt::{self, Display, Formatter};
use std::path::Path;

use anyhow::Context;
use serde::Serialize;

use super::axis::Axis;
use super::line::Line;
use crate::bench::machine::Machine;
use crate::bench::sample::median;

/// Everything measured in one run.
#[derive(Serialize)]
pub(super) struct Table {
    machine: Machine,
    #[serde(skip)]
    axes: Vec<Axis>,
    rounds: Vec<Round>,
}

/// All points of an axis, once.
#[derive(Serialize)]
struct Round {
    axis: Axis,
    points: Vec<Measured>,
}

/// What was measured at a point. Processor time is that of a drawn frame.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Measured {
    pub(super) label: String,
    pub(super) megapixels: f64,
    pub(super) sent: usize,
    pub(super) shown: usize,
    pub(super) p50_ms: Option<f64>,
    pub(super) p99_ms: Option<f64>,
    pub(super) server_ms: f64,
    pub(super) browser_ms: f64,
    pub(super) is_exact: bool,
}

impl Table {
    pub(super) fn new(machine: Machine, axes: Vec<Axis>) -> Self {
        Self { machine, axes, rounds: Vec::new() }
    }

    pub(super) fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// Adds the points of a round.
    pub(super) fn add(&mut self, axis: Axis, points: Vec<Measured>) {
        self.rounds.push(Round { axis, points });
    }

    /// Writes everything.
    ///
    /// # Errors
    /// Where the file can't be written.
    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        std::fs::write(path, text + "\n").with_context(|| format!("can't write {}", path.display()))
    }

    /// Returns the medians of an axis, point by point.
    fn medians(&self, axis: Axis) -> Vec<Measured> {
        let rounds: Vec<_> = self.rounds.iter().filter(|round| round.axis == axis).collect();
        let first = rounds.first().map_or(&[][..], |round| &round.points);
        (0..first.len())
            .map(|index| of_rounds(&rounds.iter().map(|round| &round.points[index]).collect::<Vec<_>>()))
            .collect()
    }
}

/// Returns the medians of a point's figures, and the sums of its frames.
fn of_rounds(rounds: &[&Measured]) -> Measured {
    let middle = |of: fn(&Measured) -> Option<f64>| median(rounds.iter().filter_map(|point| of(point)));
    Measured {
        label: rounds[0].label.clone(),
        megapixels: rounds[0].megapixels,
        sent: rounds.iter().map(|point| point.sent).sum(),
        shown: rounds.iter().map(|point| point.shown).sum(),
        p50_ms: middle(|point| point.p50_ms),
        p99_ms: middle(|point| point.p99_ms),
        server_ms: middle(|point| Some(point.server_ms)).unwrap_or_default(),
        browser_ms: middle(|point| Some(point.browser_ms)).unwrap_or_default(),
        is_exact: rounds.iter().all(|point| point.is_exact),
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.machine)?;
        for &axis in &self.axes {
            let points = self.medians(axis);
            writeln!(f, "\n{axis}\n")?;
            writeln!(
                f,
                "| point | Mpixel | shown of drawn | p50 ms | p99 ms | server ms | browser ms | exact |"
            )?;
            writeln!(f, "| --- | --- | --- | --- | --- | --- | --- | --- |")?;
            points.iter().try_for_each(|point| writeln!(f, "{point}"))?;
            if axis != Axis::Rate {
                writeln!(f)?;
                describe(f, "server ms", &points, |point| Some(point.server_ms))?;
                describe(f, "browser ms", &points, |point| Some(point.browser_ms))?;
                describe(f, "p50 ms", &points, |point| point.p50_ms)?;
            }
        }
        Ok(())
    }
}

/// Writes the line through a figure of all points.
fn describe(
    f: &mut Formatter<'_>,
    name: &str,
    points: &[Measured],
    of: fn(&Measured) -> Option<f64>,
) -> fmt::Result {
    let points: Vec<_> = points.iter().filter_map(|point| Some((point.megapixels, of(point)?))).collect();
    match Line::through(&points) {
        Some(Line { constant, slope, deviation }) => writeln!(
            f,
            "{name}: {constant:.2} + {slope:.2} a megapixel, points within {:.0} % of it",
            deviation * 100.0
        ),
        None => writeln!(f, "{name}: no line, some points have none"),
    }
}

impl Display for Measured {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { label, megapixels, sent, shown, server_ms, browser_ms, is_exact, .. } = self;
        let ms = |ms: Option<f64>| ms.map_or_else(|| "–".to_owned(), |ms| format!("{ms:.1}"));
        let (p50, p99) = (ms(self.p50_ms), ms(self.p99_ms));
        let exact = if *is_exact { "yes" } else { "no" };
        write!(
            f,
            "| {label} | {megapixels:.2} | {shown}/{sent} | {p50} | {p99} | {server_ms:.2} | {browser_ms:.2} | {exact} |"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(megapixels: f64, server_ms: f64) -> Measured {
        Measured {
            label: "a".into(),
            megapixels,
            sent: 100,
            shown: 99,
            p50_ms: Some(server_ms * 2.0),
            p99_ms: None,
            server_ms,
            browser_ms: 1.0,
            is_exact: server_ms < 9.0,
        }
    }

    #[test]
    fn figures_are_medians_and_a_round_that_was_not_exact_shows() {
        let rounds = [measured(1.0, 2.0), measured(1.0, 9.0), measured(1.0, 3.0)];
        let middle = of_rounds(&rounds.each_ref());
        assert_eq!((middle.server_ms, middle.p50_ms, middle.p99_ms), (3.0, Some(6.0), None));
        assert_eq!((middle.shown, middle.sent, middle.is_exact), (297, 300, false));
        assert_eq!(middle.to_string(), "| a | 1.00 | 297/300 | 6.0 | – | 3.00 | 1.00 | no |");
    }

    #[test]
    fn the_line_is_said_where_there_is_one() {
        let mut table = Table::new(Machine::look(&[]), vec![Axis::Pixels]);
        table.add(Axis::Pixels, vec![measured(0.1, 0.4), measured(2.0, 4.2)]);
        let text = table.to_string();
        assert!(text.contains("server ms: 0.20 + 2.00 a megapixel, points within 0 % of it"), "{text}");
    }
}
