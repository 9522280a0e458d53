//! What to capture, as users say it. Whether it exists is for the backend to find out.

use std::str::FromStr;

use lanstream_core::source::{Error, ErrorKind};
use lanstream_core::{Rect, SIDE_MAX};

/// What to capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// All of a monitor.
    Monitor(MonitorChoice),
    /// One window, whatever covers it.
    Window(WindowChoice),
    /// A part of the screen.
    Region(RegionChoice),
}

impl Target {
    /// What to open once this was lost.
    #[must_use]
    pub fn successor(self) -> Self {
        match self {
            Self::Window(WindowChoice::Title(part)) => Self::Window(WindowChoice::Topmost(part)),
            same => same,
        }
    }
}

/// Which monitor: `0`, `HDMI-1`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MonitorChoice {
    /// The first that the system lists.
    #[default]
    First,
    /// By its place in the system's list, from 0.
    Number(usize),
    /// By its name.
    Name(String),
}

impl MonitorChoice {
    /// The one of `monitors` that is meant, by its `name`. Where there is none, the error lists all, each with what
    /// `describe` says of it.
    pub(crate) fn pick<'a, M>(
        &self,
        monitors: &'a [M],
        name: impl Fn(&M) -> &str,
        describe: impl Fn(&M) -> String,
    ) -> Result<&'a M, Error> {
        let (found, wanted) = match self {
            Self::First => (monitors.first(), "no monitor".into()),
            Self::Number(number) => (monitors.get(*number), format!("no monitor {number}")),
            Self::Name(wanted) => (
                monitors.iter().find(|monitor| name(monitor) == wanted),
                format!("no monitor named `{wanted}`"),
            ),
        };
        let line = |(number, monitor)| format!("\n  {number}  {}  {}", name(monitor), describe(monitor));
        found.ok_or_else(|| {
            let there: String = monitors.iter().enumerate().map(line).collect();
            Error::new(ErrorKind::NotFound, format!("{wanted}; there are:{there}"))
        })
    }
}

/// Which window: `0x3a00007`, `part of its title`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowChoice {
    /// By the number the system knows it by.
    Id(u32),
    /// By a part of its title, in upper or lower case; only one window's may have it.
    Title(String),
    /// The same, and of several windows the topmost: for one that takes the place of a window that was closed, when
    /// there is no one to ask.
    Topmost(String),
}

/// Which part of the screen: `X,Y,WxH`, such as `100,50,640x480`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegionChoice(pub Rect);

/// Returns the name of a part of the screen: of a monitor, or of the region that a user drew.
#[cfg(any(target_os = "linux", target_os = "freebsd", windows))]
pub(crate) fn part_name(monitor: Option<&str>, Rect { x, y, width, height }: Rect) -> String {
    match monitor {
        Some(monitor) => format!("monitor {monitor}"),
        None => format!("region {width}x{height} at {x},{y}"),
    }
}

/// Words that name no target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ParseTargetError(String);

impl FromStr for MonitorChoice {
    type Err = ParseTargetError;

    fn from_str(words: &str) -> Result<Self, Self::Err> {
        if words.trim().is_empty() {
            return Err(ParseTargetError("a monitor is a number from 0 or a name such as HDMI-1".into()));
        }
        match words.parse::<i64>() {
            Ok(number) if number < 0 => {
                Err(ParseTargetError(format!("there is no monitor {number}: monitors are numbered from 0")))
            }
            _ => Ok(words.parse().map_or_else(|_| Self::Name(words.into()), Self::Number)),
        }
    }
}

impl FromStr for WindowChoice {
    type Err = ParseTargetError;

    fn from_str(words: &str) -> Result<Self, Self::Err> {
        if words.trim().is_empty() {
            return Err(ParseTargetError(
                "a window is an id such as 0x3a00007 or a part of its title".into(),
            ));
        }
        let id = words.strip_prefix("0x").and_then(|digits| u32::from_str_radix(digits, 16).ok());
        Ok(id.map_or_else(|| Self::Title(words.into()), Self::Id))
    }
}

