//! Any other mirror, by the command that starts it.

use std::path::Path;
use std::process::Command;

use super::super::server::{ask, free_port, url_from_event};
use super::peer::Peer;
use super::testbed::Testbed;
use crate::patience::Patience;

/// A mirror of the command line.
pub(super) struct CustomPeer {
    name: String,
    /// A shell's command with {display} and {port} in it.
    command: String,
    /// A URL with {port} in it; without it, the mirror prints a ready event as ours does.
    url: Option<String>,
}

impl CustomPeer {
    /// Takes a command, named after its program, and the URL of its page.
    pub(super) fn new(command: &str, url: Option<&str>) -> Self {
        let path = Path::new(command.split_ascii_whitespace().next().unwrap_or_default());
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Self { name, command: command.to_owned(), url: url.map(str::to_owned) }
    }
}

impl Peer for CustomPeer {
    fn name(&self) -> &str {
        &self.name
    }

    fn install(&self, _: &Patience) -> anyhow::Result<()> {
        Ok(())
    }

    fn versions(&self) -> Vec<String> {
        vec![self.command.clone()]
    }

    fn start(&self, testbed: &mut Testbed<'_>) -> anyhow::Result<()> {
        let (display, port) = (testbed.source(), free_port()?.to_string());
        let fill = |template: &str| template.replace("{display}", &display).replace("{port}", &port);
        let mut shell = Command::new("sh");
        // With exec the shell becomes the mirror, so that what ends is the mirror.
        shell.arg("-c").arg(format!("exec {}", fill(&self.command))).env("DISPLAY", &display);
        let lines = testbed.start_talking(&mut shell)?;
        let url = match &self.url {
            None => testbed.line("ready event", &lines, url_from_event)?,
            Some(url) => {
                let url = fill(url);
                testbed.until("answer from the server", || Ok(ask(&url).ok()))?;
                url
            }
        };
        testbed.open(&url);
        Ok(())
    }
}
