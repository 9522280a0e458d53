//! Law 5: after warm-up the pixel path allocates nothing, from the capture to the bytes of the update.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "common/scene.rs"]
mod common;
#[path = "common/counting.rs"]
mod counting;

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use bytes::BytesMut;
use common::{Arrivals, Screen, Scripted, Viewer, bytes_of, pipeline};
use counting::{allocations, counted};
use lanstream_core::encode::motion::{Motion, Offset};
use lanstream_core::frame::Frame;
use lanstream_core::frame_buffer::{FrameBuffer, Layout, PixelFormat};
use lanstream_core::geometry::{Rect, Size};
use lanstream_core::picture::Picture;
use lanstream_core::protocol::{Ack, ViewerMessage};
use lanstream_core::region::Region;
use lanstream_core::session::WriteStatus;
use lanstream_core::stage::Stage;

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

const WARM_UP: u32 = 20;
const COUNTED: u32 = 200;

#[test]
fn nothing_is_allocated_between_capture_and_bytes() {
    let (mut pipeline, feed_handle, state) = pipeline();
    let size = Size { width: 640, height: 480 };
    let screen = Arc::new(Mutex::new(Screen::new(size)));
    let mut viewer = Viewer::join(&feed_handle, &state, 1 << 20, 0);
    let (mut updates, mut counted_from) = (0, 0);
    let mut buffer = BytesMut::with_capacity(4 << 20);
    let shown = Arc::clone(&screen);
    let step = move || {
        if let Some(seq) = drain(&mut viewer, &mut buffer) {
            viewer.acknowledge(seq);
            updates += 1;
            if updates == WARM_UP {
                counted_from = allocations();
            }
        }
        shown.lock().unwrap().draw(
            Rect { x: updates % 600, y: updates % 400, width: 300, height: 64 },
            updates,
            true,
        );
        if updates == WARM_UP + COUNTED {
            // What the viewer says is not the pixel path: an acknowledgement is written into a vector of its own here.
            let (_, per_ack) = counted(|| bytes_of(ViewerMessage::Ack(Ack::default())));
            assert_eq!(allocations() - counted_from - per_ack, u64::from(COUNTED) * per_ack);
        }
        updates < WARM_UP + COUNTED
    };
    let mut source =
        Scripted { screen, step, state: Arc::clone(&state), record: false, arrivals: Arrivals::default() };
    pipeline.run(&mut source).unwrap();
}

#[test]
fn nothing_is_allocated_to_find_what_moved() {
    let frames = scrolled(&[0, 3, 6, 9, 5000, 9000, 9001, 4000, 7000, 8000, 8016]);
    let mut motion = Motion::default();
    let mut find = |pair: &[Arc<Frame>]| motion.find(&pair[0], &pair[1], pair[0].seq());
    assert_eq!(find(&frames[..2]), Some(Offset { dx: 0, dy: -3 }));
    let (found, allocations) = counted(|| frames.windows(2).filter_map(find).count());
    assert_eq!(found, 4, "what goes on, what is new, and what is not found were all looked for");
    assert_eq!(allocations, 0);
}

/// Frames of a page of noise that begins at each of these rows of it, stamped as a source's are.
fn scrolled(tops: &[u32]) -> Vec<Arc<Frame>> {
    let size = Size { width: 640, height: 480 };
    let layout = Layout::packed(size, PixelFormat::Bgrx8);
    let mut stage = Stage::default();
    let stamped = |top: &u32| {
        let page = (0..size.area() as u32).map(|index| (index + top * size.width).wrapping_mul(0x9E37_79B1));
        let memory: Vec<u8> = page.flat_map(|value| (value ^ value >> 15).to_le_bytes()).collect();
        let mut frame = Frame::new(FrameBuffer::new(layout, Box::new(memory)).unwrap());
        let all = Region::full(size);
        let mut comparison = stage.begin(&mut frame, &all, &all);
        stage.compare(&frame, &mut comparison, u32::MAX);
        stage.number(&mut frame, &comparison);
        let frame = Arc::new(frame);
        assert!(stage.advance(&frame), "no two frames are alike");
        frame
    };
    tops.iter().map(stamped).collect()
}

/// Takes all bytes of one update, looking only at its number.
fn drain(viewer: &mut Viewer, buffer: &mut BytesMut) -> Option<u32> {
    let context = Context::from_waker(Waker::noop());
    buffer.clear();
    loop {
        match viewer.pump.poll_bytes(&context, buffer, 1 << 20) {
            Poll::Ready(Some(WriteStatus::Done)) => break,
            Poll::Ready(Some(_)) => {}
            Poll::Ready(None) | Poll::Pending => return None,
        }
    }
    assert!(Picture::message_len(buffer).unwrap().is_some());
    Some(u32::from_le_bytes([buffer[8], buffer[9], buffer[10], buffer[11]]))
}
