//! Plugins in a process of their own, shown in real browsers: the pixels on the display are those that the plugin
//! draws, and the page and the server say that they are exact.

use std::path::Path;
use std::process::Stdio;

use lanstream_testkit::browser::chromium::Chromium;
use lanstream_testkit::browser::firefox::Firefox;
use lanstream_testkit::display::Display;
use lanstream_testkit::library;
use lanstream_testkit::picture::Picture;
use lanstream_testkit::screen::Screen;
use lanstream_testkit::wait::until;
use serde_json::Value;

use crate::program::Lanstream;

const WIDTH: u32 = 640;
const HEIGHT: u32 = 360;
const SIZE: [&str; 2] = ["--size", "640x360"];
/// Updates of a source that moves, that must be proven.
const PROOFS: u64 = 50;
/// Frames of the plasma among which one that is seen is looked for: far more than it shows in a test.
const FRAMES: u32 = 20_000;
/// The page's picture as its size and its words of four bytes.
const PICTURE: &str = "window.lanstream.readPixels().then(({ width, height, data }) =>
    [width, height, Array.from(new Uint32Array(data.buffer))])";

/// Starts lanstream with a plugin's source. The plugin has a process of its own.
fn serve(library: &Path, source: &[&str]) -> Lanstream {
    let library = library.to_str().unwrap();
    Lanstream::run(&[&["--plugin", library], source].concat(), Stdio::null())
}

/// Builds a plugin in Rust.
fn in_rust(name: &str) -> std::path::PathBuf {
    library::build_workspace(env!("CARGO_BIN_EXE_lanstream")).join(format!("lib{name}.so"))
}

/// Waits until the server knows of proofs, and until the page, which is told after it, says the same.
fn expect_exact(server: &Lanstream, proofs: u64, state: impl Fn() -> Value) {
    let stats = server.stats_where("proofs", |stats| stats["proven"].as_u64() >= Some(proofs));
    assert_eq!(stats["refuted"], 0, "{stats}");
    let state = until("the page to say so", || {
        let state = state();
        if state["exact"] == true { Ok(state) } else { Err(state) }
    });
    assert_eq!((&state["refuted"], &state["reconnects"]), (&0.into(), &0.into()), "{state}");
}

/// Returns a pixel of the plasma's frame `number`, by the formula of `plasma.c`.
fn plasma(x: u32, y: u32, number: u32) -> [u8; 4] {
    let wave = (f64::from(x + number) / 32.0).sin() + (f64::from(y + 2 * number) / 24.0).sin();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 8 to 248")]
    let byte = |value: f64| value as u8;
    [byte(128.0 + 60.0 * wave), byte(128.0 - 60.0 * wave), (x ^ y).to_le_bytes()[0], 255]
}

/// Expects a picture to be one of the plasma's frames.
fn expect_plasma(seen: &Picture) -> Result<(), String> {
    let corner = |number: &u32| (0..16).all(|x| seen.pixel(x, 0) == plasma(x, 0, *number));
    let number = (0..FRAMES).find(corner).ok_or("its corner is of no frame")?;
    let pixels = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| plasma(x, y, number)));
    let wanted = Picture { width: WIDTH, height: HEIGHT, bytes: pixels.flatten().collect() };
    seen.expect(&wanted).map_err(|difference| difference.to_string())
}

/// Looks at what a page shows at the top left of its display until it is a frame of the plasma.
fn expect_plasma_on(viewing: &Display) {
    let screen = Screen::of(viewing);
    until("a frame of the plasma", || expect_plasma(&screen.grab().part(0, 0, WIDTH, HEIGHT)));
}

fn serve_plasma(folder: &Path) -> Lanstream {
    serve(
        &library::build_in_c(folder, "plasma", "examples/plasma/plasma.c", &[]),
        &[&["plasma"], &SIZE[..]].concat(),
    )
}

#[test]
fn chromium_shows_the_example_in_c_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let (server, viewing) = (serve_plasma(folder.path()), Display::start(WIDTH + 1, HEIGHT + 1));
    let chromium = Chromium::open(&server.page("?verify=1"), &viewing);
    let page = chromium.page();
    expect_exact(&server, PROOFS, || page.state());
    expect_plasma_on(&viewing);
}

