//! Titles of windows, and which window is meant by a part of one. Titles are made by other programs: they are cleaned
//! before anybody prints them.

use lanstream_core::source::{Error, ErrorKind};
use lanstream_core::text;

/// Most characters of a title that are kept: enough to tell windows apart, and a line or two in a terminal.
const TITLE_CHARS_MAX: usize = 200;
/// What a window is called that says nothing.
const UNTITLED: &str = "(untitled)";
/// What a page of ours has in its title, behind the name of what it shows and in front of its run's marker.
const PAGE: &str = "lanstream";

/// A window that can be chosen.
pub(crate) trait Titled {
    /// Its title, if it has one.
    fn title(&self) -> Option<&str>;

    /// The command line's words that select it.
    fn words(&self) -> String;
}

/// What to call a window.
pub(crate) fn or_untitled(title: Option<String>) -> String {
    title.unwrap_or_else(|| UNTITLED.to_owned())
}

/// The title in one line, without what would drive a terminal or turn its text around.
pub(crate) fn clean(title: &str) -> Option<String> {
    let line: String = title.chars().take(TITLE_CHARS_MAX).map(|c| if c == '\n' { ' ' } else { c }).collect();
    let cleaned = text::harmless(&line);
    let cleaned = cleaned.trim();
    (!cleaned.is_empty()).then(|| cleaned.to_owned())
}

/// The only window with `part` in its title.
///
/// # Errors
/// [`ErrorKind::NotFound`] with those that there are, where none or more than one has it.
pub(crate) fn only<'a, W: Titled>(windows: &'a [W], part: &str) -> Result<&'a W, Error> {
    match with_title(windows, part)?[..] {
        [window] => Ok(window),
        ref several => {
            let (count, lines) = (several.len(), lines(several.iter().copied()));
            let message = format!("{count} windows have `{part}` in their title; say which:\n{lines}");
            Err(Error::new(ErrorKind::NotFound, message))
        }
    }
}

/// The first window, which is the topmost, with `part` in its title.
///
/// # Errors
/// [`ErrorKind::NotFound`] with those that there are, where none has it.
pub(crate) fn topmost<'a, W: Titled>(windows: &'a [W], part: &str) -> Result<&'a W, Error> {
    Ok(with_title(windows, part)?[0])
}

/// What is said where there is none as `wanted`.
pub(crate) fn not_found<W: Titled>(wanted: &str, windows: &[W]) -> Error {
    let there = if windows.is_empty() {
        "there are no windows".into()
    } else {
        format!("there are:\n{}", lines(windows.iter()))
    };
    Error::new(ErrorKind::NotFound, format!("{wanted}; {there}"))
}

/// At least one window.
fn with_title<'a, W: Titled>(windows: &'a [W], part: &str) -> Result<Vec<&'a W>, Error> {
    let fits = |window: &&W| window.title().is_some_and(|title| fits(title, part));
    let matching: Vec<_> = windows.iter().filter(fits).collect();
    if matching.is_empty() {
        return Err(not_found(&format!("no window has `{part}` in its title"), windows));
    }
    Ok(matching)
}

/// A page that shows what is captured has the name of that in its own title; it is meant only by those who say so.
fn fits(title: &str, part: &str) -> bool {
    let (title, part) = (title.to_lowercase(), part.to_lowercase());
    title.contains(&part) && (part.contains(PAGE) || !title.contains(&format!("· {PAGE} [")))
}

fn lines<'a, W: Titled + 'a>(windows: impl Iterator<Item = &'a W>) -> String {
    let line = |window: &W| format!("  {}  {}", window.words(), window.title().unwrap_or(UNTITLED));
    windows.map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Window(u32, Option<String>);

    impl Titled for Window {
        fn title(&self) -> Option<&str> {
            self.1.as_deref()
        }

        fn words(&self) -> String {
            format!("--window {:#x}", self.0)
        }
    }

    fn window(number: u32, title: &str) -> Window {
        Window(number, Some(title.into()))
    }

    #[test]
    fn titles_cannot_drive_a_terminal() {
        assert_eq!(clean("a\u{1b}[2Jb\nc"), Some("a\u{fffd}[2Jb c".into()));
        assert_eq!(clean("abc\u{202e}fed"), Some("abc\u{fffd}fed".into()));
        assert_eq!(clean(" \t\n"), None);
        assert_eq!(clean(&"x".repeat(5000)).map(|title| title.len()), Some(TITLE_CHARS_MAX));
    }

    #[test]
    fn a_title_must_fit_one_window() {
        let windows = [window(1, "Notes - Editor"), window(2, "Mail - Editor"), window(3, "Über uns")];
        assert_eq!(only(&windows, "notes"), Ok(&windows[0]));
        assert_eq!(only(&windows, "über"), Ok(&windows[2]));
        let several = only(&windows, "EDITOR").unwrap_err();
        assert!(several.message.contains("--window 0x1  Notes - Editor"), "{several}");
        assert!(several.message.contains("0x2") && !several.message.contains("0x3"), "{several}");
        assert_eq!(topmost(&windows, "EDITOR"), Ok(&windows[0]));
        let none = only(&windows, "Game").unwrap_err();
        assert!(none.message.contains("--window 0x3  Über uns"), "{none}");
    }

    #[test]
    fn a_window_without_a_title_fits_none() {
        let windows = [Window(1, None), window(2, "untitled")];
        assert_eq!(only(&windows, "untitled"), Ok(&windows[1]));
        let none = only(&windows, "Game").unwrap_err();
        assert!(none.message.contains("--window 0x1  (untitled)"), "{none}");
    }

    #[test]
    fn a_page_that_shows_a_window_is_not_that_window() {
        let page = "window Notes · lanstream [0123abcd] - Chromium";
        let windows = [window(1, page), window(2, "Notes")];
        assert_eq!(only(&windows, "notes"), Ok(&windows[1]));
        assert_eq!(only(&windows, "lanstream ["), Ok(&windows[0]));
    }
}
