//! An X server for one test, and what a source reads from it.

use lanstream_core::source::{Error, Source, UnreliableDamage};
use lanstream_core::{FrameBuffer, Rect, Region};
use lanstream_screen::{MonitorChoice, Options, Target, open};
use lanstream_testkit::display::Display;
use lanstream_testkit::painter::Painter;

/// A running server; it ends with this.
pub(crate) struct Server {
    pub(crate) display: Display,
}

impl Server {
    /// One with a screen of so many pixels and bits a pixel.
    pub(crate) fn start(width: u32, height: u32, depth: u8) -> Self {
        Self { display: Display::start_with(width, height, depth, &[]) }
    }

    /// A server that lacks an extension.
    pub(crate) fn without(extension: &str) -> Self {
        Self { display: Display::start_with(320, 240, 24, &["-extension", extension]) }
    }

    /// Ends it without a farewell.
    pub(crate) fn kill(&mut self) {
        self.display.kill();
    }

    /// Another client, which draws.
    pub(crate) fn painter(&self) -> Painter {
        Painter::on(&self.display)
    }

    pub(crate) fn options(&self) -> Options {
        Options { x_display: Some(self.display.name.clone()), ..Options::default() }
    }

    pub(crate) fn open(&self, target: &Target) -> Result<Box<dyn Source>, Error> {
        open(target, &self.options())
    }

    pub(crate) fn screen(&self) -> Box<dyn Source> {
        self.open(&Target::Monitor(MonitorChoice::First)).unwrap()
    }
}

/// A frame of the source, filled with `0xee`.
pub(crate) fn frame_of(source: &mut dyn Source) -> FrameBuffer {
    let mut frame = FrameBuffer::new(source.layout(), source.allocate().unwrap()).unwrap();
    frame.bytes_mut().fill(0xee);
    frame
}

/// All of the source's picture.
pub(crate) fn picture_of(source: &mut dyn Source) -> FrameBuffer {
    let mut frame = frame_of(source);
    let everything = Region::full(frame.size());
    capture(source, &mut frame, &everything);
    frame
}

/// Captures, waits until all of it is there, and returns what was read.
pub(crate) fn capture(source: &mut dyn Source, frame: &mut FrameBuffer, region: &Region) -> Region {
    let captured = source.capture(frame, region).unwrap();
    let mut rows = 0;
    while rows < frame.size().height {
        rows = source.late_rows().unwrap().arrived(rows).unwrap();
    }
    captured.updated
}

/// Returns whether the source has to be rescanned.
pub(crate) fn needs_rescan(source: &dyn Source) -> bool {
    source.unreliable_damage().is_some_and(UnreliableDamage::needs_rescan)
}

/// Colours as `0xrrggbb`, row by row.
pub(crate) fn colours(frame: &FrameBuffer, rect: Rect) -> Vec<u32> {
    let rows = (rect.y..rect.bottom()).flat_map(|y| frame.row(rect.x, y, rect.width).chunks_exact(4));
    rows.map(|pixel| u32::from_le_bytes([pixel[0], pixel[1], pixel[2], 0])).collect()
}

pub(crate) fn all_colours(frame: &FrameBuffer) -> Vec<u32> {
    colours(frame, frame.size().bounds())
}

pub(crate) fn rect(x: u32, y: u32, width: u32, height: u32) -> Rect {
    Rect::new(x, y, width, height).unwrap()
}
