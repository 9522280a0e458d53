//! Reads pixels: all rectangles of a region with one flush and one round trip, each by the cheapest way there is.
//!
//! It writes nothing outside of the region, although a full-width band around a wide rectangle would be cheaper than
//! copying its rows: a pixel that changes in the frame without having been asked for would never be compared, and so
//! never be sent.

use std::any::Any;

use lanstream_core::frame::{Frame, PIXEL_BYTES, PixelMemory};
use lanstream_core::geometry::{Rect, Size};
use lanstream_core::region::{RECTS_MAX, Region};
use lanstream_core::source::{Error, ErrorKind};
use x11rb::cookie::Cookie;
use x11rb::errors::ReplyError;
use x11rb::protocol::shm::{self, ConnectionExt as _, Seg};
use x11rb::protocol::xproto::{self, ConnectionExt as _, Drawable, ImageFormat};
use x11rb::rust_connection::RustConnection;

use super::connect::{Link, lost};
use super::pixel::Pixels;
use super::shm::{Segment, Sharing};

/// All planes of a pixel.
const PLANES: u32 = !0;

/// Where the picture lies at the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct View {
    pub(super) drawable: Drawable,
    /// Column of the drawable that is the picture's first.
    pub(super) x: i32,
    /// Row of the drawable that is the picture's first.
    pub(super) y: i32,
    pub(super) size: Size,
}

/// Reads one view's pixels.
pub(super) struct Grabber {
    pixels: Pixels,
    memory: Memory,
}

/// Where the server puts pixels.
enum Memory {
    /// Into memory shared with it. `scratch` takes rectangles whose rows are then copied; it is as large as the picture,
    /// which all rectangles of a region fit into, but only pages that were used are backed.
    Shared { sharing: Sharing, scratch: Segment },
    /// Into the connection.
    Socket,
}

impl Grabber {
    pub(super) fn new(link: &Link, pixels: Pixels, size: Size) -> Result<Self, Error> {
        for sharing in Sharing::candidates(link)? {
            if let Ok(scratch) = Segment::new(link, *sharing, scratch_len(&pixels, size)) {
                return Ok(Self { pixels, memory: Memory::Shared { sharing: *sharing, scratch } });
            }
        }
        Ok(Self { pixels, memory: Memory::Socket })
    }

    pub(super) fn pixels(&self) -> &Pixels {
        &self.pixels
    }

    /// Makes room for pictures of another size.
    pub(super) fn resize(&mut self, link: &Link, size: Size) -> Result<(), Error> {
        if let Memory::Shared { sharing, scratch } = &mut self.memory {
            *scratch = Segment::new(link, *sharing, scratch_len(&self.pixels, size))?;
        }
        Ok(())
    }

    /// Memory for a frame of `len` bytes, which the server can write to where there is a way.
    pub(super) fn allocate(&self, link: &Link, len: usize) -> Result<Box<dyn PixelMemory>, Error> {
        Ok(match &self.memory {
            Memory::Shared { sharing, .. } if self.pixels.are_direct() => {
                Box::new(Segment::new(link, *sharing, len)?)
            }
            _ => Box::new(vec![0_u8; len]),
        })
    }

    /// Brings `region` of `frame` up to date. Requests that are still buffered go out in front, in the same flush.
    ///
    /// A server may turn to other programs between two requests of one, so several rectangles are read with it grabbed.
    /// The release leaves in the same flush: were this program stopped meanwhile, the desktop would go on.
    ///
    /// # Errors
    /// [`ErrorKind::Retry`] where the server has no such pixels now.
    pub(super) fn grab(
        &mut self,
        link: &Link,
        view: View,
        frame: &mut Frame,
        region: &Region,
    ) -> Result<(), Error> {
        let rects = region.rects();
        let target = self.target(link, frame);
        let mut scratch_used = 0;
        let hold = rects.len() > 1;
        if hold {
            link.conn.grab_server().map_err(lost)?.ignore_error();
        }
        let pending: [_; RECTS_MAX] = std::array::from_fn(|index| {
            let rect = *rects.get(index)?;
            let way = self.way(rect, frame, target, &mut scratch_used);
            Some(way.and_then(|way| request(&link.conn, view, rect, way)))
        });
        let mut outcome = Ok(());
        if hold {
            outcome = link.conn.ungrab_server().map(|cookie| cookie.ignore_error()).map_err(lost);
        }
        for (rect, pending) in rects.iter().zip(pending.into_iter().flatten()) {
            // Every answer is awaited, also after an error: until then the server may be writing to the frame.
            let landed = pending.and_then(|pending| self.land(pending, *rect, frame));
            outcome = outcome.and(landed);
        }
        outcome
    }

