//! The fuzzer on every parser of a stranger's bytes, for a fixed number of inputs. What it finds lands in
//! `core/fuzz/corpus`, which the Rust tests replay from then on.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};

use super::succeed;
use crate::repository;

/// The targets of core/fuzz/Cargo.toml with their inputs: about a minute of each.
const TARGETS: [(&str, u32); 2] = [("codec", 2_000_000), ("protocol", 15_000_000)];
/// Bytes of an input: a small rectangle in any code, a band with some patches.
const INPUT_BYTES_MAX: u32 = 4096;
const MISSING: &str = "the fuzzer needs nightly Rust and cargo-fuzz: \
                       `rustup toolchain install nightly` and `cargo install --locked cargo-fuzz`";

pub(super) fn run() -> anyhow::Result<()> {
    let is_there = fuzz().arg("--version").output().is_ok_and(|output| output.status.success());
    ensure!(is_there, MISSING);
    TARGETS.into_iter().try_for_each(|(target, inputs)| run_target(target, inputs))
}

fn run_target(target: &str, inputs: u32) -> anyhow::Result<()> {
    let build = repository::target().join("fuzz");
    // The fuzzer adds what leads it further to the first folder, and what fails to the other.
    let found = created(build.join("corpus").join(target))?;
    let corpus = core().join("fuzz/corpus").join(target);
    let mut command = fuzz();
    // The parsers are safe code: a sanitizer would find nothing there that a panic does not tell, and take its time.
    command
        .args(["run", "--sanitizer", "none", "--target-dir"])
        .arg(build)
        .arg(target)
        .arg(found)
        .arg(&corpus);
    command.arg("--").arg(format!("-runs={inputs}")).arg(format!("-max_len={INPUT_BYTES_MAX}"));
    command.arg(format!("-artifact_prefix={}/", corpus.display()));
    succeed(&mut command).with_context(|| format!("the input that fails is in {}", corpus.display()))
}

/// `cargo fuzz` of the nightly toolchain, whichever runs this.
fn fuzz() -> Command {
    let mut command = Command::new("rustup");
    command.current_dir(core()).args(["run", "nightly", "cargo", "fuzz"]);
    command
}

fn core() -> PathBuf {
    repository::root().join("core")
}

fn created(folder: PathBuf) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;
    Ok(folder)
}
