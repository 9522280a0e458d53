//! Two displays, a desktop on one, a browser on the other: what is seen there is what is here, pixel by pixel.

use std::process::{Command, Stdio};

use lanstream_core::Size;
use lanstream_pattern::{Kind, draw, read_number};
use lanstream_testkit::browser::Engine::{self, Chromium, Firefox, Webkit};
use lanstream_testkit::display::Display;
use lanstream_testkit::painter::Painter;
use lanstream_testkit::picture::Picture;
use lanstream_testkit::process::Process;
use lanstream_testkit::screen::Screen;
use lanstream_testkit::wait::until;

use crate::program::Lanstream;

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 800;
const HTTP: &str = "?transport=http";
const WEBSOCKET: &str = "?transport=websocket";
const WEBTRANSPORT: &str = "?transport=webtransport";
/// Chromium's own choice is the page, see `verify.rs`.
const HTTP_IN_WORKER: &str = "?transport=http&thread=worker";
const WEBSOCKET_IN_WORKER: &str = "?transport=websocket&thread=worker";
/// Lines that the terminal prints: they scroll through it several times.
const LINES: u32 = 400;
/// Distinct pictures that a viewer must have been caught with.
const SIGHTINGS: usize = 60;
/// Side of the window that moves.
const SIDE: u16 = 200;

/// A display that shows a picture of the size of all displays here, in either browser, at its top left corner.
fn viewing_display() -> Display {
    Display::start(WIDTH + 1, HEIGHT + 1)
}

fn seen(screen: &Screen) -> Picture {
    screen.grab().part(0, 0, WIDTH, HEIGHT)
}

/// A terminal in which lines run, and then nothing moves any more.
fn terminal(on: &Display) -> Process {
    let script = format!("seq -f 'line %g of a desktop that is mirrored' 1 {LINES}; exec sleep 3600");
    let mut command = Command::new("xterm");
    command.args(["-geometry", "100x40+40+40", "-e", "sh", "-c", &script]).env("DISPLAY", &on.name);
    Process::start(command.stdout(Stdio::null()).stderr(Stdio::null()))
}

/// Waits until the one shows what the other one does, while nothing moves there.
fn expect_the_same(here: &Screen, there: &Screen) -> Picture {
    until("the same on both displays", || {
        let before = here.grab();
        seen(there).expect(&before).map_err(|difference| difference.to_string())?;
        if here.grab() == before { Ok(before) } else { Err("it moves".to_owned()) }
    })
}

/// Moves a window of ever new noise about as fast as the display can.
fn stir(painter: &Painter, window: u32, round: u32) {
    for step in 0..100 {
        let number = round * 100 + step;
        painter.noise(window, SIDE, SIDE, number);
        painter.shift(
            window,
            (number * 37 % (WIDTH - 100)).cast_signed() - 50,
            (number * 23 % (HEIGHT - 100)).cast_signed() - 50,
        );
    }
}

fn desktop_at_rest(engine: Engine, query: &str) {
    let (source, viewing) = (Display::start(WIDTH, HEIGHT), viewing_display());
    let painter = Painter::on(&source);
    painter.paint_background(0x2f_6f_4f);
    let window = painter.window("moving", 700, 300, SIDE, SIDE);
    let _terminal = terminal(&source);
    let server = Lanstream::capture(&source, &["--display", "0", "--cursor", "off"]);
    let _browser = engine.open(&server.page(query), &viewing);
    let (here, there) = (Screen::of(&source), Screen::of(&viewing));
    server.event("viewer-joined", 0);
    for round in 0..3 {
        stir(&painter, window, round);
        let picture = expect_the_same(&here, &there);
        assert!(picture.colours() > 10_000, "the noise is on it: {} colours", picture.colours());
    }
    let stats = server.next_stats();
    assert_eq!((&stats["missed_damage"], &stats["viewers"]), (&0.into(), &1.into()), "{stats}");
}

