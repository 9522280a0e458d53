//! Law 5: after warm-up the pixel path allocates nothing, from the capture to the bytes of the update or the frame
//! sink.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "common/scene.rs"]
mod common;
#[path = "common/counting.rs"]
mod counting;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use bytes::BytesMut;
use common::{Arrivals, Screen, Scripted, Viewer, bytes_of, clock, pipeline};
use counting::{allocations, counted};
use lanstream_core::frame_sink::{
    Delivery, Driver, FrameSink, FrameSinkError, SinkFrame, SinkStatus, StreamInfo,
};
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

/// Counts what it is given.
struct Sink(Arc<AtomicU32>);

impl FrameSink for Sink {
    fn delivery(&self) -> Delivery {
        Delivery::Every
    }

    fn begin(&mut self, _stream: &StreamInfo) -> Result<(), FrameSinkError> {
        Ok(())
    }

    fn frame(&mut self, frame: &SinkFrame<'_>) -> Result<SinkStatus, FrameSinkError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        assert!(!frame.damage.is_empty());
        Ok(SinkStatus::Open)
    }

    fn finish(self: Box<Self>) -> Result<(), FrameSinkError> {
        Ok(())
    }
}

#[test]
fn nothing_is_allocated_between_capture_and_a_frame_sink() {
    let (mut pipeline, feed_handle, state) = pipeline();
    let size = Size { width: 320, height: 200 };
    let screen = Arc::new(Mutex::new(Screen::new(size)));
    let given = Arc::<AtomicU32>::default();
    let mut driver = Driver::new(Box::new(Sink(Arc::clone(&given))), &feed_handle, clock).unwrap();
    let (mut steps, mut counted_from) = (0, (0, 0));
    let shown = Arc::clone(&screen);
    let step = move || {
        steps += 1;
        // So that frames wait, and captures do.
        if steps % 20 == 0 {
            driver.advance(&Context::from_waker(Waker::noop())).unwrap();
        }
        shown.lock().unwrap().draw(
            Rect { x: steps % 200, y: steps % 100, width: 90, height: 64 },
            steps,
            true,
        );
        let frames = given.load(Ordering::Relaxed);
        if frames >= WARM_UP && counted_from.0 == 0 {
            counted_from = (frames, allocations());
        }
        let is_over = frames >= WARM_UP + COUNTED;
        if is_over {
            assert_eq!(allocations(), counted_from.1);
        }
        !is_over
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
