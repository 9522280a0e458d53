//! Another X client: it draws what the tests capture, and has drawn it when a call returns.

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeGCAux, ColormapAlloc, ConfigureWindowAux, ConnectionExt as _, CreateGCAux,
    CreateWindowAux, Drawable, Gcontext, ImageFormat, PropMode, Rectangle, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::server::Server;

pub(crate) struct Painter {
    pub(crate) conn: RustConnection,
    pub(crate) root: Window,
    depth: u8,
    context: Gcontext,
}

impl Painter {
    pub(crate) fn new(server: &Server) -> Self {
        let (conn, screen) = RustConnection::connect(Some(&server.display)).unwrap();
        let screen = &conn.setup().roots[screen];
        let (root, depth) = (screen.root, screen.root_depth);
        let context = conn.generate_id().unwrap();
        conn.create_gc(context, root, &CreateGCAux::new()).unwrap();
        Self { conn, root, depth, context }
    }

    /// Waits until the server has done all that was asked.
    pub(crate) fn sync(&self) {
        self.conn.sync().unwrap();
    }

    pub(crate) fn fill(&self, drawable: Drawable, x: i16, y: i16, width: u16, height: u16, colour: u32) {
        self.conn.change_gc(self.context, &ChangeGCAux::new().foreground(colour)).unwrap();
        let area = Rectangle { x, y, width, height };
        self.conn.poly_fill_rectangle(drawable, self.context, &[area]).unwrap();
        self.sync();
    }

    /// Fills a drawable of 32-bit pixels with noise. Returns its colours.
    pub(crate) fn noise(&self, drawable: Drawable, width: u16, height: u16, seed: u32) -> Vec<u32> {
        let mut state = seed;
        let colours: Vec<u32> = (0..u32::from(width) * u32::from(height)).map(|_| next(&mut state)).collect();
        // A request holds 256 KB at most without BIG-REQUESTS; 16 rows stay below that.
        for (band, rows) in colours.chunks(usize::from(width) * 16).enumerate() {
            let bytes: Vec<u8> = rows.iter().flat_map(|colour| colour.to_le_bytes()).collect();
            let height = (rows.len() / usize::from(width)) as u16;
            let (y, depth, format) = (band as i16 * 16, self.depth, ImageFormat::Z_PIXMAP);
            self.conn
                .put_image(format, drawable, self.context, width, height, 0, y, 0, depth, &bytes)
                .unwrap();
        }
        self.sync();
        colours
    }

    /// A shown window with a title.
    pub(crate) fn window(&self, title: &str, x: i16, y: i16, width: u16, height: u16) -> Window {
        let window = self.hidden_window(title, x, y, width, height, 0);
        self.show(window);
        window
    }

    pub(crate) fn hidden_window(
        &self,
        title: &str,
        x: i16,
        y: i16,
        width: u16,
        height: u16,
        border: u16,
    ) -> Window {
        self.create_window(x, y, width, height, border, 0, title)
    }

    /// A shown window that window managers leave alone, as menus are.
    pub(crate) fn popup(&self, x: i16, y: i16, width: u16, height: u16, border: u16) -> Window {
        let window = self.hidden_popup(x, y, width, height, border);
        self.show(window);
        window
    }

    pub(crate) fn hidden_popup(&self, x: i16, y: i16, width: u16, height: u16, border: u16) -> Window {
        self.create_window(x, y, width, height, border, 1, "")
    }

    #[expect(clippy::too_many_arguments, reason = "as the request has them")]
    fn create_window(
        &self,
        x: i16,
        y: i16,
        width: u16,
        height: u16,
        border: u16,
        override_redirect: u32,
        title: &str,
    ) -> Window {
        let window = self.conn.generate_id().unwrap();
        let look = CreateWindowAux::new()
            .background_pixel(0x11_2233)
            .border_pixel(0xff_00ff)
            .override_redirect(override_redirect);
        let class = WindowClass::INPUT_OUTPUT;
        self.conn
            .create_window(
                self.depth,
                window,
                self.root,
                x,
                y,
                width,
                height,
                border,
                class,
                x11rb::COPY_FROM_PARENT,
                &look,
            )
            .unwrap();
        let name = AtomEnum::WM_NAME;
        self.conn
            .change_property8(PropMode::REPLACE, window, name, AtomEnum::STRING, title.as_bytes())
            .unwrap();
        self.sync();
        window
    }

