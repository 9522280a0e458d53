//! Windows of a scripted compositor.

use wayland_protocols::ext::foreign_toplevel_list::v1::server::ext_foreign_toplevel_handle_v1::ExtForeignToplevelHandleV1;

/// A window, and who was told of it.
pub(super) struct Window {
    pub(super) identifier: String,
    pub(super) title: String,
    pub(super) handles: Vec<ExtForeignToplevelHandleV1>,
}
