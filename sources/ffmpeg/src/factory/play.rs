//! The source `play`: a film or a stream.

use std::time::Duration;

use lanstream_core::options::{OptionError, OptionSpec, OptionValues};
use lanstream_core::registry::{Configured, Descriptor, SourceFactory};
use lanstream_core::source::Listener;

use super::{pace, pace_option, required};
use crate::interrupt::interrupt_openings;
use crate::pace::{Pacing, Speed};
use crate::play::Play;
use crate::track::Track;

const EXAMPLES: &str = "Examples:
  lanstream play film.mp4 --open
  lanstream play film.mkv --start 01:30 --speed 0.5
  lanstream play film.mkv --audio deu               another track of its sound
  lanstream play song.flac                          sound without a picture: its waves
  lanstream play clip.webm --loop --filter \"hflip,eq=contrast=1.2\"
  lanstream play rtsp://camera.local/1              live: the newest picture, whenever it comes

It needs FFmpeg 5.1 or newer on the PATH. A file waits for its first viewer, and stands still while nobody watches.";

/// The source `play`.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlayFactory;

impl SourceFactory for PlayFactory {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: "play".into(),
            about: "Play a film or a stream in real time, through FFmpeg".into(),
            examples: EXAMPLES.into(),
            options: options(),
        }
    }

    fn configure(&self, values: &OptionValues, listener: Listener) -> Result<Configured, OptionError> {
        let speed = values.parse("speed")?.unwrap_or(Speed::REAL);
        // Another speed than its own makes no sense for what is shown as it comes.
        let by_speed = (speed != Speed::REAL).then_some(Pacing::Timestamps(speed));
        let play = Play {
            repeat: values.is_set("loop"),
            start: values.parse_with("start", parse_time)?.unwrap_or_default(),
            pace: pace(values, speed).or(by_speed),
            filter: values.text("filter").map(str::to_owned),
            sound: !values.is_set("no-audio"),
            track: values.parse("audio")?.unwrap_or_default(),
            listener: Some(listener),
            ..Play::new(values.os("input").ok_or_else(|| required("input"))?)
        };
        Ok(Configured::new(Box::new(move || play.open())))
    }

    fn interrupt_openers(&self) {
        interrupt_openings();
    }
}

fn options() -> Vec<OptionSpec> {
    vec![
        OptionSpec::path("input", "FILE|URL", "A file or a URL").positional(),
        OptionSpec::switch("loop", "Begin again at the end"),
        OptionSpec::checked("start", "[[HH:]MM:]SS[.MS]", |text| parse_time(text).map(drop), "Begin here"),
        OptionSpec::parsed::<Speed>("speed", "TIMES", "So many times as fast").default("1.0"),
        OptionSpec::checked(
            "filter",
            "FILTERS",
            check_filter,
            "FFmpeg's filters for its pictures, in FFmpeg's words",
        ),
        OptionSpec::parsed::<Track>(
            "audio",
            "NUMBER|LANGUAGE",
            "Begin with this track of its sound: by its number from 0, or by its language, such as eng [default: the film's own default]",
        ),
        OptionSpec::switch("no-audio", "Leave its sound out").conflicts("audio"),
        pace_option(),
    ]
}

/// Parses seconds, minutes and hours: `90`, `01:30`, `1:02:03.5`. What comes after a colon is below 60.
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

fn check_filter(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("it is empty: FFmpeg's filters are such as \"hflip,eq=contrast=1.2\"".to_owned());
    }
    Ok(())
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
        assert_eq!("0".parse(), Ok(Track::Number(0)));
        assert_eq!("deu".parse(), Ok(Track::Language("deu".to_owned())));
        for wrong in ["", "-1", "german", "1.5", "d1"] {
            assert!(wrong.parse::<Track>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn speeds_in_range() {
        assert_eq!("0.5".parse(), Ok(Speed::new(0.5).unwrap()));
        for wrong in ["0", "-1", "nan", "1e9", ""] {
            assert!(wrong.parse::<Speed>().is_err(), "{wrong}");
        }
    }
}
