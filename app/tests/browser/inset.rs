//! Changes that keep to one place are painted on a small canvas over the picture's. Nobody may see that: not when it
//! comes, not while it is there, and not when it goes because something else changes.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use lanstream_testkit::browser::chromium::{Chromium, Page};
use lanstream_testkit::display::Display;
use lanstream_testkit::machine;
use lanstream_testkit::painter::Painter;
use lanstream_testkit::screen::Screen;
use lanstream_testkit::wait::until;

use crate::program::Lanstream;

const WIDTH: u16 = 1280;
const HEIGHT: u16 = 800;
/// Where small changes are: x, y, width, height.
const PLACE: (i16, i16, u16, u16) = (500, 300, 200, 100);
const ALL: (i16, i16, u16, u16) = (0, 0, WIDTH, HEIGHT);
/// Times that all of the picture changes after small changes.
const GENERATIONS: u32 = 25;
/// Between small changes: a viewer sees most of them.
const PAUSE: Duration = Duration::from_millis(12);
const IS_SHOWN: &str = "window.lanstream.shadowRoot.querySelector('.overlay-canvas')?.hidden === false";
/// Proofs of pictures with the small canvas over them.
const PROOFS: u64 = 50;

/// One display in a page on another.
struct Scene {
    chromium: Chromium,
    server: Lanstream,
    painter: Painter,
    viewing: Display,
    _source: Display,
}

impl Scene {
    /// All of generation 0.
    fn start(query: &str) -> Self {
        let (width, height) = (u32::from(WIDTH), u32::from(HEIGHT));
        let (source, viewing) = (Display::start(width, height), Display::start(width + 1, height + 1));
        let painter = Painter::on(&source);
        painter.fill_over_all(ALL, colour(0, 0));
        let server = Lanstream::capture(&source, &["--display", "0", "--cursor", "off"]);
        let chromium = Chromium::open(&server.page(query), &viewing);
        Self { chromium, server, painter, viewing, _source: source }
    }

    fn page(&self) -> Page<'_> {
        let page = self.chromium.page();
        page.playing();
        page
    }
}

/// Does something when it goes.
struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        self.0();
    }
}

/// Of one generation are the colours of the whole screen, and those of a place on it that changed since.
fn colour(generation: u32, change: u32) -> u32 {
    (generation * 9 + 20) << 16 | (change & 0xffff)
}

fn generation_of(colour: u32) -> u32 {
    colour >> 16
}

/// What is seen outside of the place and within it, at one instant.
fn look(screen: &Screen) -> (u32, u32) {
    let row = screen.rows(350, 1);
    let colour = |x| {
        let [red, green, blue, _] = row.pixel(x, 0);
        u32::from_be_bytes([0, red, green, blue])
    };
    (colour(40), colour(600))
}

/// Paints small changes until the page has its small canvas over them, and some more.
fn change_there(painter: &Painter, page: &Page<'_>, generation: u32) {
    let mut change = 0;
    until("the small canvas", || {
        for _ in 0..10 {
            change += 1;
            painter.fill_over_all(PLACE, colour(generation, change));
            std::thread::sleep(PAUSE);
        }
        if page.evaluate(IS_SHOWN) == true { Ok(()) } else { Err("it is not there") }
    });
    for _ in 0..10 {
        change += 1;
        painter.fill_over_all(PLACE, colour(generation, change));
        std::thread::sleep(PAUSE);
    }
}

/// Looks at the display without a pause: what is seen there must be of one generation.
fn watch(viewing: &Display, is_over: &AtomicBool, looks: &AtomicU32) -> (u32, Vec<(u32, u32)>) {
    let screen = Screen::of(viewing);
    let (mut changes, mut torn, mut last) = (0, Vec::new(), (0, 0));
    while !is_over.load(Ordering::Relaxed) {
        let seen = look(&screen);
        looks.fetch_add(1, Ordering::Relaxed);
        changes += u32::from(seen != last);
        if generation_of(seen.0) != generation_of(seen.1) && seen != last {
            torn.push(seen);
        }
        last = seen;
    }
    (changes, torn)
}

fn seen_is(screen: &Screen, expected: (u32, u32)) -> Result<(), String> {
    let seen = look(screen);
    if seen == expected { Ok(()) } else { Err(format!("{seen:x?}, not {expected:x?}")) }
}

#[test]
fn nobody_sees_it_come_or_go() {
    // Looks at the display without a pause, which takes a core.
    let _machine = machine::alone();
    let scene = Scene::start("?transport=http");
    let (viewing, painter, page) = (&scene.viewing, &scene.painter, scene.page());
    let there = Screen::of(viewing);
    until("the first picture", || seen_is(&there, (colour(0, 0), colour(0, 0))));
    let (is_over, looks) = (AtomicBool::new(false), AtomicU32::new(0));
    std::thread::scope(|scope| {
        // Also where something fails here: nobody is to look for ever.
        let over = OnDrop(|| is_over.store(true, Ordering::Relaxed));
        let watcher = scope.spawn(|| watch(viewing, &is_over, &looks));
        for generation in 1..=GENERATIONS {
            painter.fill_over_all(ALL, colour(generation, 0));
            until("the next generation", || seen_is(&there, (colour(generation, 0), colour(generation, 0))));
            change_there(painter, &page, generation);
        }
        drop(over);
        let (changes, torn) = watcher.join().unwrap();
        let looks = looks.load(Ordering::Relaxed);
        println!("{looks} looks, {changes} changes seen, {} torn", torn.len());
        assert!(changes > GENERATIONS * 5, "{changes} changes seen in {looks} looks");
        assert!(torn.is_empty(), "seen {} of {looks} times: {:x?}", torn.len(), torn[0]);
    });
}

#[test]
fn pictures_with_it_are_proven() {
    let scene = Scene::start("?verify=1&transport=http");
    let (server, painter, page) = (&scene.server, &scene.painter, scene.page());
    let mut generation = 0;
    let stats = until("proofs", || {
        generation = (generation + 1) % GENERATIONS;
        painter.fill_over_all(ALL, colour(generation, 0));
        change_there(painter, &page, generation);
        let stats = server.next_stats();
        if stats["proven"].as_u64() > Some(PROOFS) { Ok(stats) } else { Err(stats) }
    });
    assert_eq!(stats["refuted"], 0, "{stats}");
}

#[test]
fn it_goes_when_its_pixels_would_not_fall_on_the_screens() {
    let scene = Scene::start("?transport=http");
    let (painter, page) = (&scene.painter, scene.page());
    change_there(painter, &page, 0);
    page.evaluate(
        "document.querySelector('lan-stream').style.width = '900px', window.lanstream.fit = 'contain'",
    );
    until("the whole alone", || if page.evaluate(IS_SHOWN) == true { Err("there is more") } else { Ok(()) });
    painter.fill_over_all(PLACE, colour(0, 1234));
    let pixel = "window.lanstream.readPixels().then(({ data }) => [...data.slice((350 * 1280 + 600) * 4, (350 * 1280 + 600) * 4 + 3)])";
    let expected = serde_json::json!([20, 1234 >> 8, 1234 & 0xff]);
    until("the last change", || {
        let seen = page.evaluate(pixel);
        if seen == expected { Ok(()) } else { Err(seen) }
    });
}
