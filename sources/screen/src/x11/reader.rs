//! Reads pixels: all rectangles of a region with one flush, each by the cheapest way there is. What comes through
//! shared memory is asked for in pieces, so that the first is compared and sent while the server copies the next.
//!
//! It writes nothing outside of the region, although a full-width band around a wide rectangle would be cheaper than
//! copying its rows: a pixel that changes in the frame without having been asked for would never be compared, and so
//! never be sent.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Weak};

use lanstream_core::source::{Error, ErrorKind};
use lanstream_core::{FrameBuffer, PIXEL_BYTES, PixelMemory, RECTS_MAX, Rect, Region, Size};
use x11rb::connection::{RequestConnection, SequenceNumber};
use x11rb::cookie::Cookie;
use x11rb::errors::ReplyError;
use x11rb::protocol::shm::ConnectionExt as _;
use x11rb::protocol::xproto::{self, ConnectionExt as _, Drawable, ImageFormat};
use x11rb::rust_connection::RustConnection;

use super::connect::{DisplayConnection, lost};
use super::coordinates::{place, side};
use super::pixel::Pixels;
use super::shm::{self, FrameSegment, LateWriter, Segment, Sharing};

/// All planes of a pixel.
const PLANES: u32 = !0;

/// Pixels of a piece: its 2 MB take a server a quarter of a millisecond, and its answer a wake-up.
const PIECE_PX: u32 = 512 << 10;
/// Pixels of a piece that is then copied to its place: one is copied and compared while the server copies the next.
const SCRATCH_PIECE_PX: u32 = 128 << 10;

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
    /// A rectangle of it as requests have it.
    pub(super) fn place(self, rect: Rect) -> (i16, i16, u16, u16) {
        let (x, y) = (self.x + rect.x.cast_signed(), self.y + rect.y.cast_signed());
        (place(x), place(y), side(rect.width), side(rect.height))
    }
}

/// Reads one view's pixels.
pub(super) struct Reader {
    pixels: Pixels,
    memory: Memory,
    /// Segments that are the memory of frames.
    segments: Vec<Weak<Segment>>,
    /// What was asked for and is not there yet, for the frame that was captured last.
    pending: VecDeque<PendingPiece>,
}

/// A piece of a frame that the server was asked to write.
struct PendingPiece {
    answer: SequenceNumber,
    piece: Rect,
    /// From where it must be copied to where, unless it was written to its place.
    transfer: Option<Transfer>,
}

/// A piece's way from the scratch segment to its place.
struct Transfer {
    /// Its first byte in the scratch segment.
    from: usize,
    to: LateWriter,
    /// Bytes from one row of the frame to the next.
    stride: usize,
}

/// Where the server puts pixels.
enum Memory {
    /// Into memory shared with it. `scratch` takes rectangles whose rows are then copied; it is as large as the
    /// picture, which all rectangles of a region fit into, but only pages that were used are backed.
    Shared { sharing: Sharing, scratch: Segment },
    /// Into the connection.
    Socket,
}

impl Reader {
    pub(super) fn new(link: &DisplayConnection, pixels: Pixels, size: Size) -> Result<Self, Error> {
        for sharing in Sharing::candidates(link)? {
            if let Ok(scratch) = Segment::new(link, *sharing, scratch_len(&pixels, size)) {
                let memory = Memory::Shared { sharing: *sharing, scratch };
                return Ok(Self { pixels, memory, segments: Vec::new(), pending: VecDeque::new() });
            }
        }
        Ok(Self { pixels, memory: Memory::Socket, segments: Vec::new(), pending: VecDeque::new() })
    }

    pub(super) fn pixels(&self) -> &Pixels {
        &self.pixels
    }

    /// Makes room for pictures of another size.
    pub(super) fn resize(&mut self, link: &DisplayConnection, size: Size) -> Result<(), Error> {
        self.give_up(link);
        if let Memory::Shared { sharing, scratch } = &mut self.memory {
            *scratch = Segment::new(link, *sharing, scratch_len(&self.pixels, size))?;
        }
        Ok(())
    }

