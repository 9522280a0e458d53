//! Another X client: it draws what the tests mirror, and has drawn it when a call returns.
#![allow(dead_code, reason = "each test uses its part of this module")]

use x11rb::connection::Connection;
use x11rb::protocol::randr::{ConnectionExt as _, MonitorInfo};
use x11rb::protocol::xproto::{
    AtomEnum, ChangeGCAux, ChangeWindowAttributesAux, ConfigureWindowAux, ConnectionExt as _, CreateGCAux,
    CreateWindowAux, Gcontext, ImageFormat, MOTION_NOTIFY_EVENT, Pixmap, PropMode, Rectangle, StackMode,
    SubwindowMode, Window, WindowClass,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::display::Display;

/// Rows of a picture that fit into one request.
const BAND_ROWS: usize = 16;

/// A connection that draws.
pub(crate) struct Painter {
    conn: RustConnection,
    pub(crate) root: Window,
    depth: u8,
    context: Gcontext,
}

impl Painter {
    pub(crate) fn on(display: &Display) -> Self {
        let (conn, screen) = RustConnection::connect(Some(&display.name)).unwrap();
        let screen = &conn.setup().roots[screen];
        let (root, depth) = (screen.root, screen.root_depth);
        let context = conn.generate_id().unwrap();
        conn.create_gc(context, root, &CreateGCAux::new()).unwrap();
        Self { conn, root, depth, context }
    }

    /// Colours what no window covers.
    pub(crate) fn paint_background(&self, colour: u32) {
        let change = ChangeWindowAttributesAux::new().background_pixel(colour);
        self.conn.change_window_attributes(self.root, &change).unwrap();
        self.conn.clear_area(false, self.root, 0, 0, 0, 0).unwrap();
        self.sync();
    }

    /// Colours a rectangle of the display, over all windows: x, y, width, height.
    pub(crate) fn fill(&self, (x, y, width, height): (i16, i16, u16, u16), colour: u32) {
        let look = ChangeGCAux::new().foreground(colour).subwindow_mode(SubwindowMode::INCLUDE_INFERIORS);
        self.conn.change_gc(self.context, &look).unwrap();
        self.conn.poly_fill_rectangle(self.root, self.context, &[Rectangle { x, y, width, height }]).unwrap();
        self.sync();
    }

    /// A shown window with a title.
    pub(crate) fn window(&self, title: &str, x: i16, y: i16, width: u16, height: u16) -> Window {
        let window = self.conn.generate_id().unwrap();
        let look = CreateWindowAux::new().background_pixel(0x11_2233);
        let (class, visual) = (WindowClass::INPUT_OUTPUT, x11rb::COPY_FROM_PARENT);
        self.conn
            .create_window(self.depth, window, self.root, x, y, width, height, 0, class, visual, &look)
            .unwrap();
        let (name, kind) = (AtomEnum::WM_NAME, AtomEnum::STRING);
        self.conn.change_property8(PropMode::REPLACE, window, name, kind, title.as_bytes()).unwrap();
        self.conn.map_window(window).unwrap();
        self.sync();
        window
    }

    /// Fills a drawable with noise.
    pub(crate) fn noise(&self, drawable: Window, width: u16, height: u16, seed: u32) {
        let mut state = seed;
        let colours =
            std::iter::repeat_with(|| next(&mut state)).take(usize::from(width) * usize::from(height));
        let bytes: Vec<u8> = colours.flat_map(u32::to_le_bytes).collect();
        let band_bytes = usize::from(width) * BAND_ROWS * 4;
        for (band, rows) in bytes.chunks(band_bytes).enumerate() {
            let (y, rows_high) = ((band * BAND_ROWS) as i16, (rows.len() / 4 / usize::from(width)) as u16);
            let format = ImageFormat::Z_PIXMAP;
            self.conn
                .put_image(format, drawable, self.context, width, rows_high, 0, y, 0, self.depth, rows)
                .unwrap();
        }
        self.sync();
    }

    /// Moves a window, on top of all others.
    pub(crate) fn shift(&self, window: Window, x: i32, y: i32) {
        let place = ConfigureWindowAux::new().x(x).y(y).stack_mode(StackMode::ABOVE);
        self.conn.configure_window(window, &place).unwrap();
        self.sync();
    }

    pub(crate) fn resize(&self, window: Window, width: u32, height: u32) {
        self.conn.configure_window(window, &ConfigureWindowAux::new().width(width).height(height)).unwrap();
        self.sync();
    }

    /// Makes a monitor or changes it at once, as a change of mode does: nobody sees the display without it.
    pub(crate) fn set_monitor(&self, name: &str, x: i16, y: i16, width: u16, height: u16) {
        let name = self.conn.intern_atom(false, name.as_bytes()).unwrap().reply().unwrap().atom;
        let (width_in_millimeters, height_in_millimeters, outputs) = (0, 0, Vec::new());
        let (primary, automatic) = (false, false);
        let info = MonitorInfo {
            name,
            primary,
            automatic,
            x,
            y,
            width,
            height,
            width_in_millimeters,
            height_in_millimeters,
            outputs,
        };
        self.conn.grab_server().unwrap();
        // The first time there is none to delete.
        self.conn.randr_delete_monitor(self.root, name).unwrap().ignore_error();
        self.conn.randr_set_monitor(self.root, info).unwrap().check().unwrap();
        self.conn.ungrab_server().unwrap();
        self.sync();
    }

    /// Moves the pointer as a hand on a mouse would.
    pub(crate) fn push_pointer(&self, x: i16, y: i16) {
        self.conn.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, self.root, x, y, 0).unwrap();
        self.sync();
    }

    /// A red cursor over all of the display: 8 by 8 pixels, of which the left half shows, with its hotspot at 3, 4.
    pub(crate) fn set_half_red_cursor(&self) {
        let (shape, mask) = (self.bitmap(8), self.bitmap(4));
        let cursor = self.conn.generate_id().unwrap();
        self.conn.create_cursor(cursor, shape, mask, 0xffff, 0, 0, 0, 0, 0, 3, 4).unwrap();
        let change = ChangeWindowAttributesAux::new().cursor(cursor);
        self.conn.change_window_attributes(self.root, &change).unwrap();
        self.sync();
    }

    /// 8 by 8 bits, ones in the first columns.
    fn bitmap(&self, columns: u16) -> Pixmap {
        let (pixmap, context) = (self.conn.generate_id().unwrap(), self.conn.generate_id().unwrap());
        self.conn.create_pixmap(1, pixmap, self.root, 8, 8).unwrap();
        self.conn.create_gc(context, pixmap, &CreateGCAux::new().foreground(0)).unwrap();
        let area = |width| Rectangle { x: 0, y: 0, width, height: 8 };
        self.conn.poly_fill_rectangle(pixmap, context, &[area(8)]).unwrap();
        self.conn.change_gc(context, &ChangeGCAux::new().foreground(1)).unwrap();
        self.conn.poly_fill_rectangle(pixmap, context, &[area(columns)]).unwrap();
        pixmap
    }

    /// Waits until the display has done all that was asked.
    fn sync(&self) {
        self.conn.sync().unwrap();
    }
}

/// Neighbouring pixels and seeds have nothing in common.
fn next(state: &mut u32) -> u32 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    *state >> 8
}
