//! `bench growth`: how latency and processor time grow with the pixels that change, with how often they do, and with
//! the size of the screen, one at a time.

mod axis;
mod line;
mod table;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use lanstream_testkit::browser::Engine;

use super::glass::{Glass, Subject};
use super::machine::Machine;
use super::peers::meter::Meter;
use super::sample::Sample;
use super::server::{Recipe, Server, Transport};
use super::{FIRST_NUMBER, WARM_UP, WARM_UP_DURATION, engines};
use crate::patience::Patience;
use crate::screen::{display, display_of_page};
use crate::setup;
use axis::{Axis, Point};
use table::{Measured, Table};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// What grows: each in turn, while the rest stays
    #[arg(long, value_parser = axes(), value_delimiter = ',', default_values_t = Axis::ALL.map(|axis| axis.word().to_owned()))]
    axes: Vec<String>,
    /// Times that each point is measured, each with a server and a browser that have just started; figures are medians
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Seconds that each point is drawn for
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=60))]
    seconds: u32,
    /// What shows the page
    #[arg(long, default_value = "chromium", value_parser = engines())]
    browser: Engine,
    /// Write everything measured to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let browser = (options.browser.program(), options.browser.package());
    setup::install("the bench needs", &[("Xvfb", "xvfb"), browser])?;
    let recipe = Recipe::build_ours(Transport::Auto, None, None)?;
    let bench = Bench { options, recipe, patience: Patience::new()? };
    let axes = Axis::ALL.into_iter().filter(|axis| options.axes.iter().any(|word| word == axis.word()));
    let mut table = Table::new(Machine::look(&[options.browser]), axes.collect());
    for round in 1..=options.rounds {
        for axis in table.axes().to_vec() {
            eprintln!("round {round} of {}: {axis}", options.rounds);
            table.add(axis, bench.measure(axis)?);
        }
    }
    print!("{table}");
    options.json.as_ref().map_or(Ok(()), |path| table.write(path))
}

struct Bench<'a> {
    options: &'a Options,
    recipe: Recipe,
    patience: Patience,
}

impl Bench<'_> {
    /// Measures all points of an axis once. Points of one size follow each other.
    fn measure(&self, axis: Axis) -> anyhow::Result<Vec<Measured>> {
        let points = axis.points();
        let groups = points.chunk_by(|a, b| a.size == b.size);
        let measured = groups.map(|points| self.measure_on(points[0].size, points));
        Ok(measured.collect::<anyhow::Result<Vec<_>>>()?.concat())
    }

    /// Measures points on a screen of one size, with one server and one browser.
    fn measure_on(&self, size: (u16, u16), points: &[Point]) -> anyhow::Result<Vec<Measured>> {
        let (source, mirror) = (display(size), display_of_page(size));
        let server = Server::start(&self.recipe, &source, &self.patience).context("it did not start")?;
        let browser = self.options.browser.open(&server.url, &mirror);
        let meter = Meter::of(vec![server.id()], vec![browser.process.id()])?;
        let (subject, mut number) = (Subject::Peer(&meter), FIRST_NUMBER);
        let mut glass = Glass::new(&source.name, &mirror.name, &self.patience, &mut number, subject)?;
        glass.run(&WARM_UP, WARM_UP_DURATION)?;
        let duration = Duration::from_secs(self.options.seconds.into());
        let measure = |point: &Point| {
            let sample = glass.run(&point.load, duration)?;
            Ok(Measured::new(point, &sample, &meter.used()?))
        };
        points.iter().map(measure).collect()
    }
}

/// The axes, as words of a command line.
fn axes() -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(Axis::ALL.map(Axis::word))
}

impl Measured {
    fn new(point: &Point, sample: &Sample, used: &super::peers::meter::Used) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a point has thousands of frames at most")]
        let per_frame = |seconds: f64| seconds * 1e3 / sample.sent.max(1) as f64;
        Self {
            label: point.label.clone(),
            megapixels: point.megapixels,
            sent: sample.sent,
            shown: sample.latencies_ms.len(),
            p50_ms: sample.latency_ms(0.5),
            p99_ms: sample.latency_ms(0.99),
            server_ms: per_frame(used.server_cpu_seconds),
            browser_ms: per_frame(used.browser_cpu_seconds),
            is_exact: sample.pixels_differ == 0 && sample.torn == 0,
        }
    }
}