    /// Memory for a frame of `len` bytes, which can be written to while others have the frame where there is a way.
    pub(super) fn allocate(
        &mut self,
        link: &DisplayConnection,
        len: usize,
    ) -> Result<Box<dyn PixelMemory>, Error> {
        let Memory::Shared { sharing, .. } = &self.memory else { return Ok(Box::new(vec![0_u8; len])) };
        let memory = FrameSegment::new(Segment::new(link, *sharing, len)?);
        self.segments.retain(|segment| segment.strong_count() > 0);
        self.segments.push(memory.downgrade());
        Ok(Box::new(memory))
    }

    /// Returns the segment that is the frame's memory, if the server can write to it.
    fn segment_of(&self, frame: &FrameBuffer) -> Option<Arc<Segment>> {
        let id = frame.memory_id();
        self.segments.iter().find(|segment| shm::memory_id(segment) == id)?.upgrade()
    }

    /// Brings `region` of `frame` up to date, or has that done, in which case this returns when the first piece is
    /// there. Requests that are still buffered go out in front, in the same flush. What was coming for the same frame
    /// has to be part of `region`.
    ///
    /// A server may turn to other programs between two requests of one, so it was answer by one of those in front. The
    /// release leaves in the same flush: were this program stopped meanwhile, the desktop would go on.
    ///
    /// # Errors
    /// [`ErrorKind::Retry`] where the server has no such pixels now.
    pub(super) fn read(
        &mut self,
        link: &DisplayConnection,
        view: View,
        frame: &mut FrameBuffer,
        region: &Region,
    ) -> Result<(), Error> {
        // What they bring lies where the server now writes again.
        self.pending.iter_mut().for_each(|pending| pending.transfer = None);
        let before = self.pending.len();
        let rects = region.rects();
        let mut scratch_used = 0;
        let pending: [_; RECTS_MAX] = std::array::from_fn(|index| {
            let rect = *rects.get(index)?;
            self.request(link, view, rect, frame, &mut scratch_used).transpose()
        });
        let mut outcome = link.conn.ungrab_server().map(|cookie| cookie.ignore_error()).map_err(lost);
        for (rect, pending) in rects.iter().zip(pending) {
            // Every answer is awaited, also after an error: until then the server may be writing.
            let landed = pending.map_or(Ok(()), |pending| self.land(pending?, *rect, frame));
            outcome = outcome.and(landed);
        }
        // With the first of these answers all that the server told of before it is here; those of a grab before come
        // first.
        let landed = outcome.and_then(|()| (0..=before).try_for_each(|_| self.land_piece(link)));
        landed.inspect_err(|_| self.give_up(link))
    }

