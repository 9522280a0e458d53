//! The protocols that a scripted compositor speaks: shared memory, one output, and `wlr-screencopy`.

use std::fs::File;
use std::sync::Arc;

use wayland_protocols_wlr::screencopy::v1::server::zwlr_screencopy_frame_v1::{self, ZwlrScreencopyFrameV1};
use wayland_protocols_wlr::screencopy::v1::server::zwlr_screencopy_manager_v1::{
    self, ZwlrScreencopyManagerV1,
};
use wayland_server::protocol::wl_buffer::{self, WlBuffer};
use wayland_server::protocol::wl_output::{self, WlOutput};
use wayland_server::protocol::wl_shm::{self, WlShm};
use wayland_server::protocol::wl_shm_pool::{self, WlShmPool};
use wayland_server::{Client, DataInit, Dispatch, DisplayHandle, GlobalDispatch, New};

use super::buffer::SharedBuffer;
use super::state::State;

/// Offers shared memory, which every protocol for pictures needs.
pub(super) fn offer_shared_memory(handle: &DisplayHandle) {
    handle.create_global::<State, WlShm, ()>(1, ());
}

/// Offers pictures by `wlr-screencopy`.
pub(super) fn offer_screencopy(handle: &DisplayHandle) {
    handle.create_global::<State, ZwlrScreencopyManagerV1, ()>(3, ());
}

impl GlobalDispatch<WlShm, ()> for State {
    fn bind(
        _: &mut Self,
        _: &DisplayHandle,
        _: &Client,
        resource: New<WlShm>,
        &(): &(),
        init: &mut DataInit<'_, Self>,
    ) {
        init.init(resource, ());
    }
}

impl Dispatch<WlShm, ()> for State {
    fn request(
        _: &mut Self,
        _: &Client,
        _: &WlShm,
        request: wl_shm::Request,
        &(): &(),
        _: &DisplayHandle,
        init: &mut DataInit<'_, Self>,
    ) {
        if let wl_shm::Request::CreatePool { id, fd, .. } = request {
            init.init(id, Arc::new(File::from(fd)));
        }
    }
}

impl Dispatch<WlShmPool, Arc<File>> for State {
    fn request(
        _: &mut Self,
        _: &Client,
        _: &WlShmPool,
        request: wl_shm_pool::Request,
        file: &Arc<File>,
        _: &DisplayHandle,
        init: &mut DataInit<'_, Self>,
    ) {
        if let wl_shm_pool::Request::CreateBuffer { id, offset, width, height, stride, .. } = request {
            let (file, size) = (Arc::clone(file), (width, height));
            init.init(id, SharedBuffer { file, offset, size, stride });
        }
    }
}

impl Dispatch<WlBuffer, SharedBuffer> for State {
    fn request(
        _: &mut Self,
        _: &Client,
        _: &WlBuffer,
        _: wl_buffer::Request,
        _: &SharedBuffer,
        _: &DisplayHandle,
        _: &mut DataInit<'_, Self>,
    ) {
    }
}

impl GlobalDispatch<WlOutput, ()> for State {
    fn bind(
        state: &mut Self,
        _: &DisplayHandle,
        _: &Client,
        resource: New<WlOutput>,
        &(): &(),
        init: &mut DataInit<'_, Self>,
    ) {
        state.bind(init.init(resource, ()));
    }
}

impl Dispatch<WlOutput, ()> for State {
    fn request(
        _: &mut Self,
        _: &Client,
        _: &WlOutput,
        _: wl_output::Request,
        &(): &(),
        _: &DisplayHandle,
        _: &mut DataInit<'_, Self>,
    ) {
    }
}

impl GlobalDispatch<ZwlrScreencopyManagerV1, ()> for State {
    fn bind(
        _: &mut Self,
        _: &DisplayHandle,
        _: &Client,
        resource: New<ZwlrScreencopyManagerV1>,
        &(): &(),
        init: &mut DataInit<'_, Self>,
    ) {
        init.init(resource, ());
    }
}

impl Dispatch<ZwlrScreencopyManagerV1, ()> for State {
    fn request(
        state: &mut Self,
        _: &Client,
        _: &ZwlrScreencopyManagerV1,
        request: zwlr_screencopy_manager_v1::Request,
        &(): &(),
        _: &DisplayHandle,
        init: &mut DataInit<'_, Self>,
    ) {
        let zwlr_screencopy_manager_v1::Request::CaptureOutput { frame, .. } = request else { return };
        let frame = init.init(frame, ());
        if !state.is_on() {
            return frame.failed();
        }
        let look = state.look();
        frame.buffer(look.format, look.width, look.height, look.stride());
        frame.buffer_done();
    }
}

impl Dispatch<ZwlrScreencopyFrameV1, ()> for State {
    fn request(
        state: &mut Self,
        _: &Client,
        frame: &ZwlrScreencopyFrameV1,
        request: zwlr_screencopy_frame_v1::Request,
        &(): &(),
        _: &DisplayHandle,
        _: &mut DataInit<'_, Self>,
    ) {
        match request {
            zwlr_screencopy_frame_v1::Request::Copy { buffer } => state.copy(frame, &buffer),
            zwlr_screencopy_frame_v1::Request::CopyWithDamage { buffer } => {
                state.copy_with_damage(frame, &buffer);
            }
            _ => {}
        }
    }
}
