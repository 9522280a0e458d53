//! How long it takes from starting `lanstream` until a viewer that is there at once has the first picture, for the
//! built-in pattern and for the same pattern as a plugin.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::Context;
use lanstream_testkit::process::Process;
use lanstream_testkit::viewer::{Door, Transport, Viewer};
use serde_json::Value;

use crate::Figure;

/// Size of the pattern: a picture of it takes the viewer no time.
const SIZE: &str = "64x64";

/// Starts each in turn.
pub(crate) fn measure(
    lanstream: &Path,
    pattern: &Path,
    starts: u32,
    say: impl Fn(&Figure) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for _ in 0..starts {
        for (subject, is_plugin, flags) in [
            ("built in", false, &[][..]),
            ("in process", true, &["--in-process"]),
            ("own process", true, &[]),
        ] {
            let mut command = Command::new(lanstream);
            if is_plugin {
                command.arg("--plugin").arg(pattern).arg("pattern-plugin");
            } else {
                command.arg("pattern");
            }
            command.args(["--size", SIZE, "--port", "0", "--json"]).args(flags);
            let us = first_picture_us(&mut command)?;
            say(&Figure { figure: "start", subject, us })?;
        }
    }
    Ok(())
}

/// Returns the time until the first picture, in microseconds.
fn first_picture_us(command: &mut Command) -> anyhow::Result<f64> {
    let began = Instant::now();
    let mut server = Process::start(command.stdin(Stdio::null()).stdout(Stdio::piped()));
    let ready = server.lines().recv().context("the server has ended")?;
    let ready: Value = serde_json::from_str(&ready)?;
    let url = ready["url"].as_str().context("the first event has no URL")?;
    Viewer::join(&Door::from_url(url), Transport::Http).take_update();
    Ok(began.elapsed().as_secs_f64() * 1e6)
}
