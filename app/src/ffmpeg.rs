//! `lanstream play`, `lanstream ffmpeg`, `lanstream pipe`: their flags, and the sources they stand for.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use lanstream::{Event, Opener, sources};
use lanstream_core::geometry::Size;
use lanstream_core::planar::Matrix;
use lanstream_ffmpeg::{Content, Listener, Pixels, Report, Speed, Track};

use crate::cli::parse_size;
use crate::report::Reporter;

pub(crate) const PLAY_EXAMPLES: &str = "Examples:
  lanstream play film.mp4 --open
  lanstream play film.mkv --start 01:30 --speed 0.5
  lanstream play film.mkv --audio deu               another track of its sound
  lanstream play song.flac                          sound without a picture: its waves
  lanstream play clip.webm --loop --filter \"hflip,eq=contrast=1.2\"
  lanstream play rtsp://camera.local/1              live: the newest picture, whenever it comes

It needs FFmpeg 5.1 or newer on the PATH. A file waits for its first viewer, and stands still while nobody watches.";

pub(crate) const FFMPEG_EXAMPLES: &str = "Examples:
  lanstream ffmpeg -- -f v4l2 -framerate 30 -i /dev/video0
  lanstream ffmpeg -- -f lavfi -i testsrc2=size=1920x1080:rate=60
  lanstream ffmpeg --size 1280x720 -- -i film.mp4 -ss 60 -vf edgedetect
  lanstream ffmpeg -- -i a.mp4 -i b.mp4 -filter_complex \"[0:v][1:v]hstack\"

Everything after -- is FFmpeg's own, up to the output, which is ours: leave it out. It needs FFmpeg 5.1 or newer on the PATH.";

pub(crate) const PIPE_EXAMPLES: &str = "Examples:
  ffmpeg -i film.mp4 -f yuv4mpegpipe - | lanstream pipe
  ffmpeg -i film.mp4 -pix_fmt rgba -f rawvideo - | lanstream pipe --size 1920x1080 --format rgba --fps 60
  mkfifo /tmp/frames && lanstream pipe --input /tmp/frames --size 640x480 --format bgra --reopen

It ends when its writer leaves; with --reopen it waits for the next one. Without --size it reads YUV4MPEG2. Formats: rgba, bgra, rgb0, bgr0, argb, abgr, 0rgb, 0bgr, rgb24, bgr24, nv12, yuv420p, yuv422p,
yuv444p, yuv411p, yuvj420p, yuvj422p, yuvj444p, yuvj411p, gbrp, gray; with 10le or 12le after it also yuv420p, yuv422p, yuv444p, gbrp
and gray. What stands for alpha in them is not looked at.";

/// What to play.
#[derive(Debug, Args)]
pub(crate) struct Play {
    /// A file or a URL
    #[arg(value_name = "FILE|URL")]
    input: OsString,
    /// Begin again at the end
    #[arg(long = "loop")]
    repeat: bool,
    /// Begin here
    #[arg(long, value_name = "[[HH:]MM:]SS[.MS]", value_parser = parse_time, allow_hyphen_values = true)]
    start: Option<Duration>,
    /// So many times as fast
    #[arg(long, value_name = "TIMES", value_parser = parse_speed, default_value = "1.0", allow_hyphen_values = true)]
    speed: Speed,
    /// FFmpeg's filters for its pictures, in FFmpeg's words
    #[arg(long, value_name = "FILTERS", value_parser = parse_filter, allow_hyphen_values = true)]
    filter: Option<String>,
    /// Begin with this track of its sound: by its number from 0, or by its language, such as eng [default: the film's own default]
    #[arg(long, value_name = "NUMBER|LANGUAGE", value_parser = parse_track, allow_hyphen_values = true)]
    audio: Option<Track>,
    /// Leave its sound out
    #[arg(long, conflicts_with = "audio")]
    no_audio: bool,
    /// When pictures are shown
    #[arg(long, value_enum, default_value_t = Pace::Auto)]
    pace: Pace,
}

