//! What is in an input, as FFmpeg says before it begins: its container, how long it takes, its pictures and its tracks
//! of sound.

use std::time::Duration;

use crate::mix::Mix;

/// Characters kept of a track's title.
const TITLE_CHARS_MAX: usize = 60;
/// Tracks of sound that can be chosen from: more is no film.
const TRACKS_MAX: usize = 64;

/// What is in the first input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    /// FFmpeg's name for how it is stored: `mpegts`.
    pub(crate) container: String,
    /// How long it takes, where that was said.
    pub(crate) duration: Option<Duration>,
    /// Its tracks of sound, in the order of their numbers.
    pub(crate) tracks: Vec<Track>,
    videos: Vec<Video>,
    /// The number of the stream that is decoded to pictures.
    decoded: Option<u32>,
    section: Section,
    last: Last,
}

/// A track of sound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Track {
    language: String,
    title: String,
    /// Where its loudspeakers stand, in FFmpeg's words: `5.1(side)`, or `12 channels` where that is not known.
    layout: String,
    is_default: bool,
}

/// A stream of pictures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Video {
    stream: u32,
    /// FFmpeg's name: `vp9`.
    pub(crate) codec: String,
    /// FFmpeg's name of its format, before anything is changed: `yuv420p10le`.
    pub(crate) format: String,
    /// The shape of its pixels: `16:15`; nothing where that was not said.
    pub(crate) aspect: String,
    /// Its container says that a part of it is seen through.
    pub(crate) has_alpha: bool,
    /// It is a picture that belongs to a song.
    pub(crate) is_cover: bool,
}

/// What the lines that come are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Section {
    #[default]
    Other,
    FirstInput,
    Mapping,
}

/// What the lines of a stream's metadata belong to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Last {
    #[default]
    Other,
    Track,
    Video,
}

impl Contents {
    /// Takes a line of FFmpeg's log.
    pub(crate) fn note(&mut self, text: &str) {
        if let Some(rest) = text.strip_prefix("Input #") {
            self.begin_input(rest);
        } else if text.starts_with("Output #") {
            self.section = Section::Other;
        } else if text.starts_with("Stream mapping:") {
            self.section = Section::Mapping;
        } else if self.section == Section::FirstInput {
            self.note_input(text);
        } else if self.section == Section::Mapping && self.decoded.is_none() {
            self.decoded = text.strip_prefix("Stream #0:").and_then(leading_number);
        }
    }

    /// The pictures that are decoded.
    pub(crate) fn video(&self) -> Option<&Video> {
        let is_decoded = |video: &&Video| Some(video.stream) == self.decoded;
        self.videos.iter().find(is_decoded).or_else(|| self.videos.first())
    }

    /// Whether there is something to be heard and nothing to be seen.
    pub(crate) fn is_only_heard(&self) -> bool {
        self.videos.is_empty() && !self.tracks.is_empty()
    }

    /// The number of the track that is heard where no one chooses: the default one, else the first.
    pub(crate) fn default_track(&self) -> Option<usize> {
        let default = self.tracks.iter().position(|track| track.is_default);
        default.or_else(|| (!self.tracks.is_empty()).then_some(0))
    }

    /// How a track becomes left and right.
    pub(crate) fn mix(&self, track: usize) -> Mix {
        // A layout has a name, or says its loudspeakers in parentheses.
        let has_layout = self.tracks.get(track).is_none_or(|track| !track.layout.ends_with(" channels"));
        if has_layout { Mix::Layout } else { Mix::FirstTwo }
    }

    /// What people call its tracks.
    pub(crate) fn track_names(&self) -> Vec<String> {
        self.tracks.iter().enumerate().map(|(number, track)| track.name(number)).collect()
    }

    /// `0, mov,mp4,m4a, from 'a.mp4':`.
    fn begin_input(&mut self, rest: &str) {
        let Some(rest) = rest.strip_prefix("0, ") else {
            self.section = Section::Other;
            return;
        };
        let container = rest.split(", from '").next().unwrap_or_default();
        *self = Self { container: container.to_owned(), section: Section::FirstInput, ..Self::default() };
    }

