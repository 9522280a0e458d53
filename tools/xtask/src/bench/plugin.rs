//! `bench plugin`: what the border of a plugin costs, and that of a program that pushes images: the built-in test
//! pattern beside the same pattern as a plugin, in this process and in one of its own, and pushed, in turn.

mod memory;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, ensure};
use lanstream_testkit::browser::Engine;
use lanstream_testkit::process::children;
use serde::{Deserialize, Serialize};

use super::idle::cpu_time;
use super::machine::Machine;
use super::sample::{median, median_of};
use super::{engines, in_turn};
use crate::lanstream::Lanstream;
use crate::patience::Patience;
use crate::{repository, setup};
use memory::Memory;

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Times that each is shown, each with a server and a browser that have just started; figures are medians over them
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Seconds of each that count
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(3..))]
    seconds: u32,
    /// What the pattern shows
    #[arg(long, default_value = "motion")]
    kind: String,
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

/// How the pattern comes.
struct Subject {
    name: &'static str,
    way: Way,
    flags: &'static [&'static str],
}

/// Where the pattern is drawn.
enum Way {
    BuiltIn,
    Plugin,
    /// In a program that has lanstream as a library, and pushes.
    Pushed,
}

const SUBJECTS: [Subject; 4] = [
    Subject { name: "built in", way: Way::BuiltIn, flags: &[] },
    Subject { name: "in process", way: Way::Plugin, flags: &["--in-process"] },
    Subject { name: "own process", way: Way::Plugin, flags: &[] },
    Subject { name: "pushed", way: Way::Pushed, flags: &[] },
];
const SIZE: (u16, u16) = (1920, 1080);
const RATE: &str = "60";
/// The package that measures calls and starts.
const CALLS: &str = "lanstream-bench-plugin";
/// The package that pushes.
const PUSH: &str = "lanstream-bench-push";
/// Seconds not counted: a browser that has just started compiles scripts, and tries each transport.
const WARM_UP: usize = 4;

/// What was measured of one subject in one round.
#[derive(Debug, Serialize)]
struct Round {
    subject: &'static str,
    /// Medians of all seconds.
    painted: f64,
    p50_ms: f64,
    p99_ms: f64,
    /// Processor time of the server and its children, of one core.
    cpu: f64,
    /// Of the plugin's process, where it has one.
    memory: Option<Memory>,
}

/// A time that the program of calls and starts measured.
#[derive(Debug, Deserialize, Serialize)]
struct Figure {
    figure: String,
    subject: String,
    us: f64,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let browser = options.browser;
    let needs = [("Xvfb", "xvfb"), ("cc", "gcc"), (browser.program(), browser.package())];
    setup::install("the bench needs", &needs)?;
    let packages = ["-p", "lanstream", "-p", CALLS, "-p", PUSH, "-p", "pattern-plugin"];
    let status = repository::cargo().args(["build", "--release"]).args(packages).status()?;
    ensure!(status.success(), "cargo build ended with {status}");
    let patience = Patience::new()?;
    let figures = calls_and_starts()?;
    let mut rounds = Vec::new();
    for round in 1..=options.rounds {
        for subject in in_turn(&SUBJECTS, round) {
            eprintln!("round {round} of {}: {}", options.rounds, subject.name);
            rounds.push(options.show(subject, &patience).with_context(|| subject.name)?);
        }
    }
    println!("{}", Machine::look(&[browser]));
    print_figures(&figures);
    print_rounds(&rounds);
    let write = |path: &PathBuf| -> anyhow::Result<()> {
        Ok(std::fs::write(path, serde_json::to_string_pretty(&(&figures, &rounds))? + "\n")?)
    };
    options.json.as_ref().map_or(Ok(()), write)
}

fn built(name: &str) -> PathBuf {
    repository::target().join("release").join(name)
}

fn pattern() -> PathBuf {
    built("libpattern_plugin.so")
}

/// Runs the program that measures calls and starts, on a plugin that does nothing.
fn calls_and_starts() -> anyhow::Result<Vec<Figure>> {
    eprintln!("calls and starts");
    let folder = tempfile::tempdir()?;
    let empty = folder.path().join("empty.so");
    compile(&repository::root().join("tools/bench-plugin/empty.c"), &empty)?;
    let mut calls = figures(Command::new(built(CALLS)).args([built("lanstream"), pattern(), empty]))?;
    calls.extend(figures(Command::new(built(PUSH)).arg("--calls"))?);
    Ok(calls)
}