    /// A shown window whose pixels have alpha.
    pub(crate) fn translucent_window(&self, title: &str, x: i16, y: i16, width: u16, height: u16) -> Window {
        let depths = &self.conn.setup().roots[0].allowed_depths;
        let visual = depths.iter().find(|depth| depth.depth == 32).unwrap().visuals[0].visual_id;
        let colormap = self.conn.generate_id().unwrap();
        self.conn.create_colormap(ColormapAlloc::NONE, colormap, self.root, visual).unwrap();
        let look = CreateWindowAux::new().background_pixel(0).border_pixel(0).colormap(colormap);
        let window = self.conn.generate_id().unwrap();
        let class = WindowClass::INPUT_OUTPUT;
        self.conn.create_window(32, window, self.root, x, y, width, height, 0, class, visual, &look).unwrap();
        self.set_text(window, "WM_NAME", "STRING", title.as_bytes());
        self.show(window);
        window
    }

    /// The same as `fill`, for pixels with alpha.
    pub(crate) fn fill_translucent(
        &self,
        window: Window,
        x: i16,
        y: i16,
        width: u16,
        height: u16,
        argb: u32,
    ) {
        let context = self.conn.generate_id().unwrap();
        self.conn.create_gc(context, window, &CreateGCAux::new().foreground(argb)).unwrap();
        let area = Rectangle { x, y, width, height };
        self.conn.poly_fill_rectangle(window, context, &[area]).unwrap();
        self.conn.free_gc(context).unwrap();
        self.sync();
    }

    fn atom(&self, name: &str) -> Atom {
        self.conn.intern_atom(false, name.as_bytes()).unwrap().reply().unwrap().atom
    }

    pub(crate) fn set_text(&self, window: Window, property: &str, encoding: &str, text: &[u8]) {
        let (property, encoding) = (self.atom(property), self.atom(encoding));
        self.conn.change_property8(PropMode::REPLACE, window, property, encoding, text).unwrap();
        self.sync();
    }

    pub(crate) fn set_numbers(&self, window: Window, property: &str, kind: &str, numbers: &[u32]) {
        let (property, kind) = (self.atom(property), self.atom(kind));
        self.conn.change_property32(PropMode::REPLACE, window, property, kind, numbers).unwrap();
        self.sync();
    }

    pub(crate) fn set_transient_for(&self, window: Window, owner: Window) {
        self.set_numbers(window, "WM_TRANSIENT_FOR", "WINDOW", &[owner]);
    }

    /// As a program that blends windows does, to say that it is there.
    pub(crate) fn own_selection(&self, name: &str) {
        let owner = self.hidden_window("", 0, 0, 1, 1, 0);
        self.conn.set_selection_owner(owner, self.atom(name), x11rb::CURRENT_TIME).unwrap();
        self.sync();
    }

    /// As a window manager does with its frame.
    pub(crate) fn put_into(&self, window: Window, frame: Window, x: i16, y: i16) {
        self.conn.reparent_window(window, frame, x, y).unwrap();
        self.sync();
    }

    pub(crate) fn show(&self, window: Window) {
        self.conn.map_window(window).unwrap();
        self.sync();
    }

    pub(crate) fn hide(&self, window: Window) {
        self.conn.unmap_window(window).unwrap();
        self.sync();
    }

    pub(crate) fn resize(&self, window: Window, width: u32, height: u32) {
        self.conn.configure_window(window, &ConfigureWindowAux::new().width(width).height(height)).unwrap();
        self.sync();
    }

    pub(crate) fn close(&self, window: Window) {
        self.conn.destroy_window(window).unwrap();
        self.sync();
    }
}

fn next(state: &mut u32) -> u32 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    *state >> 8
}