    fn note_input(&mut self, text: &str) {
        if let Some(rest) = text.strip_prefix("Stream #0:") {
            return self.note_stream(rest);
        }
        self.duration = self.duration.or_else(|| duration_in(text));
        let Some((key, value)) = text.split_once(':').map(|(key, value)| (key.trim(), value.trim())) else {
            return;
        };
        match (self.last, key) {
            (Last::Track, "title") => {
                let title = value.chars().take(TITLE_CHARS_MAX).collect();
                self.tracks
                    .iter_mut()
                    .next_back()
                    .into_iter()
                    .for_each(|track| track.title = String::clone(&title));
            }
            (Last::Video, "alpha_mode") => {
                self.videos
                    .iter_mut()
                    .next_back()
                    .into_iter()
                    .for_each(|video| video.has_alpha = value == "1");
            }
            _ => {}
        }
    }

    /// `1[0x2](und): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, stereo, fltp, 69 kb/s (default)`.
    fn note_stream(&mut self, rest: &str) {
        self.last = Last::Other;
        let Some(stream) = leading_number(rest) else { return };
        if let Some((head, said)) = rest.split_once(": Audio: ") {
            if self.tracks.len() < TRACKS_MAX {
                self.tracks.push(Track::of(head, said));
                self.last = Last::Track;
            }
        } else if let Some((_, said)) = rest.split_once(": Video: ") {
            self.videos.push(Video::of(stream, said));
            self.last = Last::Video;
        }
    }
}

impl Track {
    fn of(head: &str, said: &str) -> Self {
        let language = head.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
        let language = language.map(|(language, _)| language).filter(|language| *language != "und");
        let fields = fields(said);
        let mut after_rate = fields.iter().skip_while(|field| !field.ends_with(" Hz")).skip(1);
        let layout = after_rate.next().copied().unwrap_or_default();
        Self {
            language: language.unwrap_or_default().to_owned(),
            title: String::new(),
            layout: layout.to_owned(),
            is_default: said.contains(" (default)"),
        }
    }

    /// What becomes of it where left and right are heard; nothing where it is that, or the same on both sides.
    pub(crate) fn alteration(&self, mix: Mix) -> Option<String> {
        let layout = &self.layout;
        match mix {
            Mix::FirstTwo => Some(format!("sound of {layout}: the first two are heard as left and right")),
            Mix::Layout if ["mono", "stereo", "downmix", ""].contains(&layout.as_str()) => None,
            Mix::Layout => Some(format!("{layout} sound is mixed to left and right")),
        }
    }

    /// Whether it is in this language, by its three letters.
    pub(crate) fn is_in(&self, language: &str) -> bool {
        !self.language.is_empty() && self.language.eq_ignore_ascii_case(language)
    }

    fn name(&self, number: usize) -> String {
        match (self.title.as_str(), self.language.as_str()) {
            ("", "") => format!("track {number}"),
            ("", language) => language.to_owned(),
            (title, "") => title.to_owned(),
            (title, language) => format!("{title} ({language})"),
        }
    }
}

impl Video {
    /// `h264 (High), yuv420p(tv, bt709, progressive), 1920x1080 [SAR 1:1 DAR 16:9], 25 fps`.
    fn of(stream: u32, said: &str) -> Self {
        let fields = fields(said);
        let word = |field: Option<&&str>| {
            let field = field.copied().unwrap_or_default();
            field.split(['(', ' ']).next().unwrap_or_default().to_owned()
        };
        let is_cover = said.contains("(attached pic)");
        let aspect = said.split_once("SAR ").and_then(|(_, rest)| rest.split([' ', ']', ',']).next());
        let aspect = aspect.unwrap_or_default().to_owned();
        Self {
            stream,
            codec: word(fields.first()),
            format: word(fields.get(1)),
            aspect,
            has_alpha: false,
            is_cover,
        }
    }
}

/// What stands between commas that are not in parentheses.
fn fields(said: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let is_between = |letter: char| {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    };
    said.split(is_between).map(str::trim).collect()
}

fn leading_number(text: &str) -> Option<u32> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

