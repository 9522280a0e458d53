//! The example on a display of its own: its window shows every pixel, and the page gets more than by
//! `ipc::Response`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

#[path = "../src/picture.rs"]
mod picture;

use std::process::{Command, Stdio};
use std::time::Duration;

use lanstream_testkit::display::Display;
use lanstream_testkit::machine;
use lanstream_testkit::picture::Picture;
use lanstream_testkit::process::Process;
use lanstream_testkit::toplevel::Toplevel;
use lanstream_testkit::wait::until;
use serde_json::Value;
use tempfile::TempDir;

/// Size of the images.
const SIZE: (u32, u32) = (640, 360);
/// Images that must be seen whole.
const SIGHTINGS: usize = 10;
/// How many times as many images a second must be shown as a page gets by `ipc::Response`. 60 are all there are.
const GAIN_MIN: f64 = 3.0;
/// Time for all measurements.
const PATIENCE: Duration = Duration::from_secs(120);

fn example(display: &Display, home: &TempDir, arguments: &[&str]) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lanstream-tauri-example"));
    command.args(arguments).env("DISPLAY", &display.name).env_remove("WAYLAND_DISPLAY");
    command.env("WEBKIT_DISABLE_DMABUF_RENDERER", "1").env("HOME", home.path());
    command.env("XDG_DATA_HOME", home.path()).env("XDG_CACHE_HOME", home.path());
    Process::start(command.stdin(Stdio::null()).stdout(Stdio::piped()))
}

/// What the renderer's image looks like that is seen.
fn drawn(seen: &Picture) -> Picture {
    let number = seen.pixel(0, 0)[2];
    let mut bytes = vec![0; (SIZE.0 * SIZE.1 * 4) as usize];
    picture::draw(picture::Load::All, number.into(), SIZE.0, &mut bytes);
    Picture { width: SIZE.0, height: SIZE.1, bytes }
}

#[test]
fn the_window_shows_images_exactly_and_ends_when_it_is_closed() {
    let (display, home) = (Display::start(800, 600), TempDir::new().unwrap());
    let mut app = example(&display, &home, &[]);
    let window = Toplevel::wait_for(&display, "the window", |title| title == "lanstream in Tauri");
    let mut last = None;
    for _ in 0..SIGHTINGS {
        last = Some(until("another whole image", || {
            let seen = window.grab();
            if seen.colours() < 1000 || last.as_ref() == Some(&seen) {
                return Err("no other one".to_owned());
            }
            seen.expect(&drawn(&seen)).map_err(|difference| difference.to_string())?;
            Ok(seen)
        }));
    }
    window.close();
    assert!(app.wait().success());
}

#[test]
fn the_page_gets_more_than_by_ipc_response() {
    let _machine = machine::alone();
    let (display, home) = (Display::start(2000, 1200), TempDir::new().unwrap());
    let mut app = example(&display, &home, &["--measure"]);
    let line = app.lines().recv_timeout(PATIENCE).expect("it says what it measured");
    let result: Value = serde_json::from_str(&line).unwrap();
    println!("{result}");
    let frames =
        |of: &str| result[of]["frames"].as_f64().unwrap_or_else(|| panic!("{of} is not in {result}"));
    assert!(frames("box") >= GAIN_MIN * frames("ipc"), "{result}");
    assert!(frames("all") > frames("ipc"), "{result}");
    assert!(app.wait().success());
}
