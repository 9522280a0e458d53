//! How the process of a plugin is started: its command line, written and read.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use lanstream_core::options::{OptionKind, OptionSpec, OptionValues};

use super::HOST_COMMAND;
use crate::sandbox::GivenPaths;
use crate::trust::Trust;

/// Flag before the plugin's file: it is installed, so its place is checked more strictly.
const INSTALLED_FLAG: &str = "--installed";
/// Flag before an option's name and a path that the user gave for it, which the plugin may read.
const GIVEN_FLAG: &str = "--given";

/// Time that a plugin has to answer a request other than to wait. A camera on a slow network takes seconds to open.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// How the process of a plugin is started.
#[derive(Clone, Debug)]
pub struct Launch {
    program: PathBuf,
    path: PathBuf,
    trust: Trust,
    given: GivenPaths,
    answer_timeout: Duration,
}

impl Launch {
    /// Starts `program` with [`HOST_COMMAND`] and the `path` of a plugin that the user named.
    pub fn new(program: &Path, path: &Path) -> Self {
        let (program, path) = (program.to_owned(), path.to_owned());
        Self { program, path, trust: Trust::Named, given: Vec::new(), answer_timeout: ANSWER_TIMEOUT }
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

    /// Returns the same with the paths that the user gave: the values of options whose kind is a path.
    pub(super) fn with_paths_of(&self, options: &[OptionSpec], values: &OptionValues) -> Self {
        let is_path = |name: &str| {
            options.iter().any(|option| option.name == name && matches!(option.kind, OptionKind::Path))
        };
        let given = values.iter().filter(|(name, _)| is_path(name));
        let given = given.map(|(name, path)| (name.to_owned(), path.to_owned())).collect();
        Self { given, ..self.clone() }
    }

    /// Why the plugin is loaded.
    pub(super) fn reason(&self) -> Trust {
        self.trust
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
        for (name, path) in &self.given {
            command.arg(GIVEN_FLAG).arg(name).arg(path);
        }
        command.arg(&self.path).process_group(0);
        command
    }
}

/// What the command line of a plugin's process says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Served {
    pub(super) path: PathBuf,
    pub(super) trust: Trust,
    pub(super) given: GivenPaths,
}

impl Served {
    /// Reads the arguments that follow [`HOST_COMMAND`].
    pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Option<Self> {
        let mut arguments = arguments.into_iter();
        let (mut trust, mut given) = (Trust::Named, Vec::new());
        let mut path = arguments.next()?;
        loop {
            if path == INSTALLED_FLAG {
                trust = Trust::Installed;
            } else if path == GIVEN_FLAG {
                given.push((arguments.next()?.into_string().ok()?, arguments.next()?));
            } else {
                return Some(Self { path: path.into(), trust, given });
            }
            path = arguments.next()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let options = [OptionSpec::path("file", "FILE", ""), OptionSpec::text("title", "TEXT", "")];
        let values =
            OptionValues::default().with("file", "/a b").with("title", "/c").with("file", "--installed");
        let launch = Launch::new(Path::new("lanstream"), Path::new("/p.so")).trust(Trust::Installed);
        let command = launch.with_paths_of(&options, &values).command();
        let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
        assert_eq!(arguments[0], HOST_COMMAND);
        let given = ["/a b", "--installed"].map(|path| ("file".to_owned(), path.into())).to_vec();
        let served = Served { path: "/p.so".into(), trust: Trust::Installed, given };
        assert_eq!(Served::parse(arguments[1..].to_vec()), Some(served));
        assert_eq!(Served::parse([]), None);
        assert_eq!(Served::parse([GIVEN_FLAG, "file"].map(OsString::from)), None);
    }
}
