//! A page that is busy with work of its own: in Chromium its frames come by a worker, until it is at leisure again.

use std::sync::atomic::{AtomicBool, Ordering};

use lanstream_core::Size;
use lanstream_pattern::read_number;
use lanstream_testkit::browser::chromium::{Chromium, Page};
use lanstream_testkit::browser::webkit::Webkit;
use lanstream_testkit::display::Display;
use lanstream_testkit::machine;
use lanstream_testkit::picture::Picture;
use lanstream_testkit::screen::Screen;
use lanstream_testkit::wait::until;

use crate::program::Lanstream;

const WIDTH: u32 = 640;
const HEIGHT: u32 = 360;
/// More frames than there are in the time after which a busy page has its frames from a worker, if it ever has.
const FRAMES_UNTIL_MOVED: u64 = 200;
/// Has the page work for 50 of every 60 milliseconds, and keeps what it counts.
pub(crate) const WORK: &str = "(() => {
    window.counts = [];
    window.lanstream.addEventListener('frame', event => window.counts.push(event.detail.frames));
    window.work = setInterval(() => {
        const end = performance.now() + 50;
        while (performance.now() < end);
    }, 60);
})()";
/// What lies in the page for the picture: its canvases, and whether the frames that were counted only rose.
const PAGE: &str = "[
    window.lanstream.shadowRoot.querySelectorAll('.picture').length,
    window.counts.length > 10 && window.counts.every((count, at) => at === 0 || count > window.counts[at - 1]),
]";

#[test]
fn a_busy_page_has_its_frames_from_a_worker_until_it_is_at_leisure() {
    // The page measures how late its timers are: beside other tests it would never be at leisure.
    let _machine = machine::alone();
    let size = format!("{WIDTH}x{HEIGHT}");
    let server = Lanstream::pattern(&["--kind", "motion", "--size", &size]);
    let viewing = Display::start(WIDTH + 1, HEIGHT + 1);
    let chromium = Chromium::open(&server.page("?verify=1"), &viewing);
    let page = chromium.page();
    page.playing();
    let screen = Screen::of(&viewing);
    until("a frame on the display", || if is_blank(&screen) { Err("it is blank") } else { Ok(()) });
    let is_over = AtomicBool::new(false);
    let faults = std::thread::scope(|scope| {
        let watching = scope.spawn(|| faults(&screen, &is_over));
        let over = Over(&is_over);
        move_there_and_back(&page);
        drop(over);
        watching.join().expect("it only looks")
    });
    assert_eq!(faults, Faults::default());
    page.evaluate("window.lanstream.pause()");
    until("the frame on the display", || {
        let read = page.evaluate("window.lanstream.readPixels().then(({ data }) => [...data])");
        let shown = read.as_array().expect("it is a list").iter();
        let bytes =
            shown.map(|byte| u8::try_from(byte.as_u64().expect("a number")).expect("a byte")).collect();
        screen.grab().part(0, 0, WIDTH, HEIGHT).expect(&Picture { width: WIDTH, height: HEIGHT, bytes })
    });
}

#[test]
fn a_busy_page_of_webkit_keeps_its_frames() {
    let server = Lanstream::pattern(&["--kind", "motion", "--size", &format!("{WIDTH}x{HEIGHT}")]);
    let viewing = Display::start(WIDTH, HEIGHT);
    let webkit = Webkit::open(&server.page("?verify=1"), &viewing);
    let state_after = |frames: u64| {
        until(&format!("{frames} frames"), || {
            let state = webkit.evaluate("window.lanstream?.state ?? null");
            if state["frames"].as_u64() >= Some(frames) { Ok(state) } else { Err(state) }
        })
    };
    let before = state_after(1)["frames"].as_u64().expect("a number");
    webkit.evaluate(WORK);
    let state = state_after(before + FRAMES_UNTIL_MOVED);
    assert_eq!((&state["thread"], &state["refuted"]), (&"page".into(), &0.into()), "{state}");
}

/// Ends the look at the display, also where a test fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Whether there is one colour alone where the frame lies.
fn is_blank(screen: &Screen) -> bool {
    screen.grab().part(0, 0, WIDTH, HEIGHT).colours() == 1
}

/// What was wrong on the display.
#[derive(Debug, Default, PartialEq)]
struct Faults {
    /// Looks that found no frame.
    blank: usize,
    /// Numbers of frames that were seen after later ones, with those.
    late: Vec<(u32, u32)>,
}

/// Looks at the display until it is over.
fn faults(screen: &Screen, is_over: &AtomicBool) -> Faults {
    let (mut faults, mut last) = (Faults::default(), 0);
    let size = Size::new(WIDTH, HEIGHT).expect("it is a size");
    while !is_over.load(Ordering::Relaxed) {
        let picture = screen.grab().part(0, 0, WIDTH, HEIGHT);
        faults.blank += usize::from(picture.colours() == 1);
        let number = read_number(size, WIDTH as usize * 4, &picture.bytes).unwrap_or(last);
        if number < last {
            faults.late.push((number, last));
        }
        last = last.max(number);
    }
    faults
}

fn move_there_and_back(page: &Page<'_>) {
    page.evaluate(WORK);
    let state = page.state_where("frames from a worker", |state| state["thread"] == "worker");
    let proven = state["proven"].as_u64();
    assert_eq!(state["threadReason"], "this page is busy");
    page.state_where("proofs of a worker's frames", |state| state["proven"].as_u64() > proven);
    page.evaluate("clearInterval(window.work)");
    page.state_where("frames in the page again", |state| state["thread"] == "page");
    let state = page.playing();
    assert_eq!(state["refuted"], 0, "{state}");
    until("one canvas, and frames that were counted on", || {
        let found = page.evaluate(PAGE);
        if found == serde_json::json!([1, true]) { Ok(()) } else { Err(found) }
    });
}
