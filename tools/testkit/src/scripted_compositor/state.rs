//! What a scripted compositor shows, and who waits for it.

use wayland_protocols::ext::foreign_toplevel_list::v1::server::ext_foreign_toplevel_list_v1::ExtForeignToplevelListV1;
use wayland_protocols::ext::image_copy_capture::v1::server::ext_image_copy_capture_frame_v1::FailureReason;
use wayland_protocols_wlr::screencopy::v1::server::zwlr_screencopy_frame_v1::{self, ZwlrScreencopyFrameV1};
use wayland_server::backend::GlobalId;
use wayland_server::protocol::wl_buffer::WlBuffer;
use wayland_server::protocol::wl_output::{Mode, Subpixel, WlOutput};
use wayland_server::{DisplayHandle, Resource as _};

use super::buffer::SharedBuffer;
use super::look::{OutputLook, Place};
use super::session::Session;
use super::window::Window;

/// The version of `wl_output` that has names.
const OUTPUT_VERSION: u32 = 4;
/// Refreshes in 1000 seconds that the output's mode has.
const REFRESH_MHZ: i32 = 60_000;

/// The compositor.
pub(super) struct State {
    pub(super) look: OutputLook,
    pub(super) pixels: Vec<u8>,
    is_on: bool,
    /// The output, while it is there.
    output: Option<GlobalId>,
    /// Clients' handles of it.
    bound: Vec<WlOutput>,
    /// What has changed since that was told last.
    damage: Vec<Place>,
    /// Those who wait for a change, each with where the picture goes.
    waiting: Vec<(ZwlrScreencopyFrameV1, WlBuffer)>,
    pub(super) sessions: Vec<Session>,
    pub(super) windows: Vec<Window>,
    pub(super) windows_opened: u32,
    /// Clients that are told of windows.
    pub(super) lists: Vec<ExtForeignToplevelListV1>,
    pub(super) requests: u32,
}

impl State {
    pub(super) fn new(look: OutputLook) -> Self {
        Self {
            look,
            pixels: black(&look),
            is_on: true,
            output: None,
            bound: Vec::new(),
            damage: vec![(0, 0, look.width, look.height)],
            waiting: Vec::new(),
            sessions: Vec::new(),
            windows: Vec::new(),
            windows_opened: 0,
            lists: Vec::new(),
            requests: 0,
        }
    }

    pub(super) fn look(&self) -> OutputLook {
        self.look
    }

    pub(super) fn is_on(&self) -> bool {
        self.is_on && self.output.is_some()
    }

    pub(super) fn requests(&self) -> u32 {
        self.requests
    }

    pub(super) fn draw(&mut self, (x, y, width, height): Place, pixel: &[u8]) {
        let row = pixel.repeat(width as usize);
        for y in y..y + height {
            let start = (y * self.look.stride() + x * self.look.pixel_bytes) as usize;
            self.pixels[start..start + row.len()].copy_from_slice(&row);
        }
    }

    pub(super) fn tell(&mut self, place: Place) {
        self.damage.push(place);
        for (frame, buffer) in std::mem::take(&mut self.waiting) {
            self.answer_with_damage(&frame, &buffer);
        }
        self.sessions.iter_mut().for_each(|session| session.tell(place, &self.look, &self.pixels));
    }

    pub(super) fn switch(&mut self, is_on: bool) {
        self.is_on = is_on;
        if !is_on {
            self.fail_waiting(FailureReason::Unknown);
        }
    }

    pub(super) fn change(&mut self, look: OutputLook) {
        self.fail_waiting(FailureReason::BufferConstraints);
        self.look = look;
        self.pixels = black(&look);
        self.damage = vec![(0, 0, look.width, look.height)];
        for session in &mut self.sessions {
            session.restart();
            session.offer(&look);
        }
    }

    pub(super) fn announce(&self) {
        self.bound.iter().for_each(|output| self.describe(output));
    }

    pub(super) fn unplug(&mut self, handle: &DisplayHandle) {
        self.fail_waiting(FailureReason::Stopped);
        self.sessions.drain(..).for_each(|mut session| session.stop());
        self.bound.clear();
        if let Some(output) = self.output.take() {
            handle.remove_global::<Self>(output);
        }
    }

    pub(super) fn plug(&mut self, handle: &DisplayHandle) {
        self.output = Some(handle.create_global::<Self, WlOutput, ()>(OUTPUT_VERSION, ()));
    }

    pub(super) fn bind(&mut self, output: WlOutput) {
        self.describe(&output);
        self.bound.push(output);
    }

    /// A client asks for the next picture.
    pub(super) fn copy(&mut self, frame: &ZwlrScreencopyFrameV1, buffer: &WlBuffer) {
        self.requests += 1;
        match self.fill(frame, buffer) {
            true => ready(frame),
            false => frame.failed(),
        }
    }

    /// A client asks for the next picture that has changed.
    pub(super) fn copy_with_damage(&mut self, frame: &ZwlrScreencopyFrameV1, buffer: &WlBuffer) {
        self.requests += 1;
        if self.damage.is_empty() && self.is_on() {
            self.waiting.push((frame.clone(), buffer.clone()));
        } else {
            self.answer_with_damage(frame, buffer);
        }
    }

    fn answer_with_damage(&mut self, frame: &ZwlrScreencopyFrameV1, buffer: &WlBuffer) {
        if !frame.is_alive() {
            return;
        }
        if !self.fill(frame, buffer) {
            return frame.failed();
        }
        for (x, y, width, height) in self.damage.drain(..) {
            frame.damage(x, y, width, height);
        }
        ready(frame);
    }

    /// Writes the picture, if there is one of the buffer's size.
    fn fill(&self, frame: &ZwlrScreencopyFrameV1, buffer: &WlBuffer) -> bool {
        let shared = buffer.data::<SharedBuffer>().expect("a buffer of this compositor's");
        if !self.is_on() || !shared.fits(&self.look) {
            return false;
        }
        let inverted = zwlr_screencopy_frame_v1::Flags::YInvert;
        frame.flags(if self.look.is_inverted { inverted } else { zwlr_screencopy_frame_v1::Flags::empty() });
        shared.write((0, 0, self.look.width, self.look.height), &self.look, &self.pixels);
        true
    }

    fn fail_waiting(&mut self, reason: FailureReason) {
        let waiting = self.waiting.drain(..);
        waiting.filter(|(frame, _)| frame.is_alive()).for_each(|(frame, _)| frame.failed());
        self.sessions.iter_mut().for_each(|session| session.fail(reason));
    }

    fn describe(&self, output: &WlOutput) {
        let [width, height] = [self.look.width, self.look.height].map(|px| i32::try_from(px).unwrap());
        let (make, model) = ("lanstream".to_owned(), "scripted".to_owned());
        output.geometry(0, 0, 0, 0, Subpixel::Unknown, make, model, self.look.transform);
        output.mode(Mode::Current, width, height, REFRESH_MHZ);
        output.scale(1);
        output.name("SCRIPT-1".to_owned());
        output.done();
    }
}

fn black(look: &OutputLook) -> Vec<u8> {
    vec![0; (look.stride() * look.height) as usize]
}

fn ready(frame: &ZwlrScreencopyFrameV1) {
    frame.ready(0, 0, 0);
}
