//! FFmpeg itself: found, asked for its version, started, and ended, for what reads its output and for what writes its
//! input. It is never run through a shell, and never downloaded.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ffmpeg_sidecar::command::FfmpegCommand;
use ffmpeg_sidecar::log_parser::try_parse_version;
use lanstream_core::source::{Error, ErrorKind, Listener};
use lanstream_wakeup::poll_until;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, setpriority_process, waitpid};

use crate::log::Log;
use crate::redact::{Hidden, without_secrets};

/// What is run where no one says otherwise: the one on the PATH.
pub const FFMPEG: &str = "ffmpeg";
/// Oldest version that has the options we give, `-autoscale` and `-fps_mode`.
const VERSION_MIN: (u32, u32) = (5, 1);
/// Time for FFmpeg to end by itself once its output is at its end.
const END_PATIENCE: Duration = Duration::from_secs(2);
/// The same where it is told to: anyone who ends a source waits for it.
const STOP_PATIENCE: Duration = Duration::from_millis(50);
/// Time for it to be gone once the system was told to end it. Where every core is busy that can take seconds, since it
/// is [nice](NICENESS): no one waits for that.
const KILL_PATIENCE: Duration = Duration::from_millis(20);

/// FFmpeg decodes ahead: a picture that is on its way to be seen goes before the one after it.
const NICENESS: i32 = 10;

/// Those that were told to end and were not gone in time: the next to be started or ended looks after them.
static LEAVING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// A running FFmpeg.
pub struct Program {
    child: Child,
    log: Log,
    /// How it ended.
    outcome: Option<Outcome>,
    /// When it was told to end.
    dismissed: Option<Instant>,
}

/// How FFmpeg ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    status: Option<ExitStatus>,
    /// Its last errors.
    pub(crate) errors: Option<String>,
}

impl Program {
    /// Starts FFmpeg, of which [`check_version`] was asked before, with these arguments; `listener` hears what it says.
    /// Returns its stdout too.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] without FFmpeg, [`ErrorKind::Lost`] where the system starts none.
    pub(crate) fn start(
        ffmpeg: &OsStr,
        arguments: &[OsString],
        listener: Option<Listener>,
    ) -> Result<(Self, OwnedFd), Error> {
        // The program has our stdin, not a pipe that asks it questions: `-i -` reads what is piped to us.
        Self::start_with(ffmpeg, arguments, listener, Stdio::inherit())
    }

    /// The same with another stdin, which may be a pipe that it writes a second output to.
    pub(crate) fn start_with(
        ffmpeg: &OsStr,
        arguments: &[OsString],
        listener: Option<Listener>,
        stdin: Stdio,
    ) -> Result<(Self, OwnedFd), Error> {
        let mut command = FfmpegCommand::new_with_path(ffmpeg);
        command.as_inner_mut().stdin(stdin);
        let mut program = Self::spawn(command, arguments, listener, Hidden::default())?;
        let stdout = program.child.stdout.take().ok_or_else(without_pipes)?;
        Ok((program, stdout.into()))
    }

    /// Starts FFmpeg with these arguments, which say where its output goes. Returns the pipe of its input. What is
    /// `hidden` is not told of.
    ///
    /// It leads a process group of its own: Ctrl-C at the terminal does not reach it, since it must first be given all
    /// that belongs to its output.
    ///
    /// # Errors
    /// As for the sources of this crate: [`ErrorKind::NotFound`] without FFmpeg, [`ErrorKind::Lost`] where the system
    /// starts none.
    pub fn start_reader(
        ffmpeg: &OsStr,
        arguments: &[OsString],
        listener: Option<Listener>,
        hidden: Hidden,
    ) -> Result<(Self, ChildStdin), Error> {
        let mut command = FfmpegCommand::new_with_path(ffmpeg);
        command.as_inner_mut().stdin(Stdio::piped()).stdout(Stdio::null()).process_group(0);
        let mut program = Self::spawn(command, arguments, listener, hidden)?;
        let stdin = program.child.stdin.take().ok_or_else(without_pipes)?;
        Ok((program, stdin))
    }

