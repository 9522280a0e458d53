//! The fuzzer on every parser of a stranger's bytes, for a fixed number of inputs. What it finds lands in
//! `core/fuzz/corpus`, which the Rust tests replay from then on.
//!
//! libFuzzer is a library, and what leads it is a pass of the compiler: both work with stable Rust, without cargo-fuzz.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use super::succeed;
use crate::repository;

/// A fuzz target: a binary of core/fuzz/Cargo.toml.
struct Target {
    name: &'static str,
    /// Inputs in an everyday run: seconds.
    inputs: u32,
    /// Inputs of a thorough run: minutes.
    deep_inputs: u32,
}

const TARGETS: [Target; 6] = [
    Target { name: "codec", inputs: 20_000, deep_inputs: 2_000_000 },
    Target { name: "protocol", inputs: 500_000, deep_inputs: 15_000_000 },
    Target { name: "ffmpeg", inputs: 200_000, deep_inputs: 5_000_000 },
    Target { name: "link", inputs: 200_000, deep_inputs: 5_000_000 },
    Target { name: "http", inputs: 100_000, deep_inputs: 2_000_000 },
    Target { name: "session", inputs: 20_000, deep_inputs: 1_000_000 },
];

/// Bytes of an input: a small rectangle in any code, a band with some patches.
const INPUT_BYTES_MAX: u32 = 4096;
/// Platform that is built for. Naming it keeps the flags from build scripts and macros.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";
/// Flags that count the edges that an input takes, show what it is compared with, and keep the checks of a debug build.
/// No sanitizer is among them: the parsers are safe code, in which it would find nothing that a panic does not tell.
const FLAGS: [&str; 9] = [
    "--cfg=fuzzing",
    "-Ccodegen-units=1",
    "-Cdebug-assertions",
    "-Coverflow-checks",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

pub(super) fn run(is_deep: bool) -> anyhow::Result<()> {
    let build = repository::target().join("fuzz");
    let mut cargo = repository::cargo();
    cargo.arg("build").arg("--manifest-path").arg(sources().join("Cargo.toml"));
    cargo.args(["--release", "--target", PLATFORM, "--target-dir"]).arg(&build);
    succeed(cargo.env("RUSTFLAGS", FLAGS.join(" ")))?;
    TARGETS.iter().try_for_each(|target| run_target(target, &build, is_deep))
}

fn run_target(target: &Target, build: &Path, is_deep: bool) -> anyhow::Result<()> {
    // The fuzzer adds what leads it further to the first folder, and what fails to the other.
    let found = created(build.join("corpus").join(target.name))?;
    let corpus = sources().join("corpus").join(target.name);
    let inputs = if is_deep { target.deep_inputs } else { target.inputs };
    let mut fuzzer = Command::new(build.join(PLATFORM).join("release").join(target.name));
    fuzzer.arg(found).arg(&corpus).arg(format!("-runs={inputs}")).arg(format!("-max_len={INPUT_BYTES_MAX}"));
    fuzzer.args(["-verbosity=0", "-print_final_stats=1"]);
    fuzzer.arg(format!("-artifact_prefix={}/", corpus.display()));
    succeed(&mut fuzzer).with_context(|| format!("the input that fails is in {}", corpus.display()))
}

fn sources() -> PathBuf {
    repository::root().join("core/fuzz")
}

fn created(folder: PathBuf) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;
    Ok(folder)
}
