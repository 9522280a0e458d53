//! What a compositor has said over a connection: what it offers, its outputs, and answers to requests.

use std::collections::VecDeque;

use wayland_client::protocol::wl_buffer::WlBuffer;
use wayland_client::protocol::wl_callback::{self, WlCallback};
use wayland_client::protocol::wl_output::{self, WlOutput};
use wayland_client::protocol::wl_registry::{self, WlRegistry};
use wayland_client::protocol::wl_shm::WlShm;
use wayland_client::protocol::wl_shm_pool::WlShmPool;
use wayland_client::{Connection, Dispatch, QueueHandle, delegate_noop, event_created_child};
use wayland_protocols::ext::foreign_toplevel_list::v1::client::{
    ext_foreign_toplevel_handle_v1::{self, ExtForeignToplevelHandleV1},
    ext_foreign_toplevel_list_v1::{self, ExtForeignToplevelListV1},
};
use wayland_protocols::ext::image_capture_source::v1::client::{
    ext_foreign_toplevel_image_capture_source_manager_v1::ExtForeignToplevelImageCaptureSourceManagerV1,
    ext_image_capture_source_v1::ExtImageCaptureSourceV1,
    ext_output_image_capture_source_manager_v1::ExtOutputImageCaptureSourceManagerV1,
};
use wayland_protocols::ext::image_copy_capture::v1::client::{
    ext_image_copy_capture_frame_v1::{self, ExtImageCopyCaptureFrameV1},
    ext_image_copy_capture_manager_v1::ExtImageCopyCaptureManagerV1,
    ext_image_copy_capture_session_v1::{self, ExtImageCopyCaptureSessionV1},
};
use wayland_protocols::xdg::xdg_output::zv1::client::zxdg_output_manager_v1::ZxdgOutputManagerV1;
use wayland_protocols::xdg::xdg_output::zv1::client::zxdg_output_v1::{self, ZxdgOutputV1};
use wayland_protocols_wlr::foreign_toplevel::v1::client::{
    zwlr_foreign_toplevel_handle_v1::{self, ZwlrForeignToplevelHandleV1},
    zwlr_foreign_toplevel_manager_v1::{self, ZwlrForeignToplevelManagerV1},
};
use wayland_protocols_wlr::screencopy::v1::client::zwlr_screencopy_frame_v1::{self, ZwlrScreencopyFrameV1};
use wayland_protocols_wlr::screencopy::v1::client::zwlr_screencopy_manager_v1::ZwlrScreencopyManagerV1;

use super::answer::Answer;
use super::image_copy::{self, ImageCopy};
use super::output::Outputs;
use super::screencopy;
use super::toplevel::Toplevels;
use super::window::Windows;

/// The version of `wl_output` that tells of each output when it is complete, the least that is of use.
const OUTPUT_VERSION_MIN: u32 = 2;
/// The version of `wl_output` that has names.
const OUTPUT_VERSION_MAX: u32 = 4;
/// The version of `zxdg_output_manager_v1` that is known.
const XDG_OUTPUT_VERSION_MAX: u32 = 3;
/// The version of `zwlr_screencopy_manager_v1` that says when it has told all about a buffer.
const SCREENCOPY_VERSION: u32 = 3;

/// What the compositor has said.
#[derive(Default)]
pub(super) struct State {
    pub(super) shm: Option<WlShm>,
    pub(super) screencopy: Option<ZwlrScreencopyManagerV1>,
    output_sources: Option<ExtOutputImageCaptureSourceManagerV1>,
    window_sources: Option<ExtForeignToplevelImageCaptureSourceManagerV1>,
    /// Number of the global that lists windows that can be captured.
    pub(super) window_list: Option<u32>,
    pub(super) windows: Windows,
    image_copy: Option<ExtImageCopyCaptureManagerV1>,
    pub(super) outputs: Outputs,
    /// Answers to requests for pictures, each with the number of its request.
    pub(super) answers: VecDeque<(u64, Answer)>,
    /// Number of the global that tells of windows.
    pub(super) toplevel_manager: Option<u32>,
    pub(super) toplevels: Toplevels,
    /// Round trips that have come back.
    pub(super) round_trips: u64,
}

impl Dispatch<WlRegistry, ()> for State {
    fn event(
        state: &mut Self,
        registry: &WlRegistry,
        event: wl_registry::Event,
        &(): &(),
        _: &Connection,
        handle: &QueueHandle<Self>,
    ) {
        match event {
            wl_registry::Event::Global { name, interface, version } => {
                state.bind(registry, name, &interface, version, handle);
            }
            wl_registry::Event::GlobalRemove { name } => state.outputs.remove(name),
            _ => {}
        }
    }
}

impl State {
    /// The parts of `ext-image-copy-capture`, if they are there.
    pub(super) fn image_copy(&self) -> Option<ImageCopy> {
        let (outputs, manager) = (self.output_sources.clone()?, self.image_copy.clone()?);
        Some(ImageCopy { outputs, windows: self.window_sources.clone(), manager })
    }

