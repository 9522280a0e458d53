//! The source `ffmpeg`: whatever FFmpeg makes of its arguments.

use lanstream_core::options::{OptionError, OptionSpec, OptionValues};
use lanstream_core::registry::{Configured, Descriptor, SourceFactory};
use lanstream_core::source::Listener;

use super::{pace, pace_option, size_option};
use crate::interrupt::interrupt_openings;
use crate::pace::Speed;
use crate::pixel::Pixels;
use crate::run::Run;

const EXAMPLES: &str = "Examples:
  lanstream ffmpeg -- -f v4l2 -framerate 30 -i /dev/video0
  lanstream ffmpeg -- -f lavfi -i testsrc2=size=1920x1080:rate=60
  lanstream ffmpeg --size 1280x720 -- -i film.mp4 -ss 60 -vf edgedetect
  lanstream ffmpeg -- -i a.mp4 -i b.mp4 -filter_complex \"[0:v][1:v]hstack\"

Everything after -- is FFmpeg's own, up to the output, which is ours: leave it out. It needs FFmpeg 5.1 or newer on the PATH.";

/// The source `ffmpeg`.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunFactory;

impl SourceFactory for RunFactory {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: "ffmpeg".into(),
            about: "Show what FFmpeg makes of any input, with any of its filters".into(),
            examples: EXAMPLES.into(),
            options: vec![
                size_option("Have FFmpeg scale to this size [default: as it comes]"),
                OptionSpec::parsed::<Pixels>(
                    "format",
                    "FORMAT",
                    "Have FFmpeg make this format of them, by FFmpeg's names [default: as they come, where that can be shown]",
                ),
                pace_option(),
                OptionSpec::arguments(
                    "arguments",
                    "FFMPEG ARGUMENTS",
                    "FFmpeg's arguments, without an output",
                ),
            ],
        }
    }

    fn configure(&self, values: &OptionValues, listener: Listener) -> Result<Configured, OptionError> {
        let run = Run {
            size: values.parse("size")?,
            pixels: values.parse("format")?,
            pace: pace(values, Speed::REAL),
            listener: Some(listener),
            ..Run::new(values.all("arguments"))
        };
        Ok(Configured::new(Box::new(move || run.open())))
    }

    fn interrupt_openers(&self) {
        interrupt_openings();
    }
}
