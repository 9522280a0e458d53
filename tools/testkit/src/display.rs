//! An X display of our own, without a screen.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::process::Process;

/// Bits of a pixel, where nothing else is asked for: 8 of each colour.
const DEPTH: u8 = 24;

/// A running Xvfb.
#[derive(Debug)]
pub struct Display {
    /// Its name as in `DISPLAY`: ":7".
    pub name: String,
    /// Pixels of a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    process: Process,
}

impl Display {
    /// Starts one on a number that the server finds free.
    pub fn start(width: u32, height: u32) -> Self {
        Self::start_with(width, height, DEPTH, &[])
    }

    /// Starts one by this name: `:7`.
    pub fn start_as(name: &str, width: u32, height: u32) -> Self {
        Self::start_with(width, height, DEPTH, &[name])
    }

    /// Starts one with so many bits a pixel, and with more arguments: `-extension` and what it is to lack.
    pub fn start_with(width: u32, height: u32, depth: u8, arguments: &[&str]) -> Self {
        let screen = format!("{width}x{height}x{depth}");
        let mut command = Command::new("Xvfb");
        // It writes its number to the given descriptor when it is ready. Without -noreset it starts anew when its last
        // client leaves, and turns the next away until it has.
        command.args(["-displayfd", "1", "-nolisten", "tcp", "-noreset", "-screen", "0", &screen]);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = Process::start(&mut command);
        let mut number = String::new();
        BufReader::new(process.stdout()).read_line(&mut number).unwrap();
        assert!(!number.is_empty(), "Xvfb did not start");
        Self { name: format!(":{}", number.trim()), width, height, process }
    }

    /// Returns the number of the server's process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Sends the server a signal, such as the one that makes it hang.
    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Ends it without a farewell. Its files go first: later they may be those of another test's display.
    pub fn kill(&mut self) {
        let number = &self.name[1..];
        let _ = std::fs::remove_file(format!("/tmp/.X{number}-lock"));
        let _ = std::fs::remove_file(format!("/tmp/.X11-unix/X{number}"));
        self.process.kill();
    }
}
