//! What goes wrong around a viewer, in a real Chromium: sources that change or go, servers and browsers that end.

use lanstream_testkit::browser::Engine;
use lanstream_testkit::browser::chromium::{Chromium, Page};
use lanstream_testkit::display::Display;
use lanstream_testkit::painter::Painter;
use lanstream_testkit::picture::Picture;
use lanstream_testkit::screen::Screen;
use lanstream_testkit::wait::until;
use rustix::process::Signal;
use serde_json::Value;

use crate::program::Lanstream;

const RED: [u8; 4] = [255, 0, 0, 255];
const BLACK: [u8; 4] = [0, 0, 0, 255];
/// More than a browser's connections to one host, so that not all viewers can have an HTTP stream.
const VIEWERS: usize = 10;
/// Seconds that a browser sleeps: longer than any queue on the way to it lasts.
const ASLEEP_SECONDS: usize = 4;
/// Keeps a page's thread to itself, soon and for more than two whole seconds.
const BUSY: &str =
    "setTimeout(() => { const endMs = performance.now() + 4000; while (performance.now() < endMs); })";
/// What a browser does that has to take a canvas's memory away: it is empty, and told so when it has memory again.
const LOSS: &str = "{
    const canvas = window.lanstream.shadowRoot.querySelector('.picture');
    canvas.getContext('2d').clearRect(0, 0, canvas.width, canvas.height);
}";
/// Tells the viewer of it as a browser does.
const RESTORED: &str = "window.lanstream.shadowRoot.querySelector('.picture')
    .dispatchEvent(new Event('contextrestored'))";
/// Whether the canvas has the pixels of the frame in memory. The display tells less: it may show what was presented
/// before the loss.
const IS_WHOLE: &str = "(async () => {
    const { data: picture } = await window.lanstream.readPixels();
    const { data: canvas } = await window.lanstream.readPixels({ of: 'canvas' });
    return picture.length === canvas.length && picture.every((value, at) => value === canvas[at]);
})()";
/// Seconds that a viewer looks at itself.
const MIRRORED_SECONDS: usize = 5;
/// A page on the display that it mirrors changes that display with each frame; a display has no more frames than these.
const MIRRORED_FPS_MAX: f64 = 61.0;
/// Ten, and what falls on a second's edges.
const HELD_FPS_MAX: f64 = 12.5;
/// A few pictures of the display and a small program.
const RESIDENT_BYTES_MAX: u64 = 300 << 20;

/// A display large enough for everything here, and a browser's window one pixel short of it.
fn viewing_display() -> Display {
    Display::start(1281, 801)
}

/// What the page shows in the middle of its window, one to one.
fn seen(there: &Screen, width: u32, height: u32) -> Picture {
    there.grab().part((1280 - width) / 2, (800 - height) / 2, width, height)
}

fn expect_size(page: &Page<'_>, width: u32, height: u32) {
    let state = page.state_where(&format!("a picture of {width}x{height}"), |state| {
        (&state["width"], &state["height"]) == (&width.into(), &height.into())
    });
    assert_eq!(state["reconnects"], 0, "{state}");
}

/// Waits until the page shows this part of the display.
fn expect_part(here: &Screen, (x, y): (u32, u32), there: &Screen, (width, height): (u32, u32)) {
    until("the same on both displays", || {
        seen(there, width, height).expect(&here.grab().part(x, y, width, height))
    });
}

fn resident_bytes(server: &Lanstream) -> u64 {
    let statm = std::fs::read_to_string(format!("/proc/{}/statm", server.process.id())).unwrap();
    let pages: u64 = statm.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * rustix::param::page_size() as u64
}

