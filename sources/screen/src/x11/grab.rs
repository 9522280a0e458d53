//! Reads pixels: all rectangles of a region with one flush, each by the cheapest way there is. What the server writes into the
//! frame itself is asked for in pieces, so that the first is compared and sent while the server copies the next.
//!
//! It writes nothing outside of the region, although a full-width band around a wide rectangle would be cheaper than
//! copying its rows: a pixel that changes in the frame without having been asked for would never be compared, and so
//! never be sent.

use std::any::Any;
use std::collections::VecDeque;

use lanstream_core::frame::{Frame, PIXEL_BYTES, PixelMemory};
use lanstream_core::geometry::{Rect, Size};
use lanstream_core::region::{RECTS_MAX, Region};
use lanstream_core::source::{Error, ErrorKind};
use x11rb::connection::{RequestConnection, SequenceNumber};
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

/// Pixels of a piece: its 2 MB take a server a quarter of a millisecond, and its answer a wake-up.
const PIECE_PX: u64 = 512 << 10;

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

impl View {
    /// A rectangle of it as requests have it: sides of X drawables fit 16 bits, and it lies within one.
    fn place(self, rect: Rect) -> (i16, i16, u16, u16) {
        let (x, y) = (self.x + rect.x as i32, self.y + rect.y as i32);
        (x as i16, y as i16, rect.width as u16, rect.height as u16)
    }
}

/// Reads one view's pixels.
pub(super) struct Grabber {
    pixels: Pixels,
    memory: Memory,
    /// What the server still writes into the frame that was captured last.
    coming: VecDeque<Coming>,
}

