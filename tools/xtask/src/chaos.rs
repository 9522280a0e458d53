//! `cargo xtask chaos`: faults one after the other, in every part that a picture needs: server, display, FFmpeg,
//! plugin, browser, network. After each it waits until new frames are in the page, proven exact, or until the page says
//! why none come, and tells how long that took.

mod faults;
mod recoveries;
mod scene;

use std::time::Instant;

use anyhow::{Context, ensure};
use lanstream_testkit::browser::Engine;

use self::faults::{FAULTS, Fault, Outcome};
use self::recoveries::Recoveries;
use self::scene::Scene;
use crate::patience::Patience;
use crate::{lanstream, repository, setup};

/// How many.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Number of faults in all; each kind comes by turns
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    faults: u32,
    /// Only those with this in their names
    #[arg(long, default_value = "")]
    only: String,
}

impl Options {
    /// Returns a run of some minutes: each fault seven times.
    pub(crate) fn brief() -> Self {
        Self { faults: 112, only: String::new() }
    }
}

/// The plugin whose process is ended.
const PLUGIN: &str = "clock";

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let chromium = (Engine::Chromium.program(), Engine::Chromium.package());
    setup::install("the faults need", &[chromium, ("Xvfb", "xvfb"), ("ffmpeg", "ffmpeg")])?;
    lanstream::build()?;
    let status = repository::cargo().args(["build", "--release", "-p", PLUGIN]).status()?;
    ensure!(status.success(), "cargo build ended with {status}");
    let patience = Patience::new()?;
    let faults: Vec<_> = FAULTS.iter().filter(|fault| fault.name.contains(&options.only)).collect();
    ensure!(!faults.is_empty(), "no fault has {:?} in its name", options.only);
    let mut recoveries = Recoveries::of(&faults);
    let each = usize::try_from(options.faults)?.div_ceil(faults.len());
    for subject in scene::SUBJECTS {
        let mut scene = Scene::start(subject, &patience)?;
        for _ in 0..each {
            for fault in faults.iter().filter(|fault| fault.subject == subject.name) {
                recoveries.add(fault, recover(&mut scene, fault, &patience)?);
            }
        }
    }
    recoveries.report()
}

/// Strikes, and returns the seconds until the outcome is there, or why it is not. The scene is well again afterwards.
fn recover(scene: &mut Scene, fault: &Fault, patience: &Patience) -> anyhow::Result<Result<f64, String>> {
    patience.check()?;
    (fault.strike)(scene, patience).with_context(|| fault.name)?;
    let struck = Instant::now();
    let outcome = match fault.outcome {
        Outcome::Exact => scene.wait_for_proofs(patience),
        Outcome::Says(words) => scene.wait_for_words(words, patience),
    };
    let seconds = struck.elapsed().as_secs_f64();
    patience.check()?;
    if let Err(error) = outcome {
        eprintln!("{}: {error:#}", fault.name);
        scene.restart(patience)?;
        return Ok(Err(error.to_string()));
    }
    if matches!(fault.outcome, Outcome::Says(_)) {
        scene.restart(patience)?;
    }
    Ok(Ok(seconds))
}
