//! Requests for pictures of an output: at most one that is answered when something changes, and one that is answered at
//! once.

use lanstream_core::source::{Error, ErrorKind};
use lanstream_core::{Orientation, Rect, Region, Size};
use wayland_client::protocol::wl_shm::Format;
use wayland_client::{QueueHandle, WEnum};
use wayland_protocols::ext::image_capture_source::v1::client::ext_image_capture_source_v1::ExtImageCaptureSourceV1;
use wayland_protocols_wlr::screencopy::v1::client::zwlr_screencopy_frame_v1::ZwlrScreencopyFrameV1;

use super::answer::Answer;
use super::buffer::Buffer;
use super::connect::{Link, Protocol};
use super::image_copy::{ImageCopy, Session};
use super::pixel::Pixels;
use super::state::State;
use super::target::Subject;
use super::view::Constraints;

/// Buffers that are kept for later requests: one for each that may be open, and what an exchange with a frame leaves.
const SPARES_MAX: usize = 3;

/// When a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// When something has changed; and that is told.
    Change,
    /// With the next picture that the compositor makes, which it makes for it.
    Look,
}

/// What became of a request.
#[expect(
    clippy::large_enum_variant,
    reason = "lives on the stack for one turn; a box would allocate with each picture"
)]
pub(super) enum Outcome {
    /// Buffers must be like this.
    Offered(Constraints),
    /// There is a picture.
    Taken(Picture),
    /// There is none at the moment.
    Failed,
}

/// A picture that the compositor has made.
pub(super) struct Picture {
    pub(super) buffer: Buffer,
    /// How it is turned, if that comes with it.
    pub(super) orientation: Option<Orientation>,
    /// Its rows come from the bottom up.
    pub(super) inverted: bool,
    /// What has changed since the last answer that told of changes, in places of the buffer. `None` if this answer does
    /// not.
    pub(super) damage: Option<Region>,
}

/// Requests that are open, and buffers for those to come.
#[derive(Default)]
pub(super) struct Requests {
    open: Vec<Request>,
    spares: Vec<Buffer>,
    /// Number of the last request.
    last: u64,
}

struct Request {
    number: u64,
    purpose: Purpose,
    object: Object,
    /// Size and formats that a buffer may have, where they are told one by one.
    size: Option<(u32, u32)>,
    formats: Vec<WEnum<Format>>,
    constraints: Option<Constraints>,
    is_offered: bool,
    /// Where the compositor writes, once it was told to.
    buffer: Option<Buffer>,
    orientation: Option<Orientation>,
    inverted: bool,
    damage: Region,
}

/// What the protocol has for a request.
enum Object {
    /// Good for one picture.
    Screencopy(ZwlrScreencopyFrameV1),
    /// Good for more.
    ImageCopy(Session),
}

impl Requests {
    /// Whether a change of the picture would be told.
    pub(super) fn tells_changes(&self) -> bool {
        self.open.iter().any(|request| request.purpose == Purpose::Change && request.buffer.is_some())
    }

    /// Asks what a buffer must be like, unless that was asked already. No picture is made yet.
    pub(super) fn prepare(&mut self, link: &Link, subject: &Subject, purpose: Purpose, with_cursor: bool) {
        if self.open.iter().any(|request| request.purpose == purpose) {
            return;
        }
        self.last += 1;
        let (handle, number) = (link.handle(), self.last);
        let object = match (link.protocol(), subject) {
            (Protocol::ImageCopy(protocol), subject) => {
                let Some(source) = source_of(protocol, handle, subject) else { return };
                Object::ImageCopy(protocol.begin(handle, source, with_cursor, number))
            }
            (Protocol::Screencopy(manager), Subject::Monitor(monitor)) => {
                let cursor = i32::from(with_cursor);
                Object::Screencopy(manager.capture_output(cursor, &monitor.handle, handle, number))
            }
            // The protocol has no windows, so none was found.
            (Protocol::Screencopy(_), Subject::Window(_)) => return,
        };
        self.open.push(Request {
            number,
            purpose,
            object,
            size: None,
            formats: Vec::new(),
            constraints: None,
            is_offered: false,
            buffer: None,
            orientation: None,
            inverted: false,
            damage: Region::EMPTY,
        });
    }

    /// Has a picture made, if a request for it is prepared and takes buffers like this.
    ///
    /// # Errors
    /// If there is no memory.
    pub(super) fn send(
        &mut self,
        link: &Link,
        purpose: Purpose,
        constraints: Constraints,
    ) -> Result<(), Error> {
        let prepared = |request: &&mut Request| {
            request.purpose == purpose
                && request.is_offered
                && request.buffer.is_none()
                && request.constraints == Some(constraints)
        };
        let Some(request) = self.open.iter_mut().find(prepared) else { return Ok(()) };
        let buffer = match self.spares.pop() {
            Some(buffer) => buffer,
            None => Buffer::new(link, constraints)?,
        };
        request.send(link, buffer);
        Ok(())
    }

    /// Takes a buffer that is not needed any more. One that is not like `constraints` is of no use.
    pub(super) fn give_back(&mut self, buffer: Buffer, constraints: Constraints) {
        if buffer.constraints() == constraints && self.spares.len() < SPARES_MAX {
            self.spares.push(buffer);
        }
    }

    /// Forgets requests and buffers that are of no use once buffers must be like this.
    pub(super) fn require(&mut self, constraints: Constraints) {
        self.open.retain(|request| {
            let sent = request.buffer.as_ref().map(Buffer::constraints);
            [request.constraints, sent].into_iter().flatten().all(|own| own == constraints)
        });
        self.spares.retain(|buffer| buffer.constraints() == constraints);
    }

