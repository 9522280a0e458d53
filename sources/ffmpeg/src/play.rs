//! Files and URLs, played.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Duration;

use lanstream_core::source::{Error, ErrorKind, SOUND_RATE, Source};

use crate::intake::Intake;
use crate::log::TELLER;
use crate::pace::{Pace, Speed};
use crate::pixel::Pixels;
use crate::program::{FFMPEG, Program};
use crate::report::Listener;
use crate::sound::SoundTrack;
use crate::stream::nut::Nut;
use crate::video::{Opening, Restart};
use crate::{START_PATIENCE, output};

/// What to play, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Play {
    /// A file or a URL.
    pub input: OsString,
    /// Whether to begin anew at the end.
    pub repeat: bool,
    /// Where to begin.
    pub start: Duration,
    /// When pictures are shown; `None`: by their timestamps, or as they come from what happens now.
    pub pace: Option<Pace>,
    /// FFmpeg's filters, in its own words.
    pub filter: Option<String>,
    /// Whether it is to be heard; what happens now is not.
    pub sound: bool,
    /// The FFmpeg to run; `None`: the one on the PATH.
    pub ffmpeg: Option<OsString>,
    /// Who hears what it says.
    pub listener: Option<Listener>,
}

impl Play {
    /// Plays `input` once, from its beginning, by its timestamps.
    pub fn new(input: impl Into<OsString>) -> Self {
        Self {
            input: input.into(),
            repeat: false,
            start: Duration::ZERO,
            pace: None,
            filter: None,
            sound: true,
            ffmpeg: None,
            listener: None,
        }
    }

    /// Starts FFmpeg, and waits until it knows what it shows.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is no such file or no FFmpeg, [`ErrorKind::Unsupported`] where FFmpeg is too old or
    /// finds no video in it.
    pub fn open(&self) -> Result<Box<dyn Source>, Error> {
        let input = Input::of(&self.input)?;
        let pace =
            self.pace.unwrap_or(if input.is_live { Pace::Newest } else { Pace::Timestamps(Speed::REAL) });
        let (program, pixels) =
            Program::start(self.ffmpeg(), &self.arguments(&input), self.listener.clone())?;
        let intake = Intake::new(pixels, Box::new(Nut::default()));
        let sound = self.sound_track(&input)?;
        let opening = Opening {
            name: input.name.clone(),
            intake,
            program: Some(program),
            pace,
            has_teller: true,
            patience: START_PATIENCE,
            start: self.start,
            restart: (!input.is_live).then(|| self.restart(input)),
            repeat: self.repeat,
            sound,
        };
        Ok(opening.open()?)
    }

    /// How it begins at another place.
    fn restart(&self, input: Input) -> Restart {
        let play = self.clone();
        Box::new(move |start| {
            let play = Self { start, ..play.clone() };
            let arguments = play.arguments(&input);
            let (program, pixels) = Program::start_again(play.ffmpeg(), &arguments, play.listener.clone())?;
            let intake = Intake::new(pixels, Box::new(Nut::default()));
            Ok((intake, program, play.sound_track(&input)?))
        })
    }

    /// What is to be heard of it: nothing at another speed than its own.
    fn sound_track(&self, input: &Input) -> Result<Option<SoundTrack>, Error> {
        let is_real = self.pace.is_none_or(|pace| pace == Pace::Timestamps(Speed::REAL));
        if !self.sound || !input.can_be_read_twice || !is_real {
            return Ok(None);
        }
        let started = Program::start_again(self.ffmpeg(), &self.sound_arguments(input), None)?;
        Ok(Some(SoundTrack::new(started, self.start)))
    }

    /// Frames from the film's own beginning on, as many as time says, whatever is missing: so their number tells their time.
    fn sound_arguments(&self, input: &Input) -> Vec<OsString> {
        let mut arguments = ["-v", "quiet"].map(OsString::from).to_vec();
        arguments.extend(self.input_arguments(input));
        let filter = format!("aresample={SOUND_RATE}:async=1:min_hard_comp=0.02:first_pts=0");
        arguments.extend(["-map", "0:a:0?", "-vn", "-sn", "-dn", "-af", &filter].map(OsString::from));
        arguments.extend(["-ac", "2", "-c:a", "pcm_f32le", "-f", "f32le", "pipe:1"].map(OsString::from));
        arguments
    }

    fn ffmpeg(&self) -> &OsStr {
        self.ffmpeg.as_deref().unwrap_or_else(|| FFMPEG.as_ref())
    }