    /// Asks for one rectangle. What comes through shared memory is in its place when [`arrived`](Self::arrived) tells
    /// of it; anything else is returned, to be landed.
    fn request<'a>(
        &mut self,
        link: &'a DisplayConnection,
        view: View,
        rect: Rect,
        frame: &mut FrameBuffer,
        scratch_used: &mut usize,
    ) -> Result<Option<SocketCookie<'a>>, Error> {
        let (size, stride) = (frame.size(), frame.layout().stride);
        let (Memory::Shared { scratch, .. }, Some(segment)) = (&self.memory, self.segment_of(frame)) else {
            return ask(&link.conn, view, rect).map(Some);
        };
        // Rows of the whole width follow each other without a gap, as the server packs them.
        let row_bytes = self.pixels.row_bytes(rect.width);
        if self.pixels.are_direct() && rect.width == size.width && row_bytes == stride {
            for piece in pieces(rect, PIECE_PX) {
                let answer = ask_shared(&link.conn, view, piece, &segment, piece.y as usize * stride)?;
                self.pending.push_back(PendingPiece { answer, piece, transfer: None });
            }
            return Ok(None);
        }
        for piece in pieces(rect, SCRATCH_PIECE_PX) {
            let from = *scratch_used;
            *scratch_used += row_bytes * piece.height as usize;
            if *scratch_used > scratch.len() {
                return Err(outdated());
            }
            let answer = ask_shared(&link.conn, view, piece, scratch, from)?;
            let transfer = Some(Transfer { from, to: segment.late_writer(), stride });
            self.pending.push_back(PendingPiece { answer, piece, transfer });
        }
        Ok(None)
    }

    /// Waits until more than the first `rows` rows of what was answer are there, and returns how many are.
    pub(super) fn arrived(&mut self, link: &DisplayConnection, rows: u32) -> Result<u32, Error> {
        loop {
            let there = self.pending.iter().map(|pending| pending.piece.y).min().unwrap_or(u32::MAX);
            if there > rows {
                return Ok(there);
            }
            self.land_piece(link).inspect_err(|_| self.give_up(link))?;
        }
    }

    /// Until every answer is there the server may be writing to the frame.
    fn give_up(&mut self, link: &DisplayConnection) {
        while !self.pending.is_empty() {
            let _ = self.land_piece(link);
        }
    }

    fn land_piece(&mut self, link: &DisplayConnection) -> Result<(), Error> {
        let Some(PendingPiece { answer, piece, transfer }) = self.pending.pop_front() else { return Ok(()) };
        link.conn.wait_for_reply_or_error(answer).map_err(refused)?;
        if let (Some(transfer), Memory::Shared { scratch, .. }) = (transfer, &self.memory) {
            let len = self.pixels.row_bytes(piece.width) * piece.height as usize;
            self.copy(scratch.bytes(transfer.from..transfer.from + len), piece, transfer);
        }
        Ok(())
    }

    fn copy(&self, packed: &[u8], piece: Rect, mut transfer: Transfer) {
        let rows = packed.chunks(self.pixels.row_bytes(piece.width));
        for (place, from) in places(piece, transfer.stride).zip(rows) {
            transfer.to.write(place, |to| self.pixels.copy_row(from, to));
        }
    }

    fn land(&self, answer: SocketCookie<'_>, rect: Rect, frame: &mut FrameBuffer) -> Result<(), Error> {
        let image = answer.reply().map_err(refused)?.data;
        let row_bytes = self.pixels.row_bytes(rect.width);
        if image.len() < row_bytes * rect.height as usize {
            return Err(outdated());
        }
        let stride = frame.layout().stride;
        let bytes = frame.bytes_mut();
        for (place, from) in places(rect, stride).zip(image.chunks(row_bytes)) {
            self.pixels.copy_row(from, &mut bytes[place]);
        }
        Ok(())
    }
}

/// Where the rows of a rectangle lie in a frame's bytes.
fn places(rect: Rect, stride: usize) -> impl Iterator<Item = Range<usize>> {
    (rect.y..rect.bottom()).map(move |y| {
        let start = y as usize * stride + rect.x as usize * PIXEL_BYTES;
        start..start + rect.width as usize * PIXEL_BYTES
    })
}

/// An answer that brings its pixels along.
type SocketCookie<'a> = Cookie<'a, RustConnection, xproto::GetImageReply>;

/// Cuts a rectangle into pieces of about `pixels`, from the top.
fn pieces(rect: Rect, pixels: u32) -> impl Iterator<Item = Rect> {
    let rows = (pixels / rect.width).max(1);
    (rect.y..rect.bottom()).step_by(rows as usize).map(move |y| Rect {
        y,
        height: rows.min(rect.bottom() - y),
        ..rect
    })
}

/// Returns the number of the answer, which must be awaited whatever happens.
fn ask_shared(
    conn: &RustConnection,
    view: View,
    rect: Rect,
    target: &Segment,
    offset: usize,
) -> Result<SequenceNumber, Error> {
    let (x, y, width, height) = view.place(rect);
    let format = ImageFormat::Z_PIXMAP.into();
    // The server refuses what lies outside of its segment.
    let (target, offset) = (target.id(), u32::try_from(offset).unwrap_or(u32::MAX));
    let cookie = conn
        .shm_get_image(view.drawable, x, y, width, height, PLANES, format, target, offset)
        .map_err(lost)?;
    let answer = cookie.sequence_number();
    std::mem::forget(cookie);
    Ok(answer)
}

fn ask(conn: &RustConnection, view: View, rect: Rect) -> Result<SocketCookie<'_>, Error> {
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