/// What FFmpeg is to do.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Have FFmpeg scale to this size [default: as it comes]
    #[arg(long, value_name = "WxH", value_parser = parse_size, allow_hyphen_values = true)]
    size: Option<Size>,
    /// Have FFmpeg make this format of them, by FFmpeg's names [default: as they come, where that can be shown]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Pixels>,
    /// When pictures are shown
    #[arg(long, value_enum, default_value_t = Pace::Auto)]
    pace: Pace,
    /// FFmpeg's arguments, without an output
    #[arg(last = true, required = true, value_name = "FFMPEG ARGUMENTS")]
    arguments: Vec<OsString>,
}

/// What another program writes.
#[derive(Debug, Args)]
pub(crate) struct Pipe {
    /// A FIFO or a file [default: stdin]
    #[arg(long, value_name = "PATH")]
    input: Option<PathBuf>,
    /// Wait for the next writer when one has left; only of a FIFO
    #[arg(long, requires = "input")]
    reopen: bool,
    /// The size of frames without a header
    #[arg(long, value_name = "WxH", value_parser = parse_size, requires = "format", allow_hyphen_values = true)]
    size: Option<Size>,
    /// What their bytes mean, by FFmpeg's names
    #[arg(long, value_name = "FORMAT", requires = "size")]
    format: Option<Pixels>,
    /// How many there are in a second [default: each is shown when it comes]
    #[arg(long, value_name = "N", value_parser = parse_fps, requires = "size", allow_hyphen_values = true)]
    fps: Option<f64>,
    /// How YUV was made [default: bt709 from 1280 pixels in a row or 577 rows on]
    #[arg(long, value_enum)]
    matrix: Option<MatrixName>,
    /// When frames are shown
    #[arg(long, value_enum, default_value_t = Pace::Auto)]
    pace: Pace,
}

/// When pictures are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Pace {
    /// As fits what it is: cameras, screens and network streams as they come, all else by its timestamps.
    Auto,
    /// By their timestamps.
    Timestamps,
    /// As they come, and only the newest.
    Newest,
}

/// How YUV was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MatrixName {
    /// ITU-R BT.601, of standard definition.
    Bt601,
    /// ITU-R BT.709, of high definition.
    Bt709,
    /// ITU-R BT.2020, of ultra-high definition.
    Bt2020,
}

impl Play {
    pub(crate) fn opener(&self, reporter: &Reporter) -> Opener {
        // Another speed than its own makes no sense for what is shown as it comes.
        let by_speed = (self.speed != Speed::REAL).then_some(lanstream_ffmpeg::Pace::Timestamps(self.speed));
        sources::play(lanstream_ffmpeg::Play {
            repeat: self.repeat,
            start: self.start.unwrap_or_default(),
            pace: self.pace.chosen(self.speed).or(by_speed),
            filter: self.filter.clone(),
            sound: !self.no_audio,
            track: self.audio.clone().unwrap_or_default(),
            listener: Some(listener(reporter)),
            ..lanstream_ffmpeg::Play::new(&self.input)
        })
    }
}

impl Run {
    pub(crate) fn opener(&self, reporter: &Reporter) -> Opener {
        let pace = self.pace.chosen(Speed::REAL);
        sources::ffmpeg(lanstream_ffmpeg::Run {
            size: self.size,
            pixels: self.format,
            pace,
            listener: Some(listener(reporter)),
            ..lanstream_ffmpeg::Run::new(&self.arguments)
        })
    }
}

impl Pipe {
    pub(crate) fn opener(&self) -> Opener {
        let content = match (self.size, self.format) {
            (Some(size), Some(pixels)) => Content::Raw { size, pixels, fps: self.fps },
            _ => Content::Y4m,
        };
        let matrix = self.matrix.map(|name| match name {
            MatrixName::Bt601 => Matrix::Bt601,
            MatrixName::Bt709 => Matrix::Bt709,
            MatrixName::Bt2020 => Matrix::Bt2020,
        });
        sources::pipe(lanstream_ffmpeg::Pipe {
            input: self.input.clone(),
            reopen: self.reopen,
            matrix,
            pace: self.pace.chosen(Speed::REAL),
            ..lanstream_ffmpeg::Pipe::new(content)
        })
    }
}