#[test]
fn window_that_is_resized_is_followed_without_a_new_session() {
    let (source, viewing) = (Display::start(800, 600), viewing_display());
    let painter = Painter::on(&source);
    let window = painter.window("victim", 50, 40, 400, 300);
    painter.noise(window, 400, 300, 1);
    let server = Lanstream::capture(&source, &["--window", "victim", "--cursor", "off"]);
    let chromium = Chromium::open(&server.page(""), &viewing);
    let page = chromium.page();
    let (here, there) = (Screen::of(&source), Screen::of(&viewing));
    for (seed, sides) in (2..).zip([(400_u16, 300_u16), (501, 351), (233, 177), (700, 500)]) {
        let (width, height) = (sides.0.into(), sides.1.into());
        painter.resize(window, width, height);
        painter.noise(window, sides.0, sides.1, seed);
        expect_size(&page, width, height);
        expect_part(&here, (50, 40), &there, (width, height));
    }
}

#[test]
fn monitor_that_is_resized_is_followed_without_a_new_session() {
    let (source, viewing) = (Display::start(800, 600), viewing_display());
    let painter = Painter::on(&source);
    painter.noise(painter.root, 800, 600, 1);
    painter.set_monitor("LEFT-1", 0, 0, 640, 480);
    let server = Lanstream::capture(&source, &["--display", "LEFT-1", "--cursor", "off"]);
    let chromium = Chromium::open(&server.page(""), &viewing);
    let page = chromium.page();
    let (here, there) = (Screen::of(&source), Screen::of(&viewing));
    expect_part(&here, (0, 0), &there, (640, 480));
    painter.set_monitor("LEFT-1", 100, 50, 700, 550);
    expect_size(&page, 700, 550);
    expect_part(&here, (100, 50), &there, (700, 550));
}

#[test]
fn source_that_dies_is_said_to_be_lost() {
    let (mut source, viewing) = (Display::start(640, 480), viewing_display());
    let server = Lanstream::capture(&source, &["--display", "0"]);
    let chromium = Chromium::open(&server.page(""), &viewing);
    let page = chromium.page();
    page.playing();
    source.kill();
    page.banner_with("source lost");
    let state = page.state();
    assert_eq!((&state["connected"], &state["playing"]), (&true.into(), &false.into()), "{state}");
    assert_eq!(server.event("source", 1)["state"], "lost");
}

#[test]
fn source_that_comes_back_is_shown_again_in_the_same_session() {
    // Out of the way of displays that are started on the first free number.
    let name = format!(":{}", 40_000 + std::process::id() % 10_000);
    let (mut source, viewing) = (Display::start_as(&name, 640, 480), viewing_display());
    let server = Lanstream::capture(&source, &["--display", "0", "--cursor", "off"]);
    let chromium = Chromium::open(&server.page(""), &viewing);
    let page = chromium.page();
    page.playing();
    source.kill();
    page.banner_with("source lost");
    let source = Display::start_as(&name, 640, 480);
    let painter = Painter::on(&source);
    painter.noise(painter.root, 640, 480, 1);
    expect_part(&Screen::of(&source), (0, 0), &Screen::of(&viewing), (640, 480));
    let state = page.playing();
    assert_eq!(state["reconnects"], 0, "{state}");
    assert_eq!(page.banner(), "");
}

#[test]
fn server_that_comes_back_with_another_token_is_said_to_be_another_run() {
    let viewing = viewing_display();
    let mut server = Lanstream::pattern(&["--size", "640x360"]);
    let chromium = Chromium::open(&server.page(""), &viewing);
    let page = chromium.page();
    page.playing();
    server.process.kill();
    page.banner_with("reconnecting");
    let _another = Lanstream::pattern(&["--size", "640x360", "--port", server.port()]);
    page.banner_with("lanstream was started again: open the URL that it printed");
    assert_eq!(page.state()["phase"], "ticket-rejected");
}

#[test]
fn server_that_comes_back_with_the_same_token_file_is_shown_again() {
    let viewing = viewing_display();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let arguments = ["--size", "640x360", "--token-file", file.to_str().unwrap()];
    let mut server = Lanstream::pattern(&arguments);
    let chromium = Chromium::open(&server.page(""), &viewing);
    let page = chromium.page();
    page.playing();
    server.process.kill();
    page.banner_with("reconnecting");
    let another = Lanstream::pattern(&[&arguments[..], &["--port", server.port()]].concat());
    another.event("viewer-joined", 0);
    page.playing();
}