impl FromStr for RegionChoice {
    type Err = ParseTargetError;

    fn from_str(words: &str) -> Result<Self, Self::Err> {
        let form =
            || ParseTargetError(format!("`{words}` is not of the form X,Y,WxH, such as 100,50,640x480"));
        let numbers = numbers(words).ok_or_else(form)?;
        if let Some(reason) = impossible(numbers) {
            return Err(ParseTargetError(format!("`{words}` is no part of a screen: {reason}")));
        }
        let [Ok(x), Ok(y), Ok(width), Ok(height)] = numbers.map(u32::try_from) else { return Err(form()) };
        Rect::new(x, y, width, height).map(Self).ok_or_else(form)
    }
}

fn numbers(words: &str) -> Option<[i64; 4]> {
    let (x, rest) = words.split_once(',')?;
    let (y, size) = rest.split_once(',')?;
    let (width, height) = size.split_once('x')?;
    let number = |digits: &str| digits.trim().parse().ok();
    Some([number(x)?, number(y)?, number(width)?, number(height)?])
}

/// Why these numbers can't be a part of a screen.
fn impossible([x, y, width, height]: [i64; 4]) -> Option<String> {
    let most = i64::from(SIDE_MAX);
    if x < 0 || y < 0 {
        return Some("X and Y are counted from the screen's upper left corner, from 0".into());
    }
    if width < 1 || height < 1 {
        return Some(format!("{width}x{height} holds no pixel"));
    }
    if width > most || height > most {
        return Some(format!("{width}x{height} is more than can be captured, {most} pixels each way"));
    }
    (x.saturating_add(width) > most || y.saturating_add(height) > most)
        .then(|| format!("it reaches past {most} pixels, the most there can be"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused<T: FromStr<Err = ParseTargetError>>(words: &str) -> String {
        words.parse::<T>().err().unwrap().to_string()
    }

    #[test]
    fn regions_that_cannot_be_say_why() {
        for (words, reason) in [
            ("0,0,0x0", "0x0 holds no pixel"),
            ("0,0,5x-1", "5x-1 holds no pixel"),
            ("0,0,70000x70000", "70000x70000 is more than can be captured, 16384 pixels each way"),
            ("16000,0,1000x1", "it reaches past 16384 pixels, the most there can be"),
            ("99999999999,0,1x1", "it reaches past 16384 pixels, the most there can be"),
            ("-1,0,5x5", "X and Y are counted from the screen's upper left corner, from 0"),
        ] {
            assert_eq!(refused::<RegionChoice>(words), format!("`{words}` is no part of a screen: {reason}"));
        }
        assert_eq!(
            refused::<RegionChoice>("1,2"),
            "`1,2` is not of the form X,Y,WxH, such as 100,50,640x480"
        );
    }

    #[test]
    fn monitors_are_numbers_or_names() {
        assert_eq!("2".parse(), Ok(MonitorChoice::Number(2)));
        assert_eq!("HDMI-1".parse(), Ok(MonitorChoice::Name("HDMI-1".into())));
        assert!("".parse::<MonitorChoice>().is_err());
        assert_eq!(refused::<MonitorChoice>("-1"), "there is no monitor -1: monitors are numbered from 0");
    }

    #[test]
    fn windows_are_ids_or_titles() {
        assert_eq!("0x3a00007".parse(), Ok(WindowChoice::Id(0x3a0_0007)));
        assert_eq!("0xyz".parse(), Ok(WindowChoice::Title("0xyz".into())));
        assert_eq!("12".parse(), Ok(WindowChoice::Title("12".into())));
        assert!(" ".parse::<WindowChoice>().is_err());
    }

    #[test]
    fn regions_are_rectangles_that_hold_a_pixel() {
        let rect = Rect::new(10, 20, 300, 200).unwrap();
        assert_eq!("10,20,300x200".parse(), Ok(RegionChoice(rect)));
        for words in ["", "10,20", "10,20,0x5", "-1,0,5x5", "1,1,99999x1", "a,b,cxd"] {
            assert!(words.parse::<RegionChoice>().is_err(), "{words}");
        }
    }
}