    fn bind(
        &mut self,
        registry: &WlRegistry,
        name: u32,
        interface: &str,
        version: u32,
        handle: &QueueHandle<Self>,
    ) {
        match interface {
            "wl_shm" => self.shm = Some(registry.bind(name, 1, handle, ())),
            "zwlr_screencopy_manager_v1" if version >= SCREENCOPY_VERSION => {
                self.screencopy = Some(registry.bind(name, SCREENCOPY_VERSION, handle, ()));
            }
            "ext_output_image_capture_source_manager_v1" => {
                self.output_sources = Some(registry.bind(name, 1, handle, ()));
            }
            "ext_foreign_toplevel_image_capture_source_manager_v1" => {
                self.window_sources = Some(registry.bind(name, 1, handle, ()));
            }
            // Bound when a window is to be captured.
            "ext_foreign_toplevel_list_v1" => self.window_list = Some(name),
            "ext_image_copy_capture_manager_v1" => {
                self.image_copy = Some(registry.bind(name, 1, handle, ()));
            }
            // Bound when somebody asks for windows.
            "zwlr_foreign_toplevel_manager_v1" => self.toplevel_manager = Some(name),
            "zxdg_output_manager_v1" => {
                let version = version.min(XDG_OUTPUT_VERSION_MAX);
                self.outputs.set_manager(registry.bind(name, version, handle, ()), handle);
            }
            "wl_output" if version >= OUTPUT_VERSION_MIN => {
                let version = version.min(OUTPUT_VERSION_MAX);
                self.outputs.add(name, registry.bind(name, version, handle, name), handle);
            }
            _ => {}
        }
    }
}

impl Dispatch<WlCallback, ()> for State {
    fn event(
        state: &mut Self,
        _: &WlCallback,
        _: wl_callback::Event,
        &(): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        state.round_trips += 1;
    }
}

impl Dispatch<WlOutput, u32> for State {
    fn event(
        state: &mut Self,
        _: &WlOutput,
        event: wl_output::Event,
        global: &u32,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        state.outputs.note(*global, event);
    }
}

impl Dispatch<ZxdgOutputV1, u32> for State {
    fn event(
        state: &mut Self,
        _: &ZxdgOutputV1,
        event: zxdg_output_v1::Event,
        global: &u32,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        state.outputs.note_logical(*global, event);
    }
}

impl Dispatch<ZwlrScreencopyFrameV1, u64> for State {
    fn event(
        state: &mut Self,
        _: &ZwlrScreencopyFrameV1,
        event: zwlr_screencopy_frame_v1::Event,
        number: &u64,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        state.answers.extend(screencopy::answer(event).map(|answer| (*number, answer)));
    }
}

impl Dispatch<ExtImageCopyCaptureSessionV1, u64> for State {
    fn event(
        state: &mut Self,
        _: &ExtImageCopyCaptureSessionV1,
        event: ext_image_copy_capture_session_v1::Event,
        number: &u64,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        state.answers.extend(image_copy::session_answer(&event).map(|answer| (*number, answer)));
    }
}

impl Dispatch<ExtImageCopyCaptureFrameV1, u64> for State {
    fn event(
        state: &mut Self,
        _: &ExtImageCopyCaptureFrameV1,
        event: ext_image_copy_capture_frame_v1::Event,
        number: &u64,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        state.answers.extend(image_copy::frame_answer(&event).map(|answer| (*number, answer)));
    }
}

impl Dispatch<ZwlrForeignToplevelManagerV1, ()> for State {
    fn event(
        state: &mut Self,
        _: &ZwlrForeignToplevelManagerV1,
        event: zwlr_foreign_toplevel_manager_v1::Event,
        &(): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let zwlr_foreign_toplevel_manager_v1::Event::Toplevel { toplevel } = event {
            state.toplevels.add(toplevel);
        }
    }

    event_created_child!(State, ZwlrForeignToplevelManagerV1, [
        zwlr_foreign_toplevel_manager_v1::EVT_TOPLEVEL_OPCODE => (ZwlrForeignToplevelHandleV1, ()),
    ]);
}

impl Dispatch<ZwlrForeignToplevelHandleV1, ()> for State {
    fn event(
        state: &mut Self,
        handle: &ZwlrForeignToplevelHandleV1,
        event: zwlr_foreign_toplevel_handle_v1::Event,
        &(): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        state.toplevels.note(handle, event);
    }
}

impl Dispatch<ExtForeignToplevelListV1, ()> for State {
    fn event(
        state: &mut Self,
        _: &ExtForeignToplevelListV1,
        event: ext_foreign_toplevel_list_v1::Event,
        &(): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let ext_foreign_toplevel_list_v1::Event::Toplevel { toplevel } = event {
            state.windows.add(toplevel);
        }
    }

    event_created_child!(State, ExtForeignToplevelListV1, [
        ext_foreign_toplevel_list_v1::EVT_TOPLEVEL_OPCODE => (ExtForeignToplevelHandleV1, ()),
    ]);
}

impl Dispatch<ExtForeignToplevelHandleV1, ()> for State {
    fn event(
        state: &mut Self,
        handle: &ExtForeignToplevelHandleV1,
        event: ext_foreign_toplevel_handle_v1::Event,
        &(): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        state.windows.note(handle, event);
    }
}

delegate_noop!(State: ExtForeignToplevelImageCaptureSourceManagerV1);
delegate_noop!(State: ExtImageCaptureSourceV1);
delegate_noop!(State: ExtOutputImageCaptureSourceManagerV1);
delegate_noop!(State: ExtImageCopyCaptureManagerV1);
delegate_noop!(State: ignore WlShm);
delegate_noop!(State: WlShmPool);
delegate_noop!(State: ignore WlBuffer);
delegate_noop!(State: ZwlrScreencopyManagerV1);
delegate_noop!(State: ZxdgOutputManagerV1);