/// What the pattern's frame of a number looks like.
fn drawn(number: u32) -> Picture {
    let mut bytes = vec![0; (WIDTH * HEIGHT * 4) as usize];
    let size = Size::new(WIDTH, HEIGHT).expect("it is a size");
    draw(Kind::Motion, number, size, WIDTH as usize * 4, &mut bytes);
    Picture { width: WIDTH, height: HEIGHT, bytes }
}

fn number_of(picture: &Picture) -> Option<u32> {
    let size = Size::new(picture.width, picture.height).expect("it is a size");
    read_number(size, picture.width as usize * 4, &picture.bytes)
}

fn motion(engine: Engine, query: &str) {
    let viewing = viewing_display();
    let server = Lanstream::pattern(&["--kind", "motion", "--size", &format!("{WIDTH}x{HEIGHT}")]);
    let _browser = engine.open(&server.page(query), &viewing);
    let there = Screen::of(&viewing);
    let mut last = until("a numbered picture", || number_of(&seen(&there)).ok_or("there is none"));
    for sighting in 0..SIGHTINGS {
        let picture = until(&format!("sighting {sighting}"), || {
            let picture = seen(&there);
            if number_of(&picture) == Some(last) { Err(last) } else { Ok(picture) }
        });
        let number = number_of(&picture).expect("once there, the number stays");
        assert!(number > last, "picture {number} after {last}");
        if let Err(difference) = picture.expect(&drawn(number)) {
            panic!("picture {number} after {last} is not whole: {difference}");
        }
        last = number;
    }
}

#[test]
fn desktop_at_rest_over_http_in_chromium() {
    desktop_at_rest(Chromium, HTTP);
}

#[test]
fn desktop_at_rest_over_websocket_in_chromium() {
    desktop_at_rest(Chromium, WEBSOCKET);
}

#[test]
fn desktop_at_rest_over_webtransport_in_chromium() {
    desktop_at_rest(Chromium, WEBTRANSPORT);
}

#[test]
fn desktop_at_rest_painted_by_the_worker_in_chromium() {
    desktop_at_rest(Chromium, WEBSOCKET_IN_WORKER);
}

#[test]
fn desktop_at_rest_over_http_in_firefox() {
    desktop_at_rest(Firefox, HTTP);
}

#[test]
fn desktop_at_rest_over_websocket_in_firefox() {
    desktop_at_rest(Firefox, WEBSOCKET);
}

#[test]
fn desktop_at_rest_over_webtransport_in_firefox() {
    desktop_at_rest(Firefox, WEBTRANSPORT);
}

#[test]
fn desktop_at_rest_over_http_in_webkit() {
    desktop_at_rest(Webkit, HTTP);
}

#[test]
fn desktop_at_rest_over_websocket_in_webkit() {
    desktop_at_rest(Webkit, WEBSOCKET);
}

#[test]
fn pictures_in_motion_are_whole_over_http_in_chromium() {
    motion(Chromium, HTTP);
}

#[test]
fn pictures_in_motion_are_whole_over_websocket_in_chromium() {
    motion(Chromium, WEBSOCKET);
}

#[test]
fn pictures_in_motion_are_whole_over_webtransport_in_chromium() {
    motion(Chromium, WEBTRANSPORT);
}

#[test]
fn pictures_in_motion_painted_by_the_worker_are_whole_in_chromium() {
    motion(Chromium, HTTP_IN_WORKER);
}

#[test]
fn pictures_in_motion_are_whole_over_http_in_firefox() {
    motion(Firefox, HTTP);
}

#[test]
fn pictures_in_motion_are_whole_over_websocket_in_firefox() {
    motion(Firefox, WEBSOCKET);
}

#[test]
fn pictures_in_motion_are_whole_over_webtransport_in_firefox() {
    motion(Firefox, WEBTRANSPORT);
}

#[test]
fn pictures_in_motion_are_whole_over_websocket_in_webkit() {
    motion(Webkit, WEBSOCKET);
}