/// Of `Duration: 00:01:30.50, start: 0.000000, bitrate: 512 kb/s`; `N/A` where it is not known.
fn duration_in(text: &str) -> Option<Duration> {
    let said = text.strip_prefix("Duration: ")?.split(',').next()?;
    let mut parts = said.split(':');
    let mut part = || parts.next()?.parse::<f64>().ok();
    Duration::try_from_secs_f64(part()? * 3600.0 + part()? * 60.0 + part()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(log: &str) -> Contents {
        let mut contents = Contents::default();
        log.lines().for_each(|line| contents.note(line.trim()));
        contents
    }

    #[test]
    fn a_film_with_two_tracks() {
        let film = contents(
            "Input #0, matroska,webm, from 'two.mkv':
               Metadata:
                 title           : of all of it
               Duration: 00:00:01.02, start: 0.000000, bitrate: 200 kb/s
               Stream #0:0: Video: vp9 (Profile 0), yuv420p(tv, bt709, progressive), 96x64, 10 fps
                 Metadata:
                   alpha_mode      : 1
               Stream #0:1[0x101](eng): Audio: aac (LC) ([15][0][0][0] / 0x000F), 44100 Hz, mono, fltp
               Stream #0:2(deu): Audio: pcm_s16le, 44100 Hz, 12 channels, s16, 8467 kb/s (default)
                 Metadata:
                   title           : Kommentar
             Stream mapping:
               Stream #0:0 -> #0:0 (vp9 (native) -> rawvideo (native))
             Output #0, nut, to 'pipe:1':
               Stream #0:0: Audio: none of it",
        );
        assert_eq!(film.container, "matroska,webm");
        assert_eq!(film.duration, Some(Duration::from_millis(1020)));
        assert_eq!(film.track_names(), ["eng", "Kommentar (deu)"]);
        assert_eq!(film.default_track(), Some(1));
        assert_eq!([0, 1].map(|track| film.mix(track)), [Mix::Layout, Mix::FirstTwo]);
        assert_eq!(film.tracks[0].alteration(Mix::Layout), None);
        let wanted = "sound of 12 channels: the first two are heard as left and right";
        assert_eq!(film.tracks[1].alteration(Mix::FirstTwo).unwrap(), wanted);
        let video = film.video().unwrap();
        assert_eq!((video.codec.as_str(), video.format.as_str(), video.has_alpha), ("vp9", "yuv420p", true));
        assert!(!film.is_only_heard());
    }

    #[test]
    fn the_pictures_that_are_decoded_are_those_that_count() {
        let film = contents(
            "Input #0, mp3, from 'a.mp3':
               Stream #0:0: Audio: mp3, 44100 Hz, 5.1(side), fltp, 64 kb/s
               Stream #0:1: Video: png, rgb24(pc), 96x96 (attached pic)
               Stream #0:2: Video: mjpeg (Baseline), yuvj420p(pc, bt470bg/unknown/unknown), 96x96 [SAR 16:15 DAR 4:3]
             Stream mapping:
               Stream #0:2 -> #0:0 (mjpeg (native) -> rawvideo (native))",
        );
        let video = film.video().unwrap();
        assert_eq!((video.format.as_str(), video.is_cover), ("yuvj420p", false));
        assert_eq!(video.aspect, "16:15");
        assert_eq!((film.track_names(), film.default_track()), (vec!["track 0".to_owned()], Some(0)));
        assert_eq!(
            film.tracks[0].alteration(film.mix(0)).unwrap(),
            "5.1(side) sound is mixed to left and right"
        );
    }

    #[test]
    fn another_input_is_another_one() {
        let two = contents(
            "Input #0, wav, from 'a':
               Duration: N/A, bitrate: 1 kb/s
               Stream #0:0: Audio: pcm_s16le, 8000 Hz, mono, s16
             Input #1, wav, from 'b':
               Duration: 00:00:09.00
               Stream #1:0: Video: h264, yuv420p, 2x2",
        );
        assert!(two.is_only_heard() && two.duration.is_none());
    }

    #[test]
    fn durations_as_ffmpeg_writes_them() {
        for (said, seconds) in [
            ("Duration: 00:00:04.00, start: 0.000000, bitrate: 77 kb/s", Some(4.0)),
            ("Duration: 01:02:03.50, start: 1.4, bitrate: 1 kb/s", Some(3723.5)),
            ("Duration: N/A, start: 0.000000, bitrate: N/A", None),
            ("DURATION        : 00:00:04.000000000", None),
        ] {
            assert_eq!(duration_in(said), seconds.map(Duration::from_secs_f64), "{said}");
        }
    }
}
