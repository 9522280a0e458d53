//! Every pixel in the window is the source's.

use std::process::{Command, Stdio};

use lanstream_testkit::display::Display;
use lanstream_testkit::painter::Painter;
use lanstream_testkit::picture::Picture;
use lanstream_testkit::toplevel::Toplevel;
use lanstream_testkit::wait::until;
use rustix::process::Signal;
use tempfile::TempDir;

use crate::{Run, SIZE, lanstream, window_of};

/// Title of the window that is captured.
const PAINTED: &str = "painted";
/// Pictures that must be seen one after the other.
const PICTURES: u32 = 4;
/// What captures them.
const CAPTURE: [&str; 5] = ["capture", "--window", PAINTED, "--cursor", "off"];

/// A display with a window that is captured, and room for another one beside it.
fn start() -> (Display, Painter, u32) {
    let display = Display::start(1400, 700);
    let painter = Painter::on(&display);
    let painted = painter.window(PAINTED, 720, 100, SIZE.0, SIZE.1);
    (display, painter, painted)
}

/// Paints one picture after the other, and waits until the window has its size and shows it.
fn expect_all(window: &Toplevel, painter: &Painter, painted: u32) {
    for seed in 1..=PICTURES {
        let wanted = picture(&painter.noise(painted, SIZE.0, SIZE.1, seed));
        until("the picture in the window", || {
            let size = window.size();
            if size != (wanted.width, wanted.height) {
                return Err(format!("the window has {size:?}"));
            }
            window.grab().expect(&wanted).map_err(|difference| difference.to_string())
        });
    }
}

/// Makes a picture of pixels as an X server has them.
fn picture(pixels: &[u32]) -> Picture {
    let bytes = pixels.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
    Picture::from_x(SIZE.0.into(), SIZE.1.into(), bytes)
}

/// Returns a standard input with one line.
fn given(line: &str) -> Stdio {
    let mut echo = Command::new("echo").arg(line).stdout(Stdio::piped()).spawn().unwrap();
    let output = echo.stdout.take().unwrap();
    assert!(echo.wait().unwrap().success());
    output.into()
}

#[test]
fn a_window_in_a_window_is_exact_and_closes_with_status_0() {
    let (display, painter, painted) = start();
    let run = Run::on(&display, &[&CAPTURE[..], &["--webview"]].concat());
    let window = window_of(&display, "window painted");
    expect_all(&window, &painter, painted);
    assert!(!run.process.has_ended());
    window.close();
    assert!(run.end().success());
}

#[test]
fn the_page_of_another_run_is_exact_at_twice_the_scale() {
    let (display, painter, painted) = start();
    let server = Run::on(&display, &[&CAPTURE[..], &["--json"]].concat());
    let home = TempDir::new().unwrap();
    let mut command = lanstream(&["view", "-"]);
    command.env("DISPLAY", &display.name).env("HOME", home.path()).env("GDK_SCALE", "2");
    command.stdin(given(&server.url()));
    let view = Run::start(command, home);
    expect_all(&window_of(&display, "window painted"), &painter, painted);
    view.process.signal(Signal::TERM);
    assert!(view.end().success());
    assert!(!server.process.has_ended());
}
