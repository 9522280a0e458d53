//! FFmpeg with any arguments: cameras, filters, generators, all that it has. Only the output is ours.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use lanstream_core::Size;
use lanstream_core::source::{Error, ErrorKind, Listener, Source};

use crate::builder::{Builder, OpenError, START_TIMEOUT};
use crate::frame_reader::FrameReader;
use crate::input::is_live;
use crate::output::nut_output;
use crate::pace::{Pacing, Speed};
use crate::pixel::Pixels;
use crate::program::{FFMPEG, Program, check_version};
use crate::redact::without_secrets;
use crate::stream::nut::Nut;

/// What to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// FFmpeg's own arguments, up to the output.
    pub arguments: Vec<OsString>,
    /// The size that FFmpeg shall scale to; `None` means as it comes.
    pub size: Option<Size>,
    /// What FFmpeg shall make of its pictures; `None` means they stay as they are, where that can be shown.
    pub pixels: Option<Pixels>,
    /// When pictures are shown; `None` means as they come from cameras, screens and networks, else by their timestamps.
    pub pace: Option<Pacing>,
    /// The FFmpeg to run; `None` means the one on the PATH.
    pub ffmpeg: Option<OsString>,
    /// Who hears what it says.
    pub listener: Option<Listener>,
}

impl Run {
    /// Runs FFmpeg with these arguments.
    pub fn new(arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Self { arguments, size: None, pixels: None, pace: None, ffmpeg: None, listener: None }
    }

    /// Starts FFmpeg, and waits until it knows what it shows.
    ///
    /// # Errors
    /// As for [`Play::open`](crate::Play::open).
    pub fn open(&self) -> Result<Box<dyn Source>, Error> {
        let is_input = |argument: &OsString| INPUTS.iter().any(|option| argument == option);
        if !self.arguments.iter().any(is_input) {
            let message = "FFmpeg needs an input: `lanstream ffmpeg -- -i film.mp4`";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        match self.open_in(self.pixels.map(|pixels| pixels.to_string()).as_deref()) {
            // What can't be shown as it is FFmpeg is asked for again, in a format that is near.
            Err(OpenError::Format(format)) => {
                let nearest = Pixels::nearest(&format);
                if self.is_read_once() {
                    // What has alpha is asked for in bytes.
                    let nearest = if nearest.parse::<Pixels>().is_ok() { nearest } else { "rgba" };
                    let message =
                        format!("pictures in {format} can't be shown as they are: add --format {nearest}");
                    return Err(Error::new(ErrorKind::Unsupported, message));
                }
                tracing::info!(
                    "pictures in {format} can't be shown as they are: FFmpeg makes {nearest} of them"
                );
                Ok(self.open_in(Some(nearest))?)
            }
            opened => Ok(opened?),
        }
    }

    /// Whether an input is a pipe, whose beginning is gone once it was read.
    fn is_read_once(&self) -> bool {
        let inputs = self.arguments.windows(2).filter(|pair| pair[0] == "-i").map(|pair| &pair[1]);
        inputs.into_iter().any(|input| {
            let text = input.to_string_lossy();
            let is_file = || std::fs::metadata(input).is_ok_and(|metadata| metadata.is_file());
            let is_pipe =
                text == "-" || ["pipe:", "fd:", "tcp:", "unix:"].iter().any(|kind| text.starts_with(kind));
            is_pipe || (Path::new(input).exists() && !is_file() && !text.starts_with("/dev/"))
        })
    }

    /// With pictures in a format, or in that which FFmpeg has.
    fn open_in(&self, format: Option<&str>) -> Result<Box<dyn Source>, OpenError> {
        let mut arguments = self.arguments.clone();
        arguments.extend(self.size.iter().flat_map(|size| ["-s".into(), size.to_string().into()]));
        arguments.extend(format.iter().flat_map(|format| ["-pix_fmt".into(), format.into()]));
        arguments.extend(nut_output());
        let ffmpeg = self.ffmpeg.as_deref().unwrap_or_else(|| FFMPEG.as_ref());
        check_version(ffmpeg)?;
        let (program, pixels) = Program::start(ffmpeg, &arguments, self.listener.clone())?;
        let builder = Builder {
            name: name(&self.arguments),
            frame_reader: FrameReader::new(pixels, Box::new(Nut::default())),
            program: Some(program),
            pace: self.pace.unwrap_or_else(|| pace(&self.arguments)),
            has_showinfo: false,
            timeout: START_TIMEOUT,
            start: Duration::ZERO,
            film: None,
            reopen: None,
            repeat: false,
            sound: None,
        };
        builder.open()
    }
}

/// Options that bring pictures: filters can make some without a file.
const INPUTS: [&str; 3] = ["-i", "-filter_complex", "-lavfi"];
/// Input formats of FFmpeg's that are devices.
const DEVICES: [&str; 12] = [
    "v4l2",
    "video4linux2",
    "x11grab",
    "kmsgrab",
    "fbdev",
    "avfoundation",
    "dshow",
    "gdigrab",
    "vfwcap",
    "decklink",
    "iec61883",
    "android_camera",
];

/// What happens now is shown as it comes, and so is what FFmpeg itself slows down to real time.
fn pace(arguments: &[OsString]) -> Pacing {
    let after = |option: &str, is: &dyn Fn(&str) -> bool| {
        arguments.windows(2).any(|pair| pair[0] == option && is(&pair[1].to_string_lossy()))
    };
    let is_device = after("-f", &|format| DEVICES.contains(&format));
    let is_slowed = arguments.iter().any(|argument| argument == "-re" || argument == "-readrate");
    let is_now = after("-i", &|input| is_live(input) || input.starts_with("/dev/"));
    if is_device || is_slowed || is_now { Pacing::Newest } else { Pacing::Timestamps(Speed::REAL) }
}

/// Its first input, for people.
fn name(arguments: &[OsString]) -> String {
    let input = arguments.iter().skip_while(|argument| *argument != "-i").nth(1);
    input.map_or_else(String::new, |input| without_secrets(&input.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace_of(arguments: &str) -> Pacing {
        pace(&arguments.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn what_happens_now_is_told_from_what_is_stored() {
        for now in [
            "-f v4l2 -i cam",
            "-i /dev/video0",
            "-f x11grab -i :0",
            "-re -i film.mp4",
            "-i rtsp://camera/1 -vf scale=2:2",
        ] {
            assert_eq!(pace_of(now), Pacing::Newest, "{now}");
        }
        for stored in ["-i film.mp4", "-f lavfi -i testsrc2", "-i https://host/x"] {
            assert_eq!(pace_of(stored), Pacing::Timestamps(Speed::REAL), "{stored}");
        }
    }
}
