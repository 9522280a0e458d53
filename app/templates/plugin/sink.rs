//! A lanstream plugin with one sink, `@NAME@`: it writes a line for each frame into a file, with its time, its size,
//! how much of it is damaged, and its mean colour. Change `frame` to do something else with the pixels.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::sync::Arc;

use lanstream_plugin::core::frame_sink::{
    Delivery, FrameSink, FrameSinkError, FrameSinkErrorKind, SinkFrame, SinkOpener, SinkStatus,
    StreamInfo,
};
use lanstream_plugin::core::options::{OptionError, OptionSpec, OptionValues};
use lanstream_plugin::core::registry::{Descriptor, FrameSinkFactory};
use lanstream_plugin::core::source::Listener;
use lanstream_plugin::core::{Frame, PixelFormat};

/// What lanstream knows of the sink before it is opened.
#[derive(Default)]
struct StatisticsFactory;

impl FrameSinkFactory for StatisticsFactory {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: "@NAME@".into(),
            about: "Write a line of numbers for each frame".into(),
            examples: "".into(),
            options: vec![
                OptionSpec::path("file", "FILE", "Where the lines go").default("@NAME@.csv"),
            ],
        }
    }

    fn configure(&self, values: &OptionValues, _: Listener) -> Result<SinkOpener, OptionError> {
        let path = values.text("file").unwrap_or("@NAME@.csv").to_owned();
        Ok(Arc::new(move || {
            let file = File::create(&path).map_err(|error| broken(&error))?;
            Ok(Box::new(Statistics {
                lines: BufWriter::new(file),
                frames: 0,
            }))
        }))
    }
}

/// An open sink.
struct Statistics {
    lines: BufWriter<File>,
    frames: u64,
}

impl FrameSink for Statistics {
    fn delivery(&self) -> Delivery {
        // Every frame: captures wait for a sink that is slow. `Newest` skips frames instead.
        Delivery::Every
    }

    /// Called before the first frame, and before the first of another size.
    fn begin(&mut self, stream: &StreamInfo) -> Result<(), FrameSinkError> {
        if matches!(stream.layout.format, PixelFormat::Planar(_)) {
            let message = "frames in planes have no colours to be counted: try another source";
            return Err(FrameSinkError::new(
                FrameSinkErrorKind::Unsupported,
                message,
            ));
        }
        let line = "frame,us,width,height,damaged,red,green,blue";
        writeln!(self.lines, "{line}").map_err(|error| broken(&error))
    }

    fn frame(&mut self, given: &SinkFrame<'_>) -> Result<SinkStatus, FrameSinkError> {
        self.frames += 1;
        let (frame, size) = (given.frame, given.frame.size());
        let [red, green, blue] = mean(frame);
        // A frame that still stands is given again from time to time: nothing of it is damaged.
        let damaged = given.damage.area();
        writeln!(
            self.lines,
            "{},{},{},{},{damaged},{red},{green},{blue}",
            frame.seq(),
            given.at.0,
            size.width,
            size.height
        )
        .map_err(|error| broken(&error))?;
        Ok(SinkStatus::Open)
    }

    /// Called once, at the end: nothing is lost when this has returned.
    fn finish(mut self: Box<Self>) -> Result<(), FrameSinkError> {
        writeln!(self.lines, "# {} frames", self.frames)
            .and_then(|()| self.lines.flush())
            .map_err(|error| broken(&error))
    }
}

/// Returns the mean of red, green and blue.
fn mean(frame: &Frame) -> [u64; 3] {
    let size = frame.size();
    let mut sums = [0_u64; 3];
    for y in 0..size.height {
        // The pixels of a row without what lies between rows.
        for pixel in frame.row(0, y, size.width).as_chunks::<4>().0 {
            for (sum, value) in sums.iter_mut().zip(pixel) {
                *sum += u64::from(*value);
            }
        }
    }
    let [first, second, third] = sums.map(|sum| sum / size.area() as u64);
    if frame.layout().format == PixelFormat::Bgrx8 {
        [third, second, first]
    } else {
        [first, second, third]
    }
}

fn broken(error: &io::Error) -> FrameSinkError {
    let message = format!("the lines cannot be written: {error}");
    FrameSinkError::new(FrameSinkErrorKind::Broken, message)
}

lanstream_plugin::export!(sinks: [StatisticsFactory]);

// What the sink needs besides the processor: to write the file that the user gives. lanstream's
// docs/plugins.md has the words for other files, a network and programs.
lanstream_plugin::manifest!("write = ['--file']");