/// Makes events of what FFmpeg says.
fn listener(reporter: &Reporter) -> Listener {
    let reporter = reporter.clone();
    Listener::new(move |report| match report {
        Report::Progress { frames, fps, time, speed } => {
            reporter.event(Event::Progress { frames, fps, time, speed });
        }
        Report::Line { is_error, text } => reporter.event(Event::Log { is_error, text }),
        _ => {}
    })
}

impl Pace {
    fn chosen(self, speed: Speed) -> Option<lanstream_ffmpeg::Pace> {
        match self {
            Self::Auto => None,
            Self::Timestamps => Some(lanstream_ffmpeg::Pace::Timestamps(speed)),
            Self::Newest => Some(lanstream_ffmpeg::Pace::Newest),
        }
    }
}

/// Seconds, minutes and hours: `90`, `01:30`, `1:02:03.5`. What comes after a colon is below 60.
fn parse_time(text: &str) -> Result<Duration, String> {
    let wrong = || "a time is [[HH:]MM:]SS[.MS] from the beginning, such as 01:30 or 90.5".to_owned();
    let mut seconds = 0.0;
    let mut parts = 0;
    for part in text.split(':') {
        let plain = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let value: f64 = part.parse().ok().filter(|_| plain).ok_or_else(wrong)?;
        if parts > 0 && value >= 60.0 {
            return Err(format!(
                "{part} is no number of minutes or seconds after a colon: those are below 60, as in 01:30"
            ));
        }
        seconds = seconds * 60.0 + value;
        parts += 1;
    }
    let time = Duration::try_from_secs_f64(seconds).ok();
    time.filter(|_| parts <= 3).ok_or_else(wrong)
}

fn parse_track(text: &str) -> Result<Track, String> {
    let is_language = text.len() == 3 && text.bytes().all(|letter| letter.is_ascii_alphabetic());
    match text.parse() {
        Ok(number) => Ok(Track::Number(number)),
        Err(_) if is_language => Ok(Track::Language(text.to_owned())),
        Err(_) => Err("a track is a number from 0, or a language in three letters, such as eng".to_owned()),
    }
}

fn parse_filter(text: &str) -> Result<String, String> {
    let is_empty = text.trim().is_empty();
    if is_empty {
        Err("it is empty: FFmpeg's filters are such as \"hflip,eq=contrast=1.2\"".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

fn parse_speed(text: &str) -> Result<Speed, String> {
    let speed = text.parse().ok().and_then(Speed::new);
    let [slowest, fastest] = Speed::RANGE;
    speed.ok_or_else(|| format!("a speed is a number from {slowest} to {fastest}, such as 1.5"))
}

fn parse_fps(text: &str) -> Result<f64, String> {
    let fps = text.parse().ok().filter(|fps| (0.01..=1000.0).contains(fps));
    fps.ok_or_else(|| "a rate is a number of frames a second from 0.01 to 1000, such as 29.97".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_people_write_them() {
        assert_eq!(parse_time("90"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_time("01:30"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_time("1:02:03.5"), Ok(Duration::from_millis(3_723_500)));
        assert_eq!(parse_time("100:59"), Ok(Duration::from_secs(6059)));
        for wrong in ["", ":", "-1", "1:2:3:4", "1e5", "inf", "a", "1:", "1..2", "1:99", "1:60", "1:60:00"] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn tracks_by_number_and_language() {
        assert_eq!(parse_track("0"), Ok(Track::Number(0)));
        assert_eq!(parse_track("deu"), Ok(Track::Language("deu".to_owned())));
        for wrong in ["", "-1", "german", "1.5", "d1"] {
            assert!(parse_track(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn rates_and_speeds_in_range() {
        assert_eq!(parse_fps("29.97"), Ok(29.97));
        for wrong in ["0", "-1", "nan", "1e9", ""] {
            assert!(parse_fps(wrong).is_err() && parse_speed(wrong).is_err(), "{wrong}");
        }
    }
}
