//! Monitors: the rectangles of the screen that RANDR says they show.

use lanstream_core::source::{Error, ErrorKind};
use lanstream_core::text;
use lanstream_core::{Rect, Size};
use x11rb::connection::Connection;
use x11rb::protocol::randr::{self, ConnectionExt as _, MonitorInfo, NotifyMask};
use x11rb::protocol::xproto::{ChangeWindowAttributesAux, ConnectionExt as _, EventMask};

use super::connect::{DisplayConnection, lost};
use super::pixel::Pixels;
use crate::{Listed, MonitorChoice};

/// What the one monitor of a server without RANDR monitors is called.
const WHOLE_SCREEN: &str = "screen";

/// A monitor as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Monitor {
    pub(super) name: String,
    pub(super) rect: Rect,
}

/// All monitors with the words that select them, and why one can't be captured.
pub(super) fn list(link: &DisplayConnection) -> Result<Vec<Listed>, Error> {
    let screen = link.screen();
    let pixels = Pixels::new(link.conn.setup(), screen.root_depth, screen.root_visual);
    let refusal = pixels.err().map(|error| error.message);
    let monitors = match all(link) {
        Err(error) if error.kind == ErrorKind::Unsupported => {
            return Ok(vec![too_large(link, error.message)?]);
        }
        monitors => monitors?,
    };
    Ok(monitors.iter().enumerate().map(|(number, monitor)| monitor.listed(number, &refusal)).collect())
}

fn too_large(link: &DisplayConnection, refusal: String) -> Result<Listed, Error> {
    let root = link.conn.get_geometry(link.root).map_err(lost)?.reply().map_err(lost)?;
    let size = Size { width: root.width.into(), height: root.height.into() };
    Ok(Listed::monitor(0, WHOLE_SCREEN, (0, 0), size, Some(refusal)))
}

impl Monitor {
    /// Size and place in words.
    fn describe(&self) -> String {
        let Rect { x, y, width, height } = self.rect;
        format!("{width}x{height} at {x},{y}")
    }

    fn listed(&self, number: usize, refusal: &Option<String>) -> Listed {
        let Rect { x, y, width, height } = self.rect;
        let place = (x.cast_signed(), y.cast_signed());
        Listed::monitor(number, &self.name, place, Size { width, height }, refusal.clone())
    }
}

/// All monitors, in RANDR's order.
pub(super) fn all(link: &DisplayConnection) -> Result<Vec<Monitor>, Error> {
    let screen = screen_size(link)?;
    let mut monitors = Vec::new();
    for info in active(link)? {
        let (width, height) = (u32::from(info.width), u32::from(info.height));
        // One may be set up to reach past the screen; there are no pixels there.
        let rect = Rect::clipped(info.x.into(), info.y.into(), width, height, screen);
        let name = link.conn.get_atom_name(info.name).map_err(lost)?.reply().map_err(lost)?.name;
        let name = text::harmless(&String::from_utf8_lossy(&name)).into_owned();
        monitors.extend(rect.map(|rect| Monitor { name, rect }));
    }
    if monitors.is_empty() {
        monitors.push(Monitor { name: WHOLE_SCREEN.into(), rect: screen.bounds() });
    }
    Ok(monitors)
}

/// The one that `choice` means.
pub(super) fn find(link: &DisplayConnection, choice: &MonitorChoice) -> Result<Monitor, Error> {
    let monitors = all(link)?;
    choice.pick(&monitors, |monitor| &monitor.name, Monitor::describe).cloned()
}

/// The size of the screen that all monitors are part of.
pub(super) fn screen_size(link: &DisplayConnection) -> Result<Size, Error> {
    let root = link.conn.get_geometry(link.root).map_err(lost)?.reply().map_err(lost)?;
    Size::new(root.width.into(), root.height.into()).ok_or_else(|| {
        let message = format!("the screen of {}x{} is too large to capture", root.width, root.height);
        Error::new(ErrorKind::Unsupported, message)
    })
}

/// Asks to be told when monitors come, go, move or change their size.
pub(super) fn select_changes(link: &DisplayConnection) -> Result<(), Error> {
    let structure = ChangeWindowAttributesAux::new().event_mask(EventMask::STRUCTURE_NOTIFY);
    link.conn.change_window_attributes(link.root, &structure).map_err(lost)?;
    if link.offers(randr::X11_EXTENSION_NAME)? {
        let changes = NotifyMask::SCREEN_CHANGE | NotifyMask::CRTC_CHANGE | NotifyMask::OUTPUT_CHANGE;
        link.conn.randr_select_input(link.root, changes).map_err(lost)?;
    }
    Ok(())
}

fn active(link: &DisplayConnection) -> Result<Vec<MonitorInfo>, Error> {
    if !link.offers(randr::X11_EXTENSION_NAME)? {
        return Ok(Vec::new());
    }
    let version = link.conn.randr_query_version(1, 5).map_err(lost)?.reply().map_err(lost)?;
    if (version.major_version, version.minor_version) < (1, 5) {
        return Ok(Vec::new());
    }
    let reply = link.conn.randr_get_monitors(link.root, true).map_err(lost)?.reply().map_err(lost)?;
    Ok(reply.monitors)
}
