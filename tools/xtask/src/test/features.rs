//! Builds of lanstream without its default features: each source alone, and none. They build, and say what they lack.

use anyhow::{Context, ensure};

use super::cargo;
use crate::repository;

/// Features of the package `lanstream` that are sources.
const SOURCES: [&str; 3] = ["screen", "pattern", "ffmpeg"];
/// Arguments that select the package without its default features.
const BARE: [&str; 4] = ["-p", "lanstream", "--no-default-features", "--quiet"];

pub(super) fn run() -> anyhow::Result<()> {
    for feature in SOURCES {
        let arguments = [&["clippy"], &BARE[..], &["--features", feature, "--", "-D", "warnings"]];
        cargo(&arguments.concat())?;
    }
    cargo(&[&["clippy"], &BARE[..], &["--", "-D", "warnings"]].concat())?;
    fails_with(&[], "this build has no sources")?;
    fails_with(&["pattern"], "build it with `--features pattern`")
}

/// Runs a build without any feature, and checks that it fails and says `words`.
fn fails_with(arguments: &[&str], words: &str) -> anyhow::Result<()> {
    let mut command = repository::cargo();
    command.arg("run").args(BARE).arg("--").args(arguments);
    let output = command.output().context("can't run cargo")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(!output.status.success() && said.contains(words), "{words:?} is not in:\n{said}");
    Ok(())
}
