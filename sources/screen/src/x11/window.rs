//! One window's pixels, whatever covers it: the server keeps them in a pixmap of their own (COMPOSITE), which gets a
//! name here, and another one whenever the window is mapped or changes its size.

use lanstream_core::geometry::Size;
use lanstream_core::source::{Error, ErrorKind};
use x11rb::protocol::Event;
use x11rb::protocol::composite::{self, ConnectionExt as _, Redirect};
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConnectionExt as _, EventMask, Pixmap, Visualid, Window,
};

use super::connect::{Link, if_there, lost};
use super::grab::View;
use super::windows::{self, Named};
use crate::WindowChoice;

/// A window that draws into a pixmap.
pub(super) struct Redirected {
    named: Named,
    /// `None` while the window has never been on the screen. It stays when the window is hidden, with the last picture.
    pixmap: Option<Pixmap>,
    /// Width of the border around it, which is in the pixmap but not in the picture.
    border: u16,
    size: Size,
    outdated: bool,
    closed: bool,
}

/// What pixels a window has.
pub(super) struct Look {
    pub(super) depth: u8,
    pub(super) visual: Visualid,
}

impl Redirected {
    pub(super) fn open(link: &Link, choice: &WindowChoice) -> Result<(Self, Look), Error> {
        require_composite(link)?;
        let named = windows::find(link, choice)?;
        let gone = || closed(&named.title);
        let events = ChangeWindowAttributesAux::new().event_mask(EventMask::STRUCTURE_NOTIFY);
        link.conn.change_window_attributes(named.window, &events).map_err(lost)?;
        let redirected =
            link.conn.composite_redirect_window(named.window, Redirect::AUTOMATIC).map_err(lost)?;
        if_there(redirected.check())?.ok_or_else(gone)?;
        let geometry = link.conn.get_geometry(named.window).map_err(lost)?.reply();
        let geometry = if_there(geometry)?.ok_or_else(gone)?;
        let attributes = link.conn.get_window_attributes(named.window).map_err(lost)?.reply();
        let attributes = if_there(attributes)?.ok_or_else(gone)?;
        let size = capturable(geometry.width, geometry.height)?;
        let look = Look { depth: geometry.depth, visual: attributes.visual };
        let border = geometry.border_width;
        let mut window = Self { named, pixmap: None, border, size, outdated: true, closed: false };
        window.refresh(link)?;
        Ok((window, look))
    }

    pub(super) fn id(&self) -> Window {
        self.named.window
    }

    pub(super) fn title(&self) -> &str {
        &self.named.title
    }

    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// `None` while there never was a picture.
    pub(super) fn view(&self) -> Option<View> {
        let border = i32::from(self.border);
        self.pixmap.map(|drawable| View { drawable, x: border, y: border, size: self.size })
    }

    pub(super) fn is_outdated(&self) -> bool {
        self.outdated
    }

    /// # Errors
    /// [`ErrorKind::Ended`] once the window was closed.
    pub(super) fn check_open(&self) -> Result<(), Error> {
        if self.closed { Err(closed(&self.named.title)) } else { Ok(()) }
    }

    pub(super) fn note(&mut self, event: &Event) {
        match event {
            Event::DestroyNotify(event) if event.window == self.id() => self.closed = true,
            Event::MapNotify(event) if event.window == self.id() => self.outdated = true,
            Event::ReparentNotify(event) if event.window == self.id() => self.outdated = true,
            Event::ConfigureNotify(event) if event.window == self.id() => {
                let same_size = capturable(event.width, event.height).is_ok_and(|size| size == self.size);
                self.outdated |= !(same_size && event.border_width == self.border);
            }
            _ => {}
        }
    }

    /// Names the pixmap that the window has now, and learns its size from itself, so that the two never disagree.
    pub(super) fn refresh(&mut self, link: &Link) -> Result<(), Error> {
        self.outdated = false;
        let name = link.id()?;
        link.conn.composite_name_window_pixmap(self.id(), name).map_err(lost)?.ignore_error();
        let pixmap = link.conn.get_geometry(name).map_err(lost)?;
        let window = link.conn.get_geometry(self.id()).map_err(lost)?;
        let (pixmap, window) = (if_there(pixmap.reply())?, if_there(window.reply())?);
        // A window that is hidden has none: the last one stays, and its picture.
        let (Some(pixmap), Some(window)) = (pixmap, window) else { return Ok(()) };
        let borders = window.border_width.saturating_mul(2);
        self.size = capturable(pixmap.width.saturating_sub(borders), pixmap.height.saturating_sub(borders))?;
        self.border = window.border_width;
        if let Some(old) = self.pixmap.replace(name) {
            link.conn.free_pixmap(old).map_err(lost)?.ignore_error();
        }
        Ok(())
    }
}

fn require_composite(link: &Link) -> Result<(), Error> {
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

fn capturable(width: u16, height: u16) -> Result<Size, Error> {
    Size::new(width.into(), height.into()).ok_or_else(|| {
        Error::new(ErrorKind::Unsupported, format!("a window of {width}x{height} is too large to capture"))
    })
}

fn closed(title: &str) -> Error {
    Error::new(ErrorKind::Ended, format!("the window `{title}` was closed"))
}
