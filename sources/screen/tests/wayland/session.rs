//! A compositor for one test, and what a source reads from it.

use std::time::{Duration, Instant};

use lanstream_core::source::{Error, Event, Source};
use lanstream_core::{FrameBuffer, PixelFormat, Rect, Region};
use lanstream_screen::{Backend, MonitorChoice, Options, Target, open};
use lanstream_testkit::compositor::Compositor;
use lanstream_testkit::picture::Picture;

/// Longer than anything takes on a loaded machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// Size of the first output.
pub(crate) const SIZE: (u32, u32) = (320, 240);
/// Its name.
pub(crate) const FIRST: &str = "HEADLESS-1";

/// A compositor with one output.
pub(crate) fn compositor() -> Compositor {
    Compositor::start(&[SIZE])
}

pub(crate) fn options(compositor: &Compositor) -> Options {
    let wayland_display = Some(compositor.socket().to_owned());
    Options { backend: Backend::Wayland, wayland_display, ..Options::default() }
}

pub(crate) fn by_name(name: &str) -> Target {
    Target::Monitor(MonitorChoice::Name(name.into()))
}

/// The first output.
pub(crate) fn screen(compositor: &Compositor) -> Box<dyn Source> {
    open(&Target::Monitor(MonitorChoice::First), &options(compositor)).unwrap()
}

/// Waits for one event as somebody does who wants a picture, over others that may come before it.
pub(crate) fn wait_for(source: &mut dyn Source, wanted: Event) -> Result<(), Error> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        source.damage();
        let event = source.wait(Some(deadline.saturating_duration_since(Instant::now())))?;
        if event == wanted {
            return Ok(());
        }
        assert_ne!(event, Event::TimedOut, "waited for {wanted:?} in vain");
    }
}

/// Waits for damage of a picture that is there.
pub(crate) fn wait_for_damage(source: &mut dyn Source) -> Region {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let damage = source.damage().unwrap();
        if !damage.is_empty() {
            return damage;
        }
        source.wait(Some(Duration::from_millis(100))).unwrap();
        assert!(Instant::now() < deadline, "waited for damage in vain");
    }
}

/// The error that the source ends with.
pub(crate) fn wait_for_end(source: &mut dyn Source) -> Error {
    let deadline = Instant::now() + PATIENCE;
    loop {
        source.damage();
        match source.wait(Some(Duration::from_millis(100))) {
            Ok(event) => assert!(Instant::now() < deadline, "waited for the end in vain, after {event:?}"),
            Err(error) => return error,
        }
    }
}

/// Waits until the source has nothing to say for as long as `pause`. `hear` is called for each event before.
pub(crate) fn wait_for_silence(
    source: &mut dyn Source,
    pause: Duration,
    mut hear: impl FnMut(&mut dyn Source),
) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let event = source.wait(Some(pause)).unwrap();
        if event == Event::TimedOut {
            return;
        }
        assert!(Instant::now() < deadline, "waited for silence in vain, after {event:?}");
        hear(source);
    }
}

/// A frame of the source, filled with `0xee`.
pub(crate) fn frame_of(source: &mut dyn Source) -> FrameBuffer {
    let mut frame = FrameBuffer::new(source.layout(), source.allocate().unwrap()).unwrap();
    frame.bytes_mut().fill(0xee);
    frame
}

/// All of the source's picture.
pub(crate) fn frame_with_all(source: &mut dyn Source) -> FrameBuffer {
    wait_for_damage(source);
    let mut frame = frame_of(source);
    let everything = Region::full(frame.size());
    source.capture(&mut frame, &everything).unwrap();
    frame
}

/// The frame's pixels.
pub(crate) fn picture_of(frame: &FrameBuffer) -> Picture {
    let size = frame.size();
    let pixel = |pixel: &[u8]| match frame.layout().format {
        PixelFormat::Bgrx8 => [pixel[2], pixel[1], pixel[0], 255],
        _ => [pixel[0], pixel[1], pixel[2], 255],
    };
    let bytes = (0..size.height).flat_map(|y| frame.row(0, y, size.width).chunks_exact(4).flat_map(pixel));
    Picture { width: size.width, height: size.height, bytes: bytes.collect() }
}

/// Brings the frame up to date with what is damaged, until it shows this.
pub(crate) fn expect(source: &mut dyn Source, frame: &mut FrameBuffer, wanted: &Picture) {
    let deadline = Instant::now() + PATIENCE;
    while let Err(difference) = picture_of(frame).expect(wanted) {
        assert!(Instant::now() < deadline, "{difference}");
        let damage = wait_for_damage(source);
        source.capture(frame, &damage).unwrap();
    }
}

/// Brings the frame up to date with what is damaged, until this pixel is of this colour.
pub(crate) fn expect_pixel(
    source: &mut dyn Source,
    frame: &mut FrameBuffer,
    (x, y): (u32, u32),
    colour: [u8; 3],
) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let pixel = picture_of(frame).pixel(x, y);
        if pixel[..3] == colour {
            return;
        }
        assert!(Instant::now() < deadline, "the pixel at {x},{y} is {pixel:?}, and not {colour:?}");
        let damage = wait_for_damage(source);
        source.capture(frame, &damage).unwrap();
    }
}

pub(crate) fn rect(x: u32, y: u32, width: u32, height: u32) -> Rect {
    Rect::new(x, y, width, height).unwrap()
}
