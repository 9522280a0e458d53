//! Draws numbered pictures on the display that is mirrored.

use std::time::Instant;

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    ConnectionExt as _, CreateGCAux, CreateWindowAux, Cursor, Gcontext, Rectangle, Window, WindowClass,
};

use super::barcode;
use crate::screen::{Image, Screen};

/// Around what changes: dark, so that no cell of a barcode blends into it.
const BACKGROUND: u32 = 0x20_2020;

/// A window over all of the screen, whose top left part is drawn to. It goes with its connection.
pub(crate) struct Painter {
    screen: Screen,
    window: Window,
    context: Gcontext,
    image: Image,
}

impl Painter {
    pub(crate) fn new(display: &str, area: impl Fn((u16, u16)) -> (u16, u16)) -> anyhow::Result<Self> {
        let screen = Screen::connect(display)?;
        let (window, context) = (screen.connection.generate_id()?, screen.connection.generate_id()?);
        let (width, height) = screen.size;
        let look = CreateWindowAux::new()
            .override_redirect(1)
            .background_pixel(BACKGROUND)
            .cursor(invisible_pointer(&screen)?);
        let class = WindowClass::INPUT_OUTPUT;
        screen.connection.create_window(0, window, screen.root, 0, 0, width, height, 0, class, 0, &look)?;
        screen.connection.map_window(window)?;
        screen.connection.create_gc(context, window, &CreateGCAux::new())?;
        let (width, height) = area(screen.size);
        let image = screen.image(width, height)?;
        screen.sync()?;
        Ok(Self { screen, window, context, image })
    }

    /// Width and height of what is drawn.
    pub(crate) fn area(&self) -> (u16, u16) {
        (self.image.width, self.image.height)
    }

    /// Draws a picture with a number, and says when: just before it asked for it, so that drawing counts as latency.
    pub(crate) fn paint(&mut self, picture: &[u8], number: u32) -> anyhow::Result<Instant> {
        self.image.bytes_mut().copy_from_slice(picture);
        barcode::draw(&mut self.image, number);
        let asked = Instant::now();
        self.screen.put(&self.image, self.window, self.context)?;
        Ok(asked)
    }
}

/// The pointer is no part of what is drawn: a mirror that shows it, as it should, would differ from one that can't.
fn invisible_pointer(screen: &Screen) -> anyhow::Result<Cursor> {
    let connection = &screen.connection;
    let (mask, context, cursor) =
        (connection.generate_id()?, connection.generate_id()?, connection.generate_id()?);
    connection.create_pixmap(1, mask, screen.root, 1, 1)?;
    connection.create_gc(context, mask, &CreateGCAux::new().foreground(0))?;
    let dot = Rectangle { x: 0, y: 0, width: 1, height: 1 };
    connection.poly_fill_rectangle(mask, context, &[dot])?;
    connection.create_cursor(cursor, mask, mask, 0, 0, 0, 0, 0, 0, 0, 0)?;
    Ok(cursor)
}
