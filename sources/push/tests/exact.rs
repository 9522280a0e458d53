//! Whatever is pushed, however it is said to have changed, and whichever buffers are reused: a captured frame is the
//! newest image, and the damage of its capture covers all that differs from the one before.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::time::Duration;

use lanstream_core::source::{Event, Opener, Source};
use lanstream_core::{FrameBuffer, Pts, Rect, Region};
use lanstream_push::{Format, Image, PushError, Pusher, channel};
use proptest::prelude::*;

/// Frames that a pipeline and its viewers hold at a time.
const FRAMES: usize = 4;

fn opened() -> (Pusher, Box<dyn Source>) {
    let (pusher, mut open): (Pusher, Opener) = channel("test");
    (pusher, open().unwrap())
}

/// What a pipeline does with a source: it captures into frames that it uses again.
struct Capture {
    source: Box<dyn Source>,
    frames: Vec<FrameBuffer>,
    damage: Region,
}

impl Capture {
    fn new(source: Box<dyn Source>) -> Self {
        Self { source, frames: Vec::new(), damage: Region::EMPTY }
    }

    /// Hears all events, and returns whether there was a picture.
    fn listen(&mut self) -> bool {
        loop {
            match self.source.wait(Some(Duration::ZERO)).unwrap() {
                Event::TimedOut => return self.source.damage().is_some_and(|damage| !damage.is_empty()),
                Event::Resized => self.frames.clear(),
                _ => {}
            }
        }
    }

    /// Captures into one of the frames, and returns its bytes.
    fn capture(&mut self, index: usize) -> Vec<u8> {
        let layout = self.source.layout();
        while self.frames.len() < FRAMES {
            self.frames.push(FrameBuffer::new(layout, self.source.allocate().unwrap()).unwrap());
        }
        let region = self.source.damage().unwrap();
        let captured = self.source.capture(&mut self.frames[index], &region).unwrap();
        self.damage = captured.updated;
        self.frames[index].rows(0..layout.cells().height).to_vec()
    }
}

#[derive(Clone, Debug)]
enum Op {
    /// Changes a rectangle, and pushes: owned, or borrowed with a gap behind each row.
    Push {
        rect: Rect,
        value: u8,
        owned: bool,
        gap: usize,
        said: bool,
        format: usize,
    },
    Capture(usize),
}

const FORMATS: [Format; 3] = [Format::Rgbx8, Format::Bgrx8, Format::Rgb8];
const WIDTH: u32 = 40;
const HEIGHT: u32 = 30;

fn op() -> impl Strategy<Value = Op> {
    let rect = (0..WIDTH, 0..HEIGHT, 1..WIDTH, 1..HEIGHT).prop_map(|(x, y, width, height)| {
        let (width, height) = (width.min(WIDTH - x), height.min(HEIGHT - y));
        Rect { x, y, width, height }
    });
    // The format changes now and then.
    let format = prop_oneof![9 => Just(0_usize), 1 => 0..FORMATS.len()];
    prop_oneof![
        3 => (rect, any::<u8>(), any::<bool>(), 0..9_usize, prop::bool::weighted(0.8), format)
            .prop_map(|(rect, value, owned, gap, said, format)| Op::Push { rect, value, owned, gap, said, format }),
        2 => (0..FRAMES).prop_map(Op::Capture),
    ]
}

/// The program's canvas: a value a pixel, which is all of its colours.
struct Canvas(Vec<u8>);

impl Canvas {
    fn fill(&mut self, rect: Rect, value: u8) {
        for y in rect.y..rect.bottom() {
            let start = (y * WIDTH + rect.x) as usize;
            self.0[start..][..rect.width as usize].fill(value);
        }
    }

    fn bytes(&self, pixel: usize, gap: usize) -> Vec<u8> {
        let rows = self.0.chunks(WIDTH as usize);
        rows.flat_map(|row| row.iter().flat_map(|value| vec![*value; pixel]).chain(vec![9; gap])).collect()
    }

