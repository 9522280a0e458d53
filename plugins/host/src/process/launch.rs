//! How the process of a plugin is started.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{HOST_COMMAND, INSTALLED_FLAG};
use crate::trust::Trust;

/// Time that a plugin has to answer a request other than to wait. A camera on a slow network takes seconds to open.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// How the process of a plugin is started.
#[derive(Clone, Debug)]
pub struct Launch {
    program: PathBuf,
    path: PathBuf,
    trust: Trust,
    answer_timeout: Duration,
}

impl Launch {
    /// Starts `program` with [`HOST_COMMAND`] and the `path` of a plugin that the user named.
    pub fn new(program: &Path, path: &Path) -> Self {
        let (program, path) = (program.to_owned(), path.to_owned());
        Self { program, path, trust: Trust::Named, answer_timeout: ANSWER_TIMEOUT }
    }

    /// Sets why the plugin is loaded.
    #[must_use]
    pub fn trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// Sets the time that the plugin has to answer a request, in place of 20 seconds.
    #[must_use]
    pub fn answer_within(mut self, timeout: Duration) -> Self {
        self.answer_timeout = timeout;
        self
    }

    /// The plugin's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn answer_timeout(&self) -> Duration {
        self.answer_timeout
    }

    /// Returns the command. The process leads a group of its own: an interrupt at the terminal is for lanstream, which
    /// then ends the process, and with it all that the plugin started.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(HOST_COMMAND).args((self.trust == Trust::Installed).then_some(INSTALLED_FLAG));
        command.arg(&self.path).process_group(0);
        command
    }
}
