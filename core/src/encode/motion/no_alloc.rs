//! Law 5 for the search of what moved: after the first frames it allocates nothing.

use std::sync::Arc;

use super::{Motion, Offset};
use crate::frame::Frame;
use crate::frame_buffer::{FrameBuffer, Layout, PixelFormat};
use crate::geometry::Size;
use crate::region::Region;
use crate::stage::Stage;
use counting::counted;

#[path = "../../../tests/common/counting.rs"]
mod counting;

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

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
        let page =
            (0..size.width * size.height).map(|index| (index + top * size.width).wrapping_mul(0x9E37_79B1));
        let memory: Vec<u8> = page.flat_map(|value| (value ^ value >> 15).to_le_bytes()).collect();
        let mut frame =
            Frame::new(FrameBuffer::new(layout, Box::new(memory)).expect("the memory holds the layout"));
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