    /// What is to be read, and from where on.
    fn input_arguments(&self, input: &Input) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = Vec::new();
        if !self.start.is_zero() {
            arguments.extend(["-ss".into(), format!("{:.6}", self.start.as_secs_f64()).into()]);
        }
        arguments.extend(["-i".into(), input.argument.clone()]);
        arguments
    }

    fn arguments(&self, input: &Input) -> Vec<OsString> {
        let mut arguments = self.input_arguments(input);
        arguments.extend(["-vf".into(), self.filters().into()]);
        // Pictures keep their own sizes and times, whatever comes.
        arguments.extend(["-autoscale", "0", "-fps_mode", "passthrough"].map(OsString::from));
        arguments.extend(output());
        arguments
    }

    /// The user's filters; then pixels become square by enlarging, and the teller says what each picture is like. What can be
    /// shown as it is stays as it is.
    fn filters(&self) -> String {
        let own = self.filter.as_deref().map_or(String::new(), |filter| format!("{filter},"));
        let formats = Pixels::names_of_frames();
        format!(
            "{own}scale=w='round(iw*max(sar\\,1))':h='round(ih/min(sar\\,1))',setsar=1,format={formats},{TELLER}=checksum=0"
        )
    }
}

/// What FFmpeg is told to read.
#[derive(Debug, PartialEq)]
struct Input {
    name: String,
    argument: OsString,
    /// It happens now, and does not wait.
    is_live: bool,
    /// A pipe is not, nor what answers one connection.
    can_be_read_twice: bool,
}

impl Input {
    /// A file is named to FFmpeg so that no part of its name means anything.
    fn of(input: &OsStr) -> Result<Self, Error> {
        let path = Path::new(input);
        if path.exists() {
            let mut argument = OsString::from("file:");
            argument.push(path);
            let name = path.file_name().unwrap_or(input);
            let can_be_read_twice = path.metadata().is_ok_and(|metadata| metadata.is_file());
            return Ok(Self { name: shown(name), argument, is_live: is_device(path), can_be_read_twice });
        }
        let text = input.to_string_lossy();
        if text.contains("://") {
            return Ok(Self {
                name: without_secrets(&text),
                argument: input.to_owned(),
                is_live: is_live(&text),
                can_be_read_twice: ["http://", "https://", "file://"]
                    .iter()
                    .any(|kind| text.starts_with(kind)),
            });
        }
        Err(Error::new(ErrorKind::NotFound, format!("there is no file {}", shown(input))))
    }
}

/// Protocols that bring what happens now. Others, HTTP among them, wait for who reads.
const LIVE: [&str; 8] =
    ["rtsp://", "rtsps://", "rtmp://", "rtmps://", "rtp://", "udp://", "srt://", "rist://"];

/// Whether a URL brings what happens now.
pub(crate) fn is_live(url: &str) -> bool {
    LIVE.iter().any(|protocol| url.starts_with(protocol))
}

fn is_device(path: &Path) -> bool {
    path.starts_with("/dev")
}

/// A name for people, without what could drive a terminal.
pub(crate) fn shown(name: &OsStr) -> String {
    name.to_string_lossy()
        .chars()
        .map(|letter| if letter.is_control() { '\u{fffd}' } else { letter })
        .collect()
}

/// A text for viewers too: of the URLs in it, names and passwords stay here, and what comes after a question mark.
pub(crate) fn without_secrets(text: &str) -> String {
    let mut parts = text.split("://");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (host, rest) = part.split_at(part.find(['/', ' ', '?']).unwrap_or(part.len()));
        let (rest, after) = rest.split_at(rest.find(' ').unwrap_or(rest.len()));
        let path = rest.split('?').next().unwrap_or_default();
        shown.extend(["://", host.rsplit('@').next().unwrap_or_default(), path, after]);
    }
    self::shown(OsStr::new(&shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_never_options_or_protocols() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["-y", "concat:a|b", "http:x", "$(touch x);`id`.mp4", "%03d.png"] {
            let path = folder.path().join(name);
            std::fs::write(&path, b"").unwrap();
            let input = Input::of(path.as_os_str()).unwrap();
            assert_eq!(input.argument, format!("file:{}", path.display()).as_str());
            assert_eq!((input.name.as_str(), input.is_live), (name, false));
        }
    }

    #[test]
    fn what_is_neither_file_nor_url_is_not_found() {
        let error = Input::of(OsStr::new("no/such\u{7}file.mp4")).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound);
        assert_eq!(error.message, "there is no file no/such\u{fffd}file.mp4");
    }

    #[test]
    fn urls_are_shown_without_secrets() {
        let input = Input::of(OsStr::new("rtsp://me:secret@camera:554/one?key=2")).unwrap();
        assert_eq!((input.name.as_str(), input.is_live), ("rtsp://camera:554/one", true));
        assert_eq!(without_secrets("https://host"), "https://host");
        let said = "no http://a:b@host/x?key=1 and udp://c@d:1 here";
        assert_eq!(without_secrets(said), "no http://host/x and udp://d:1 here");
        assert!(!is_live("https://host/film.mp4"));
    }
}