    fn spawn(
        mut command: FfmpegCommand,
        arguments: &[OsString],
        listener: Option<Listener>,
        hidden: Hidden,
    ) -> Result<Self, Error> {
        reap();
        command.args(["-hide_banner", "-nostdin"]).args(arguments);
        let command = command.as_inner_mut().env("AV_LOG_FORCE_NOCOLOR", "1");
        let words: Vec<_> =
            command.get_args().map(|word| hidden.hide(&word.to_string_lossy()).into_owned()).collect();
        tracing::info!("running {} {}", command.get_program().display(), without_secrets(&words.join(" ")));
        let ffmpeg = command.get_program().to_owned();
        let mut child = command.spawn().map_err(|error| cannot_run(&ffmpeg, &error))?;
        // A system that does not allow it runs both alike.
        let _unchanged = setpriority_process(Some(Pid::from_child(&child)), NICENESS);
        let stderr = child.stderr.take().ok_or_else(without_pipes)?;
        let log = Log::new(stderr, listener, hidden);
        let log = log.map_err(|error| Error::new(ErrorKind::Lost, error.to_string()))?;
        Ok(Self { child, log, outcome: None, dismissed: None })
    }

    /// Returns its process, which exists until [`finish`](Self::finish) returns.
    pub fn process(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Returns the pipe of its log; `None` once it has ended, or closed it.
    pub fn log_pipe(&self) -> Option<BorrowedFd<'_>> {
        self.log.pipe()
    }

    /// Reads what it has said, which is reported.
    pub fn read_log(&mut self) {
        self.log.read();
    }

    pub(crate) fn log(&self) -> &Log {
        &self.log
    }

    pub(crate) fn log_mut(&mut self) -> &mut Log {
        &mut self.log
    }

    /// Waits for its end, which is near: its output is at its end or no one wants any.
    pub fn finish(&mut self) -> Outcome {
        if let Some(outcome) = &self.outcome {
            return outcome.clone();
        }
        if !self.is_gone_by(Instant::now() + END_PATIENCE) {
            let _ended_meanwhile = self.child.kill();
        }
        let outcome = Outcome { status: self.child.wait().ok(), errors: self.log.errors() };
        self.outcome.insert(outcome).clone()
    }

    /// Tells it to end, without waiting for that.
    pub(crate) fn dismiss(&mut self) {
        if self.outcome.is_some() || self.dismissed.is_some() {
            return;
        }
        // What it says of being ended is no one's concern.
        self.log.ignore();
        if let Ok(None) = self.child.try_wait() {
            let _ended_meanwhile = kill_process(Pid::from_child(&self.child), Signal::TERM);
        }
        self.dismissed = Some(Instant::now());
    }

    /// Waits until it closes its stderr, which it does when it ends.
    fn is_gone_by(&mut self, deadline: Instant) -> bool {
        while let Some(pipe) = self.log.pipe() {
            if !poll_until([pipe], Some(deadline)).is_ok_and(|[ready]| ready) {
                return false;
            }
            self.log.read();
        }
        true
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.dismiss();
        let Some(dismissed) = self.dismissed else { return };
        if !self.is_gone_by(dismissed + STOP_PATIENCE) {
            let _ended_meanwhile = self.child.kill();
            self.is_gone_by(Instant::now() + KILL_PATIENCE);
        }
        if let Ok(None) = self.child.try_wait() {
            LEAVING.lock().unwrap_or_else(PoisonError::into_inner).push(Pid::from_child(&self.child));
        }
        reap();
    }
}

/// Forgets those that are gone by now, so that the system can.
fn reap() {
    let mut leaving = LEAVING.lock().unwrap_or_else(PoisonError::into_inner);
    leaving.retain(|pid| matches!(waitpid(Some(*pid), WaitOptions::NOHANG), Ok(None)));
}

impl Outcome {
    /// Whether it did what it was to do.
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// For people: how it ended and its last words. Returns `None` if it ended well and without a word.
    pub fn complaint(&self) -> Option<String> {
        let end = match self.status {
            Some(status) if status.success() => None,
            Some(status) => match (status.code(), status.signal()) {
                (Some(code), _) => Some(format!("FFmpeg ended with status {code}")),
                (None, Some(signal)) => Some(format!("FFmpeg was ended by signal {signal}")),
                (None, None) => Some("FFmpeg ended".to_owned()),
            },
            None => Some("FFmpeg is gone".to_owned()),
        };
        match (end, &self.errors) {
            (Some(end), Some(errors)) => Some(format!("{end}: {errors}")),
            (Some(end), None) => Some(end),
            (None, Some(errors)) => Some(format!("FFmpeg said: {errors}")),
            (None, None) => None,
        }
    }
}

