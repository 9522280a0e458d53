//! A plugin with one sink, `pam`, which writes every frame into one file, as PAM images one after the other. Comments
//! in the head of each tell its number, its time and its damage.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use lanstream_plugin::core::frame_sink::{
    Delivery, FrameSink, FrameSinkError, FrameSinkErrorKind, SinkFrame, SinkOpener, SinkStatus, StreamInfo,
};
use lanstream_plugin::core::options::{OptionError, OptionSpec, OptionValues};
use lanstream_plugin::core::registry::{Descriptor, FrameSinkFactory};
use lanstream_plugin::core::source::Listener;
use lanstream_plugin::core::{Frame, PixelFormat, Rect};

const EXAMPLES: &str = "Examples:
  lanstream --plugin libpam.so capture --display 0 --sink pam --pam.file screen.pam";

#[derive(Default)]
struct PamFactory;

impl FrameSinkFactory for PamFactory {
    fn descriptor(&self) -> Descriptor {
        let deliveries = [
            ("every", "Every frame: captures wait if the disk is slow"),
            ("newest", "The newest when the last is written"),
        ];
        Descriptor {
            name: "pam".into(),
            about: "Write frames into a file, as PAM images".into(),
            examples: EXAMPLES.into(),
            options: vec![
                OptionSpec::path("file", "FILE", "The file, which is overwritten"),
                OptionSpec::choice("delivery", deliveries, "Which frames are written").default("every"),
            ],
        }
    }

    fn configure(&self, values: &OptionValues, _: Listener) -> Result<SinkOpener, OptionError> {
        let Some(path) = values.text("file").map(PathBuf::from) else {
            let message = "say where frames are written to, such as screen.pam".to_owned();
            return Err(OptionError { option: "file".to_owned(), message });
        };
        let delivery =
            if values.text("delivery") == Some("newest") { Delivery::Newest } else { Delivery::Every };
        Ok(Arc::new(move || {
            let file = File::create(&path).map_err(|error| broken(&error))?;
            Ok(Box::new(Pam { file: BufWriter::new(file), delivery, row: Vec::new() }))
        }))
    }
}

struct Pam {
    file: BufWriter<File>,
    delivery: Delivery,
    /// A row of red, green and blue.
    row: Vec<u8>,
}

impl FrameSink for Pam {
    fn delivery(&self) -> Delivery {
        self.delivery
    }

    fn begin(&mut self, stream: &StreamInfo) -> Result<(), FrameSinkError> {
        // The next image says by itself how large it is.
        if let PixelFormat::Planar(_) = stream.layout.format {
            let message = "frames in planes are no PAM images: try another source";
            return Err(FrameSinkError::new(FrameSinkErrorKind::Unsupported, message));
        }
        Ok(())
    }

    fn frame(&mut self, given: &SinkFrame<'_>) -> Result<SinkStatus, FrameSinkError> {
        self.write(given).map_err(|error| broken(&error))?;
        Ok(SinkStatus::Open)
    }

    fn finish(mut self: Box<Self>) -> Result<(), FrameSinkError> {
        self.file.flush().map_err(|error| broken(&error))
    }
}

impl Pam {
    fn write(&mut self, given: &SinkFrame<'_>) -> io::Result<()> {
        let frame: &Frame = given.frame;
        let (width, height) = (frame.size().width, frame.size().height);
        writeln!(self.file, "P7\n# frame {} at {} us", frame.seq(), given.at.0)?;
        for Rect { x, y, width, height } in given.damage.rects() {
            writeln!(self.file, "# damage {x},{y} {width}x{height}")?;
        }
        writeln!(self.file, "WIDTH {width}\nHEIGHT {height}\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR")?;
        for y in 0..height {
            self.row.clear();
            // Rows may be longer than their pixels.
            self.row.extend(frame.row(0, y, width).as_chunks().0.iter().flat_map(|pixel| rgb(frame, *pixel)));
            self.file.write_all(&self.row)?;
        }
        Ok(())
    }
}

/// Returns red, green and blue of a pixel.
fn rgb(frame: &Frame, [a, b, c, _]: [u8; 4]) -> [u8; 3] {
    if frame.layout().format == PixelFormat::Bgrx8 { [c, b, a] } else { [a, b, c] }
}

fn broken(error: &io::Error) -> FrameSinkError {
    FrameSinkError::new(FrameSinkErrorKind::Broken, format!("the file cannot be written: {error}"))
}

lanstream_plugin::export!(sinks: [PamFactory]);
// It needs nothing but the file that the user gives.
lanstream_plugin::manifest!("write = ['--file']");
