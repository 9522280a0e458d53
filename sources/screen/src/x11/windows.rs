//! Which windows there are, and which of them a user means.

use lanstream_core::Size;
use lanstream_core::source::{Error, ErrorKind};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt as _, GetWindowAttributesReply, MapState, Window, WindowClass};

use super::backing::require_composite;
use super::connect::{DisplayConnection, if_there, lost};
use super::pixel::Pixels;
use super::{property, title};
use crate::{Kind, Listed, WindowChoice};

/// What a page of ours has in its title, behind the name of what it shows and in front of its run's marker.
const PAGE: &str = "lanstream";

/// A window and what it is called, if anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WindowInfo {
    pub(super) window: Window,
    pub(super) title: Option<String>,
}

/// The window that `choice` means.
pub(super) fn find(link: &DisplayConnection, choice: &WindowChoice) -> Result<WindowInfo, Error> {
    match choice {
        WindowChoice::Id(window) => match attributes(link, *window)? {
            Some(found) if has_pixels(&found) => Ok(name(link, *window)?),
            _ => Err(not_found(&format!("no window {window:#x}"), &all(link)?)),
        },
        WindowChoice::Title(part) => only(with_title(all(link)?, part)?, part),
        WindowChoice::Topmost(part) => Ok(with_title(all(link)?, part)?.swap_remove(0)),
    }
}

/// Returns the size of a window as that of a frame.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for a window that no frame can hold.
pub(super) fn capturable(width: u16, height: u16) -> Result<Size, Error> {
    Size::new(width.into(), height.into()).ok_or_else(|| {
        Error::new(ErrorKind::Unsupported, format!("a window of {width}x{height} is too large to capture"))
    })
}

/// The windows that a user would count, from the topmost down, and why one can't be captured.
pub(super) fn list(link: &DisplayConnection) -> Result<Vec<Listed>, Error> {
    let composite = require_composite(link).err().map(|error| error.message);
    let mut windows = Vec::new();
    for info in all(link)? {
        windows.extend(listed(link, &info, composite.as_deref())?);
    }
    Ok(windows)
}

fn all(link: &DisplayConnection) -> Result<Vec<WindowInfo>, Error> {
    let managed = property::numbers(link, link.root, link.atoms._NET_CLIENT_LIST_STACKING)?;
    let bottom_up = if managed.is_empty() { mapped(link)? } else { managed };
    bottom_up.into_iter().rev().map(|window| name(link, window)).collect()
}

fn name(link: &DisplayConnection, window: Window) -> Result<WindowInfo, Error> {
    Ok(WindowInfo { window, title: title::read(link, window)? })
}

/// Windows that fit a title, from the topmost down.
fn with_title(windows: Vec<WindowInfo>, part: &str) -> Result<Vec<WindowInfo>, Error> {
    let (matching, others): (Vec<_>, Vec<_>) =
        windows.into_iter().partition(|window| window.title.as_ref().is_some_and(|title| fits(title, part)));
    if matching.is_empty() {
        return Err(not_found(&format!("no window has `{part}` in its title"), &others));
    }
    Ok(matching)
}

/// A page that shows what is captured has the name of that in its own title; it is meant only by those who say so.
fn fits(title: &str, part: &str) -> bool {
    let (title, part) = (title.to_lowercase(), part.to_lowercase());
    title.contains(&part) && (part.contains(PAGE) || !title.contains(&format!("· {PAGE} [")))
}

fn only(mut matching: Vec<WindowInfo>, part: &str) -> Result<WindowInfo, Error> {
    match matching.pop() {
        Some(window) if matching.is_empty() => Ok(window),
        last => {
            matching.extend(last);
            let message = format!(
                "{} windows have `{part}` in their title; say which:\n{}",
                matching.len(),
                lines(&matching)
            );
            Err(Error::new(ErrorKind::NotFound, message))
        }
    }
}

fn not_found(wanted: &str, windows: &[WindowInfo]) -> Error {
    let there = if windows.is_empty() {
        "there are no windows".into()
    } else {
        format!("there are:\n{}", lines(windows))
    };
    Error::new(ErrorKind::NotFound, format!("{wanted}; {there}"))
}

