//! `bench video`: films through FFmpeg into a page: pictures painted, how long each took from when it was due until it
//! was on the canvas, and what the server took for it.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, ensure};
use lanstream_testkit::browser::Engine;
use serde::Serialize;

use super::engines;
use super::idle::cpu_time;
use super::machine::Machine;
use super::sample::{median, median_of};
use crate::clip::{Clip, TEST};
use crate::lanstream::{self, Lanstream};
use crate::patience::Patience;
use crate::setup;
use crate::usage::Usage;

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Times that each is measured, each with a server and a browser that have just started; figures are medians over
    /// them
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Seconds of each that count
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(3..))]
    seconds: u32,
    /// Only those with this in their names
    #[arg(long, default_value = "")]
    only: String,
    /// Options of our page
    #[arg(long, default_value = "transport=auto")]
    query: String,
    /// What shows the page
    #[arg(long, default_value = "chromium", value_parser = engines())]
    browser: Engine,
    /// Write everything measured to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// A film, and how it comes.
struct Case {
    name: &'static str,
    size: (u16, u16),
    /// Pictures in a second.
    rate: u32,
    source: Source,
}

enum Source {
    /// FFmpeg makes it while it is shown.
    Made,
    /// A file of this picture, encoded before.
    Played(&'static str),
    /// The same, through FFmpeg's own conversion.
    Converted(&'static str, &'static str),
}

const HD: (u16, u16) = (1920, 1080);
const UHD: (u16, u16) = (3840, 2160);
/// A picture that changes everywhere.
const EVERYWHERE: &str = "gradients=speed=0.05:nb_colors=8";
const CASES: [Case; 5] = [
    Case { name: "1080p60 yuv420p, testsrc2", size: HD, rate: 60, source: Source::Made },
    Case { name: "1080p60 yuv420p, H.264 of testsrc2", size: HD, rate: 60, source: Source::Played(TEST) },
    Case {
        name: "1080p60 yuv420p, H.264, all of it moves",
        size: HD,
        rate: 60,
        source: Source::Played(EVERYWHERE),
    },
    Case {
        name: "1080p60 rgba, H.264 of testsrc2",
        size: HD,
        rate: 60,
        source: Source::Converted(TEST, "rgba"),
    },
    Case { name: "2160p30 yuv420p, H.264 of testsrc2", size: UHD, rate: 30, source: Source::Played(TEST) },
];
/// Seconds not counted: a browser that has just started compiles scripts, and tries each transport.
const WARM_UP: usize = 5;

/// What was measured of one case in one round.
#[derive(Debug, Serialize)]
struct Round {
    name: &'static str,
    /// Medians of all seconds.
    painted: f64,
    p50_ms: f64,
    p99_ms: f64,
    mbps: f64,
    /// The server's own processor time, of one core.
    cpu: f64,
    /// What it had in memory when counting began and when it ended, in MiB.
    memory_mib: [f64; 2],
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let browser = options.browser;
    let needs = [("Xvfb", "xvfb"), ("ffmpeg", "ffmpeg"), (browser.program(), browser.package())];
    setup::install("the bench needs", &needs)?;
    lanstream::build()?;
    let patience = Patience::new()?;
    let cases: Vec<&Case> = CASES.iter().filter(|case| case.name.contains(&options.only)).collect();
    ensure!(!cases.is_empty(), "no case has {:?} in its name", options.only);
    let mut rounds = Vec::new();
    for round in 1..=options.rounds {
        for case in &cases {
            eprintln!("round {round} of {}: {}", options.rounds, case.name);
            rounds.push(options.measure(case, &patience).with_context(|| case.name)?);
        }
    }
    print(&Machine::look(&[browser]), &cases, &rounds);
    let write = |path: &PathBuf| -> anyhow::Result<()> {
        Ok(std::fs::write(path, serde_json::to_string_pretty(&rounds)? + "\n")?)
    };
    options.json.as_ref().map_or(Ok(()), write)
}

impl Options {
    fn measure(&self, case: &Case, patience: &Patience) -> anyhow::Result<Round> {
        let shown = (case.size.0 + 1, case.size.1 + 1);
        let display = crate::screen::display(shown);
        let server = Lanstream::start(&mut case.command()?, patience)?;
        let _browser = self.browser.open(&server.url(&self.query), &display);
        for _ in 0..WARM_UP {
            server.next_painted(patience)?;
        }
        let (cpu, memory) = (cpu_time(server.id())?, Usage::of(server.id())?.memory_mib);
        let began = Instant::now();
        let stats = server.stats(self.seconds, patience)?;
        let cpu = cpu_time(server.id())?.saturating_sub(cpu).as_secs_f64();
        let of = |name| median_of(&stats, name);
        Ok(Round {
            name: case.name,
            painted: of("painted"),
            p50_ms: of("latency_ms"),
            p99_ms: of("latency_p99_ms"),
            mbps: of("mbps"),
            cpu: cpu / began.elapsed().as_secs_f64(),
            memory_mib: [memory, Usage::of(server.id())?.memory_mib],
        })
    }
}

impl Case {
    fn command(&self) -> anyhow::Result<Command> {
        let mut command = Command::new(lanstream::path());
        match self.source {
            Source::Made => {
                let made = self.clip(TEST).source();
                command.args(["ffmpeg", "--json", "--", "-f", "lavfi", "-i", &made]);
            }
            Source::Played(picture) => {
                command.args(["play", "--json", "--loop"]).arg(self.clip(picture).path()?);
            }
            Source::Converted(picture, format) => {
                command.args(["ffmpeg", "--json", "--format", format, "--", "-stream_loop", "-1", "-i"]);
                command.arg(self.clip(picture).path()?);
            }
        }
        command.stderr(Stdio::null());
        Ok(command)
    }

    /// The film of a picture that FFmpeg makes.
    fn clip(&self, picture: &'static str) -> Clip {
        Clip { picture, size: self.size, rate: self.rate }
    }
}

fn print(machine: &Machine, cases: &[&Case], rounds: &[Round]) {
    println!("{machine}");
    println!(
        "{:<40} {:>9} {:>7} {:>7} {:>8} {:>7} {:>15}",
        "film", "painted/s", "p50 ms", "p99 ms", "Mbit/s", "CPU", "MiB"
    );
    for case in cases {
        let of = |number: fn(&Round) -> f64| {
            let own = rounds.iter().filter(|round| round.name == case.name).map(number);
            median(own).unwrap_or_default()
        };
        println!(
            "{:<40} {:>9.1} {:>7.1} {:>7.1} {:>8.0} {:>5.0} % {:>15}",
            case.name,
            of(|round| round.painted),
            of(|round| round.p50_ms),
            of(|round| round.p99_ms),
            of(|round| round.mbps),
            of(|round| round.cpu) * 100.0,
            format!("{:.1} to {:.1}", of(|round| round.memory_mib[0]), of(|round| round.memory_mib[1])),
        );
    }
}