#[test]
fn wrong_token_is_said_to_be_wrong() {
    let viewing = viewing_display();
    let server = Lanstream::pattern(&["--size", "640x360"]);
    let wrong = server.page("").replace(server.token(), &"0".repeat(64));
    let chromium = Chromium::open(&wrong, &viewing);
    let page = chromium.page();
    page.banner_with("wrong token, or a used ticket: open the whole URL that lanstream printed");
    assert_eq!(server.next_stats()["viewers"], 0);
    assert_eq!(server.events("viewer-joined").len(), 0);
}

#[test]
fn browser_killed_in_the_middle_of_a_frame_harms_nobody() {
    let viewing = viewing_display();
    // Frames so large that one is always on the way.
    let server = Lanstream::pattern(&["--kind", "noise", "--size", "1920x1080"]);
    for visit in 0..2 {
        let mut browser = Engine::Chromium.open(&server.page("?transport=http"), &viewing);
        server.event("viewer-joined", visit);
        // Without an acknowledgement there would be one frame, of 66 Mbit.
        server.stats_where("frames on the way", |stats| stats["mbps"].as_f64() > Some(150.0));
        browser.process.kill();
        let left = server.event("viewer-left", visit);
        assert_eq!(left["viewers"], 0, "{left}");
        assert!(left["updates"].as_u64() > Some(0), "{left}");
        server.stats_where("silence", |stats| stats["viewers"] == 0 && stats["mbps"].as_f64() == Some(0.0));
    }
}

#[test]
fn ten_viewers_in_one_browser_all_play() {
    let viewing = viewing_display();
    let server = Lanstream::pattern(&["--size", "640x360", "--fps", "10"]);
    let url = server.page("");
    // A page under another window would count as hidden, and pause.
    let chromium = Chromium::open_with(&url, &viewing, &["--disable-backgrounding-occluded-windows"]);
    let others = (1..VIEWERS).map(|_| chromium.another(&url));
    let pages: Vec<Page<'_>> = std::iter::once(chromium.page()).chain(others).collect();
    let states: Vec<Value> = pages.iter().map(Page::playing).collect();
    let before: Vec<u64> = states.iter().map(|state| state["frames"].as_u64().unwrap()).collect();
    // None has its picture at another's expense.
    for (page, before) in pages.iter().zip(before) {
        page.state_where("another frame", |state| state["frames"].as_u64() > Some(before));
    }
    assert_eq!(server.next_stats()["viewers"], VIEWERS, "{states:?}");
}

#[test]
fn browser_that_slept_catches_up_exactly() {
    let (source, viewing) = (Display::start(1280, 800), viewing_display());
    let painter = Painter::on(&source);
    let window = painter.window("busy", 100, 100, 600, 400);
    let server = Lanstream::capture(&source, &["--display", "0", "--cursor", "off"]);
    let (here, there) = (Screen::of(&source), Screen::of(&viewing));
    let browser = Engine::Chromium.open(&server.page(""), &viewing);
    painter.noise(window, 600, 400, 1);
    expect_part(&here, (0, 0), &there, (1280, 800));
    browser.process.signal_all(Signal::STOP);
    let seconds = server.events("stats").len();
    let mut number = 1;
    while server.events("stats").len() < seconds + ASLEEP_SECONDS {
        number += 1;
        painter.noise(window, 600, 400, number);
        painter.shift(window, (number % 600).cast_signed(), (number % 400).cast_signed());
    }
    browser.process.signal_all(Signal::CONT);
    expect_part(&here, (0, 0), &there, (1280, 800));
}

