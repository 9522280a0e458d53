//! After the first few images, pushing and capturing allocate nothing.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "../../../core/tests/common/counting.rs"]
mod counting;

use std::time::Duration;

use counting::counted;
use lanstream_core::source::Event;
use lanstream_core::{FrameBuffer, Rect, Region, Size};
use lanstream_push::{Format, Image, channel};

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

const SIZE: Size = Size { width: 320, height: 200 };
const WARM_UP: u32 = 20;
const COUNTED: u32 = 200;

#[test]
fn nothing_is_allocated_between_a_program_and_a_frame() {
    let (pusher, mut open) = channel("test");
    let mut source = open().unwrap();
    let mut frames: Vec<FrameBuffer> = Vec::new();
    let mut canvas = vec![0; SIZE.area() * 3];
    let mut step = |number: u32| {
        canvas[number as usize] = 1;
        if number.is_multiple_of(2) {
            let damage = Region::from(Rect { x: number % 300, y: number % 200, width: 20, height: 1 });
            pusher.push(Image::new(Format::Rgb8, SIZE.width, SIZE.height, &canvas).damage(damage)).unwrap();
        } else {
            let mut pixels = pusher.take_buffer();
            pixels.resize(SIZE.area() * 4, 0);
            pusher.push(Image::new(Format::Rgbx8, SIZE.width, SIZE.height, pixels)).unwrap();
        }
        while source.wait(Some(Duration::ZERO)).unwrap() != Event::TimedOut {}
        if frames.is_empty() {
            let new = |_| FrameBuffer::new(source.layout(), source.allocate().unwrap()).unwrap();
            frames = (0..3).map(new).collect();
        }
        source.capture(&mut frames[number as usize % 3], &Region::EMPTY).unwrap();
    };
    (0..WARM_UP).for_each(&mut step);
    let ((), allocations) = counted(|| (WARM_UP..WARM_UP + COUNTED).for_each(&mut step));
    assert_eq!(allocations, 0);
}
