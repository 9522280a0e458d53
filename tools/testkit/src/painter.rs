//! Another X client: it draws what is captured, and has drawn it when a call returns.

use x11rb::connection::Connection;
use x11rb::protocol::randr::{ConnectionExt as _, MonitorInfo};
pub use x11rb::protocol::xproto::Window;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeGCAux, ChangeWindowAttributesAux, ColormapAlloc, ConfigureWindowAux,
    ConnectionExt as _, CreateGCAux, CreateWindowAux, Drawable, Gcontext, ImageFormat, MOTION_NOTIFY_EVENT,
    Pixmap, PropMode, Rectangle, StackMode, SubwindowMode, WindowClass,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::display::Display;

/// The colour of a window, where nothing else is asked for.
const WINDOW_COLOUR: u32 = 0x11_2233;
/// The colour of a window's border.
const BORDER_COLOUR: u32 = 0xff_00ff;
/// Rows of a picture that fit into one request: 256 KB at most without BIG-REQUESTS.
const BAND_ROWS: u8 = 16;
/// Bits of a pixel with alpha.
const TRANSLUCENT_DEPTH: u8 = 32;

/// A connection that draws. What it has made goes with it.
#[derive(Debug)]
pub struct Painter {
    /// The connection, for what has no method here.
    pub conn: RustConnection,
    /// The window behind all others.
    pub root: Window,
    depth: u8,
    context: Gcontext,
}

impl Painter {
    /// Opens a connection to a display.
    pub fn on(display: &Display) -> Self {
        let (conn, screen) = RustConnection::connect(Some(&display.name)).unwrap();
        let screen = &conn.setup().roots[screen];
        let (root, depth) = (screen.root, screen.root_depth);
        let context = conn.generate_id().unwrap();
        conn.create_gc(context, root, &CreateGCAux::new()).unwrap();
        Self { conn, root, depth, context }
    }

    /// Waits until the server has done all that was asked.
    pub fn sync(&self) {
        self.conn.sync().unwrap();
    }
}

/// Pixels.
impl Painter {
    /// Colours what no window covers.
    pub fn paint_background(&self, colour: u32) {
        let change = ChangeWindowAttributesAux::new().background_pixel(colour);
        self.conn.change_window_attributes(self.root, &change).unwrap();
        self.conn.clear_area(false, self.root, 0, 0, 0, 0).unwrap();
        self.sync();
    }

    /// Colours a rectangle of a drawable, but not of the windows in it.
    pub fn fill(&self, drawable: Drawable, x: i16, y: i16, width: u16, height: u16, colour: u32) {
        let area = Rectangle { x, y, width, height };
        self.fill_with(drawable, area, colour, SubwindowMode::CLIP_BY_CHILDREN);
    }

    /// Colours a rectangle of the display, over all windows: x, y, width, height.
    pub fn fill_over_all(&self, (x, y, width, height): (i16, i16, u16, u16), colour: u32) {
        let area = Rectangle { x, y, width, height };
        self.fill_with(self.root, area, colour, SubwindowMode::INCLUDE_INFERIORS);
    }

    fn fill_with(&self, drawable: Drawable, area: Rectangle, colour: u32, windows: SubwindowMode) {
        let look = ChangeGCAux::new().foreground(colour).subwindow_mode(windows);
        self.conn.change_gc(self.context, &look).unwrap();
        self.conn.poly_fill_rectangle(drawable, self.context, &[area]).unwrap();
        self.sync();
    }

    /// Colours a rectangle of a window whose pixels have alpha.
    pub fn fill_translucent(&self, window: Window, x: i16, y: i16, width: u16, height: u16, argb: u32) {
        let context = self.conn.generate_id().unwrap();
        self.conn.create_gc(context, window, &CreateGCAux::new().foreground(argb)).unwrap();
        let area = Rectangle { x, y, width, height };
        self.conn.poly_fill_rectangle(window, context, &[area]).unwrap();
        self.conn.free_gc(context).unwrap();
        self.sync();
    }

