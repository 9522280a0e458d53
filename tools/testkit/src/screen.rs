//! What can be seen on a display.

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat, Window};
use x11rb::rust_connection::RustConnection;

use crate::display::Display;
use crate::picture::Picture;

/// Eyes on a display.
#[derive(Debug)]
pub struct Screen {
    conn: RustConnection,
    root: Window,
    width: u16,
    height: u16,
}

impl Screen {
    /// Opens a connection to a display of 24 bits a pixel.
    pub fn of(display: &Display) -> Self {
        let (conn, number) = RustConnection::connect(Some(&display.name)).unwrap();
        let screen = &conn.setup().roots[number];
        let (root, width, height) = (screen.root, screen.width_in_pixels, screen.height_in_pixels);
        Self { conn, root, width, height }
    }

    /// Returns all that is on the display, at one instant; the pointer is not in it.
    pub fn grab(&self) -> Picture {
        self.rows(0, self.height)
    }

    /// Returns some rows of it from `y` on, which takes less time.
    pub fn rows(&self, y: i16, height: u16) -> Picture {
        let format = ImageFormat::Z_PIXMAP;
        let request = self.conn.get_image(format, self.root, 0, y, self.width, height, u32::MAX);
        Picture::from_x(self.width.into(), height.into(), request.unwrap().reply().unwrap().data)
    }
}
