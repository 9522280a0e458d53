//! Which windows there are and what they are called. Titles are made by other programs: they are cleaned here, before
//! anybody prints them.

use lanstream_core::geometry::Size;
use lanstream_core::source::{Error, ErrorKind};
use x11rb::errors::ReplyError;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt as _, GetPropertyReply, MapState, Window, WindowClass,
};

use super::connect::{Link, if_there};
use crate::{Kind, Listed, WindowChoice};

/// Most characters of a title that are kept: enough to tell windows apart, and a line or two in a terminal.
const TITLE_CHARS_MAX: usize = 200;
/// Most 32-bit units of a property that are read: any sensible title, or the windows of a very full desktop.
const PROPERTY_UNITS_MAX: u32 = 4096;
/// What a window is called that says nothing.
const UNTITLED: &str = "(untitled)";

/// A window and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) window: Window,
    pub(super) title: String,
}

/// The window that `choice` means.
pub(super) fn find(link: &Link, choice: &WindowChoice) -> Result<Named, Error> {
    match choice {
        WindowChoice::Id(window) => match if_there(attributes(link, *window))? {
            Some(found) if found.has_pixels => Ok(name(link, *window)?),
            _ => Err(not_found(&format!("no window {window:#x}"), &named(link)?)),
        },
        WindowChoice::Title(part) => by_title(named(link)?, part),
    }
}

/// The windows that a user would count, from the topmost down.
pub(super) fn all(link: &Link) -> Result<Vec<Listed>, Error> {
    let mut windows = Vec::new();
    for named in named(link)? {
        windows.extend(if_there(listed(link, named))?.flatten());
    }
    Ok(windows)
}

fn named(link: &Link) -> Result<Vec<Named>, Error> {
    let managed = if_there(managed(link))?.unwrap_or_default();
    let bottom_up = if managed.is_empty() { mapped(link)? } else { managed };
    bottom_up.into_iter().rev().map(|window| name(link, window)).collect()
}

fn name(link: &Link, window: Window) -> Result<Named, Error> {
    let title = if_there(title(link, window))?.flatten();
    Ok(Named { window, title: title.unwrap_or_else(|| UNTITLED.into()) })
}

fn by_title(windows: Vec<Named>, part: &str) -> Result<Named, Error> {
    let wanted = part.to_lowercase();
    let (mut matching, others): (Vec<_>, Vec<_>) =
        windows.into_iter().partition(|window| window.title.to_lowercase().contains(&wanted));
    if matching.len() > 1 {
        let message = format!(
            "{} windows have `{part}` in their title; say which:\n{}",
            matching.len(),
            lines(&matching)
        );
        return Err(Error::new(ErrorKind::NotFound, message));
    }
    matching.pop().ok_or_else(|| not_found(&format!("no window has `{part}` in its title"), &others))
}

fn not_found(wanted: &str, windows: &[Named]) -> Error {
    let there = if windows.is_empty() {
        "there are no windows".into()
    } else {
        format!("there are:\n{}", lines(windows))
    };
    Error::new(ErrorKind::NotFound, format!("{wanted}; {there}"))
}

fn lines(windows: &[Named]) -> String {
    let lines = windows.iter().map(|named| format!("  {}  {}", words(named.window), named.title));
    lines.collect::<Vec<_>>().join("\n")
}

/// The command line's words that select it.
pub(super) fn words(window: Window) -> String {
    format!("--window {window:#x}")
}

fn listed(link: &Link, named: Named) -> Result<Option<Listed>, ReplyError> {
    let geometry = link.conn.get_geometry(named.window)?.reply()?;
    let place = link.conn.translate_coordinates(named.window, link.root, 0, 0)?.reply()?;
    let size = Size::new(geometry.width.into(), geometry.height.into());
    // Programs keep windows of one pixel to be found by, not to be seen.
    Ok(size.filter(|size| size.area() > 1).map(|size| Listed {
        kind: Kind::Window,
        name: named.title,
        x: place.dst_x.into(),
        y: place.dst_y.into(),
        size,
        words: words(named.window),
    }))
}

/// What the window manager says it manages, from the bottom up; nothing without one.
fn managed(link: &Link) -> Result<Vec<Window>, ReplyError> {
    let list = property(link, link.root, atom(link, "_NET_CLIENT_LIST_STACKING")?)?;
    Ok(list.as_ref().and_then(GetPropertyReply::value32).map(Iterator::collect).unwrap_or_default())
}