/// Looks at FFmpeg's version.
///
/// # Errors
/// [`ErrorKind::NotFound`] without FFmpeg, [`ErrorKind::Unsupported`] where it is too old or something else.
pub fn check_version(ffmpeg: &OsStr) -> Result<(), Error> {
    let output = Command::new(ffmpeg)
        .arg("-version")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .map_err(|error| cannot_run(ffmpeg, &error))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.lines().next().and_then(try_parse_version).ok_or_else(|| {
        let message = format!("{} is not FFmpeg: it does not tell its version", ffmpeg.display());
        Error::new(ErrorKind::Unsupported, message)
    })?;
    tracing::info!("FFmpeg {version}");
    if is_too_old(&version) {
        let (major, minor) = VERSION_MIN;
        let message = format!("FFmpeg {version} is too old: {major}.{minor} is needed. {}", how_to_install());
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    Ok(())
}

/// Builds between releases have no number and are taken for new ones.
fn is_too_old(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('n').split(|letter: char| !letter.is_ascii_digit());
    let mut number = || numbers.next().and_then(|digits| digits.parse::<u32>().ok());
    number().is_some_and(|major| (major, number().unwrap_or(0)) < VERSION_MIN)
}

fn cannot_run(ffmpeg: &OsStr, error: &io::Error) -> Error {
    if error.kind() != io::ErrorKind::NotFound {
        return Error::new(ErrorKind::Lost, format!("{} can't be run: {error}", ffmpeg.display()));
    }
    let message = if ffmpeg == OsStr::new(FFMPEG) {
        format!("there is no FFmpeg on the PATH. {}", how_to_install())
    } else {
        format!("there is no {}. {}", ffmpeg.display(), how_to_install())
    };
    Error::new(ErrorKind::NotFound, message)
}

fn without_pipes() -> Error {
    Error::new(ErrorKind::Lost, "FFmpeg was started without its pipes")
}

fn how_to_install() -> String {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = if cfg!(target_os = "macos") { "macos" } else { std::env::consts::OS };
    match install_command(system, &release) {
        Some(command) => format!("Install it with `{command}`"),
        None => "Install the package `ffmpeg` of this system".to_owned(),
    }
}

/// What installs FFmpeg on a system with this `/etc/os-release`.
fn install_command(system: &str, release: &str) -> Option<&'static str> {
    let value = |key: &str| {
        let line = release.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.unwrap_or_default().trim_matches('"')
    };
    let (id, like) = (value("ID"), value("ID_LIKE"));
    let is = |name: &str| id == name || like.split(' ').any(|like| like == name);
    match system {
        "macos" => Some("brew install ffmpeg"),
        "freebsd" => Some("pkg install ffmpeg"),
        _ if is("debian") || is("ubuntu") => Some("sudo apt install ffmpeg"),
        _ if is("fedora") || is("rhel") => Some("sudo dnf install ffmpeg-free"),
        _ if is("arch") => Some("sudo pacman -S ffmpeg"),
        _ if is("suse") || is("opensuse") => Some("sudo zypper install ffmpeg"),
        _ if is("alpine") => Some("sudo apk add ffmpeg"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_as_builds_tell_them() {
        for old in ["4.4.2-0ubuntu0.22.04.1", "5.0.3", "n4.3", "3.4.11", "0.8"] {
            assert!(is_too_old(old), "{old}");
        }
        for new in ["5.1.9-0+deb12u1", "n6.0", "7", "10.2", "N-109542-g0f4d", "2023-01-18-git-ba36e6ed52"] {
            assert!(!is_too_old(new), "{new}");
        }
    }

    #[test]
    fn systems_install_it_their_own_way() {
        let debian = "PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\n";
        assert_eq!(install_command("linux", debian), Some("sudo apt install ffmpeg"));
        assert_eq!(
            install_command("linux", "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"),
            Some("sudo apt install ffmpeg")
        );
        assert_eq!(
            install_command("linux", "ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n"),
            Some("sudo zypper install ffmpeg")
        );
        assert_eq!(install_command("linux", "ID=void\n"), None);
        assert_eq!(install_command("macos", ""), Some("brew install ffmpeg"));
    }
}