/// Runs a program that prints figures.
fn figures(program: &mut Command) -> anyhow::Result<Vec<Figure>> {
    let output = program.stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "{program:?} ended with {}", output.status);
    let text = String::from_utf8(output.stdout)?;
    text.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
}

fn compile(source: &Path, library: &Path) -> anyhow::Result<()> {
    let include = repository::root().join("plugins/include");
    let mut command = Command::new("cc");
    command.args(["-shared", "-fPIC", "-O2", "-I"]).arg(include).arg("-o").arg(library).arg(source);
    let status = command.status()?;
    ensure!(status.success(), "cc ended with {status}");
    Ok(())
}

impl Options {
    fn show(&self, subject: &Subject, patience: &Patience) -> anyhow::Result<Round> {
        let display = crate::screen::display((SIZE.0 + 1, SIZE.1 + 1));
        let server = Lanstream::start(&mut self.command(subject), patience)?;
        let _browser = self.browser.open(&server.url(&self.query), &display);
        for _ in 0..WARM_UP {
            server.next_painted(patience)?;
        }
        let processes = [vec![server.id()], children(server.id())].concat();
        let cpu_seconds =
            || -> anyhow::Result<f64> { processes.iter().map(|pid| Ok(cpu_time(*pid)?.as_secs_f64())).sum() };
        let (began, cpu) = (Instant::now(), cpu_seconds()?);
        let stats = server.stats(self.seconds, patience)?;
        let cpu = (cpu_seconds()? - cpu) / began.elapsed().as_secs_f64();
        let of = |name| median_of(&stats, name);
        Ok(Round {
            subject: subject.name,
            painted: of("painted"),
            p50_ms: of("latency_ms"),
            p99_ms: of("latency_p99_ms"),
            cpu,
            memory: processes.get(1).map(|pid| Memory::of(*pid)).transpose()?,
        })
    }

    fn command(&self, subject: &Subject) -> Command {
        let mut command =
            Command::new(built(if matches!(subject.way, Way::Pushed) { PUSH } else { "lanstream" }));
        match subject.way {
            Way::BuiltIn => {
                command.args(["pattern", "--port", "0", "--json"]);
            }
            Way::Plugin => {
                command.arg("--plugin").arg(pattern()).args(["pattern-plugin", "--port", "0", "--json"]);
            }
            Way::Pushed => {}
        }
        command.args(["--kind", &self.kind, "--size", &format!("{}x{}", SIZE.0, SIZE.1), "--fps", RATE]);
        command.args(subject.flags);
        command.stderr(Stdio::null());
        command
    }
}

fn print_figures(figures: &[Figure]) {
    println!("{:<16} {:<14} {:>12}", "", "", "p50");
    let mut seen = Vec::new();
    for Figure { figure, subject, .. } in figures {
        if seen.contains(&(figure, subject)) {
            continue;
        }
        seen.push((figure, subject));
        let own = figures.iter().filter(|other| other.figure == *figure && other.subject == *subject);
        let us = median(own.map(|own| own.us)).unwrap_or_default();
        println!("{figure:<16} {subject:<14} {us:>9.2} µs");
    }
}

fn print_rounds(rounds: &[Round]) {
    println!(
        "{:<14} {:>9} {:>7} {:>7} {:>7} {:>10} {:>10} {:>12}",
        "pattern", "painted/s", "p50 ms", "p99 ms", "CPU", "CPU/frame", "own MiB", "shared MiB"
    );
    for subject in &SUBJECTS {
        let own = || rounds.iter().filter(|round| round.subject == subject.name);
        let of = |number: fn(&Round) -> f64| median(own().map(number)).unwrap_or_default();
        let memory = own().find_map(|round| round.memory.as_ref());
        println!(
            "{:<14} {:>9.1} {:>7.2} {:>7.2} {:>5.1} % {:>7.2} ms {:>10} {:>12}",
            subject.name,
            of(|round| round.painted),
            of(|round| round.p50_ms),
            of(|round| round.p99_ms),
            of(|round| round.cpu) * 100.0,
            of(|round| round.cpu / round.painted) * 1000.0,
            memory.map_or_else(String::new, |memory| format!("{:.1}", memory.own_mib)),
            memory.map_or_else(String::new, |memory| format!("{:.1}", memory.shared_mib)),
        );
    }
}
