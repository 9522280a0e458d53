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
use lanstream_core::protocol::{Ack, ViewerMessage};
use lanstream_core::viewer::WriteStatus;
use lanstream_core::{Picture, Rect, Size};

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
