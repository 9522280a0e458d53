//! An X display of our own, without a screen.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::patience::Patience;
use super::process::Process;

/// How long Xvfb may take to say its number.
const START_LIMIT: Duration = Duration::from_secs(20);

/// A running Xvfb.
pub(crate) struct Display {
    /// As in `DISPLAY`: ":7".
    pub(crate) name: String,
    _process: Process,
}

impl Display {
    pub(crate) fn start((width, height): (u16, u16), patience: &Patience) -> anyhow::Result<Self> {
        let mut command = Command::new("Xvfb");
        // Xvfb picks a free number itself and writes it to the given descriptor: standard output.
        command.args([
            "-displayfd",
            "1",
            // Without, it starts anew when its last client leaves, and turns the next away until it has.
            "-noreset",
            "-nolisten",
            "tcp",
            "-screen",
            "0",
            &format!("{width}x{height}x24"),
        ]);
        let mut process = Process::start(command.stdout(Stdio::piped()).stderr(Stdio::null()))?;
        let number =
            process.line("display number", START_LIMIT, patience, |line| line.parse::<u32>().ok())?;
        Ok(Self { name: format!(":{number}"), _process: process })
    }
}
