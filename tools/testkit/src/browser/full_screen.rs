//! What a window manager does for a window that wants to fill the screen: it gives it the screen's size. Where there is
//! no window manager, WebKitGTK's browser waits for that in vain.

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ConfigureWindowAux, ConnectionExt as _, Window};
use x11rb::rust_connection::RustConnection;

/// More atoms than a window's state has.
const STATES_MAX: u32 = 32;

/// Gives each window of a display that wants to fill it a size, at the top left. Returns whether there was one.
pub(super) fn fill(display: &str, width: u32, height: u32) -> bool {
    let (connection, screen) = RustConnection::connect(Some(display)).unwrap();
    let root = connection.setup().roots[screen].root;
    let windows = connection.query_tree(root).unwrap().reply().unwrap().children;
    let wanting: Vec<_> =
        windows.into_iter().filter(|window| wants_full_screen(&connection, *window)).collect();
    for window in &wanting {
        let place = ConfigureWindowAux::new().x(0).y(0).width(width).height(height);
        connection.configure_window(*window, &place).unwrap();
    }
    // The answer comes after the windows have their size.
    connection.get_input_focus().unwrap().reply().unwrap();
    !wanting.is_empty()
}

/// A window that has gone meanwhile wants nothing.
fn wants_full_screen(connection: &RustConnection, window: Window) -> bool {
    let atom = |name: &[u8]| connection.intern_atom(false, name).unwrap().reply().unwrap().atom;
    let (state, full_screen) = (atom(b"_NET_WM_STATE"), atom(b"_NET_WM_STATE_FULLSCREEN"));
    let property =
        connection.get_property(false, window, state, AtomEnum::ATOM, 0, STATES_MAX).unwrap().reply();
    property
        .is_ok_and(|states| states.value32().is_some_and(|mut states| states.any(|each| each == full_screen)))
}
