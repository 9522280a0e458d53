//! What a window asks the system for, and when it goes.

use lanstream_testkit::display::Display;
use lanstream_testkit::wait::until;
use rustix::process::Signal;

use crate::{Run, SIZE, SIZE_WORD, window_of};

/// Smaller than what is shown.
const SMALL: (u32, u32) = (400, 300);

#[test]
fn a_window_looks_as_it_is_told() {
    let display = Display::start(800, 600);
    let look = ["--webview", "--always-on-top", "--borderless", "--title", "Bars é"];
    let pattern = ["pattern", "--kind", "bars", "--size", SIZE_WORD];
    let run = Run::on(&display, &[&pattern[..], &look[..]].concat());
    let window = window_of(&display, "Bars");
    assert_eq!((window.is_above(), window.is_frameless()), (true, true));
    // By then the page has told its own title.
    let size = (SIZE.0.into(), SIZE.1.into());
    until("the size", || if window.size() == size { Ok(()) } else { Err(format!("{:?}", window.size())) });
    assert_eq!(window.title(), "Bars é");
    run.process.signal(Signal::INT);
    assert!(run.end().success());
}

#[test]
fn a_window_is_as_any_other_unless_told() {
    let display = Display::start(800, 600);
    let run = Run::on(&display, &["pattern", "--webview"]);
    let window = window_of(&display, "test pattern");
    assert_eq!((window.is_above(), window.is_frameless()), (false, false));
    window.close();
    assert!(run.end().success());
}

#[test]
fn a_picture_larger_than_the_monitor_gets_all_of_it() {
    let display = Display::start(SMALL.0, SMALL.1);
    let run = Run::on(&display, &["pattern", "--size", SIZE_WORD, "--webview"]);
    let window = window_of(&display, "test pattern");
    until("the size", || if window.size() == SMALL { Ok(()) } else { Err(format!("{:?}", window.size())) });
    window.close();
    assert!(run.end().success());
}

#[test]
fn a_source_that_ends_takes_the_window_along() {
    let display = Display::start(800, 600);
    let painter = lanstream_testkit::painter::Painter::on(&display);
    let painted = painter.window("painted", 500, 300, 200, 200);
    let run = Run::on(&display, &["capture", "--window", "painted", "--once", "--webview"]);
    let _window = window_of(&display, "window painted");
    painter.close(painted);
    assert_eq!(run.end().code(), Some(1));
}
