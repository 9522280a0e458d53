//! Images that a program pushes, owned and borrowed, whole and with damage, in pages that prove what they show.

use std::time::{Duration, Instant};

use lanstream::core::{Rect, Region};
use lanstream::{Format, Image, Stream};
use lanstream_testkit::browser::chromium::Chromium;
use lanstream_testkit::browser::firefox::Firefox;
use lanstream_testkit::browser::webkit::Webkit;
use lanstream_testkit::display::Display;

const WIDTH: u32 = 640;
const HEIGHT: u32 = 360;
/// More updates than this must be proven.
const PROOFS: u64 = 60;
const FRAME_INTERVAL: Duration = Duration::from_millis(16);
const PATIENCE: Duration = Duration::from_secs(60);

/// A renderer: most of its images differ in a small place from the one before.
struct Renderer {
    canvas: Vec<u8>,
    number: u32,
}

impl Renderer {
    fn push_next(&mut self, stream: &Stream) {
        self.number += 1;
        let number = self.number;
        if number.is_multiple_of(10) {
            for (index, byte) in (0_u32..).zip(&mut self.canvas) {
                *byte = (index / 7).wrapping_mul(number).to_le_bytes()[1];
            }
            let mut pixels = stream.take_buffer();
            pixels.clone_from(&self.canvas);
            stream.push(Image::new(Format::Bgrx8, WIDTH, HEIGHT, pixels)).unwrap();
        } else {
            let rect = Rect { x: number * 37 % 600, y: number * 11 % 320, width: 40, height: 40 };
            for y in rect.y..rect.bottom() {
                let start = ((y * WIDTH + rect.x) * 4) as usize;
                self.canvas[start..][..160].fill(number.to_le_bytes()[0]);
            }
            let image = Image::new(Format::Bgrx8, WIDTH, HEIGHT, &self.canvas);
            stream.push(image.damage(Region::from(rect))).unwrap();
        }
    }
}

/// Pushes until a page, which `open` opens, has proven enough.
fn prove<B>(open: impl FnOnce(&str, &Display) -> B) {
    let stream = Stream::builder().name("renderer").open().unwrap();
    let display = Display::start(800, 600);
    let _browser = open(&stream.url().replace("/#", "/?verify=1#"), &display);
    let mut renderer = Renderer { canvas: vec![0; (WIDTH * HEIGHT * 4) as usize], number: 0 };
    let begin = Instant::now();
    loop {
        renderer.push_next(&stream);
        std::thread::sleep(FRAME_INTERVAL);
        let stats = stream.stats();
        assert_eq!((stats.server.refuted, stats.server.missed_damage), (0, 0), "{stats:?}");
        if stats.server.proven > PROOFS {
            return;
        }
        assert!(begin.elapsed() < PATIENCE, "{stats:?}");
    }
}

#[test]
fn images_are_proven_exact_in_chromium() {
    prove(Chromium::open);
}

#[test]
fn images_are_proven_exact_in_firefox() {
    prove(Firefox::open);
}

#[test]
fn images_are_proven_exact_in_webkit() {
    prove(Webkit::open);
}
