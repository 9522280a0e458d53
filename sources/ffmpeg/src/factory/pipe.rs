//! The source `pipe`: frames that another program writes.

use lanstream_core::options::{OptionError, OptionSpec, OptionValues};
use lanstream_core::planar::Matrix;
use lanstream_core::registry::{Configured, Descriptor, SourceFactory};
use lanstream_core::source::Listener;

use super::{pace, pace_option, size_option};
use crate::interrupt::interrupt_openings;
use crate::pace::Speed;
use crate::pipe::{Content, FramePipe};
use crate::pixel::Pixels;

const EXAMPLES: &str = "Examples:
  ffmpeg -i film.mp4 -f yuv4mpegpipe - | lanstream pipe
  ffmpeg -i film.mp4 -pix_fmt rgba -f rawvideo - | lanstream pipe --size 1920x1080 --format rgba --fps 60
  mkfifo /tmp/frames && lanstream pipe --input /tmp/frames --size 640x480 --format bgra --reopen

It ends when its writer leaves; with --reopen it waits for the next one. Without --size it reads YUV4MPEG2. Formats: rgba, bgra, rgb0, bgr0, argb, abgr, 0rgb, 0bgr, rgb24, bgr24, nv12, yuv420p, yuv422p,
yuv444p, yuv411p, yuvj420p, yuvj422p, yuvj444p, yuvj411p, gbrp, gray; with 10le or 12le after it also yuv420p, yuv422p, yuv444p, gbrp
and gray. What stands for alpha in them is not looked at.";

/// The source `pipe`.
#[derive(Clone, Copy, Debug, Default)]
pub struct PipeFactory;

impl SourceFactory for PipeFactory {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: "pipe".into(),
            about: "Show frames that another program writes to stdin or a FIFO".into(),
            examples: EXAMPLES.into(),
            options: options(),
        }
    }

    fn configure(&self, values: &OptionValues, _listener: Listener) -> Result<Configured, OptionError> {
        let content = match (values.parse("size")?, values.parse("format")?) {
            (Some(size), Some(pixels)) => {
                Content::Raw { size, pixels, fps: values.parse_with("fps", parse_fps)? }
            }
            _ => Content::Y4m,
        };
        let pipe = FramePipe {
            input: values.os("input").map(Into::into),
            reopen: values.is_set("reopen"),
            matrix: values.text("matrix").and_then(matrix),
            pace: pace(values, Speed::REAL),
            ..FramePipe::new(content)
        };
        Ok(Configured::new(Box::new(move || pipe.open())))
    }

    fn interrupt_openers(&self) {
        interrupt_openings();
    }
}

fn options() -> Vec<OptionSpec> {
    let matrices = [
        ("bt601", "ITU-R BT.601, of standard definition"),
        ("bt709", "ITU-R BT.709, of high definition"),
        ("bt2020", "ITU-R BT.2020, of ultra-high definition"),
    ];
    vec![
        OptionSpec::path("input", "PATH", "A FIFO or a file [default: stdin]"),
        OptionSpec::switch("reopen", "Wait for the next writer when one has left; only of a FIFO")
            .requires("input"),
        size_option("The size of frames without a header").requires("format"),
        OptionSpec::parsed::<Pixels>("format", "FORMAT", "What their bytes mean, by FFmpeg's names")
            .requires("size"),
        OptionSpec::checked(
            "fps",
            "N",
            |text| parse_fps(text).map(drop),
            "How many there are in a second [default: each is shown when it comes]",
        )
        .requires("size"),
        OptionSpec::choice(
            "matrix",
            matrices,
            "How YUV was made [default: bt709 from 1280 pixels in a row or 577 rows on]",
        ),
        pace_option(),
    ]
}

fn matrix(name: &str) -> Option<Matrix> {
    match name {
        "bt601" => Some(Matrix::Bt601),
        "bt709" => Some(Matrix::Bt709),
        "bt2020" => Some(Matrix::Bt2020),
        _ => None,
    }
}

fn parse_fps(text: &str) -> Result<f64, String> {
    let fps = text.parse().ok().filter(|fps| (0.01..=1000.0).contains(fps));
    fps.ok_or_else(|| "a rate is a number of frames a second from 0.01 to 1000, such as 29.97".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_in_range() {
        assert_eq!(parse_fps("29.97"), Ok(29.97));
        for wrong in ["0", "-1", "nan", "1e9", ""] {
            assert!(parse_fps(wrong).is_err(), "{wrong}");
        }
    }
}
