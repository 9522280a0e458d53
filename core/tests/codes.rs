//! What moved and what is coded: a viewer behind a slow pipe, for which everything is worth while that saves bytes.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "common/scene.rs"]
mod common;
#[path = "common/content.rs"]
mod content;

use std::cell::Cell;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use common::{Arrivals, Screen, Scripted, Viewer, pipeline};
use content::{few_colours, fill, grainy, noise, recurring, write};
use lanstream_core::protocol::{Encoding, HELLO_CODES, ROUTE_PLAIN};
use lanstream_core::{EncodePool, Micros, Rect, Size};
use proptest::prelude::*;

/// Of the pipe, in nanoseconds: 100 Mbit/s.
const BYTE_NS: u64 = 80;
const BAND_BYTES: usize = 256 << 10;
/// What a thread of the pool that has taken up a part may need on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(20);

thread_local! {
    /// Passes by what a test says, so that a model finds the pipe as it is, and coding free.
    static NOW_US: Cell<u64> = const { Cell::new(1) };
}

/// A pool with threads that end with it.
struct Helped(Arc<EncodePool>, Vec<JoinHandle<()>>);

impl Helped {
    fn start() -> Self {
        let pool = Arc::<EncodePool>::default();
        let start = |_| {
            let pool = Arc::clone(&pool);
            std::thread::spawn(move || pool.work(clock))
        };
        let threads = (0..2).map(start).collect();
        Self(pool, threads)
    }
}

impl Drop for Helped {
    fn drop(&mut self) {
        self.0.close();
        self.1.drain(..).for_each(|thread| thread.join().unwrap());
    }
}

fn clock() -> Micros {
    Micros(NOW_US.get())
}

/// Receives one update, and answers it as late as its bytes take.
fn receive(viewer: &mut Viewer) -> Option<u32> {
    let (before, end) = (viewer.bytes, Instant::now() + PATIENCE);
    let seq = loop {
        let seq = viewer.receive(usize::MAX);
        if seq.is_some() || viewer.bytes == before || Instant::now() > end {
            break seq?;
        }
        std::thread::yield_now();
    };
    NOW_US.set(NOW_US.get() + 1000 + (viewer.bytes - before) as u64 * BYTE_NS / 1000);
    viewer.acknowledge(seq);
    Some(seq)
}

/// Changes a screen step by step; after each a viewer's picture must be what was captured. Returns the pixels that it
/// was sent in each encoding, and the bytes of the last update.
fn watch<F: FnMut(&mut Screen) + Send>(
    size: Size,
    changes: impl Iterator<Item = F> + Send,
) -> ([usize; Encoding::ALL.len()], usize) {
    let (mut pipeline, feed_handle, state) = pipeline();
    let screen = Arc::new(Mutex::new(Screen::new(size)));
    let pool = Helped::start();
    let join = || Viewer::join_by(clock, &pool.0, &feed_handle, &state, BAND_BYTES, HELLO_CODES);
    let (mut viewer, mut other, mut changes) = (join(), join(), changes.fuse());
    let told = Arc::new(Mutex::new(([0; Encoding::ALL.len()], 0)));
    let (shown, tell) = (Arc::clone(&screen), Arc::clone(&told));
    let step = move || {
        let before = viewer.bytes;
        // It reads what was encoded for the first, whenever both are at the same frame.
        receive(&mut other);
        if receive(&mut viewer).is_some() {
            let mut screen = shown.lock().unwrap();
            assert!(
                other.picture.seq() != viewer.picture.seq() || other.picture.rgbx() == viewer.picture.rgbx()
            );
            let shown = screen.captured_in(&viewer.picture);
            screen.captured.drain(..shown.expect("the picture is one that was captured"));
            *tell.lock().unwrap() = (viewer.pixels_by, viewer.bytes - before);
        }
        let Some(mut change) = changes.next() else { return false };
        change(&mut shown.lock().unwrap());
        true
    };
    let mut source =
        Scripted { screen, step, state: Arc::clone(&state), record: true, arrivals: Arrivals::default() };
    pipeline.run(&mut source).unwrap();
    *told.lock().unwrap()
}

#[derive(Clone, Debug)]
enum Change {
    Draw(Rect, u32),
    Write(Rect, u32),
    Scroll(Rect, i32, i32),
    Resize(Size),
}

