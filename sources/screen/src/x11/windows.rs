//! Which windows there are, and which of them a user means.

use lanstream_core::Size;
use lanstream_core::source::{Error, ErrorKind};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt as _, GetWindowAttributesReply, MapState, Window, WindowClass};

use super::backing::require_composite;
use super::connect::{DisplayConnection, if_there, lost};
use super::pixel::Pixels;
use super::{property, title};
use crate::titles::{self, Titled};
use crate::{Kind, Listed, WindowChoice};

/// A window and what it is called, if anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WindowInfo {
    pub(super) window: Window,
    pub(super) title: Option<String>,
}

impl Titled for WindowInfo {
    fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    fn words(&self) -> String {
        words(self.window)
    }
}

/// The window that `choice` means.
pub(super) fn find(link: &DisplayConnection, choice: &WindowChoice) -> Result<WindowInfo, Error> {
    match choice {
        WindowChoice::Id(window) => match attributes(link, *window)? {
            Some(found) if has_pixels(&found) => Ok(name(link, *window)?),
            _ => Err(titles::not_found(&format!("no window {window:#x}"), &all(link)?)),
        },
        WindowChoice::Title(part) => titles::only(&all(link)?, part).cloned(),
        WindowChoice::Topmost(part) => titles::topmost(&all(link)?, part).cloned(),
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
        name: titles::or_untitled(info.title.clone()),
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