fn busy_page_is_sent_nothing_and_catches_up(transport: &str) {
    let (source, viewing) = (Display::start(1280, 800), viewing_display());
    let painter = Painter::on(&source);
    let window = painter.window("busy", 100, 100, 600, 400);
    let server = Lanstream::capture(&source, &["--display", "0", "--cursor", "off"]);
    let chromium = Chromium::open(&server.page(&format!("?thread=page&transport={transport}")), &viewing);
    let page = chromium.page();
    page.playing();
    page.evaluate(BUSY);
    let seconds = server.events("stats").len();
    let mut number = 0;
    until("a second in which nothing is sent though much is drawn", || {
        number += 1;
        painter.noise(window, 600, 400, number);
        // The first second began before.
        let stats: Vec<Value> = server.events("stats").into_iter().skip(seconds + 1).collect();
        stats.iter().find(|stats| stats["mbps"].as_f64() == Some(0.0)).map(drop).ok_or(number)
    });
    let (here, there) = (Screen::of(&source), Screen::of(&viewing));
    expect_part(&here, (0, 0), &there, (1280, 800));
    assert_eq!(page.state()["reconnects"], 0, "{:?}", server.events("viewer-left"));
}

#[test]
fn page_that_is_busy_is_sent_nothing_over_http_and_catches_up_exactly() {
    busy_page_is_sent_nothing_and_catches_up("http");
}

#[test]
fn page_that_is_busy_is_sent_nothing_over_websocket_and_catches_up_exactly() {
    busy_page_is_sent_nothing_and_catches_up("websocket");
}

#[test]
fn canvas_that_lost_its_pixels_is_painted_again() {
    let (source, viewing) = (Display::start(1280, 800), viewing_display());
    let painter = Painter::on(&source);
    painter.noise(painter.root, 1280, 800, 1);
    let server = Lanstream::capture(&source, &["--display", "0", "--cursor", "off"]);
    let chromium = Chromium::open(&server.page("?thread=page"), &viewing);
    let page = chromium.page();
    let (here, there) = (Screen::of(&source), Screen::of(&viewing));
    expect_part(&here, (0, 0), &there, (1280, 800));
    page.evaluate(LOSS);
    assert_eq!(page.evaluate(IS_WHOLE), false);
    page.evaluate(RESTORED);
    assert_eq!(page.evaluate(IS_WHOLE), true);
    expect_part(&here, (0, 0), &there, (1280, 800));
    assert_eq!(page.state()["reconnects"], 0);
}

#[test]
fn viewer_on_the_display_that_it_mirrors_stays_usable() {
    let both = viewing_display();
    let server = Lanstream::capture(&both, &["--display", "0", "--cursor", "off"]);
    let chromium = Chromium::open(&server.page(""), &both);
    let page = chromium.page();
    page.playing();
    for _ in 0..MIRRORED_SECONDS {
        let stats = server.next_stats();
        assert!(stats["fps"].as_f64() < Some(MIRRORED_FPS_MAX), "{stats}");
        let resident = resident_bytes(&server);
        assert!(resident < RESIDENT_BYTES_MAX, "{resident} bytes are resident");
    }
    let frames = page.state()["frames"].as_u64();
    page.evaluate("window.dispatchEvent(new KeyboardEvent('keydown', { key: 's' }))");
    page.state_where("a frame with the statistics in it", |state| {
        state["frames"].as_u64() > frames && !state["stats"].is_null()
    });
    assert_eq!(page.state()["reconnects"], 0);
}

#[test]
fn viewer_on_the_display_that_it_mirrors_says_so() {
    let both = viewing_display();
    let painter = Painter::on(&both);
    let server = Lanstream::capture(&both, &["--display", "0", "--cursor", "off"]);
    let chromium = Chromium::open(&server.page(""), &both);
    let page = chromium.page();
    page.playing();
    let window = painter.window("busy", 20, 20, 60, 60);
    let mut seed = 0;
    // Changes without an end, as a picture of a picture has.
    until("a word about it", || {
        seed += 1;
        painter.noise(window, 60, 60, seed);
        page.state()["feedback"]
            .as_str()
            .filter(|text| text.contains("10 frames a second"))
            .map(drop)
            .ok_or("none")
    });
    page.banner_with("10 frames a second");
    let seconds = server.events("stats").len();
    while server.events("stats").len() < seconds + 2 {
        seed += 1;
        painter.noise(window, 60, 60, seed);
    }
    let fps = server.next_stats()["fps"].as_f64().unwrap();
    assert!((1.0..HELD_FPS_MAX).contains(&fps), "{fps} frames a second");
}

