//! Pictures by `ext-image-copy-capture`: the compositor copies what has changed of an output or a window since a buffer
//! was last written, the first time at once, then when something changes.

use lanstream_core::{Orientation, Region};
use wayland_client::protocol::wl_buffer::WlBuffer;
use wayland_client::{Dispatch, QueueHandle, WEnum};
use wayland_protocols::ext::image_capture_source::v1::client::{
    ext_foreign_toplevel_image_capture_source_manager_v1::ExtForeignToplevelImageCaptureSourceManagerV1,
    ext_image_capture_source_v1::ExtImageCaptureSourceV1,
    ext_output_image_capture_source_manager_v1::ExtOutputImageCaptureSourceManagerV1,
};
use wayland_protocols::ext::image_copy_capture::v1::client::{
    ext_image_copy_capture_frame_v1::{self as frame, ExtImageCopyCaptureFrameV1},
    ext_image_copy_capture_manager_v1::{ExtImageCopyCaptureManagerV1, Options},
    ext_image_copy_capture_session_v1::{self as session, ExtImageCopyCaptureSessionV1},
};

use super::answer::Answer;

/// What the protocol consists of.
#[derive(Clone)]
pub(super) struct ImageCopy {
    pub(super) outputs: ExtOutputImageCaptureSourceManagerV1,
    /// Where the compositor hands out windows.
    pub(super) windows: Option<ExtForeignToplevelImageCaptureSourceManagerV1>,
    pub(super) manager: ExtImageCopyCaptureManagerV1,
}

/// Pictures of an output or a window, one after the other.
pub(super) struct Session {
    source: ExtImageCaptureSourceV1,
    session: ExtImageCopyCaptureSessionV1,
    /// The picture that was asked for.
    frame: Option<ExtImageCopyCaptureFrameV1>,
}

impl ImageCopy {
    /// Begins a session whose answers have this number. No picture is made yet.
    pub(super) fn begin<S>(
        &self,
        handle: &QueueHandle<S>,
        source: ExtImageCaptureSourceV1,
        with_cursor: bool,
        number: u64,
    ) -> Session
    where
        S: Dispatch<ExtImageCopyCaptureSessionV1, u64> + 'static,
    {
        let options = if with_cursor { Options::PaintCursors } else { Options::empty() };
        let session = self.manager.create_session(&source, options, handle, number);
        Session { source, session, frame: None }
    }
}

impl Session {
    /// Has the compositor bring a buffer up to date, which lacks what has changed here.
    pub(super) fn capture<S>(
        &mut self,
        handle: &QueueHandle<S>,
        number: u64,
        buffer: &WlBuffer,
        missed: &Region,
    ) where
        S: Dispatch<ExtImageCopyCaptureFrameV1, u64> + 'static,
    {
        self.end_frame();
        let frame = self.session.create_frame(handle, number);
        frame.attach_buffer(buffer);
        for rect in missed.rects() {
            // Sides and coordinates of a picture have 15 bits.
            let [x, y, width, height] = [rect.x, rect.y, rect.width, rect.height].map(u32::cast_signed);
            frame.damage_buffer(x, y, width, height);
        }
        frame.capture();
        self.frame = Some(frame);
    }

    /// Ends the picture that was asked for, so that there can be another one.
    pub(super) fn end_frame(&mut self) {
        if let Some(frame) = self.frame.take() {
            frame.destroy();
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.end_frame();
        self.session.destroy();
        self.source.destroy();
    }
}

/// What an event of a session means. Returns `None` for one without use.
pub(super) fn session_answer(event: &session::Event) -> Option<Answer> {
    Some(match event {
        session::Event::BufferSize { width, height } => Answer::Size(*width, *height),
        session::Event::ShmFormat { format } => Answer::Format(*format),
        session::Event::Done => Answer::Offered,
        session::Event::Stopped => Answer::Failed,
        _ => return None,
    })
}

/// What an event of a frame means. Returns `None` for one without use.
pub(super) fn frame_answer(event: &frame::Event) -> Option<Answer> {
    Some(match event {
        frame::Event::Transform { transform: WEnum::Value(transform) } => {
            Answer::Transformed(Orientation::from_transform((*transform).into()))
        }
        frame::Event::Damage { x, y, width, height } => {
            // What lies to the left of the picture or above it is not in it.
            let clip = |start: i32, len: i32| {
                let end = start.saturating_add(len.max(0)).max(0).unsigned_abs();
                let start = start.max(0).unsigned_abs();
                (start, end.saturating_sub(start))
            };
            let ((x, width), (y, height)) = (clip(*x, *width), clip(*y, *height));
            Answer::Damaged(x, y, width, height)
        }
        frame::Event::Ready => Answer::Ready,
        frame::Event::Failed { .. } => Answer::Failed,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn damage(x: i32, y: i32, width: i32, height: i32) -> Option<Answer> {
        frame_answer(&frame::Event::Damage { x, y, width, height })
    }

    #[test]
    fn damage_is_clipped_at_the_upper_left_corner() {
        assert_eq!(damage(1, 2, 3, 4), Some(Answer::Damaged(1, 2, 3, 4)));
        assert_eq!(damage(-5, -1, 7, 4), Some(Answer::Damaged(0, 0, 2, 3)));
        assert_eq!(damage(-5, 0, 3, -4), Some(Answer::Damaged(0, 0, 0, 0)));
        let far = i32::MAX;
        assert_eq!(
            damage(far, 0, far, far),
            Some(Answer::Damaged(far.unsigned_abs(), 0, 0, far.unsigned_abs()))
        );
    }
}
