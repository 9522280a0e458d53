//! The real binary on windows that come, go and change: what it shows, what it tells viewers, and how it ends.

use lanstream_testkit::display::Display;
use lanstream_testkit::http::PATIENCE;
use lanstream_testkit::painter::{Painter, Window};
use lanstream_testkit::viewer::{SOURCE, Transport, Viewer};
use serde_json::Value;

use crate::running::{Running, SCREEN, on};

/// The first byte of a source message: it shows pictures, or it is gone for now.
const LIVE: u8 = 0;
const LOST: u8 = 1;

/// Where windows appear.
const PLACE: (i16, i16) = (30, 40);

/// A shown window of one colour.
fn window(painter: &Painter, title: &str, side: u16, colour: u32) -> Window {
    painter.coloured_window(title, (PLACE.0, PLACE.1, side, side), colour)
}

/// Takes updates until the whole picture is of this colour and as wide as high.
fn watch_until(viewer: &mut Viewer, size: u32, rgbx: [u8; 4]) {
    viewer.watch_until(|picture| {
        let is_whole = picture.size().is_some_and(|now| (now.width, now.height) == (size, size));
        is_whole && picture.rgbx().as_chunks().0.iter().all(|pixel| *pixel == rgbx)
    });
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
    let display = Display::start(SCREEN.0, SCREEN.1);
    let painter = Painter::on(&display);
    let first = window(&painter, "foo", 100, 0x11_2233);
    let running = Running::spawn(on(&display, &["capture", "--window", "foo", "--json"]));
    let mut viewer = Viewer::join(&running.door(), Transport::Http);
    watch_until(&mut viewer, 100, [0x11, 0x22, 0x33, 255]);

    painter.close(first);
    let reason = "the window `foo` was closed; waiting for a window with `foo` in its title";
    let lost = told(&mut viewer, LOST);
    assert!(lost.contains(reason), "{lost}");
    let lost = running.next_where("source", |source| source["state"] == "lost");
    assert_eq!(lost["text"], reason);

    window(&painter, "another", 70, 0xff_ffff);
    window(&painter, "foo - 2", 120, 0x44_5566);
    assert!(told(&mut viewer, LIVE).contains("window foo - 2"));
    watch_until(&mut viewer, 120, [0x44, 0x55, 0x66, 255]);
}

#[test]
fn closed_window_ends_the_run_with_once() {
    let display = Display::start(SCREEN.0, SCREEN.1);
    let painter = Painter::on(&display);
    let window = window(&painter, "foo", 100, 0);
    let running = Running::spawn(on(&display, &["capture", "--window", "foo", "--once", "--json"]));
    let _door = running.door();
    painter.close(window);
    let (status, _, stderr) = running.end(PATIENCE);
    assert_eq!(status.code(), Some(1));
    assert!(stderr.contains("the window `foo` was closed") && !stderr.contains("waiting"), "{stderr}");
}

#[test]
fn closed_window_ends_the_run_that_was_given_its_id() {
    let display = Display::start(SCREEN.0, SCREEN.1);
    let painter = Painter::on(&display);
    let window = window(&painter, "foo", 100, 0);
    let running = Running::spawn(on(&display, &["capture", "--window", &format!("{window:#x}"), "--json"]));
    let _door = running.door();
    painter.close(window);
    let (status, _, stderr) = running.end(PATIENCE);
    assert_eq!(status.code(), Some(1));
    assert!(stderr.contains("the window `foo` was closed"), "{stderr}");
}

fn described(running: &Running, fits: impl Fn(&Value) -> bool) -> Value {
    running.next_where("description", fits)
}

#[test]
fn what_becomes_of_a_window_is_told() {
    let display = Display::start(SCREEN.0, SCREEN.1);
    let painter = Painter::on(&display);
    let window = window(&painter, "before", 100, 0);
    let running = Running::spawn(on(&display, &["capture", "--window", "before", "--json"]));
    let _viewer = Viewer::join(&running.door(), Transport::Http);
    described(&running, |now| now["name"] == "window before");
    painter.set_title(window, "after");
    described(&running, |now| now["name"] == "window after");
    painter.hide(window);
    described(&running, |now| now["stalled"] == "the window is hidden");
    painter.show(window);
    described(&running, |now| now["stalled"].is_null());
}