impl Change {
    fn perform(&self, screen: &mut Screen) {
        match *self {
            Self::Draw(rect, seed) => screen.draw(rect, seed, true),
            Self::Write(rect, seed) => write(screen, rect, seed),
            Self::Scroll(rect, dx, dy) => screen.scroll(rect, dx, dy),
            Self::Resize(size) => screen.resize(size),
        }
    }
}

fn rect() -> impl Strategy<Value = Rect> {
    (0..600u32, 0..400u32, 1..600u32, 1..400u32).prop_map(|(x, y, width, height)| Rect {
        x,
        y,
        width,
        height,
    })
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => (rect(), any::<u32>()).prop_map(|(rect, seed)| Change::Draw(rect, seed)),
        3 => (rect(), any::<u32>()).prop_map(|(rect, seed)| Change::Write(rect, seed)),
        6 => (rect(), -60..60i32, -60..60i32).prop_map(|(rect, dx, dy)| Change::Scroll(rect, dx, dy)),
        1 => (1..640u32, 1..480u32).prop_map(|(width, height)| Change::Resize(Size { width, height })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn what_is_drawn_scrolled_and_written_arrives_as_it_is(changes in prop::collection::vec(change(), 1..25)) {
        let size = Size { width: 640, height: 480 };
        let change = |change: Change| move |screen: &mut Screen| change.perform(screen);
        watch(size, changes.into_iter().map(change));
    }
}

const WIDE: Size = Size { width: 1280, height: 720 };
// Places of the encodings.
const RAW: usize = 0;
const SOLID: usize = 1;
const MOVE: usize = 2;
const PALETTE: usize = 3;
const PREDICT: usize = 4;
const LZ: usize = 5;
const PACKED: usize = 6;

/// How much of all pixels came so.
#[expect(clippy::cast_precision_loss, reason = "no picture has as many pixels as a float counts")]
fn share(pixels_by: [usize; Encoding::ALL.len()], encodings: &[usize]) -> f64 {
    let sum: usize = encodings.iter().map(|encoding| pixels_by[*encoding]).sum();
    let all: usize = pixels_by.iter().sum();
    sum as f64 / all as f64
}

/// The same change over and over, with the number of the round.
fn rounds(
    rounds: u32,
    change: impl Fn(&mut Screen, u32) + Copy + Send,
) -> impl Iterator<Item = impl FnMut(&mut Screen) + Send> + Send {
    (0..rounds).map(move |round| move |screen: &mut Screen| change(screen, round))
}

#[test]
fn a_plain_route_brings_every_pixel_whatever_it_shows_and_tells_what_a_byte_takes() {
    let (mut pipeline, feed_handle, state) = pipeline();
    let screen = Arc::new(Mutex::new(Screen::new(WIDE)));
    let mut viewer = Viewer::join_by(clock, &Arc::default(), &feed_handle, &state, BAND_BYTES, HELLO_CODES);
    drop(viewer.reroute_with(ROUTE_PLAIN).unwrap());
    let step = move || {
        if receive(&mut viewer).is_none() {
            return true;
        }
        assert_eq!(viewer.pixels_by[RAW], WIDE.area(), "{:?}", viewer.pixels_by);
        assert!(viewer.bytes > WIDE.area() * 4);
        assert!(viewer.receive(usize::MAX).is_none(), "the answer is heard");
        let byte_ns = [0, 1].map(|transport| viewer.counters.byte_times[transport].load());
        let [None, Some(own)] = byte_ns else { panic!("{byte_ns:?}") };
        assert!((0.5..2.0).contains(&(own / 80.0)), "{byte_ns:?}");
        false
    };
    let arrivals = Arrivals::default();
    let mut source = Scripted { screen, step, state: Arc::clone(&state), record: false, arrivals };
    pipeline.run(&mut source).unwrap();
}

#[test]
fn a_scrolled_picture_is_moved() {
    let scroll = |screen: &mut Screen, round: u32| match round {
        0 => fill(screen, WIDE.bounds(), |x, y| noise(x, y, 1)),
        _ => screen.scroll(WIDE.bounds(), 0, -7),
    };
    let (pixels_by, bytes) = watch(WIDE, rounds(10, scroll));
    assert!(share(pixels_by, &[MOVE]) > 0.5, "{pixels_by:?}");
    assert!(bytes < WIDE.area() * 4 / 20, "{bytes} bytes");
}

#[test]
fn a_window_that_is_dragged_is_moved() {
    let drag = |screen: &mut Screen, round: u32| {
        let window = Rect { x: 100 + round * 13, y: 50 + round * 5, width: 500, height: 400 };
        write(screen, WIDE.bounds(), 3);
        fill(screen, window, |x, y| noise(x - window.x, y - window.y, 9));
    };
    let (pixels_by, _) = watch(WIDE, rounds(12, drag));
    assert!(share(pixels_by, &[MOVE]) > 0.3, "{pixels_by:?}");
}

#[test]
fn each_kind_of_content_finds_its_code() {
    let painted = |screen: &mut Screen, round| fill(screen, WIDE.bounds(), |x, y| few_colours(x, y, round));
    let (pixels_by, bytes) = watch(WIDE, rounds(60, painted));
    assert!(share(pixels_by, &[PALETTE]) > 0.6, "{pixels_by:?}");
    assert!(bytes < WIDE.area() / 3, "{bytes} bytes");

    let gradient = |screen: &mut Screen, round| fill(screen, WIDE.bounds(), |x, y| grainy(x, y, round));
    let (pixels_by, _) = watch(WIDE, rounds(60, gradient));
    assert!(share(pixels_by, &[PREDICT]) > 0.6, "{pixels_by:?}");

    let pattern = |screen: &mut Screen, round| fill(screen, WIDE.bounds(), |x, y| recurring(x, y, round));
    let (pixels_by, bytes) = watch(WIDE, rounds(60, pattern));
    assert!(share(pixels_by, &[LZ]) > 0.6, "{pixels_by:?}");
    assert!(bytes < WIDE.area() / 10, "{bytes} bytes");

    let noise_all = |screen: &mut Screen, round| fill(screen, WIDE.bounds(), |x, y| noise(x, y, round));
    let (pixels_by, bytes) = watch(WIDE, rounds(20, noise_all));
    assert!(share(pixels_by, &[RAW, PACKED, LZ]) > 0.9, "{pixels_by:?}");
    assert!(bytes < WIDE.area() * 3 + 10_000, "{bytes} bytes");

    let plain = |screen: &mut Screen, round| fill(screen, WIDE.bounds(), |_, _| round * 0x01_0203);
    let (pixels_by, _) = watch(WIDE, rounds(5, plain));
    assert_eq!(pixels_by[SOLID], pixels_by.iter().sum::<usize>());
}

#[test]
fn a_keystroke_and_a_line_of_text_are_small() {
    let type_a_letter = |screen: &mut Screen, round: u32| match round {
        0 => write(screen, WIDE.bounds(), 1),
        _ => write(screen, Rect { x: 8 * round, y: 320, width: 8, height: 16 }, round),
    };
    let (_, bytes) = watch(WIDE, rounds(20, type_a_letter));
    assert!(bytes <= 2048, "{bytes} bytes for a letter");

    let scroll_a_line = |screen: &mut Screen, round: u32| {
        if round == 0 {
            return write(screen, WIDE.bounds(), 1);
        }
        screen.scroll(WIDE.bounds(), 0, -16);
        write(screen, Rect { x: 0, y: 704, width: 1280, height: 16 }, round);
    };
    let (_, bytes) = watch(WIDE, rounds(20, scroll_a_line));
    assert!(bytes <= WIDE.area() * 4 / 50, "{bytes} bytes for a line");
}

#[test]
fn odd_sizes_and_the_longest_sides() {
    for (width, height) in [(1, 1), (1, 7), (33, 17), (16_384, 1), (1, 16_384), (16_384, 19), (65, 16_384)] {
        let size = Size { width, height };
        let change = move |screen: &mut Screen, round: u32| match round % 3 {
            0 => write(screen, size.bounds(), round),
            1 => screen.scroll(size.bounds(), -3, 5),
            _ => fill(screen, size.bounds(), |x, y| noise(x, y, round) & 0x0f_0f0f),
        };
        watch(size, rounds(9, change));
    }
}
