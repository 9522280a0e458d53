//! Clips that FFmpeg makes for a test, and what FFmpeg itself says is in them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A file in a folder of its own.
pub(crate) struct Clip {
    folder: TempDir,
    name: String,
}

impl Clip {
    /// What FFmpeg makes of these arguments.
    pub(crate) fn made(name: &str, arguments: &str) -> Self {
        let clip = Self::empty(name);
        run(Command::new("ffmpeg").args(quiet()).args(words(arguments)).arg(clip.path()));
        clip
    }

    /// A name without a file.
    pub(crate) fn empty(name: &str) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), name: name.to_owned() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join(&self.name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Every picture as FFmpeg decodes it, without anything of ours, in this format.
    pub(crate) fn decoded(&self, format: &str) -> Vec<u8> {
        let mut command = Command::new("ffmpeg");
        command.args(quiet()).arg("-i").arg(self.path());
        run(command.args(["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", format, "-"]))
    }
}

/// FFmpeg that says only what is wrong.
pub(crate) fn quiet() -> [&'static str; 4] {
    ["-nostdin", "-y", "-v", "error"]
}

/// Words as a command line has them, without quotes.
pub(crate) fn words(arguments: &str) -> impl Iterator<Item = &OsStr> {
    arguments.split_whitespace().map(OsStr::new)
}

/// Runs a command to a good end. Returns its stdout.
pub(crate) fn run(command: &mut Command) -> Vec<u8> {
    let output =
        command.stdin(Stdio::null()).output().expect("`cargo xtask setup` installs what these tests need");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