#[test]
fn firefox_shows_the_example_in_c_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let (server, viewing) = (serve_plasma(folder.path()), Display::start(WIDTH + 1, HEIGHT + 1));
    let firefox = Firefox::open(&server.page("?verify=1"), &viewing);
    expect_exact(&server, PROOFS, || firefox.evaluate("window.lanstream.state"));
    expect_plasma_on(&viewing);
}

#[test]
fn chromium_shows_the_smallest_example_in_rust_exactly() {
    let server = serve(&in_rust("solid_color"), &[&["solid-color", "--color", "ff8001"], &SIZE[..]].concat());
    let viewing = Display::start(WIDTH + 1, HEIGHT + 1);
    let chromium = Chromium::open(&server.page("?verify=1"), &viewing);
    let page = chromium.page();
    // It never changes: its one picture is proven.
    expect_exact(&server, 1, || page.state());
    let bytes = [0xff, 0x80, 0x01, 255].repeat((WIDTH * HEIGHT) as usize);
    let (screen, wanted) = (Screen::of(&viewing), Picture { width: WIDTH, height: HEIGHT, bytes });
    until("the colour", || screen.grab().part(0, 0, WIDTH, HEIGHT).expect(&wanted));
}

/// Returns the bounds of what differs from the picture of `orbit`, as its first and last column and row.
fn cursor_of_orbit(seen: &Picture) -> Option<[u32; 4]> {
    const BACKGROUND: [u8; 4] = [0x20, 0x30, 0x40, 255];
    let pixels = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
    let mut inked = pixels.filter(|(x, y)| seen.pixel(*x, *y) != BACKGROUND);
    let (x, y) = inked.next()?;
    Some(inked.fold([x, x, y, y], |[left, right, top, bottom], (x, y)| {
        [left.min(x), right.max(x), top.min(y), bottom.max(y)]
    }))
}

#[test]
fn chromium_shows_the_cursor_of_a_plugin_over_its_picture() {
    let server = serve(&in_rust("orbit"), &[&["orbit", "--round-ms", "2000"], &SIZE[..]].concat());
    let viewing = Display::start(WIDTH + 1, HEIGHT + 1);
    let chromium = Chromium::open(&server.page("?verify=1"), &viewing);
    let page = chromium.page();
    expect_exact(&server, 1, || page.state());
    let screen = Screen::of(&viewing);
    let seen = || {
        let bounds = cursor_of_orbit(&screen.grab().part(0, 0, WIDTH, HEIGHT)).ok_or("there is no cursor")?;
        let [left, right, top, bottom] = bounds;
        // A ball of 17 pixels, and nothing else.
        if (right - left, bottom - top) == (16, 16) { Ok(bounds) } else { Err("it is not whole") }
    };
    let first = until("the cursor", seen);
    until("the cursor in another place", || {
        seen().and_then(|now| if now == first { Err("it stands") } else { Ok(()) })
    });
}

#[test]
fn chromium_shows_the_clock_exactly() {
    let server = serve(&in_rust("clock"), &["clock"]);
    let ready = server.event("ready", 0);
    let [width, height] = [0, 1].map(|side| u32::try_from(ready["size"][side].as_u64().unwrap()).unwrap());
    let viewing = Display::start(width + 1, height + 1);
    let chromium = Chromium::open(&server.page("?verify=1"), &viewing);
    let page = chromium.page();
    // Each of them is a second.
    expect_exact(&server, 3, || page.state());
    let screen = Screen::of(&viewing);
    until("what the page has on the display", || {
        let read = page.evaluate(PICTURE);
        let words = read[2].as_array().expect("it is a list").iter();
        let words = words.map(|word| u32::try_from(word.as_u64().unwrap()).unwrap());
        let wanted = Picture { width, height, bytes: words.flat_map(u32::to_le_bytes).collect() };
        assert_eq!(wanted.colours(), 2, "digits and what is behind them");
        screen.grab().part(0, 0, width, height).expect(&wanted)
    });
}
