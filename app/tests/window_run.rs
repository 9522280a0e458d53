//! The real binary on windows that come, go and change: what it shows, what it tells viewers, and how it ends.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

#[path = "common/display.rs"]
mod display;
#[path = "common/http.rs"]
mod http;
#[path = "common/pixels.rs"]
mod pixels;
#[path = "common/process.rs"]
mod process;
#[path = "common/viewer.rs"]
mod viewer;
#[path = "common/websocket.rs"]
mod websocket;
#[path = "common/webtransport.rs"]
mod webtransport;

use std::process::Command;
use std::time::Instant;

use serde_json::Value;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, CreateWindowAux, PropMode, Window, WindowClass};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use display::Display;
use http::PATIENCE;
use process::{Running, lanstream};
use viewer::{SOURCE, Transport, Viewer};

/// The first byte of a source message: it shows pictures, or it is gone for now.
const LIVE: u8 = 0;
const LOST: u8 = 1;

/// A program that makes windows.
struct Program {
    connection: RustConnection,
    root: Window,
}

impl Program {
    fn start(display: &Display) -> Self {
        let (connection, screen) = RustConnection::connect(Some(&display.name())).unwrap();
        let root = connection.setup().roots[screen].root;
        Self { connection, root }
    }

    /// A shown window of one colour.
    fn window(&self, title: &str, size: u16, colour: u32) -> Window {
        let id = self.connection.generate_id().unwrap();
        let (class, look) = (WindowClass::INPUT_OUTPUT, CreateWindowAux::new().background_pixel(colour));
        self.connection.create_window(0, id, self.root, 30, 40, size, size, 0, class, 0, &look).unwrap();
        self.name(id, title);
        self.connection.map_window(id).unwrap();
        self.connection.sync().unwrap();
        id
    }

    fn name(&self, window: Window, title: &str) {
        let (name, kind) = (AtomEnum::WM_NAME, AtomEnum::STRING);
        self.connection.change_property8(PropMode::REPLACE, window, name, kind, title.as_bytes()).unwrap();
        self.connection.sync().unwrap();
    }

    fn close(&self, window: Window) {
        self.connection.destroy_window(window).unwrap();
        self.connection.sync().unwrap();
    }
}

fn on(display: &Display, arguments: &[&str]) -> Command {
    let mut command = lanstream(arguments);
    command.env("DISPLAY", display.name());
    command
}

/// Takes updates until the whole picture is of this colour and as wide as high.
fn watch_until(viewer: &mut Viewer, size: u32, rgbx: [u8; 4]) {
    let began = Instant::now();
    loop {
        viewer.take_update();
        viewer.acknowledge();
        let picture = viewer.picture.rgbx();
        let is_whole = viewer.picture.size().is_some_and(|now| (now.width, now.height) == (size, size));
        if is_whole && picture.as_chunks().0.iter().all(|pixel| *pixel == rgbx) {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "the window's colour never came");
    }
}

/// The text of the next source message with this state.
fn told(viewer: &mut Viewer, state: u8) -> String {
    loop {
        let body = viewer.hear(SOURCE);
        if body[0] == state {
            return String::from_utf8_lossy(&body[1..]).into_owned();
        }
    }
}

#[test]
fn closed_window_is_followed_by_the_next_of_its_title() {
    let display = Display::start();
    let program = Program::start(&display);
    let first = program.window("foo", 100, 0x11_2233);
    let running = Running::spawn(on(&display, &["capture", "--window", "foo", "--json"]));
    let mut viewer = Viewer::join(&running.door(), Transport::Http);
    watch_until(&mut viewer, 100, [0x11, 0x22, 0x33, 255]);

    program.close(first);
    let reason = "the window `foo` was closed; waiting for a window with `foo` in its title";
    let lost = told(&mut viewer, LOST);
    assert!(lost.contains(reason), "{lost}");
    let lost = running.next_where("source", |source| source["state"] == "lost");
    assert_eq!(lost["text"], reason);

    program.window("another", 70, 0xff_ffff);
    program.window("foo - 2", 120, 0x44_5566);
    assert!(told(&mut viewer, LIVE).contains("window foo - 2"));
    watch_until(&mut viewer, 120, [0x44, 0x55, 0x66, 255]);
}

#[test]
fn closed_window_ends_the_run_with_once() {
    let display = Display::start();
    let program = Program::start(&display);
    let window = program.window("foo", 100, 0);
    let running = Running::spawn(on(&display, &["capture", "--window", "foo", "--once", "--json"]));
    let _door = running.door();
    program.close(window);
    let (status, _, stderr) = running.end(PATIENCE);
    assert_eq!(status.code(), Some(1));
    assert!(stderr.contains("the window `foo` was closed") && !stderr.contains("waiting"), "{stderr}");
}

#[test]
fn closed_window_ends_the_run_that_was_given_its_id() {
    let display = Display::start();
    let program = Program::start(&display);
    let window = program.window("foo", 100, 0);
    let running = Running::spawn(on(&display, &["capture", "--window", &format!("{window:#x}"), "--json"]));
    let _door = running.door();
    program.close(window);
    let (status, _, stderr) = running.end(PATIENCE);
    assert_eq!(status.code(), Some(1));
    assert!(stderr.contains("the window `foo` was closed"), "{stderr}");
}

fn described(running: &Running, fits: impl Fn(&Value) -> bool) -> Value {
    running.next_where("description", fits)
}

#[test]
fn what_becomes_of_a_window_is_told() {
    let display = Display::start();
    let program = Program::start(&display);
    let window = program.window("before", 100, 0);
    let running = Running::spawn(on(&display, &["capture", "--window", "before", "--json"]));
    let _viewer = Viewer::join(&running.door(), Transport::Http);
    described(&running, |now| now["name"] == "window before");
    program.name(window, "after");
    described(&running, |now| now["name"] == "window after");
    program.connection.unmap_window(window).unwrap();
    program.connection.sync().unwrap();
    described(&running, |now| now["stalled"] == "the window is hidden");
    program.connection.map_window(window).unwrap();
    program.connection.sync().unwrap();
    described(&running, |now| now["stalled"].is_null());
}