    /// Fills a drawable of 32-bit pixels with noise. Returns its colours.
    pub fn noise(&self, drawable: Drawable, width: u16, height: u16, seed: u32) -> Vec<u32> {
        let mut state = seed;
        let colours: Vec<u32> = (0..u32::from(width) * u32::from(height)).map(|_| next(&mut state)).collect();
        let bands = colours.chunks(usize::from(width) * usize::from(BAND_ROWS));
        for (y, rows) in (0..).step_by(BAND_ROWS.into()).zip(bands) {
            let bytes: Vec<u8> = rows.iter().flat_map(|colour| colour.to_le_bytes()).collect();
            let height = u16::try_from(rows.len() / usize::from(width)).unwrap();
            let (depth, format) = (self.depth, ImageFormat::Z_PIXMAP);
            self.conn
                .put_image(format, drawable, self.context, width, height, 0, y, 0, depth, &bytes)
                .unwrap();
        }
        self.sync();
        colours
    }
}

/// Windows.
impl Painter {
    /// Makes a shown window with a title.
    pub fn window(&self, title: &str, x: i16, y: i16, width: u16, height: u16) -> Window {
        let window = self.hidden_window(title, x, y, width, height, 0);
        self.show(window);
        window
    }

    /// Makes a shown window with a title, of one colour: x, y, width, height.
    pub fn coloured_window(&self, title: &str, area: (i16, i16, u16, u16), colour: u32) -> Window {
        let window = self.create_window(area, 0, &look().background_pixel(colour), title);
        self.show(window);
        window
    }

    /// Makes a window with a title that is not shown.
    pub fn hidden_window(&self, title: &str, x: i16, y: i16, width: u16, height: u16, border: u16) -> Window {
        self.create_window((x, y, width, height), border, &look(), title)
    }

    /// Makes a shown window that window managers leave alone, as menus are.
    pub fn popup(&self, x: i16, y: i16, width: u16, height: u16, border: u16) -> Window {
        let window = self.hidden_popup(x, y, width, height, border);
        self.show(window);
        window
    }

    /// Makes a window that window managers leave alone and that is not shown.
    pub fn hidden_popup(&self, x: i16, y: i16, width: u16, height: u16, border: u16) -> Window {
        self.create_window((x, y, width, height), border, &look().override_redirect(1), "")
    }

    fn create_window(
        &self,
        (x, y, width, height): (i16, i16, u16, u16),
        border: u16,
        look: &CreateWindowAux,
        title: &str,
    ) -> Window {
        let window = self.conn.generate_id().unwrap();
        let (depth, class, visual) = (self.depth, WindowClass::INPUT_OUTPUT, x11rb::COPY_FROM_PARENT);
        self.conn
            .create_window(depth, window, self.root, x, y, width, height, border, class, visual, look)
            .unwrap();
        self.set_title(window, title);
        window
    }

    /// Makes a shown window whose pixels have alpha.
    pub fn translucent_window(&self, title: &str, x: i16, y: i16, width: u16, height: u16) -> Window {
        let depths = &self.conn.setup().roots[0].allowed_depths;
        let depth = depths.iter().find(|depth| depth.depth == TRANSLUCENT_DEPTH).unwrap();
        let (depth, visual) = (depth.depth, depth.visuals[0].visual_id);
        let colormap = self.conn.generate_id().unwrap();
        self.conn.create_colormap(ColormapAlloc::NONE, colormap, self.root, visual).unwrap();
        let look = CreateWindowAux::new().background_pixel(0).border_pixel(0).colormap(colormap);
        let (window, class) = (self.conn.generate_id().unwrap(), WindowClass::INPUT_OUTPUT);
        self.conn
            .create_window(depth, window, self.root, x, y, width, height, 0, class, visual, &look)
            .unwrap();
        self.set_title(window, title);
        self.show(window);
        window
    }

    /// Shows a window.
    pub fn show(&self, window: Window) {
        self.conn.map_window(window).unwrap();
        self.sync();
    }

    /// Hides a window.
    pub fn hide(&self, window: Window) {
        self.conn.unmap_window(window).unwrap();
        self.sync();
    }

    /// Moves a window, on top of all others.
    pub fn shift(&self, window: Window, x: i32, y: i32) {
        let place = ConfigureWindowAux::new().x(x).y(y).stack_mode(StackMode::ABOVE);
        self.conn.configure_window(window, &place).unwrap();
        self.sync();
    }

