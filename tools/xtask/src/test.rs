//! Everything that has to hold before a change goes in, one step after the other.

mod electron;
mod failures;
mod features;
mod fuzz;
mod package;
mod qt;
mod tauri;
mod webview;
mod windows;
mod workspaces;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::{chaos, repository, setup, soak};

/// What to test.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Ten thousand cases per property, millions of inputs for the fuzzer, and tests that are too slow for every day
    #[arg(long)]
    deep: bool,
    /// Only these steps (setup, fmt, clippy, doc, viewer, workspaces, qt, rust, features, windows, loom, electron,
    /// webview, tauri, package, fuzz, chaos, soak); any other word selects Rust tests by their name
    filters: Vec<String>,
}

/// Cases per property with `--deep`; the default is 256.
const DEEP_CASES: &str = "10000";

/// Tests that run at a time, for each core.
const TESTS_PER_CORE: usize = 2;

/// The steps that nobody waits for every day.
const DEEP_STEPS: [&str; 9] =
    ["windows", "workspaces", "qt", "electron", "webview", "tauri", "package", "chaos", "soak"];

/// The steps in order: what is quick and fails often comes first.
const STEPS: [(&str, Run); 18] = [
    ("setup", |_, _| setup::run()),
    ("fmt", |_, _| cargo(&["fmt", "--check"])),
    ("clippy", |_, _| cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])),
    ("doc", |_, _| doc()),
    ("viewer", |_, _| viewer()),
    ("workspaces", |_, _| workspaces::run()),
    ("qt", |_, _| qt::run()),
    ("rust", rust),
    ("features", |_, _| features::run()),
    ("windows", |_, _| windows::run()),
    ("loom", |_, _| loom()),
    ("electron", |_, _| electron::run()),
    ("webview", |_, _| webview::run()),
    ("tauri", |_, _| tauri::run()),
    ("package", |_, _| package::run()),
    ("fuzz", |options, _| fuzz::run(options.deep)),
    ("chaos", |_, _| chaos::run(&chaos::Options::brief())),
    ("soak", |_, _| soak::run(&soak::Options::brief())),
];

type Run = fn(&Options, &[&str]) -> anyhow::Result<()>;

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let is_step = |word: &str| STEPS.iter().any(|(name, _)| *name == word);
    let words = options.filters.iter().map(String::as_str);
    let (steps, names): (Vec<_>, Vec<_>) = words.partition(|word| is_step(word));
    let is_wanted = |step: &str| {
        let is_usual = options.filters.is_empty() && (options.deep || !DEEP_STEPS.contains(&step));
        is_usual || steps.contains(&step) || (step == "rust" && !names.is_empty())
    };
    let mut times = Vec::new();
    for (step, run) in STEPS.iter().filter(|(name, _)| is_wanted(name)) {
        println!("\n== {step} ==");
        let began = Instant::now();
        run(options, &names).with_context(|| format!("step {step}"))?;
        times.push((*step, began.elapsed()));
    }
    print_times(&times);
    Ok(())
}

fn print_times(times: &[(&str, Duration)]) {
    println!("\n== all steps passed ==");
    for (step, time) in times {
        println!("{step:<11} {:>7.1} s", time.as_secs_f64());
    }
}

fn doc() -> anyhow::Result<()> {
    let mut command = repository::cargo();
    succeed(command.args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}

fn viewer() -> anyhow::Result<()> {
    let folder = repository::root().join("viewer");
    npm(&folder, &["ci"])?;
    // What the browser tests of bundled pages build.
    npm(&repository::root().join("app/tests/bundlers"), &["ci"])?;
    npm(&folder, &["run", "check"])?;
    npm(&folder, &["test"])
}

fn rust(options: &Options, names: &[&str]) -> anyhow::Result<()> {
    let mut command = repository::cargo();
    // One that fails does not hide what comes after it.
    command
        .args(["test", "--workspace", "--no-fail-fast"])
        .env("RUST_TEST_THREADS", test_threads().to_string());
    // The documentation's examples take no names, and a name is meant for one test among the others.
    if !names.is_empty() {
        command.arg("--tests");
    }
    command.arg("--").args(names);
    if options.deep {
        command.arg("--include-ignored").env("PROPTEST_CASES", DEEP_CASES);
    }
    failures::run_tests(&mut command)
}

/// Tests that run at a time. Most of them wait for browsers, servers and timeouts; those that measure have the machine
/// alone.
fn test_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from) * TESTS_PER_CORE
}

/// Loom's builds differ in a cfg from all others: a folder of their own keeps each from rebuilding the other's.
fn loom() -> anyhow::Result<()> {
    let mut command = repository::cargo();
    command.args(["test", "-p", "lanstream-core", "--release", "--lib", "lock_free_loom", "--target-dir"]);
    succeed(command.arg(repository::target().join("loom")).env("RUSTFLAGS", "--cfg loom"))
}

fn cargo(arguments: &[&str]) -> anyhow::Result<()> {
    succeed(repository::cargo().args(arguments))
}

fn npm(folder: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    succeed(Command::new("npm").current_dir(folder).args(arguments))
}

fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let line = line_of(command);
    println!("$ {line}");
    let status = command.status().with_context(|| format!("can't run {line}"))?;
    ensure!(status.success(), "{line} ended with {status}");
    Ok(())
}

/// The command as one would type it.
fn line_of(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = [program].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
