//! A plot with curves, points, a grid and labels, by gnuplot.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

use crate::repository;

/// What gnuplot is told: anti-aliased as on screens, and random points that are the same in every run.
const SCRIPT: &str = "tools/xtask/src/corpus/plot.gnuplot";

pub(crate) fn make(picture: &Path) -> anyhow::Result<()> {
    let mut command = Command::new("gnuplot");
    command.env("PICTURE", picture).arg(repository::root().join(SCRIPT));
    let status = command.status().context("can't run gnuplot")?;
    ensure!(status.success() && picture.exists(), "gnuplot ended with {status}");
    Ok(())
}
