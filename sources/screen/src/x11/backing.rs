//! A window's own pixels, whatever covers it: the server keeps them in a pixmap of their own (COMPOSITE), which gets a
//! name here, and another one whenever the window is mapped or changes its size.

use lanstream_core::source::{Error, ErrorKind};
use x11rb::protocol::composite::{self, ConnectionExt as _, Redirect};
use x11rb::protocol::xproto::{ConnectionExt as _, GetGeometryReply, Pixmap, Window};

use super::connect::{DisplayConnection, if_there, lost};

/// A window that draws into a pixmap.
pub(super) struct Backing {
    pub(super) window: Window,
    /// `None` while the window has never been on the screen. It stays when the window is hidden, with the last picture.
    pub(super) pixmap: Option<Pixmap>,
    /// Where the window is, and how large; the border around it is in the pixmap.
    pub(super) geometry: Geometry,
}

/// Where a window lies, without the border around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Geometry {
    /// Of the border's corner, in the window's parent.
    pub(super) x: i16,
    pub(super) y: i16,
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) border: u16,
    pub(super) depth: u8,
}

impl Backing {
    /// Has the server keep the window's pixels. Returns `None` if it has gone.
    pub(super) fn redirect(link: &DisplayConnection, window: Window) -> Result<Option<Self>, Error> {
        let redirected = link.conn.composite_redirect_window(window, Redirect::AUTOMATIC).map_err(lost)?;
        let geometry = link.conn.get_geometry(window).map_err(lost)?;
        let (redirected, geometry) = (if_there(redirected.check())?, if_there(geometry.reply())?);
        let Some(geometry) = redirected.and(geometry) else { return Ok(None) };
        let mut backing = Self { window, pixmap: None, geometry: Geometry::from(&geometry) };
        backing.refresh(link)?;
        Ok(Some(backing))
    }

    /// Names the pixmap that the window has now, and learns its size from itself, so that the two never disagree.
    pub(super) fn refresh(&mut self, link: &DisplayConnection) -> Result<(), Error> {
        let name = link.id()?;
        link.conn.composite_name_window_pixmap(self.window, name).map_err(lost)?.ignore_error();
        let pixmap = link.conn.get_geometry(name).map_err(lost)?;
        let window = link.conn.get_geometry(self.window).map_err(lost)?;
        let (pixmap, window) = (if_there(pixmap.reply())?, if_there(window.reply())?);
        // A window that is hidden has none: the last one stays, and its picture.
        let (Some(pixmap), Some(window)) = (pixmap, window) else { return Ok(()) };
        let borders = window.border_width.saturating_mul(2);
        self.geometry = Geometry {
            width: pixmap.width.saturating_sub(borders),
            height: pixmap.height.saturating_sub(borders),
            ..Geometry::from(&window)
        };
        if let Some(old) = self.pixmap.replace(name) {
            link.conn.free_pixmap(old).map_err(lost)?.ignore_error();
        }
        Ok(())
    }

    /// Gives back what the server keeps for it.
    pub(super) fn close(self, link: &DisplayConnection) -> Result<(), Error> {
        if let Some(pixmap) = self.pixmap {
            link.conn.free_pixmap(pixmap).map_err(lost)?.ignore_error();
        }
        let kept = link.conn.composite_unredirect_window(self.window, Redirect::AUTOMATIC);
        kept.map_err(lost)?.ignore_error();
        Ok(())
    }
}

impl From<&GetGeometryReply> for Geometry {
    fn from(reply: &GetGeometryReply) -> Self {
        Self {
            x: reply.x,
            y: reply.y,
            width: reply.width,
            height: reply.height,
            border: reply.border_width,
            depth: reply.depth,
        }
    }
}

/// Whether the server can keep single windows' pixels.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where it can't.
pub(super) fn require_composite(link: &DisplayConnection) -> Result<(), Error> {
    if link.offers(composite::X11_EXTENSION_NAME)? {
        let version = link.conn.composite_query_version(0, 4).map_err(lost)?.reply().map_err(lost)?;
        // Version 0.2 is the first to name a window's pixmap.
        if (version.major_version, version.minor_version) >= (0, 2) {
            return Ok(());
        }
    }
    let message = "this X server lacks the COMPOSITE extension, without which a single window can't be captured; capture \
                   the monitor or a region instead";
    Err(Error::new(ErrorKind::Unsupported, message))
}
