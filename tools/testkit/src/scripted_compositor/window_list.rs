//! `ext-foreign-toplevel-list` as a scripted compositor speaks it: windows have titles, and all of them the picture of
//! the output.

use wayland_protocols::ext::foreign_toplevel_list::v1::server::{
    ext_foreign_toplevel_handle_v1::{self, ExtForeignToplevelHandleV1},
    ext_foreign_toplevel_list_v1::{self, ExtForeignToplevelListV1},
};
use wayland_protocols::ext::image_capture_source::v1::server::ext_foreign_toplevel_image_capture_source_manager_v1::{
    self, ExtForeignToplevelImageCaptureSourceManagerV1,
};
use wayland_server::{Client, DataInit, Dispatch, DisplayHandle, GlobalDispatch, New, Resource as _};

use super::state::State;
use super::window::Window;

/// Offers windows.
pub(super) fn offer(handle: &DisplayHandle) {
    handle.create_global::<State, ExtForeignToplevelListV1, ()>(1, ());
    handle.create_global::<State, ExtForeignToplevelImageCaptureSourceManagerV1, ()>(1, ());
}

impl State {
    /// Opens a window with a title.
    pub(super) fn open_window(&mut self, handle: &DisplayHandle, title: &str) {
        self.windows_opened += 1;
        let identifier = format!("w{}", self.windows_opened);
        let mut window = Window { identifier, title: title.to_owned(), handles: Vec::new() };
        for list in self.lists.iter().filter(|list| list.is_alive()) {
            window.tell(handle, list);
        }
        self.windows.push(window);
    }

    /// Gives the window of a title another one.
    pub(super) fn rename_window(&mut self, title: &str, now: &str) {
        for window in self.windows.iter_mut().filter(|window| window.title == title) {
            now.clone_into(&mut window.title);
            for handle in window.handles.iter().filter(|handle| handle.is_alive()) {
                handle.title(now.to_owned());
                handle.done();
            }
        }
    }

    /// Closes the window of a title, and all that is captured of windows.
    pub(super) fn close_window(&mut self, title: &str) {
        self.sessions.drain(..).for_each(|mut session| session.stop());
        let (closed, open) =
            std::mem::take(&mut self.windows).into_iter().partition(|window| window.title == title);
        self.windows = open;
        let closed: Vec<Window> = closed;
        let handles = closed.iter().flat_map(|window| &window.handles);
        handles.filter(|handle| handle.is_alive()).for_each(ExtForeignToplevelHandleV1::closed);
    }
}

impl Window {
    fn tell(&mut self, display: &DisplayHandle, list: &ExtForeignToplevelListV1) {
        let Ok(client) = display.get_client(list.id()) else { return };
        let handle = client.create_resource::<_, _, State>(display, 1, ()).expect("the client is there");
        list.toplevel(&handle);
        handle.identifier(self.identifier.clone());
        handle.title(self.title.clone());
        handle.done();
        self.handles.push(handle);
    }
}

impl GlobalDispatch<ExtForeignToplevelListV1, ()> for State {
    fn bind(
        state: &mut Self,
        display: &DisplayHandle,
        _: &Client,
        resource: New<ExtForeignToplevelListV1>,
        &(): &(),
        init: &mut DataInit<'_, Self>,
    ) {
        let list = init.init(resource, ());
        state.windows.iter_mut().for_each(|window| window.tell(display, &list));
        state.lists.push(list);
    }
}

impl Dispatch<ExtForeignToplevelListV1, ()> for State {
    fn request(
        _: &mut Self,
        _: &Client,
        _: &ExtForeignToplevelListV1,
        _: ext_foreign_toplevel_list_v1::Request,
        &(): &(),
        _: &DisplayHandle,
        _: &mut DataInit<'_, Self>,
    ) {
    }
}

impl Dispatch<ExtForeignToplevelHandleV1, ()> for State {
    fn request(
        _: &mut Self,
        _: &Client,
        _: &ExtForeignToplevelHandleV1,
        _: ext_foreign_toplevel_handle_v1::Request,
        &(): &(),
        _: &DisplayHandle,
        _: &mut DataInit<'_, Self>,
    ) {
    }
}

impl GlobalDispatch<ExtForeignToplevelImageCaptureSourceManagerV1, ()> for State {
    fn bind(
        _: &mut Self,
        _: &DisplayHandle,
        _: &Client,
        resource: New<ExtForeignToplevelImageCaptureSourceManagerV1>,
        &(): &(),
        init: &mut DataInit<'_, Self>,
    ) {
        init.init(resource, ());
    }
}

impl Dispatch<ExtForeignToplevelImageCaptureSourceManagerV1, ()> for State {
    fn request(
        _: &mut Self,
        _: &Client,
        _: &ExtForeignToplevelImageCaptureSourceManagerV1,
        request: ext_foreign_toplevel_image_capture_source_manager_v1::Request,
        &(): &(),
        _: &DisplayHandle,
        init: &mut DataInit<'_, Self>,
    ) {
        if let ext_foreign_toplevel_image_capture_source_manager_v1::Request::CreateSource {
            source, ..
        } = request
        {
            init.init(source, ());
        }
    }
}
