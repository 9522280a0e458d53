//! An Xvfb for one test. The server picks a free display number and says which.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use lanstream_core::frame_buffer::FrameBuffer;
use lanstream_core::geometry::Rect;
use lanstream_core::region::Region;
use lanstream_core::source::{Error, Source, UnreliableDamage};
use lanstream_screen::{MonitorChoice, Options, Target, open};

/// A running server; it ends with this.
pub(crate) struct Server {
    process: Child,
    pub(crate) display: String,
}

impl Server {
    pub(crate) fn start(screen: &str) -> Self {
        Self::start_with(screen, &[])
    }

    /// A server that lacks an extension.
    pub(crate) fn without(extension: &str) -> Self {
        Self::start_with("320x240x24", &["-extension", extension])
    }

    fn start_with(screen: &str, arguments: &[&str]) -> Self {
        let mut process = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", screen, "-nolisten", "tcp", "-noreset"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed");
        let mut number = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut number).unwrap();
        assert!(!number.is_empty(), "Xvfb did not start");
        Self { process, display: format!(":{}", number.trim()) }
    }

    /// Ends it without a farewell. Its files go first: later they may be those of another test's server.
    pub(crate) fn kill(&mut self) {
        let number = &self.display[1..];
        let _ = std::fs::remove_file(format!("/tmp/.X{number}-lock"));
        let _ = std::fs::remove_file(format!("/tmp/.X11-unix/X{number}"));
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub(crate) fn options(&self) -> Options {
        Options { x_display: Some(self.display.clone()), ..Options::default() }
    }

    pub(crate) fn open(&self, target: &Target) -> Result<Box<dyn Source>, Error> {
        open(target, &self.options())
    }

    pub(crate) fn screen(&self) -> Box<dyn Source> {
        self.open(&Target::Monitor(MonitorChoice::First)).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Asked to end it removes its socket and its lock.
        let _ = Command::new("kill").arg(self.process.id().to_string()).stderr(Stdio::null()).status();
        let _ = self.process.wait();
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