    /// Gives a window another size.
    pub fn resize(&self, window: Window, width: u32, height: u32) {
        self.conn.configure_window(window, &ConfigureWindowAux::new().width(width).height(height)).unwrap();
        self.sync();
    }

    /// Puts a window into another, as a window manager does with its frame.
    pub fn put_into(&self, window: Window, frame: Window, x: i16, y: i16) {
        self.conn.reparent_window(window, frame, x, y).unwrap();
        self.sync();
    }

    /// Closes a window.
    pub fn close(&self, window: Window) {
        self.conn.destroy_window(window).unwrap();
        self.sync();
    }
}

/// Properties.
impl Painter {
    /// Names a window, in Latin letters.
    pub fn set_title(&self, window: Window, title: &str) {
        let (name, kind) = (AtomEnum::WM_NAME, AtomEnum::STRING);
        self.conn.change_property8(PropMode::REPLACE, window, name, kind, title.as_bytes()).unwrap();
        self.sync();
    }

    /// Sets a property of text in an encoding.
    pub fn set_text(&self, window: Window, property: &str, encoding: &str, text: &[u8]) {
        let (property, encoding) = (self.atom(property), self.atom(encoding));
        self.conn.change_property8(PropMode::REPLACE, window, property, encoding, text).unwrap();
        self.sync();
    }

    /// Sets a property of numbers of a kind.
    pub fn set_numbers(&self, window: Window, property: &str, kind: &str, numbers: &[u32]) {
        let (property, kind) = (self.atom(property), self.atom(kind));
        self.conn.change_property32(PropMode::REPLACE, window, property, kind, numbers).unwrap();
        self.sync();
    }

    /// Says that a window belongs to another, as dialogues do.
    pub fn set_transient_for(&self, window: Window, owner: Window) {
        self.set_numbers(window, "WM_TRANSIENT_FOR", "WINDOW", &[owner]);
    }

    /// Owns a selection, as a program that blends windows does to say that it is there.
    pub fn own_selection(&self, name: &str) {
        let owner = self.hidden_window("", 0, 0, 1, 1, 0);
        self.conn.set_selection_owner(owner, self.atom(name), x11rb::CURRENT_TIME).unwrap();
        self.sync();
    }

    fn atom(&self, name: &str) -> Atom {
        self.conn.intern_atom(false, name.as_bytes()).unwrap().reply().unwrap().atom
    }
}

/// The monitor and the pointer.
impl Painter {
    /// Makes a monitor or changes it at once, as a change of mode does: nobody sees the display without it.
    pub fn set_monitor(&self, name: &str, x: i16, y: i16, width: u16, height: u16) {
        let name = self.atom(name);
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

    /// Takes a monitor away.
    pub fn delete_monitor(&self, name: &str) {
        self.conn.randr_delete_monitor(self.root, self.atom(name)).unwrap().check().unwrap();
        self.sync();
    }

    /// Moves the pointer as a hand on a mouse would.
    pub fn push_pointer(&self, x: i16, y: i16) {
        self.conn.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, self.root, x, y, 0).unwrap();
        self.sync();
    }

    /// Sets a red cursor over all of the display: 8 by 8 pixels, of which the left half shows, with its hotspot at
    /// 3, 4.
    pub fn set_half_red_cursor(&self) {
        let (shape, mask) = (self.bitmap(8), self.bitmap(4));
        let cursor = self.conn.generate_id().unwrap();
        self.conn.create_cursor(cursor, shape, mask, 0xffff, 0, 0, 0, 0, 0, 3, 4).unwrap();
        let change = ChangeWindowAttributesAux::new().cursor(cursor);
        self.conn.change_window_attributes(self.root, &change).unwrap();
        self.sync();
    }

    /// Makes 8 by 8 bits, ones in the first columns.
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
}

fn look() -> CreateWindowAux {
    CreateWindowAux::new().background_pixel(WINDOW_COLOUR).border_pixel(BORDER_COLOUR)
}

/// Neighbouring pixels and seeds have nothing in common.
fn next(state: &mut u32) -> u32 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    *state >> 8
}
