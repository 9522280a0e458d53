//! Law 5 with codes: after the first frames the pixel path allocates nothing, whatever comes to be shown then.
//!
//! One test, alone in its process, on one thread, with a clock that only its steps move: each run decides the same.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "common/scene.rs"]
mod common;
#[path = "common/content.rs"]
mod content;
#[path = "common/counting.rs"]
mod counting;

use std::cell::Cell;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use bytes::BytesMut;
use common::{Arrivals, Screen, Scripted, Viewer, pipeline};
use content::{few_colours, fill, grainy, noise, recurring, write};
use counting::{allocations, counted};
use lanstream_core::protocol::{Ack, BandHead, Encoding, HELLO_CODES, ViewerMessage};
use lanstream_core::viewer::WriteStatus;
use lanstream_core::{Micros, Picture, Rect, Size};

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

const SIZE: Size = Size { width: 1280, height: 720 };
const BAND_BYTES: usize = 256 << 10;
/// Of the pipe, in nanoseconds: 100 Mbit/s, so that everything is worth while that saves bytes.
const BYTE_NS: u64 = 80;
/// Updates of text: each frame of the pool has been there, some was coded, and it was looked for what moved.
const WARM_UP: u32 = 20;
/// Updates of each kind of content after that: until a model has found its code.
const EACH: u32 = 60;

thread_local! {
    static NOW_US: Cell<u64> = const { Cell::new(1) };
}

/// A clock by which everything takes a microsecond; a pipe's time passes with its bytes.
fn clock() -> Micros {
    pass_us(1)
}

fn pass_us(time: u64) -> Micros {
    NOW_US.set(NOW_US.get() + time);
    Micros(NOW_US.get())
}

#[test]
fn nothing_is_allocated_between_capture_and_coded_bytes() {
    let (mut pipeline, feed_handle, state) = pipeline();
    let screen = Arc::new(Mutex::new(Screen::new(SIZE)));
    let viewer = Viewer::join_by(clock, &Arc::default(), &feed_handle, &state, BAND_BYTES, HELLO_CODES);
    let (mut watcher, shown) = (Watcher::new(viewer), Arc::clone(&screen));
    let (mut round, mut left_at) = (0, 0);
    let step = move || {
        // Since the last step there was the capture. What is done in a step is the test's own, but for what is counted
        // there.
        watcher.allocated += allocations() - left_at;
        round += u32::from(watcher.watch());
        if round <= WARM_UP {
            (watcher.allocated, watcher.pixels_by) = (0, [0; Encoding::ALL.len()]);
        }
        let goes_on = show(&mut shown.lock().unwrap(), round);
        if !goes_on {
            let pixels_by = watcher.pixels_by;
            assert!(pixels_by.iter().all(|pixels| *pixels > SIZE.area() / 2), "{pixels_by:?}");
            assert_eq!(watcher.allocated, 0);
        }
        left_at = allocations();
        goes_on
    };
    let mut source =
        Scripted { screen, step, state: Arc::clone(&state), record: false, arrivals: Arrivals::default() };
    pipeline.run(&mut source).unwrap();
}

/// Text, and then one kind of content after the other, each of many sizes. `false`: all were shown.
fn show(screen: &mut Screen, round: u32) -> bool {
    let Some(after) = round.checked_sub(WARM_UP) else {
        write(screen, SIZE.bounds(), round);
        return true;
    };
    let rect = Rect { x: 0, y: after % 3, width: SIZE.width, height: 16 + after % 8 * 100 };
    match after / EACH {
        0 => fill(screen, rect, |x, y| grainy(x, y, round)),
        1 => fill(screen, rect, |x, y| few_colours(x, y, round)),
        2 => fill(screen, rect, |x, y| recurring(x, y, round)),
        3 => screen.scroll(SIZE.bounds(), 3, -7),
        4 => fill(screen, rect, |x, y| noise(x, y, round)),
        5 => fill(screen, rect, |_, _| round * 0x01_0203),
        6 => fill(screen, rect, |x, y| if is_dark(x, y, round) { 0 } else { noise(x, y, round) }),
        _ => return false,
    }
    true
}

/// Every other tile, by turns: groups as many and as small as they come.
fn is_dark(x: u32, y: u32, round: u32) -> bool {
    (x / 32 + y / 16 + round).is_multiple_of(2)
}

/// A viewer, and what its updates were like.
struct Watcher {
    viewer: Viewer,
    buffer: BytesMut,
    /// Pixels that came in each encoding.
    pixels_by: [usize; Encoding::ALL.len()],
    allocated: u64,
}

impl Watcher {
    fn new(viewer: Viewer) -> Self {
        Self {
            viewer,
            buffer: BytesMut::with_capacity(8 << 20),
            pixels_by: [0; Encoding::ALL.len()],
            allocated: 0,
        }
    }

    /// Takes an update, and answers it as late as its bytes take; `false`: there is none.
    fn watch(&mut self) -> bool {
        if !self.drain() {
            return false;
        }
        pass_us(1000 + self.buffer.len() as u64 * BYTE_NS / 1000);
        let seq = self.look();
        self.viewer.say(ViewerMessage::Ack(Ack { seq, ..Ack::default() }));
        true
    }

    fn drain(&mut self) -> bool {
        let context = Context::from_waker(Waker::noop());
        self.buffer.clear();
        loop {
            let (fill, allocated) =
                counted(|| self.viewer.pump.poll_bytes(&context, &mut self.buffer, BAND_BYTES));
            self.allocated += allocated;
            match fill {
                Poll::Ready(Some(WriteStatus::Done)) => return true,
                Poll::Ready(fill) => assert!(fill.is_some(), "the viewer broke no rule"),
                Poll::Pending => return false,
            }
        }
    }

    /// Counts the pixels of all bands. Returns the update's number.
    fn look(&mut self) -> u32 {
        let (mut rest, mut seq) = (&self.buffer[..], 0);
        while let Some(len) = Picture::message_len(rest).unwrap() {
            let (head, patches, _) = BandHead::read(&rest[..len]).unwrap();
            for patch in patches {
                self.pixels_by[usize::from(patch.encoding.number())] += patch.rect.area();
            }
            (rest, seq) = (&rest[len..], head.seq);
        }
        seq
    }
}
