//! Builds of lanstream without its default features: each source and each sink alone, and none. They build, and say
//! what they lack.

use anyhow::{Context, ensure};

use super::cargo;
use crate::repository;

/// Features of the package `lanstream` that are sources.
const SOURCES: [&str; 3] = ["screen", "pattern", "ffmpeg"];
/// Those that bring sources in another way.
const OTHERS: [&str; 2] = ["push", "plugins"];
/// Those that are what pixels travel by.
const SINKS: [&str; 3] = ["http", "websocket", "webtransport"];
/// Arguments that select the package without its default features.
const BARE: [&str; 4] = ["-p", "lanstream", "--no-default-features", "--quiet"];

pub(super) fn run() -> anyhow::Result<()> {
    for feature in SOURCES.into_iter().chain(OTHERS).chain(SINKS) {
        let arguments = [&["clippy"], &BARE[..], &["--features", feature, "--", "-D", "warnings"]];
        cargo(&arguments.concat())?;
    }
    cargo(&[&["clippy"], &BARE[..], &["--", "-D", "warnings"]].concat())?;
    fails_with("", &[], "this build has no sources")?;
    fails_with("", &["pattern"], "build it with `--features pattern`")?;
    fails_with("pattern", &["pattern", "--webview"], "build it with `--features webview`")?;
    fails_with("", &["view", "-"], "build it with `--features webview`")?;
    fails_with("pattern", &["pattern"], "this build carries no pixels")?;
    fails_with("pattern,http", &["pattern", "--transport", "websocket"], "invalid value 'websocket'")
}

/// Runs a build with these features alone, and checks that it fails and says `words`.
fn fails_with(features: &str, arguments: &[&str], words: &str) -> anyhow::Result<()> {
    let mut command = repository::cargo();
    command.arg("run").args(BARE).args(["--features", features]).arg("--").args(arguments);
    let output = command.output().context("can't run cargo")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(!output.status.success() && said.contains(words), "{words:?} is not in:\n{said}");
    Ok(())
}
