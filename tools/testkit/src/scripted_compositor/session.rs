//! Sessions of `ext-image-copy-capture`. Of a buffer they write what the client says that it lacks and what they tell
//! of themselves, and not a pixel more.

use std::sync::Mutex;

use wayland_protocols::ext::image_copy_capture::v1::server::{
    ext_image_copy_capture_frame_v1::{ExtImageCopyCaptureFrameV1, FailureReason},
    ext_image_copy_capture_session_v1::ExtImageCopyCaptureSessionV1,
};
use wayland_server::Resource as _;
use wayland_server::protocol::wl_buffer::WlBuffer;

use super::buffer::SharedBuffer;
use super::look::{OutputLook, Place};

/// A client's session.
pub(super) struct Session {
    pub(super) resource: ExtImageCopyCaptureSessionV1,
    /// The next picture is made at once, and all of it.
    is_first: bool,
    /// What has changed since that was told last.
    damage: Vec<Place>,
    /// The picture that waits for a change.
    waiting: Option<ExtImageCopyCaptureFrameV1>,
}

/// What a client says of a picture that it wants.
pub(super) struct Wanted {
    pub(super) session: ExtImageCopyCaptureSessionV1,
    pub(super) buffer: Mutex<Option<WlBuffer>>,
    /// What the buffer lacks.
    pub(super) lacks: Mutex<Vec<Place>>,
}

impl Session {
    /// Begins one.
    pub(super) fn new(resource: ExtImageCopyCaptureSessionV1) -> Self {
        Self { resource, is_first: true, damage: Vec::new(), waiting: None }
    }

    /// Tells what buffers must be like.
    pub(super) fn offer(&self, look: &OutputLook) {
        self.resource.buffer_size(look.width, look.height);
        self.resource.shm_format(look.format);
        self.resource.done();
    }

    /// Tells of a change, if somebody waits for one.
    pub(super) fn tell(&mut self, place: Place, look: &OutputLook, pixels: &[u8]) {
        self.damage.push(place);
        if let Some(frame) = self.waiting.take() {
            self.answer(&frame, look, pixels);
        }
    }

    /// Whoever waits has waited in vain.
    pub(super) fn fail(&mut self, reason: FailureReason) {
        if let Some(frame) = self.waiting.take().filter(|frame| frame.is_alive()) {
            frame.failed(reason);
        }
    }

    /// There are no more pictures.
    pub(super) fn stop(&mut self) {
        self.fail(FailureReason::Stopped);
        if self.resource.is_alive() {
            self.resource.stopped();
        }
    }

    /// The next picture is another one, all of it.
    pub(super) fn restart(&mut self) {
        self.is_first = true;
        self.damage.clear();
    }

    /// A client asks for the next picture.
    pub(super) fn capture(&mut self, frame: &ExtImageCopyCaptureFrameV1, look: &OutputLook, pixels: &[u8]) {
        if self.is_first || !self.damage.is_empty() {
            self.answer(frame, look, pixels);
        } else {
            self.waiting = Some(frame.clone());
        }
    }

    fn answer(&mut self, frame: &ExtImageCopyCaptureFrameV1, look: &OutputLook, pixels: &[u8]) {
        let Some(wanted) = frame.data::<Wanted>().filter(|_| frame.is_alive()) else { return };
        let buffer = wanted.buffer.lock().unwrap();
        let shared = buffer.as_ref().and_then(|buffer| buffer.data::<SharedBuffer>());
        let Some(shared) = shared.filter(|shared| shared.fits(look)) else {
            return frame.failed(FailureReason::BufferConstraints);
        };
        let mut damage = std::mem::take(&mut self.damage);
        if std::mem::take(&mut self.is_first) {
            damage = vec![(0, 0, look.width, look.height)];
        }
        for place in damage.iter().chain(wanted.lacks.lock().unwrap().iter()) {
            shared.write(*place, look, pixels);
        }
        frame.transform(look.transform);
        for (x, y, width, height) in damage {
            let int = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
            frame.damage(int(x), int(y), int(width), int(height));
        }
        frame.presentation_time(0, 0, 0);
        frame.ready();
    }
}
