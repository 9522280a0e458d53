//! A desktop session of our own: a bus, and PipeWire with what links its streams. It has neither a screen nor a portal.

use std::io::{BufRead as _, BufReader};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::process::Process;
use crate::wait;

/// A running session.
#[derive(Debug)]
pub struct DesktopSession {
    bus: Process,
    /// PipeWire and what links its streams; none while it is gone.
    pipewire: Option<(Process, Process)>,
    /// Where its sockets are and its user's home is. The processes end before it is removed: fields go in order.
    folder: TempDir,
}

/// Name of the bus's socket in the folder: where desktops have it.
const BUS: &str = "bus";

impl DesktopSession {
    /// Starts a bus without services, and PipeWire.
    pub fn start() -> Self {
        let mut session = Self::without_pipewire();
        session.start_pipewire();
        session
    }

    /// Starts a bus without services.
    pub fn without_pipewire() -> Self {
        let folder = TempDir::new().unwrap();
        let configuration = folder.path().join("bus.conf");
        std::fs::write(&configuration, bus_configuration(folder.path())).unwrap();
        let mut command = Command::new("dbus-daemon");
        command.arg("--config-file").arg(&configuration).args(["--nofork", "--print-address"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut bus = Process::start(&mut command);
        let mut address = String::new();
        BufReader::new(bus.stdout()).read_line(&mut address).unwrap();
        assert!(address.starts_with("unix:path="), "dbus-daemon did not start");
        Self { bus, pipewire: None, folder }
    }

    /// Starts PipeWire, at first and after it was ended.
    pub fn start_pipewire(&mut self) {
        let pipewire = self.program("pipewire", &[]);
        let socket = self.folder().join("pipewire-0");
        wait::until("PipeWire takes connections", || UnixStream::connect(&socket));
        self.pipewire = Some((pipewire, self.program("wireplumber", &[])));
    }

    /// Ends PipeWire without a farewell.
    pub fn kill_pipewire(&mut self) {
        if let Some((mut pipewire, mut manager)) = self.pipewire.take() {
            pipewire.kill();
            manager.kill();
            let _absent = std::fs::remove_file(self.folder().join("pipewire-0"));
        }
    }

    /// Returns the folder of its sockets, which is its user's home as well.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the number of the bus's process.
    pub fn bus_pid(&self) -> u32 {
        self.bus.id()
    }

    /// Has a command run in the session.
    pub fn invite(&self, command: &mut Command) {
        let bus = format!("unix:path={}", self.folder().join(BUS).display());
        command.env("DBUS_SESSION_BUS_ADDRESS", bus).env("XDG_RUNTIME_DIR", self.folder());
        command.env("HOME", self.folder()).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        for name in ["XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
            command.env_remove(name);
        }
    }

    /// Waits until a program of the session has a name on the bus.
    pub fn wait_for_name(&self, name: &str) {
        wait::until(name, || {
            let mut command = Command::new("dbus-send");
            command.args([
                "--session",
                "--print-reply",
                "--dest=org.freedesktop.DBus",
                "/org/freedesktop/DBus",
            ]);
            command.args(["org.freedesktop.DBus.NameHasOwner", &format!("string:{name}")]);
            self.invite(&mut command);
            let answer = command.output().map_err(|error| error.to_string())?;
            let text = String::from_utf8_lossy(&answer.stdout).into_owned();
            if text.contains("boolean true") { Ok(()) } else { Err(text) }
        });
    }

    /// Starts a program in the session, whose output nobody reads.
    pub fn program(&self, program: &str, arguments: &[&str]) -> Process {
        let mut command = Command::new(program);
        self.invite(command.args(arguments));
        Process::start(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()))
    }
}

/// A bus for one user that starts nothing by itself.
fn bus_configuration(folder: &Path) -> String {
    format!(
        "<busconfig><type>session</type><listen>unix:path={}</listen><auth>EXTERNAL</auth><policy context=\"default\">\
         <allow send_destination=\"*\"/><allow receive_sender=\"*\"/><allow own=\"*\"/></policy></busconfig>",
        folder.join(BUS).display()
    )
}
