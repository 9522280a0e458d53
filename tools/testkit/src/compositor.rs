//! A Wayland compositor of our own, without a screen.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::picture::Picture;
use crate::process::Process;

/// User and group `nobody`: sway refuses to run as root.
const NOBODY: u32 = 65_534;
/// The configuration's name in the compositor's folder.
const CONFIGURATION: &str = "config";

/// A running sway whose outputs are memory alone.
#[derive(Debug)]
pub struct Compositor {
    process: Process,
    /// Where its sockets are. It ends before the folder is removed: fields go in order.
    folder: TempDir,
    socket: PathBuf,
    control: PathBuf,
}

impl Compositor {
    /// Starts one with outputs of these sizes, side by side: `HEADLESS-1`, `HEADLESS-2`.
    pub fn start(outputs: &[(u32, u32)]) -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join(CONFIGURATION), configuration(outputs)).unwrap();
        Self::run(folder, outputs.len())
    }

    /// Ends it without a farewell, and starts it anew with the same outputs and the same sockets.
    pub fn restart(self) -> Self {
        let Self { mut process, folder, socket, control } = self;
        process.kill();
        [&socket, &control].into_iter().for_each(|path| std::fs::remove_file(path).unwrap());
        let text = std::fs::read_to_string(folder.path().join(CONFIGURATION)).unwrap();
        let outputs = text.lines().filter(|line| line.starts_with("output ")).count();
        Self::run(folder, outputs)
    }

    fn run(folder: TempDir, outputs: usize) -> Self {
        let mut command = unprivileged("sway", folder.path());
        command.arg("--config").arg(folder.path().join(CONFIGURATION)).env_clear();
        for name in ["HOME", "XDG_RUNTIME_DIR"] {
            command.env(name, folder.path());
        }
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("WLR_BACKENDS", "headless").env("WLR_HEADLESS_OUTPUTS", outputs.to_string());
        command.env("WLR_LIBINPUT_NO_DEVICES", "1").env("WLR_RENDERER", "pixman");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = Process::start(&mut command);
        let mut sockets = String::new();
        BufReader::new(process.stdout()).read_line(&mut sockets).unwrap();
        let (socket, control) = sockets.trim().split_once(' ').expect("sway did not start");
        let (socket, control) = (folder.path().join(socket), PathBuf::from(control));
        Self { process, folder, socket, control }
    }

    /// Returns the path of its socket, for `WAYLAND_DISPLAY`.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Returns the number of its process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Sends it a signal, such as the one that makes it hang.
    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Has it carry out a command of its configuration: `output HEADLESS-1 transform 90`.
    pub fn command(&self, words: &str) {
        let output = self.message(&[words]);
        assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stdout));
    }

    /// Makes one more output. Returns its name.
    pub fn add_output(&self) -> String {
        let names = || -> Vec<String> {
            let listed: serde_json::Value =
                serde_json::from_slice(&self.message(&["--raw", "-t", "get_outputs"]).stdout).unwrap();
            let name = |output: &serde_json::Value| output["name"].as_str().unwrap().to_owned();
            listed.as_array().unwrap().iter().map(name).collect()
        };
        let before = names();
        self.command("create_output");
        names().into_iter().find(|name| !before.contains(name)).expect("there is one more")
    }

    /// Returns what an output shows, upright, as another program sees it; the pointer is not in it.
    pub fn grab(&self, output: &str) -> Picture {
        let mut command = Command::new("grim");
        command.args(["-o", output, "-t", "ppm", "-"]).env("WAYLAND_DISPLAY", &self.socket);
        let grabbed = run(command.env("XDG_RUNTIME_DIR", self.folder.path()));
        assert!(grabbed.status.success(), "grim: {}", String::from_utf8_lossy(&grabbed.stderr));
        Picture::from_ppm(&grabbed.stdout)
    }

    /// Starts a program on it.
    pub fn program(&self, program: &str, arguments: &[&str]) -> Process {
        let mut command = unprivileged(program, self.folder.path());
        command.args(arguments).env_remove("DISPLAY").env("WAYLAND_DISPLAY", &self.socket);
        command.env("XDG_RUNTIME_DIR", self.folder.path()).env("HOME", self.folder.path());
        Process::start(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()))
    }

    fn message(&self, arguments: &[&str]) -> Output {
        run(Command::new("swaymsg").arg("--socket").arg(&self.control).args(arguments))
    }
}

fn run(command: &mut Command) -> Output {
    let name = command.get_program().to_string_lossy().into_owned();
    command.output().unwrap_or_else(|error| {
        panic!("can't run {name} ({error}): `cargo xtask setup` installs what is needed here")
    })
}

/// Outputs side by side, and its sockets on standard output once it is ready.
fn configuration(outputs: &[(u32, u32)]) -> String {
    let mut text = String::from("xwayland disable\ndefault_border none\nfocus_on_window_activation none\n");
    let mut x = 0;
    for (number, (width, height)) in (1..).zip(outputs) {
        writeln!(text, "output HEADLESS-{number} resolution {width}x{height} position {x} 0").unwrap();
        x += width;
    }
    text + "exec echo \"$WAYLAND_DISPLAY $SWAYSOCK\"\n"
}

/// A program that runs as somebody who is not root, in a folder that is theirs.
fn unprivileged(program: &str, folder: &Path) -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).unwrap();
    chown(folder, Some(NOBODY), Some(NOBODY)).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--", program]);
    command
}