    fn is_shown(&self, frame: &[u8]) -> bool {
        frame.as_chunks::<4>().0.iter().zip(&self.0).all(|(pixel, value)| pixel[..3] == [*value; 3])
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn a_captured_frame_is_the_newest_image(ops in prop::collection::vec(op(), 1..60)) {
        let (pusher, source) = opened();
        let mut capture = Capture::new(source);
        let mut canvas = Canvas(vec![0; (WIDTH * HEIGHT) as usize]);
        let mut before: Option<Vec<u8>> = None;
        for op in ops {
            match op {
                Op::Push { rect, value, owned, gap, said, format } => {
                    canvas.fill(rect, value);
                    let (format, gap) = (FORMATS[format], if owned { 0 } else { gap });
                    let pixel = if format == Format::Rgb8 { 3 } else { 4 };
                    let bytes = canvas.bytes(pixel, gap);
                    let stride = WIDTH as usize * pixel + gap;
                    let image = match owned {
                        true => Image::new(format, WIDTH, HEIGHT, bytes),
                        false => Image::new(format, WIDTH, HEIGHT, &bytes).stride(stride),
                    };
                    let image = if said { image.damage(rect.into()) } else { image };
                    pusher.push(image).unwrap();
                }
                Op::Capture(index) => {
                    if !capture.listen() {
                        continue;
                    }
                    let frame = capture.capture(index);
                    prop_assert!(canvas.is_shown(&frame));
                    if let Some(before) = before.filter(|before| before.len() == frame.len()) {
                        let cells = before.as_chunks::<4>().0.iter().zip(frame.as_chunks::<4>().0);
                        for (number, _) in (0..).zip(cells).filter(|(_, (old, new))| old[..3] != new[..3]) {
                            let pixel = Rect { x: number % WIDTH, y: number / WIDTH, width: 1, height: 1 };
                            prop_assert!(capture.damage.contains(pixel), "{pixel:?} is not in {:?}", capture.damage);
                        }
                    }
                    before = Some(frame);
                }
            }
        }
    }
}

#[test]
fn what_was_not_said_to_have_changed_is_found_within_twelve_pushes() {
    let (pusher, source) = opened();
    let mut capture = Capture::new(source);
    let mut canvas = Canvas(vec![0; (WIDTH * HEIGHT) as usize]);
    let push = |canvas: &Canvas| {
        let bytes = canvas.bytes(4, 0);
        pusher.push(Image::new(Format::Rgbx8, WIDTH, HEIGHT, &bytes).damage(Region::EMPTY)).unwrap();
    };
    for round in 0..20 {
        canvas.fill(Rect { x: 3, y: 0, width: 2, height: HEIGHT }, round);
        let mut pushes = 0;
        loop {
            push(&canvas);
            pushes += 1;
            assert!(capture.listen());
            if canvas.is_shown(&capture.capture(usize::from(round) % FRAMES)) {
                break;
            }
            assert!(pushes < 12, "in round {round}");
        }
    }
}

#[test]
fn an_owned_image_is_the_memory_of_its_frame_and_comes_back() {
    let (pusher, source) = opened();
    let mut capture = Capture::new(source);
    let pixels = vec![7; 16 * 4 * 4];
    let address = pixels.as_ptr().addr();
    pusher.push(Image::new(Format::Bgrx8, 16, 4, pixels)).unwrap();
    assert!(capture.listen());
    capture.capture(0);
    assert_eq!(capture.frames[0].row(0, 0, 1).as_ptr().addr(), address);
    assert!(pusher.take_buffer().is_empty(), "its frame is still held");
    pusher.push(Image::new(Format::Bgrx8, 16, 4, vec![8; 16 * 4 * 4])).unwrap();
    assert!(capture.listen());
    (0..FRAMES).for_each(|frame| drop(capture.capture(frame)));
    let memory = pusher.take_buffer();
    assert_eq!(memory.as_ptr().addr(), address);
}

#[test]
fn images_of_many_threads_stay_whole() {
    let (pusher, source) = opened();
    let mut capture = Capture::new(source);
    std::thread::scope(|scope| {
        for thread in 0..10_u8 {
            let pusher = pusher.clone();
            scope.spawn(move || {
                for round in 0..50 {
                    let pixels = vec![thread * 20 + round % 20; 64 * 64];
                    pusher.push(Image::new(Format::Gray8, 64, 64, &pixels)).unwrap();
                }
            });
        }
        let mut captured = 0;
        while pusher.stats().pushed < 500 || captured == 0 {
            if capture.listen() {
                let frame = capture.capture(captured % FRAMES);
                assert!(frame.iter().all(|level| *level == frame[0]));
                captured += 1;
            }
        }
    });
    assert_eq!(pusher.stats().pushed, 500);
}

#[test]
fn a_stream_says_what_it_shows() {
    let (pusher, mut source) = opened();
    assert_eq!(source.description().stalled.as_deref(), Some("no image was pushed yet"));
    assert!(source.damage().unwrap().is_empty(), "nothing is captured before");
    let hear = |source: &mut dyn Source| {
        let mut events = Vec::new();
        while let event @ (Event::Resized | Event::Damaged | Event::Described) =
            source.wait(Some(Duration::ZERO)).unwrap()
        {
            events.push(event);
        }
        events
    };
    pusher.push(Image::new(Format::Gray16, 2, 1, &[0, 1, 0, 2][..]).pts(Pts(5))).unwrap();
    assert_eq!(hear(source.as_mut()), [Event::Resized, Event::Described]);
    assert_eq!(source.description().stalled, None);
    assert_eq!(source.description().alterations, ["16 bit shown as 8 bit"]);
    pusher.push(Image::new(Format::Gray8, 2, 1, &[1, 2][..])).unwrap();
    assert_eq!(hear(source.as_mut()), [Event::Damaged, Event::Described]);
    assert!(source.description().alterations.is_empty());
}

#[test]
fn a_stream_that_stopped_takes_no_images() {
    let (pusher, source) = opened();
    drop(source);
    let image = Image::new(Format::Gray8, 2, 1, &[1, 2][..]);
    assert_eq!(pusher.push(image), Err(PushError::Stopped));
}