/// The display with the red half of the cursor over it, whose hotspot is at 3, 4.
fn with_cursor(picture: &Picture, x: i32, y: i32) -> Picture {
    let mut picture = picture.clone();
    for (x, y) in (0..4).flat_map(|dx| (0..8).map(move |dy| (x - 3 + dx, y - 4 + dy))) {
        if let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y))
            && x < picture.width
            && y < picture.height
        {
            picture.set(x, y, RED);
        }
    }
    picture
}

#[test]
fn pointer_is_shown_in_its_place_and_shape() {
    let (source, viewing) = (Display::start(1280, 800), viewing_display());
    let painter = Painter::on(&source);
    painter.noise(painter.root, 1280, 800, 1);
    painter.set_half_red_cursor();
    let server = Lanstream::capture(&source, &["--display", "0", "--cursor", "on"]);
    let _browser = Engine::Chromium.open(&server.page(""), &viewing);
    let (here, there) = (Screen::of(&source), Screen::of(&viewing));
    // Also where it is cut off by the edges of the display.
    for (x, y) in [(400, 300), (401, 333), (0, 0), (1279, 799), (2, 795)] {
        painter.push_pointer(x, y);
        let wanted = with_cursor(&here.grab(), x.into(), y.into());
        until(&format!("the pointer at {x}, {y}"), || seen(&there, 1280, 800).expect(&wanted));
    }
}

#[test]
fn whole_multiples_are_blocks_of_the_sources_pixels() {
    let (source, viewing) = (Display::start(300, 180), viewing_display());
    let painter = Painter::on(&source);
    painter.noise(painter.root, 300, 180, 1);
    let server = Lanstream::capture(&source, &["--display", "0", "--cursor", "off"]);
    let chromium = Chromium::open(&server.page("?fit=integer"), &viewing);
    let (here, there) = (Screen::of(&source), Screen::of(&viewing));
    let wanted = here.grab().enlarged(4);
    until("a picture four times as large", || seen(&there, 1200, 720).expect(&wanted));
    let around = there.grab();
    assert_eq!([around.pixel(39, 400), around.pixel(1240, 400), around.pixel(640, 39)], [BLACK; 3]);
    assert_eq!(chromium.page().state()["scale"], 4);
}

#[test]
fn contained_picture_fills_the_window_in_one_direction() {
    let (source, viewing) = (Display::start(300, 180), viewing_display());
    let painter = Painter::on(&source);
    // One colour, which scaling does not change but at the edges.
    painter.paint_background(0xff_0000);
    let server = Lanstream::capture(&source, &["--display", "0", "--cursor", "off"]);
    let chromium = Chromium::open(&server.page("?fit=contain"), &viewing);
    let there = Screen::of(&viewing);
    // 300x180 grows to 1280x768, with 16 rows of black above and below.
    let wanted = [BLACK, RED, RED, RED, RED, BLACK];
    until("a picture as wide as the window", || {
        let all = there.grab();
        let places = [(640, 15), (640, 17), (1, 400), (1278, 400), (640, 782), (640, 784)];
        let pixels = places.map(|(x, y)| all.pixel(x, y));
        if pixels == wanted { Ok(()) } else { Err(format!("{pixels:?}")) }
    });
    let scale = chromium.page().state()["scale"].as_f64().unwrap();
    assert!((scale - 1280.0 / 300.0).abs() < 1e-6, "{scale}");
}
