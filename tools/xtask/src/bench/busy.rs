//! `bench busy`: frames in a page that works for 50 of every 60 milliseconds, beside one that does not: how many are
//! painted and how late, by the viewer's own choice of the thread and with each thread asked for.

use std::process::Command;
use std::time::{Duration, Instant};

use lanstream_testkit::browser::Engine;
use lanstream_testkit::browser::chromium::Chromium;
use lanstream_testkit::display::Display;

use super::machine::Machine;
use super::sample::{median, median_of};
use crate::lanstream::{self, Lanstream};
use crate::patience::Patience;

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Times that each is measured, each with a server and a browser that have just started; figures are medians over
    /// them
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Seconds of each that count
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(3..))]
    seconds: u32,
}

/// A page, and what it is asked for.
struct Case {
    name: &'static str,
    query: &'static str,
    is_busy: bool,
}

const CASES: [Case; 4] = [
    Case { name: "idle page", query: "", is_busy: false },
    Case { name: "busy page", query: "", is_busy: true },
    Case { name: "busy page, thread=page", query: "thread=page", is_busy: true },
    Case { name: "busy page, thread=worker", query: "thread=worker", is_busy: true },
];

/// Figures of a page in a round.
struct Figures {
    painted: f64,
    p50_ms: f64,
    p99_ms: f64,
}

const SIZE: (u16, u16) = (1280, 720);
const FRAMES_PER_SECOND: &str = "30";
/// Time in which the viewer has found its thread, before anything counts.
const SETTLING: Duration = Duration::from_secs(5);
const WORK: &str = "setInterval(() => {
    const end = performance.now() + 50;
    while (performance.now() < end);
}, 60)";

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    lanstream::build()?;
    let patience = Patience::new()?;
    let display = crate::screen::display((SIZE.0 + 1, SIZE.1 + 1));
    let mut figures: [Vec<Figures>; CASES.len()] = Default::default();
    for round in 0..options.rounds {
        eprintln!("round {} of {}", round + 1, options.rounds);
        for turn in 0..CASES.len() {
            let at = (turn + usize::try_from(round)?) % CASES.len();
            figures[at].push(measure(&CASES[at], options.seconds, &display, &patience)?);
        }
    }
    println!("{}", Machine::look(&[Engine::Chromium]));
    println!("{:<26} {:>9} {:>8} {:>8}", "page", "painted/s", "p50 ms", "p99 ms");
    for (case, figures) in CASES.iter().zip(&figures) {
        let of = |figure: fn(&Figures) -> f64| median(figures.iter().map(figure)).unwrap_or_default();
        let (painted, p50, p99) =
            (of(|round| round.painted), of(|round| round.p50_ms), of(|round| round.p99_ms));
        println!("{:<26} {painted:>9.1} {p50:>8.1} {p99:>8.1}", case.name);
    }
    Ok(())
}

fn measure(case: &Case, seconds: u32, display: &Display, patience: &Patience) -> anyhow::Result<Figures> {
    let mut command = Command::new(lanstream::path());
    let size = format!("{}x{}", SIZE.0, SIZE.1);
    command.args(["pattern", "--kind", "motion", "--size", &size, "--fps", FRAMES_PER_SECOND, "--json"]);
    let server = Lanstream::start(&mut command, patience)?;
    let chromium = Chromium::open(&server.url(case.query), display);
    server.next_painted(patience)?;
    if case.is_busy {
        chromium.page().evaluate(WORK);
    }
    let settled = Instant::now() + SETTLING;
    while Instant::now() < settled {
        server.next_painted(patience)?;
    }
    let stats = server.stats(seconds, patience)?;
    let of = |name| median_of(&stats, name);
    Ok(Figures { painted: of("painted"), p50_ms: of("latency_ms"), p99_ms: of("latency_p99_ms") })
}
