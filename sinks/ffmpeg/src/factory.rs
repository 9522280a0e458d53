//! Registration of the sink `ffmpeg` with its options.

use std::sync::Arc;

use lanstream_core::frame_sink::{Delivery, FrameSink, SinkOpener};
use lanstream_core::options::{OptionError, OptionSpec, OptionValues};
use lanstream_core::registry::{Descriptor, FrameSinkFactory};
use lanstream_core::source::Listener;

use crate::interrupt::Interrupt;
use crate::sink::Recording;

const EXAMPLES: &str = "Examples:
  lanstream capture --display 0 --sink ffmpeg -- -c:v ffv1 screen.mkv
  lanstream capture --sink ffmpeg -- -c:v libx264 -preset veryfast -tune zerolatency -f flv rtmp://localhost/live/screen

Everything after -- is FFmpeg's own: options of its output, and the output. It needs FFmpeg 5.1 or newer on the PATH.";

/// The sink `ffmpeg`. Its [`interrupt`](FrameSinkFactory::interrupt) ends the recordings that it configured.
#[derive(Clone, Debug, Default)]
pub struct FfmpegSinkFactory {
    interrupt: Interrupt,
}

impl FrameSinkFactory for FfmpegSinkFactory {
    fn descriptor(&self) -> Descriptor {
        let deliveries = [
            ("auto", "Every frame to a file, the newest to an address"),
            ("every", "Every frame that is captured: a source that can wait waits for FFmpeg"),
            ("newest", "The newest when FFmpeg takes one; nobody waits for FFmpeg"),
        ];
        Descriptor {
            name: "ffmpeg".into(),
            about: "Record, or stream to a media server, through FFmpeg".into(),
            examples: EXAMPLES.into(),
            options: vec![
                OptionSpec::choice("delivery", deliveries, "Which frames FFmpeg gets").default("auto"),
                OptionSpec::arguments(
                    "arguments",
                    "FFMPEG ARGUMENTS",
                    "FFmpeg's options of its output, and the output",
                ),
            ],
        }
    }

    fn configure(&self, values: &OptionValues, listener: Listener) -> Result<SinkOpener, OptionError> {
        let delivery = match values.text("delivery") {
            Some("every") => Some(Delivery::Every),
            Some("newest") => Some(Delivery::Newest),
            _ => None,
        };
        let recording = Recording {
            delivery,
            listener,
            interrupt: self.interrupt.clone(),
            ..Recording::new(values.all("arguments"))
        };
        Ok(Arc::new(move || Ok(Box::new(recording.open()?) as Box<dyn FrameSink>)))
    }

    fn interrupt(&self) {
        self.interrupt.interrupt();
    }
}
