//! Windows of the binary, on displays of their own: what is seen in them, and how they end. The build has the feature
//! `webview`, for which `cargo xtask test --deep` installs what it needs.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

mod look;
mod refused;
mod shown;

use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::Receiver;

use lanstream_testkit::display::Display;
use lanstream_testkit::http::PATIENCE;
use lanstream_testkit::process::Process;
use lanstream_testkit::toplevel::Toplevel;
use serde_json::Value;
use tempfile::TempDir;

/// Size of what is shown.
const SIZE: (u16, u16) = (640, 480);
/// It as a word of the command line.
const SIZE_WORD: &str = "640x480";

/// A run of the binary, with a home of its own.
struct Run {
    process: Process,
    lines: Receiver<String>,
    _home: TempDir,
}

impl Run {
    /// Starts the binary, whose windows are on this display.
    fn on(display: &Display, arguments: &[&str]) -> Self {
        let home = TempDir::with_prefix("lanstream-window-").unwrap();
        let mut command = lanstream(arguments);
        command.env("DISPLAY", &display.name);
        Self::start(command, home)
    }

    fn start(mut command: Command, home: TempDir) -> Self {
        // WebKit makes its folders where it is told to.
        for folder in ["HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
            command.env(folder, home.path());
        }
        let mut process = Process::start(command.stdout(Stdio::piped()));
        let lines = process.lines();
        Self { process, lines, _home: home }
    }

    /// Waits for the URL. With `--json`.
    fn url(&self) -> String {
        let line = self.lines.recv_timeout(PATIENCE).expect("it says where");
        let event: Value = serde_json::from_str(&line).expect("it is an event");
        event["url"].as_str().expect("it has a URL").to_owned()
    }

    /// Waits for its end by itself.
    fn end(mut self) -> ExitStatus {
        // Its output ends with it, so this waits no longer than for an event.
        while self.lines.recv_timeout(PATIENCE).is_ok() {}
        self.process.wait()
    }
}

/// The command, which paints in the way that is fast without a graphics card, and has no display yet.
fn lanstream(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lanstream"));
    command.args(arguments).stdin(Stdio::null());
    command.env("WEBKIT_DISABLE_DMABUF_RENDERER", "1").env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    command.env("XDG_DATA_HOME", "/nonexistent").env("XDG_CACHE_HOME", "/nonexistent");
    command
}

/// Waits for the window whose page shows something of this name.
fn window_of(display: &Display, name: &str) -> Toplevel {
    Toplevel::wait_for(display, "the window", |title| title.starts_with(name))
}