/// Mapped windows with a title, from the bottom up; for a frame around a titled window, that window.
fn mapped(link: &Link) -> Result<Vec<Window>, Error> {
    let mut windows = Vec::new();
    for window in if_there(children(link, link.root))?.unwrap_or_default() {
        if is_shown(link, window)? {
            windows.extend(titled_within(link, window)?);
        }
    }
    Ok(windows)
}

fn titled_within(link: &Link, window: Window) -> Result<Option<Window>, Error> {
    if if_there(title(link, window))?.flatten().is_some() {
        return Ok(Some(window));
    }
    for child in if_there(children(link, window))?.unwrap_or_default() {
        if is_shown(link, child)? && if_there(title(link, child))?.flatten().is_some() {
            return Ok(Some(child));
        }
    }
    Ok(None)
}

fn is_shown(link: &Link, window: Window) -> Result<bool, Error> {
    Ok(if_there(attributes(link, window))?.is_some_and(|window| window.has_pixels && window.viewable))
}

struct Attributes {
    has_pixels: bool,
    viewable: bool,
}

fn attributes(link: &Link, window: Window) -> Result<Attributes, ReplyError> {
    let reply = link.conn.get_window_attributes(window)?.reply()?;
    let has_pixels = reply.class != WindowClass::INPUT_ONLY;
    Ok(Attributes { has_pixels, viewable: reply.map_state == MapState::VIEWABLE })
}

fn children(link: &Link, window: Window) -> Result<Vec<Window>, ReplyError> {
    Ok(link.conn.query_tree(window)?.reply()?.children)
}

fn title(link: &Link, window: Window) -> Result<Option<String>, ReplyError> {
    let modern = property(link, window, atom(link, "_NET_WM_NAME")?)?;
    let Some(reply) =
        modern.map_or_else(|| property(link, window, AtomEnum::WM_NAME.into()), |found| Ok(Some(found)))?
    else {
        return Ok(None);
    };
    let is_latin_1 = reply.type_ == u32::from(AtomEnum::STRING);
    let title = if is_latin_1 {
        reply.value.iter().map(|byte| char::from(*byte)).collect()
    } else {
        String::from_utf8_lossy(&reply.value).into_owned()
    };
    Ok(clean(&title))
}

/// The title without what would let it write over other lines of a terminal or turn its text around.
fn clean(title: &str) -> Option<String> {
    let turns_text =
        |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks_line = |c| matches!(c, '\u{2028}' | '\u{2029}');
    let tame = |c: char| if c.is_control() || turns_text(c) || breaks_line(c) { ' ' } else { c };
    let cleaned: String = title.chars().take(TITLE_CHARS_MAX).map(tame).collect();
    let cleaned = cleaned.trim();
    (!cleaned.is_empty()).then(|| cleaned.to_owned())
}

/// The number of a name, or `NONE` where no program has used it yet.
fn atom(link: &Link, name: &str) -> Result<Atom, ReplyError> {
    Ok(link.conn.intern_atom(true, name.as_bytes())?.reply()?.atom)
}

/// What a property holds, unless that is nothing.
fn property(link: &Link, window: Window, name: Atom) -> Result<Option<GetPropertyReply>, ReplyError> {
    if name == x11rb::NONE {
        return Ok(None);
    }
    let kind = AtomEnum::ANY;
    let reply = link.conn.get_property(false, window, name, kind, 0, PROPERTY_UNITS_MAX)?.reply()?;
    Ok(Some(reply).filter(|reply| !reply.value.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_cannot_drive_a_terminal() {
        assert_eq!(clean("a\u{1b}[2Jb\nc"), Some("a [2Jb c".into()));
        assert_eq!(clean("abc\u{202e}fed"), Some("abc fed".into()));
        assert_eq!(clean(" \t\n"), None);
        assert_eq!(clean(&"x".repeat(5000)).map(|title| title.len()), Some(TITLE_CHARS_MAX));
    }

    fn named(window: Window, title: &str) -> Named {
        Named { window, title: title.into() }
    }

    #[test]
    fn a_title_must_fit_one_window() {
        let windows = || vec![named(1, "Notes - Editor"), named(2, "Mail - Editor"), named(3, "Über uns")];
        assert_eq!(by_title(windows(), "notes").map(|found| found.window), Ok(1));
        assert_eq!(by_title(windows(), "über").map(|found| found.window), Ok(3));
        let several = by_title(windows(), "EDITOR").unwrap_err();
        assert!(several.message.contains("--window 0x1  Notes - Editor"), "{several}");
        assert!(several.message.contains("0x2") && !several.message.contains("0x3"), "{several}");
        let none = by_title(windows(), "Game").unwrap_err();
        assert!(none.message.contains("--window 0x3  Über uns"), "{none}");
    }
}