    /// The segment that is the frame's memory, where the server can write to it as the frame needs it.
    fn target(&self, link: &Link, frame: &mut Frame) -> Option<Seg> {
        let memory: &mut dyn Any = frame.memory_mut();
        memory
            .downcast_ref::<Segment>()
            .and_then(|segment| segment.id_at(link))
            .filter(|_| self.pixels.are_direct())
    }

    fn way(
        &self,
        rect: Rect,
        frame: &Frame,
        target: Option<Seg>,
        scratch_used: &mut usize,
    ) -> Result<Way, Error> {
        let Memory::Shared { scratch, .. } = &self.memory else { return Ok(Way::Socket) };
        let layout = frame.layout();
        // Rows of the whole width follow each other without a gap, as the server packs them.
        let contiguous =
            rect.width == layout.size.width && layout.stride == self.pixels.row_bytes(rect.width);
        if let Some(segment) = target.filter(|_| contiguous) {
            return Ok(Way::Frame { segment, offset: rect.y as usize * layout.stride });
        }
        let offset = *scratch_used;
        *scratch_used += self.pixels.row_bytes(rect.width) * rect.height as usize;
        let fits = *scratch_used <= scratch.bytes().len();
        fits.then_some(Way::Scratch { segment: scratch.id(), offset }).ok_or_else(outdated)
    }

    fn land(&self, pending: Pending<'_>, rect: Rect, frame: &mut Frame) -> Result<(), Error> {
        match (pending, &self.memory) {
            (Pending::Scratch(cookie, offset), Memory::Shared { scratch, .. }) => {
                cookie.reply().map_err(refused)?;
                self.copy(&scratch.bytes()[offset..], rect, frame);
            }
            (Pending::Frame(cookie) | Pending::Scratch(cookie, _), _) => {
                cookie.reply().map_err(refused)?;
            }
            (Pending::Socket(cookie), _) => {
                let image = cookie.reply().map_err(refused)?.data;
                if image.len() < self.pixels.row_bytes(rect.width) * rect.height as usize {
                    return Err(outdated());
                }
                self.copy(&image, rect, frame);
            }
        }
        Ok(())
    }

    fn copy(&self, packed: &[u8], rect: Rect, frame: &mut Frame) {
        let stride = frame.layout().stride;
        let start = rect.y as usize * stride + rect.x as usize * PIXEL_BYTES;
        let rows = frame.memory_mut().bytes_mut()[start..].chunks_mut(stride);
        let packed = packed.chunks(self.pixels.row_bytes(rect.width));
        for (to, from) in rows.zip(packed).take(rect.height as usize) {
            self.pixels.copy_row(from, &mut to[..rect.width as usize * PIXEL_BYTES]);
        }
    }
}

/// How one rectangle gets here.
enum Way {
    Frame { segment: Seg, offset: usize },
    Scratch { segment: Seg, offset: usize },
    Socket,
}

type SharedCookie<'a> = Cookie<'a, RustConnection, shm::GetImageReply>;

/// What was asked for and is on its way.
enum Pending<'a> {
    Frame(SharedCookie<'a>),
    Scratch(SharedCookie<'a>, usize),
    Socket(Cookie<'a, RustConnection, xproto::GetImageReply>),
}

fn request(conn: &RustConnection, view: View, rect: Rect, way: Way) -> Result<Pending<'_>, Error> {
    // Sides of X drawables fit 16 bits, and the rectangle lies within one.
    let (x, y) = ((view.x + rect.x as i32) as i16, (view.y + rect.y as i32) as i16);
    let (width, height) = (rect.width as u16, rect.height as u16);
    let shared = |segment, offset: usize| {
        let format = ImageFormat::Z_PIXMAP.into();
        conn.shm_get_image(view.drawable, x, y, width, height, PLANES, format, segment, offset as u32)
    };
    let pending = match way {
        Way::Frame { segment, offset } => shared(segment, offset).map(Pending::Frame),
        Way::Scratch { segment, offset } => {
            shared(segment, offset).map(|cookie| Pending::Scratch(cookie, offset))
        }
        Way::Socket => conn
            .get_image(ImageFormat::Z_PIXMAP, view.drawable, x, y, width, height, PLANES)
            .map(Pending::Socket),
    };
    pending.map_err(lost)
}

fn scratch_len(pixels: &Pixels, size: Size) -> usize {
    // Padding of narrow rows: at most one pixel's bytes for each.
    (pixels.row_bytes(size.width) + RECTS_MAX * PIXEL_BYTES) * size.height as usize
}

fn refused(error: ReplyError) -> Error {
    match error {
        ReplyError::X11Error(error) => {
            let message = format!("the X server has no picture now: {:?}", error.error_kind);
            Error::new(ErrorKind::Retry, message)
        }
        broken => lost(broken),
    }
}

fn outdated() -> Error {
    Error::new(ErrorKind::Retry, "the picture changed its size")
}