    /// Forgets all requests and buffers. What the compositor still writes, it writes into memory of its own.
    pub(super) fn abandon(&mut self) {
        self.open.clear();
        self.spares.clear();
    }

    /// The next request that came to something.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] if the compositor takes no shared memory.
    pub(super) fn outcome(&mut self, link: &mut Link) -> Result<Option<Outcome>, Error> {
        while let Some((number, answer)) = link.take_answer() {
            // Answers to requests that were abandoned come late.
            let Some(index) = self.open.iter().position(|request| request.number == number) else { continue };
            if let Some(outcome) = self.answered(index, answer)? {
                return Ok(Some(outcome));
            }
        }
        Ok(None)
    }

    fn answered(&mut self, index: usize, answer: Answer) -> Result<Option<Outcome>, Error> {
        match answer {
            Answer::Failed => {
                // The compositor may still have its buffer.
                self.open.swap_remove(index);
                Ok(Some(Outcome::Failed))
            }
            Answer::Ready => Ok(self.ready(index).map(Outcome::Taken)),
            other => self.open[index].note(other).map(|offered| offered.map(Outcome::Offered)),
        }
    }

    /// The picture of a request, which is prepared for another one if it can be.
    fn ready(&mut self, index: usize) -> Option<Picture> {
        let request = &mut self.open[index];
        let picture = request.take();
        if request.purpose == Purpose::Look || !request.object.renew() {
            self.open.swap_remove(index);
        }
        if let Some(damage) = picture.as_ref().and_then(|picture| picture.damage) {
            self.spares.iter_mut().for_each(|buffer| buffer.miss(&damage));
        }
        picture
    }
}

impl Request {
    fn send(&mut self, link: &Link, buffer: Buffer) {
        match (&mut self.object, self.purpose) {
            (Object::ImageCopy(session), _) => {
                session.capture(link.handle(), self.number, buffer.handle(), &buffer.missed());
            }
            (Object::Screencopy(frame), Purpose::Change) => frame.copy_with_damage(buffer.handle()),
            (Object::Screencopy(frame), Purpose::Look) => frame.copy(buffer.handle()),
        }
        self.buffer = Some(buffer);
    }

    /// Takes in what a buffer must be like, and how the picture is. Returns the former when it is complete.
    fn note(&mut self, answer: Answer) -> Result<Option<Constraints>, Error> {
        if matches!(answer, Answer::Size(..) | Answer::Format(_)) && std::mem::take(&mut self.is_offered) {
            // All is told anew.
            (self.size, self.formats) = (None, Vec::new());
        }
        match answer {
            Answer::Constraints(constraints) => self.constraints = Some(constraints),
            Answer::Size(width, height) => self.size = Some((width, height)),
            Answer::Format(format) => self.formats.push(format),
            Answer::Offered => return self.offered().map(Some),
            Answer::Transformed(orientation) => self.orientation = Some(orientation),
            Answer::Inverted => self.inverted = true,
            Answer::Damaged(x, y, width, height) => self.damaged(x, y, width, height),
            Answer::Ready | Answer::Failed => {}
        }
        Ok(None)
    }

    fn offered(&mut self) -> Result<Constraints, Error> {
        self.is_offered = true;
        if let (Some((width, height)), Some(format)) = (self.size, Pixels::choose(&self.formats)) {
            let stride =
                width.saturating_mul(u32::try_from(Pixels::new(format)?.bytes()).unwrap_or(u32::MAX));
            self.constraints = Some(Constraints { format, width, height, stride });
        }
        self.constraints.ok_or_else(no_shared_memory)
    }

    fn damaged(&mut self, x: u32, y: u32, width: u32, height: u32) {
        let size = self.constraints.and_then(|constraints| Size::new(constraints.width, constraints.height));
        let start = |at| i32::try_from(at).unwrap_or(i32::MAX);
        let rect = size.and_then(|size| Rect::clipped(start(x), start(y), width, height, size));
        rect.into_iter().for_each(|rect| self.damage.add(rect));
    }

    /// Its picture. A change that says nothing of where it was may be anywhere.
    fn take(&mut self) -> Option<Picture> {
        let mut buffer = self.buffer.take()?;
        let Constraints { width, height, .. } = buffer.constraints();
        let everything = Rect { x: 0, y: 0, width, height };
        let told = std::mem::replace(&mut self.damage, Region::EMPTY);
        let damage = match self.purpose {
            Purpose::Look => None,
            Purpose::Change if told.is_empty() => Some(Region::from(everything)),
            Purpose::Change => Some(told),
        };
        buffer.catch_up();
        let inverted = std::mem::take(&mut self.inverted);
        Some(Picture { buffer, orientation: self.orientation.take(), inverted, damage })
    }
}

impl Object {
    /// Whether it is good for another picture.
    fn renew(&mut self) -> bool {
        match self {
            Self::Screencopy(_) => false,
            Self::ImageCopy(session) => {
                session.end_frame();
                true
            }
        }
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        if let Self::Screencopy(frame) = self {
            frame.destroy();
        }
    }
}

/// Returns `None` for a window of a compositor that hands out none.
fn source_of(
    protocol: &ImageCopy,
    handle: &QueueHandle<State>,
    subject: &Subject,
) -> Option<ExtImageCaptureSourceV1> {
    match subject {
        Subject::Monitor(monitor) => Some(protocol.outputs.create_source(&monitor.handle, handle, ())),
        Subject::Window(window) => Some(protocol.windows.as_ref()?.create_source(window, handle, ())),
    }
}

fn no_shared_memory() -> Error {
    let message = "the compositor writes pictures into graphics memory alone, which is not supported";
    Error::new(ErrorKind::Unsupported, message)
}