/// A piece of a frame that the server was asked to write.
struct Coming {
    answer: SequenceNumber,
    top: u32,
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
                let memory = Memory::Shared { sharing: *sharing, scratch };
                return Ok(Self { pixels, memory, coming: VecDeque::new() });
            }
        }
        Ok(Self { pixels, memory: Memory::Socket, coming: VecDeque::new() })
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

    /// Brings `region` of `frame` up to date, or has the server do so, in which case this returns when the first piece is
    /// there. Requests that are still buffered go out in front, in the same flush.
    ///
    /// A server may turn to other programs between two requests of one, so it was grabbed by one of those in front. The release
    /// leaves in the same flush: were this program stopped meanwhile, the desktop would go on.
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
        let before = self.coming.len();
        let target = self.target(link, frame);
        let mut scratch_used = 0;
        let pending: [_; RECTS_MAX] = std::array::from_fn(|index| {
            let rect = *rects.get(index)?;
            self.request(link, view, rect, frame, target, &mut scratch_used).transpose()
        });
        let mut outcome = link.conn.ungrab_server().map(|cookie| cookie.ignore_error()).map_err(lost);
        for (rect, pending) in rects.iter().zip(pending) {
            // Every answer is awaited, also after an error: until then the server may be writing.
            let landed = pending.map_or(Ok(()), |pending| self.land(pending?, *rect, frame));
            outcome = outcome.and(landed);
        }
        // With the first of these answers all that the server told of before it is here; those of a grab before come first.
        let landed = outcome.and_then(|()| (0..=before).try_for_each(|_| self.land_piece(link)));
        landed.inspect_err(|_| self.give_up(link))
    }

    /// Asks for one rectangle. What the server writes to its place comes by itself from then on; anything else is returned, to
    /// be landed.
    fn request<'a>(
        &mut self,
        link: &'a Link,
        view: View,
        rect: Rect,
        frame: &Frame,
        target: Option<Seg>,
        scratch_used: &mut usize,
    ) -> Result<Option<Pending<'a>>, Error> {
        let Memory::Shared { scratch, .. } = &self.memory else {
            return ask(&link.conn, view, rect).map(Pending::Socket).map(Some);
        };
        let stride = frame.layout().stride;
        // Rows of the whole width follow each other without a gap, as the server packs them.
        let row_bytes = self.pixels.row_bytes(rect.width);
        if let Some(segment) = target.filter(|_| rect.width == frame.size().width && stride == row_bytes) {
            for piece in pieces(rect) {
                let cookie = ask_shared(&link.conn, view, piece, segment, piece.y as usize * stride)?;
                self.coming.push_back(Coming { answer: kept(cookie), top: piece.y });
            }
            return Ok(None);
        }
        let offset = *scratch_used;
        *scratch_used += row_bytes * rect.height as usize;
        if *scratch_used > scratch.bytes().len() {
            return Err(outdated());
        }
        let cookie = ask_shared(&link.conn, view, rect, scratch.id(), offset)?;
        Ok(Some(Pending::Scratch(cookie, offset)))
    }

    /// Waits until more than the first `rows` rows of what was grabbed are there, and returns how many are.
    pub(super) fn arrived(&mut self, link: &Link, rows: u32) -> Result<u32, Error> {
        loop {
            let there = self.coming.iter().map(|piece| piece.top).min().unwrap_or(u32::MAX);
            if there > rows {
                return Ok(there);
            }
            self.land_piece(link).inspect_err(|_| self.give_up(link))?;
        }
    }

    /// Until every answer is there the server may be writing to the frame.
    fn give_up(&mut self, link: &Link) {
        while !self.coming.is_empty() {
            let _ = self.land_piece(link);
        }
    }

    fn land_piece(&mut self, link: &Link) -> Result<(), Error> {
        let Some(piece) = self.coming.pop_front() else { return Ok(()) };
        link.conn.wait_for_reply_or_error(piece.answer).map(drop).map_err(refused)
    }

    /// The segment that is the frame's memory, where the server can write to it as the frame needs it.
    fn target(&self, link: &Link, frame: &mut Frame) -> Option<Seg> {
        let memory: &mut dyn Any = frame.memory_mut();
        memory
            .downcast_ref::<Segment>()
            .and_then(|segment| segment.id_at(link))
            .filter(|_| self.pixels.are_direct())
    }

    fn land(&self, pending: Pending<'_>, rect: Rect, frame: &mut Frame) -> Result<(), Error> {
        match pending {
            Pending::Scratch(cookie, offset) => {
                cookie.reply().map_err(refused)?;
                if let Memory::Shared { scratch, .. } = &self.memory {
                    self.copy(&scratch.bytes()[offset..], rect, frame);
                }
            }
            Pending::Socket(cookie) => {
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

type SharedCookie<'a> = Cookie<'a, RustConnection, shm::GetImageReply>;

/// What was asked for, and is to be copied to its place.
enum Pending<'a> {
    Scratch(SharedCookie<'a>, usize),
    Socket(Cookie<'a, RustConnection, xproto::GetImageReply>),
}

/// The number of an answer that is asked for later.
fn kept(cookie: SharedCookie<'_>) -> SequenceNumber {
    let answer = cookie.sequence_number();
    std::mem::forget(cookie);
    answer
}

/// Cuts a rectangle into pieces from the top.
fn pieces(rect: Rect) -> impl Iterator<Item = Rect> {
    let rows = (PIECE_PX / u64::from(rect.width)).max(1) as u32;
    (rect.y..rect.bottom()).step_by(rows as usize).map(move |y| Rect {
        y,
        height: rows.min(rect.bottom() - y),
        ..rect
    })
}

fn ask_shared(
    conn: &RustConnection,
    view: View,
    rect: Rect,
    segment: Seg,
    offset: usize,
) -> Result<SharedCookie<'_>, Error> {
    let (x, y, width, height) = view.place(rect);
    let format = ImageFormat::Z_PIXMAP.into();
    conn.shm_get_image(view.drawable, x, y, width, height, PLANES, format, segment, offset as u32)
        .map_err(lost)
}

fn ask(
    conn: &RustConnection,
    view: View,
    rect: Rect,
) -> Result<Cookie<'_, RustConnection, xproto::GetImageReply>, Error> {
    let (x, y, width, height) = view.place(rect);
    conn.get_image(ImageFormat::Z_PIXMAP, view.drawable, x, y, width, height, PLANES).map_err(lost)
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