fn lines(windows: &[WindowInfo]) -> String {
    let line =
        |info: &WindowInfo| format!("  {}  {}", words(info.window), title::or_untitled(info.title.clone()));
    windows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The command line's words that select it.
pub(super) fn words(window: Window) -> String {
    format!("--window {window:#x}")
}

/// `None` for a window that has gone, or that is there to be found by other programs, not to be seen.
fn listed(
    link: &DisplayConnection,
    info: &WindowInfo,
    composite: Option<&str>,
) -> Result<Option<Listed>, Error> {
    let geometry = link.conn.get_geometry(info.window).map_err(lost)?;
    let place = link.conn.translate_coordinates(info.window, link.root, 0, 0).map_err(lost)?;
    let (geometry, place) = (if_there(geometry.reply())?, if_there(place.reply())?);
    let (Some(geometry), Some(place), Some(attributes)) = (geometry, place, attributes(link, info.window)?)
    else {
        return Ok(None);
    };
    let (width, height) = (geometry.width, geometry.height);
    if !has_pixels(&attributes) || (width, height) == (1, 1) {
        return Ok(None);
    }
    let refusal = match Pixels::new(link.conn.setup(), geometry.depth, attributes.visual) {
        Err(error) => Some(error.message),
        Ok(_) => capturable(width, height).err().map(|error| error.message),
    };
    Ok(Some(Listed {
        kind: Kind::Window,
        name: title::or_untitled(info.title.clone()),
        x: place.dst_x.into(),
        y: place.dst_y.into(),
        width: width.into(),
        height: height.into(),
        words: words(info.window),
        refusal: composite.map(str::to_owned).or(refusal),
    }))
}

/// The windows on the screen, from the bottom up; for a frame around a program's window, that window.
fn mapped(link: &DisplayConnection) -> Result<Vec<Window>, Error> {
    let mut windows = Vec::new();
    for window in children(link, link.root)? {
        windows.extend(meant_by(link, window)?);
    }
    Ok(windows)
}

/// The window that a user means who sees `window`: itself, if it has a title, or else one in it that has. A menu has
/// none and is no window to anybody.
fn meant_by(link: &DisplayConnection, window: Window) -> Result<Option<Window>, Error> {
    let Some(shown) = shown(link, window)? else { return Ok(None) };
    if title::read(link, window)?.is_some() {
        return Ok(Some(window));
    }
    for child in children(link, window)? {
        if shown_and_titled(link, child)? {
            return Ok(Some(child));
        }
    }
    Ok(Some(window).filter(|_| !shown.override_redirect))
}

fn shown_and_titled(link: &DisplayConnection, window: Window) -> Result<bool, Error> {
    Ok(shown(link, window)?.is_some() && title::read(link, window)?.is_some())
}

/// What a window is, if it can be seen.
fn shown(link: &DisplayConnection, window: Window) -> Result<Option<GetWindowAttributesReply>, Error> {
    Ok(attributes(link, window)?.filter(|found| has_pixels(found) && found.map_state == MapState::VIEWABLE))
}

fn has_pixels(attributes: &GetWindowAttributesReply) -> bool {
    attributes.class != WindowClass::INPUT_ONLY
}

fn attributes(link: &DisplayConnection, window: Window) -> Result<Option<GetWindowAttributesReply>, Error> {
    if_there(link.conn.get_window_attributes(window).map_err(lost)?.reply())
}

fn children(link: &DisplayConnection, window: Window) -> Result<Vec<Window>, Error> {
    let tree = if_there(link.conn.query_tree(window).map_err(lost)?.reply())?;
    Ok(tree.map(|tree| tree.children).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(window: Window, title: &str) -> WindowInfo {
        WindowInfo { window, title: Some(title.into()) }
    }

    fn by_title(windows: Vec<WindowInfo>, part: &str) -> Result<WindowInfo, Error> {
        only(with_title(windows, part)?, part)
    }

    #[test]
    fn a_title_must_fit_one_window() {
        let windows = || vec![info(1, "Notes - Editor"), info(2, "Mail - Editor"), info(3, "Über uns")];
        assert_eq!(by_title(windows(), "notes").map(|found| found.window), Ok(1));
        assert_eq!(by_title(windows(), "über").map(|found| found.window), Ok(3));
        let several = by_title(windows(), "EDITOR").unwrap_err();
        assert!(several.message.contains("--window 0x1  Notes - Editor"), "{several}");
        assert!(several.message.contains("0x2") && !several.message.contains("0x3"), "{several}");
        let none = by_title(windows(), "Game").unwrap_err();
        assert!(none.message.contains("--window 0x3  Über uns"), "{none}");
    }

    #[test]
    fn a_window_without_a_title_fits_none() {
        let windows = || vec![WindowInfo { window: 1, title: None }, info(2, "untitled")];
        assert_eq!(by_title(windows(), "untitled").map(|found| found.window), Ok(2));
        let none = by_title(windows(), "Game").unwrap_err();
        assert!(none.message.contains("--window 0x1  (untitled)"), "{none}");
    }

    #[test]
    fn a_page_that_shows_a_window_is_not_that_window() {
        let page = "window Notes · lanstream [0123abcd] - Chromium";
        let windows = || vec![info(1, page), info(2, "Notes")];
        assert_eq!(by_title(windows(), "notes").map(|found| found.window), Ok(2));
        assert_eq!(by_title(windows(), "lanstream [").map(|found| found.window), Ok(1));
    }
}
