//! `bench connect`: how long a viewer that comes takes until the first picture has arrived, as the server counts it:
//! from the token to the acknowledgement.

use std::process::Command;

use anyhow::Context;
use lanstream_testkit::browser::Engine;
use lanstream_testkit::display::Display;

use super::engines;
use super::machine::Machine;
use super::sample::median;
use crate::lanstream::{self, Lanstream};
use crate::patience::Patience;

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Times that each is measured, each with a browser that has just started
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Options of our page, each measured in turn
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "transport=http,transport=websocket,transport=webtransport,transport=auto"
    )]
    queries: Vec<String>,
    /// What shows the page
    #[arg(long, default_value = "chromium", value_parser = engines())]
    browser: Engine,
}

/// The size of the pattern that is shown.
const SIZE: (u16, u16) = (1920, 1080);

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    lanstream::build()?;
    let patience = Patience::new()?;
    let display = crate::screen::display((SIZE.0 + 1, SIZE.1 + 1));
    let mut took: Vec<Vec<f64>> = vec![Vec::new(); options.queries.len()];
    for round in 1..=options.rounds {
        eprintln!("round {round} of {}", options.rounds);
        for (query, took) in options.queries.iter().zip(&mut took) {
            took.push(first_picture_ms(query, options.browser, &display, &patience)?);
        }
    }
    println!("{}", Machine::look(&[options.browser]));
    println!("{:<32} {:>8} {:>8} {:>8}", "page", "min ms", "median", "max");
    for (query, took) in options.queries.iter().zip(took) {
        let (min, max) =
            (took.iter().copied().fold(f64::MAX, f64::min), took.iter().copied().fold(0.0, f64::max));
        println!(
            "{:<32} {min:>8.1} {:>8.1} {max:>8.1}",
            format!("?{query}"),
            median(took).unwrap_or_default()
        );
    }
    Ok(())
}

/// With a server and a browser of its own.
fn first_picture_ms(
    query: &str,
    browser: Engine,
    display: &Display,
    patience: &Patience,
) -> anyhow::Result<f64> {
    let mut command = Command::new(lanstream::path());
    command.args(["pattern", "--size", &format!("{}x{}", SIZE.0, SIZE.1), "--json"]);
    let server = Lanstream::start(&mut command, patience)?;
    let watching = browser.open(&server.url(query), display);
    server.next_painted(patience)?;
    drop(watching);
    let left = server.next(patience, |event| event["event"] == "viewer-left")?;
    left["first_ms"].as_f64().context("the viewer has left without a picture")
}
