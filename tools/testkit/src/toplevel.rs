//! A program's window on a display that has no window manager: what it looks like, and the wish that it close.

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConfigureWindowAux, ConnectionExt as _, EventMask, MapState, Window,
};
use x11rb::rust_connection::RustConnection;

use crate::display::Display;
use crate::picture::Picture;
use crate::screen::Screen;
use crate::wait::until;

/// More units of 32 bits than any property here has.
const PROPERTY_UNITS_MAX: u32 = 256;
/// Whether a window has a frame is the third number of its hints to a window manager, if bit 1 of the first is set.
const FRAME_IS_SAID: u32 = 2;

/// A shown window that has a title.
#[derive(Debug)]
pub struct Toplevel {
    conn: RustConnection,
    screen: Screen,
    window: Window,
}

impl Toplevel {
    /// Waits for a shown window whose title fits.
    pub fn wait_for(display: &Display, what: &str, fits: impl Fn(&str) -> bool) -> Self {
        let (conn, number) = RustConnection::connect(Some(&display.name)).unwrap();
        let root = conn.setup().roots[number].root;
        let window = until(what, || {
            let windows = conn.query_tree(root).unwrap().reply().unwrap().children;
            let titled: Vec<_> = windows.into_iter().map(|window| (window, title(&conn, window))).collect();
            let found = titled.iter().find(|(window, title)| fits(title) && is_shown(&conn, *window));
            found.map(|(window, _)| *window).ok_or_else(|| format!("{titled:?}"))
        });
        Self { conn, screen: Screen::of(display), window }
    }

    /// Returns its title.
    pub fn title(&self) -> String {
        title(&self.conn, self.window)
    }

    /// Returns its width and height.
    pub fn size(&self) -> (u32, u32) {
        let place = self.conn.get_geometry(self.window).unwrap().reply().unwrap();
        (place.width.into(), place.height.into())
    }

    /// Returns what is seen of it on the display. It must be inside.
    pub fn grab(&self) -> Picture {
        let place = self.conn.get_geometry(self.window).unwrap().reply().unwrap();
        let [x, y] = [place.x, place.y].map(|at| u32::try_from(at).expect("it is inside"));
        self.screen.grab().part(x, y, place.width.into(), place.height.into())
    }

    /// Puts it elsewhere.
    pub fn shift(&self, x: i32, y: i32) {
        let place = ConfigureWindowAux::new().x(x).y(y);
        self.conn.configure_window(self.window, &place).unwrap().check().unwrap();
    }

    /// Returns whether it asks to be above others.
    pub fn is_above(&self) -> bool {
        let above = atom(&self.conn, "_NET_WM_STATE_ABOVE");
        numbers(&self.conn, self.window, "_NET_WM_STATE").contains(&above)
    }

    /// Returns whether it asks for no frame.
    pub fn is_frameless(&self) -> bool {
        let hints = numbers(&self.conn, self.window, "_MOTIF_WM_HINTS");
        matches!(hints[..], [flags, _, 0, ..] if flags & FRAME_IS_SAID != 0)
    }

    /// Asks it to close, as a window manager does for its close button.
    pub fn close(&self) {
        let (protocols, delete) = (atom(&self.conn, "WM_PROTOCOLS"), atom(&self.conn, "WM_DELETE_WINDOW"));
        let event = ClientMessageEvent::new(32, self.window, protocols, [delete, 0, 0, 0, 0]);
        self.conn.send_event(false, self.window, EventMask::NO_EVENT, event).unwrap().check().unwrap();
    }
}

/// A window that has gone meanwhile has no title and is not shown.
fn title(conn: &RustConnection, window: Window) -> String {
    let (name, kind) = (atom(conn, "_NET_WM_NAME"), atom(conn, "UTF8_STRING"));
    let reply = conn.get_property(false, window, name, kind, 0, PROPERTY_UNITS_MAX).unwrap().reply();
    reply.map(|name| String::from_utf8_lossy(&name.value).into_owned()).unwrap_or_default()
}

fn is_shown(conn: &RustConnection, window: Window) -> bool {
    let attributes = conn.get_window_attributes(window).unwrap().reply();
    attributes.is_ok_and(|attributes| attributes.map_state == MapState::VIEWABLE)
}

fn numbers(conn: &RustConnection, window: Window, property: &str) -> Vec<u32> {
    let property = atom(conn, property);
    let reply = conn.get_property(false, window, property, AtomEnum::ANY, 0, PROPERTY_UNITS_MAX);
    let reply = reply.unwrap().reply().unwrap();
    reply.value32().into_iter().flatten().collect()
}

fn atom(conn: &RustConnection, name: &str) -> u32 {
    conn.intern_atom(false, name.as_bytes()).unwrap().reply().unwrap().atom
}
