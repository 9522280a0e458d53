//! An X display of our own, without a screen, and what can be seen on it.
#![allow(dead_code, reason = "each test uses its part of this module")]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat, Window};
use x11rb::rust_connection::RustConnection;

use crate::picture::Picture;
use crate::process::Process;

/// A running Xvfb.
pub(crate) struct Display {
    /// As in `DISPLAY`: ":7".
    pub(crate) name: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
    process: Process,
}

impl Display {
    /// On a number that the server finds free.
    pub(crate) fn start(width: u32, height: u32) -> Self {
        Self::spawn(&[], width, height)
    }

    /// On this number: `:7`.
    pub(crate) fn start_as(name: &str, width: u32, height: u32) -> Self {
        Self::spawn(&[name], width, height)
    }

    fn spawn(name: &[&str], width: u32, height: u32) -> Self {
        let screen = format!("{width}x{height}x24");
        let mut command = Command::new("Xvfb");
        // It writes its number to the given descriptor when it is ready.
        command.args(name).args(["-displayfd", "1", "-nolisten", "tcp", "-noreset", "-screen", "0", &screen]);
        let mut process = Process::start(command.stdout(Stdio::piped()).stderr(Stdio::null()));
        let mut number = String::new();
        let output = process.child.stdout.take().expect("it is piped");
        BufReader::new(output).read_line(&mut number).unwrap();
        assert!(!number.is_empty(), "Xvfb did not start");
        Self { name: format!(":{}", number.trim()), width, height, process }
    }

    /// Ends it without a farewell. Its files go first: later they may be those of another test's display.
    pub(crate) fn kill(&mut self) {
        let number = &self.name[1..];
        let _ = std::fs::remove_file(format!("/tmp/.X{number}-lock"));
        let _ = std::fs::remove_file(format!("/tmp/.X11-unix/X{number}"));
        self.process.kill();
    }
}

/// Eyes on a display.
pub(crate) struct Screen {
    conn: RustConnection,
    root: Window,
    width: u16,
    height: u16,
}

impl Screen {
    pub(crate) fn of(display: &Display) -> Self {
        let (conn, number) = RustConnection::connect(Some(&display.name)).unwrap();
        let screen = &conn.setup().roots[number];
        let (root, width, height) = (screen.root, screen.width_in_pixels, screen.height_in_pixels);
        Self { conn, root, width, height }
    }

    /// All that is on the display, at one instant; the pointer is not in it.
    pub(crate) fn grab(&self) -> Picture {
        self.rows(0, self.height)
    }

    /// Some rows of it from `y` on, which takes less time.
    pub(crate) fn rows(&self, y: i16, height: u16) -> Picture {
        let format = ImageFormat::Z_PIXMAP;
        let request = self.conn.get_image(format, self.root, 0, y, self.width, height, u32::MAX);
        Picture::from_x(self.width.into(), height.into(), request.unwrap().reply().unwrap().data)
    }
}
