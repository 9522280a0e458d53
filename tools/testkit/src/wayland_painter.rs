//! Another Wayland client: it covers an output, draws on it, and has drawn when a call returns.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileExt as _;
use std::os::unix::net::UnixStream;

use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use wayland_client::protocol::wl_buffer::WlBuffer;
use wayland_client::protocol::wl_callback::{self, WlCallback};
use wayland_client::protocol::wl_compositor::WlCompositor;
use wayland_client::protocol::wl_output::{self, WlOutput};
use wayland_client::protocol::wl_registry::{self, WlRegistry};
use wayland_client::protocol::wl_shm::{Format, WlShm};
use wayland_client::protocol::wl_shm_pool::WlShmPool;
use wayland_client::protocol::wl_surface::WlSurface;
use wayland_client::{Connection, Dispatch, EventQueue, QueueHandle, delegate_noop};
use wayland_protocols_wlr::layer_shell::v1::client::zwlr_layer_shell_v1::{Layer, ZwlrLayerShellV1};
use wayland_protocols_wlr::layer_shell::v1::client::zwlr_layer_surface_v1::{
    self as layer_surface, Anchor, ZwlrLayerSurfaceV1,
};

use crate::compositor::Compositor;

/// Bytes of a pixel.
const PIXEL_BYTES: u32 = 4;

/// A connection that draws over all of an output. What it has drawn goes with it.
#[derive(Debug)]
pub struct WaylandPainter {
    queue: EventQueue<State>,
    state: State,
    surface: WlSurface,
    pixels: File,
    width: u32,
    height: u32,
}

/// What the compositor has said.
#[derive(Debug, Default)]
struct State {
    compositor: Option<WlCompositor>,
    shm: Option<WlShm>,
    shell: Option<ZwlrLayerShellV1>,
    outputs: Vec<(WlOutput, String)>,
    /// Size of the surface, once it was told.
    size: Option<(u32, u32)>,
    /// Pictures of the compositor's that what was drawn is in.
    shown: u32,
}

impl WaylandPainter {
    /// Covers an output with black.
    pub fn on(compositor: &Compositor, output: &str) -> Self {
        let conn = Connection::from_socket(UnixStream::connect(compositor.socket()).unwrap()).unwrap();
        let mut queue = conn.new_event_queue();
        let (handle, mut state) = (queue.handle(), State::default());
        conn.display().get_registry(&handle, ());
        queue.roundtrip(&mut state).unwrap();
        queue.roundtrip(&mut state).unwrap();
        let output = state.outputs.iter().find(|(_, name)| name == output).expect("there is such an output");
        let surface = state.compositor.as_ref().expect("wl_compositor").create_surface(&handle, ());
        let shell = state.shell.as_ref().expect("wlr-layer-shell");
        let name = "lanstream-painter".to_owned();
        let layer = shell.get_layer_surface(&surface, Some(&output.0), Layer::Overlay, name, &handle, ());
        layer.set_anchor(Anchor::all());
        layer.set_exclusive_zone(-1);
        surface.commit();
        while state.size.is_none() {
            queue.blocking_dispatch(&mut state).unwrap();
        }
        let (width, height) = state.size.unwrap();
        let (pixels, buffer) = shared(state.shm.as_ref().expect("wl_shm"), width, height, &handle);
        surface.attach(Some(&buffer), 0, 0);
        let mut painter = Self { queue, state, surface, pixels, width, height };
        painter.show(0, 0, width, height);
        painter
    }

    /// Colours a rectangle.
    pub fn fill(&mut self, x: u32, y: u32, width: u32, height: u32, colour: u32) {
        let row = colour.to_le_bytes().repeat(width as usize);
        (y..y + height).for_each(|y| self.write(x, y, &row));
        self.show(x, y, width, height);
    }

    /// Fills all of it with noise.
    pub fn noise(&mut self, seed: u32) {
        self.write_noise(seed);
        self.show(0, 0, self.width, self.height);
    }

    /// Fills all of it with noise, and tells the compositor only of a part of it.
    pub fn noise_told_of(&mut self, seed: u32, x: u32, y: u32, width: u32, height: u32) {
        self.write_noise(seed);
        self.show(x, y, width, height);
    }

    fn write_noise(&self, seed: u32) {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        for y in 0..self.height {
            let row: Vec<u8> = (0..self.width).flat_map(|_| next().to_le_bytes()).collect();
            self.write(0, y, &row);
        }
    }

    fn write(&self, x: u32, y: u32, row: &[u8]) {
        let place = (u64::from(y) * u64::from(self.width) + u64::from(x)) * u64::from(PIXEL_BYTES);
        self.pixels.write_all_at(row, place).unwrap();
    }

    /// Waits until what was drawn there is in the compositor's picture.
    fn show(&mut self, x: u32, y: u32, width: u32, height: u32) {
        let before = self.state.shown;
        let [x, y, width, height] = [x, y, width, height].map(|px| i32::try_from(px).unwrap());
        self.surface.damage_buffer(x, y, width, height);
        self.surface.frame(&self.queue.handle(), ());
        self.surface.commit();
        while self.state.shown == before {
            self.queue.blocking_dispatch(&mut self.state).unwrap();
        }
    }
}

/// Pixels that the compositor shares.
fn shared(shm: &WlShm, width: u32, height: u32, handle: &QueueHandle<State>) -> (File, WlBuffer) {
    let stride = width * PIXEL_BYTES;
    let file = memfd_create(c"lanstream-painter", MemfdFlags::CLOEXEC).unwrap();
    ftruncate(&file, u64::from(stride) * u64::from(height)).unwrap();
    let [width, height, stride, len] =
        [width, height, stride, stride * height].map(|value| i32::try_from(value).unwrap());
    let pool = shm.create_pool(file.as_fd(), len, handle, ());
    let buffer = pool.create_buffer(0, width, height, stride, Format::Xrgb8888, handle, ());
    pool.destroy();
    (file.into(), buffer)
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
        let wl_registry::Event::Global { name, interface, .. } = event else { return };
        match interface.as_str() {
            "wl_compositor" => state.compositor = Some(registry.bind(name, 4, handle, ())),
            "wl_shm" => state.shm = Some(registry.bind(name, 1, handle, ())),
            "zwlr_layer_shell_v1" => state.shell = Some(registry.bind(name, 1, handle, ())),
            "wl_output" => state.outputs.push((registry.bind(name, 4, handle, ()), String::new())),
            _ => {}
        }
    }
}

impl Dispatch<WlOutput, ()> for State {
    fn event(
        state: &mut Self,
        output: &WlOutput,
        event: wl_output::Event,
        &(): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        let wl_output::Event::Name { name } = event else { return };
        let own = state.outputs.iter_mut().filter(|(own, _)| own == output);
        own.for_each(|(_, own)| own.clone_from(&name));
    }
}

impl Dispatch<ZwlrLayerSurfaceV1, ()> for State {
    fn event(
        state: &mut Self,
        layer: &ZwlrLayerSurfaceV1,
        event: layer_surface::Event,
        &(): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        let layer_surface::Event::Configure { serial, width, height } = event else { return };
        layer.ack_configure(serial);
        state.size = Some((width, height));
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
        state.shown += 1;
    }
}

delegate_noop!(State: WlCompositor);
delegate_noop!(State: ZwlrLayerShellV1);
delegate_noop!(State: WlShmPool);
delegate_noop!(State: ignore WlShm);
delegate_noop!(State: ignore WlBuffer);
delegate_noop!(State: ignore WlSurface);
