//! An X server without a screen, for as long as a test needs it.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part of this module")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// An `Xvfb`, ended with the test.
pub struct Display {
    server: Child,
    pub number: u32,
}

impl Display {
    /// On a number that was free.
    pub fn start() -> Self {
        Self::spawn(&[])
    }

    /// On this number.
    pub fn start_as(number: u32) -> Self {
        Self::spawn(&[format!(":{number}")])
    }

    fn spawn(number: &[String]) -> Self {
        let arguments = ["-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp", "-noreset"];
        let mut server = Command::new("Xvfb")
            .args(number)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed");
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let number = line.trim().parse().expect("Xvfb says its number when it is ready");
        Self { server, number }
    }

    /// What `$DISPLAY` is to be.
    pub fn name(&self) -> String {
        format!(":{}", self.number)
    }

    pub fn pid(&self) -> u32 {
        self.server.id()
    }

    /// Such as the one that makes it hang.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pid().cast_signed()).unwrap();
        kill_process(pid, signal).expect("it runs");
    }

    /// Ends it as a crash does.
    pub fn kill(&mut self) {
        let _ended = self.server.kill();
        let _reaped = self.server.wait();
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.kill();
        let number = self.number;
        let _clean = std::fs::remove_file(format!("/tmp/.X{number}-lock"));
        let _clean = std::fs::remove_file(format!("/tmp/.X11-unix/X{number}"));
    }
}
