//! `ext-image-copy-capture` as a scripted compositor speaks it.

use std::sync::Mutex;

use wayland_protocols::ext::image_capture_source::v1::server::ext_image_capture_source_v1::{
    self, ExtImageCaptureSourceV1,
};
use wayland_protocols::ext::image_capture_source::v1::server::ext_output_image_capture_source_manager_v1::{
    self, ExtOutputImageCaptureSourceManagerV1,
};
use wayland_protocols::ext::image_copy_capture::v1::server::ext_image_copy_capture_frame_v1::{
    self, ExtImageCopyCaptureFrameV1, FailureReason,
};
use wayland_protocols::ext::image_copy_capture::v1::server::ext_image_copy_capture_manager_v1::{
    self, ExtImageCopyCaptureManagerV1,
};
use wayland_protocols::ext::image_copy_capture::v1::server::ext_image_copy_capture_session_v1::{
    self, ExtImageCopyCaptureSessionV1,
};
use wayland_server::{Client, DataInit, Dispatch, DisplayHandle, GlobalDispatch, New};

use super::session::{Session, Wanted};
use super::state::State;

/// Offers the protocol.
pub(super) fn offer(handle: &DisplayHandle) {
    handle.create_global::<State, ExtOutputImageCaptureSourceManagerV1, ()>(1, ());
    handle.create_global::<State, ExtImageCopyCaptureManagerV1, ()>(1, ());
}

impl GlobalDispatch<ExtOutputImageCaptureSourceManagerV1, ()> for State {
    fn bind(
        _: &mut Self,
        _: &DisplayHandle,
        _: &Client,
        resource: New<ExtOutputImageCaptureSourceManagerV1>,
        &(): &(),
        init: &mut DataInit<'_, Self>,
    ) {
        init.init(resource, ());
    }
}

impl Dispatch<ExtOutputImageCaptureSourceManagerV1, ()> for State {
    fn request(
        _: &mut Self,
        _: &Client,
        _: &ExtOutputImageCaptureSourceManagerV1,
        request: ext_output_image_capture_source_manager_v1::Request,
        &(): &(),
        _: &DisplayHandle,
        init: &mut DataInit<'_, Self>,
    ) {
        if let ext_output_image_capture_source_manager_v1::Request::CreateSource { source, .. } = request {
            init.init(source, ());
        }
    }
}

impl Dispatch<ExtImageCaptureSourceV1, ()> for State {
    fn request(
        _: &mut Self,
        _: &Client,
        _: &ExtImageCaptureSourceV1,
        _: ext_image_capture_source_v1::Request,
        &(): &(),
        _: &DisplayHandle,
        _: &mut DataInit<'_, Self>,
    ) {
    }
}

impl GlobalDispatch<ExtImageCopyCaptureManagerV1, ()> for State {
    fn bind(
        _: &mut Self,
        _: &DisplayHandle,
        _: &Client,
        resource: New<ExtImageCopyCaptureManagerV1>,
        &(): &(),
        init: &mut DataInit<'_, Self>,
    ) {
        init.init(resource, ());
    }
}

impl Dispatch<ExtImageCopyCaptureManagerV1, ()> for State {
    fn request(
        state: &mut Self,
        _: &Client,
        _: &ExtImageCopyCaptureManagerV1,
        request: ext_image_copy_capture_manager_v1::Request,
        &(): &(),
        _: &DisplayHandle,
        init: &mut DataInit<'_, Self>,
    ) {
        let ext_image_copy_capture_manager_v1::Request::CreateSession { session, .. } = request else {
            return;
        };
        let resource = init.init(session, ());
        if !state.is_on() {
            return resource.stopped();
        }
        let session = Session::new(resource);
        session.offer(&state.look());
        state.sessions.push(session);
    }
}

impl Dispatch<ExtImageCopyCaptureSessionV1, ()> for State {
    fn request(
        state: &mut Self,
        _: &Client,
        session: &ExtImageCopyCaptureSessionV1,
        request: ext_image_copy_capture_session_v1::Request,
        &(): &(),
        _: &DisplayHandle,
        init: &mut DataInit<'_, Self>,
    ) {
        match request {
            ext_image_copy_capture_session_v1::Request::CreateFrame { frame } => {
                let session = session.clone();
                let (buffer, lacks) = (Mutex::default(), Mutex::default());
                init.init(frame, Wanted { session, buffer, lacks });
            }
            ext_image_copy_capture_session_v1::Request::Destroy => {
                state.sessions.retain(|own| own.resource != *session);
            }
            _ => {}
        }
    }
}

impl Dispatch<ExtImageCopyCaptureFrameV1, Wanted> for State {
    fn request(
        state: &mut Self,
        _: &Client,
        frame: &ExtImageCopyCaptureFrameV1,
        request: ext_image_copy_capture_frame_v1::Request,
        wanted: &Wanted,
        _: &DisplayHandle,
        _: &mut DataInit<'_, Self>,
    ) {
        match request {
            ext_image_copy_capture_frame_v1::Request::AttachBuffer { buffer } => {
                *wanted.buffer.lock().unwrap() = Some(buffer);
            }
            ext_image_copy_capture_frame_v1::Request::DamageBuffer { x, y, width, height } => {
                let place = [x, y, width, height].map(i32::unsigned_abs);
                wanted.lacks.lock().unwrap().push(place.into());
            }
            ext_image_copy_capture_frame_v1::Request::Capture => state.capture(frame, &wanted.session),
            _ => {}
        }
    }
}

impl State {
    fn capture(&mut self, frame: &ExtImageCopyCaptureFrameV1, session: &ExtImageCopyCaptureSessionV1) {
        self.requests += 1;
        let is_on = self.is_on();
        let Some(own) = self.sessions.iter_mut().find(|own| own.resource == *session) else {
            return frame.failed(FailureReason::Stopped);
        };
        if is_on {
            own.capture(frame, &self.look, &self.pixels);
        } else {
            frame.failed(FailureReason::Unknown);
        }
    }
}
