//! The viewer's side in Rust: applies updates to a picture. The reference for the JavaScript viewer, and what tests and
//! native viewers use.
//!
//! Bytes are a stranger's: whatever does not fit is an error, and the picture stays as it was.

use std::borrow::Cow;

use lanstream_codec::Code;
use lanstream_codec::planar::Planar;

use crate::frame_buffer::PIXEL_BYTES;
use crate::geometry::{Rect, Size};
use crate::hash;
use crate::protocol::{BandHead, Encoding, HEADER_BYTES, ParseError, Patch};
use crate::time::Pts;

/// Longest band that is read: a full picture of the largest common screens and its table.
pub const BAND_BYTES_MAX: usize = 256 << 20;

/// What a viewer shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    seq: u32,
    size: Option<Size>,
    planar: Option<Planar>,
    pts: Option<Pts>,
    cells: Vec<u8>,
    pending: Vec<Vec<u8>>,
    pending_head: Option<BandHead>,
}

/// Why bytes are not an update of this picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// They are no band.
    #[error(transparent)]
    NoBand(#[from] ParseError),
    /// The band's length, planes or patches are none.
    #[error("these bytes are no band")]
    Malformed,
    /// The band is of another update than the one before it.
    #[error("a band of another update came in between")]
    OutOfOrder,
    /// The update builds on a picture that is not held.
    #[error("the update builds on picture {base}, this is {held}")]
    WrongBase {
        /// What it builds on.
        base: u32,
        /// What is held.
        held: u32,
    },
    /// A patch reaches out of the picture, or takes its pixels from outside.
    #[error("a patch reaches out of the picture")]
    Outside,
    /// A patch is in a code, and its bytes are not.
    #[error("a patch can't be decoded: {0}")]
    Code(lanstream_codec::Error),
}

impl Picture {
    /// The update that it stands at; 0 before the first.
    pub fn seq(&self) -> u32 {
        self.seq
    }

    /// Its size, once there is one.
    pub fn size(&self) -> Option<Size> {
        self.size
    }

    /// What its planes mean, where it lies in planes.
    pub fn planar(&self) -> Option<Planar> {
        self.planar
    }

    /// When it must be shown, by its stream's own clock.
    pub fn pts(&self) -> Option<Pts> {
        self.pts
    }

    /// Its cells, row by row: pixels as red, green, blue, 255, or what is of planes as it is.
    pub fn cells(&self) -> &[u8] {
        &self.cells
    }

    /// Its pixels, row by row: red, green, blue, 255.
    pub fn rgbx(&self) -> Cow<'_, [u8]> {
        let (Some(size), Some(planar)) = (self.size, self.planar) else { return Cow::Borrowed(&self.cells) };
        let (width, height) = (size.width as usize, size.height as usize);
        let mut pixels = vec![0; size.area()];
        planar.convert((width, height), &self.cells, 0..height, &mut pixels);
        Cow::Owned(pixels.into_iter().flat_map(u32::to_le_bytes).collect())
    }

    /// What a viewer that shows this proves.
    pub fn hash(&self) -> u64 {
        let nothing = Size { width: 0, height: 0 };
        hash::picture_hash(&self.cells, self.size.unwrap_or(nothing), self.planar)
    }

    /// Bytes of the first message in `bytes`, once its header is there.
    ///
    /// # Errors
    /// Where it is longer than a band may be.
    pub fn message_len(bytes: &[u8]) -> Result<Option<usize>, ApplyError> {
        let Some([a, b, c, d, ..]) = bytes.get(..HEADER_BYTES) else { return Ok(None) };
        let len = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
        if len > BAND_BYTES_MAX { Err(ApplyError::Malformed) } else { Ok(Some(HEADER_BYTES + len)) }
    }

    /// Takes one band. Returns whether it completed an update, which the picture then shows.
    ///
    /// # Errors
    /// See [`ApplyError`]; the picture is unchanged and what was pending is forgotten.
    pub fn take(&mut self, band: &[u8]) -> Result<bool, ApplyError> {
        let taken = self.try_take(band);
        if taken.is_err() {
            self.forget_pending();
        }
        taken
    }

    /// Forgets the bands of an update that will never be whole, as when its route has ended.
    pub fn forget_pending(&mut self) {
        self.pending.clear();
        self.pending_head = None;
    }

    fn try_take(&mut self, band: &[u8]) -> Result<bool, ApplyError> {
        let (head, _, _) = BandHead::read(band)?;
        match self.pending_head {
            Some(pending) if head.first || pending.seq != head.seq => return Err(ApplyError::OutOfOrder),
            None if !head.first => return Err(ApplyError::OutOfOrder),
            _ => self.pending_head = Some(head),
        }
        if head.aborted {
            self.forget_pending();
            return Ok(false);
        }
        self.pending.push(band.to_vec());
        if !head.commit {
            return Ok(false);
        }
        self.commit(head)?;
        Ok(true)
    }

    fn commit(&mut self, head: BandHead) -> Result<(), ApplyError> {
        let keeps = head.base != 0;
        let is_alike = Some(head.size) == self.size && head.planar == self.planar;
        if keeps && (head.base != self.seq || !is_alike) {
            return Err(ApplyError::WrongBase { base: head.base, held: self.seq });
        }
        let cells = head.cells().ok_or(ApplyError::Malformed)?;
        let mut next = if keeps { self.cells.clone() } else { vec![0; cells.area() * PIXEL_BYTES] };
        let before = if keeps { self.cells.as_slice() } else { &[] };
        for band in &self.pending {
            let (_, patches, data) = BandHead::read(band)?;
            if head.planar.is_some() && !patches.iter().all(Patch::is_plain) {
                return Err(ApplyError::Malformed);
            }
            paint(&mut next, before, cells, &patches, data)?;
        }
        self.cells = next;
        self.seq = head.seq;
        self.size = Some(head.size);
        self.planar = head.planar;
        self.pts = head.pts;
        self.forget_pending();
        Ok(())
    }
}

/// Paints onto `next`, with `before` to move parts of; empty where there is none.
fn paint(
    next: &mut [u8],
    before: &[u8],
    size: Size,
    patches: &[Patch],
    mut data: &[u8],
) -> Result<(), ApplyError> {
    for patch in patches {
        if !size.bounds().contains(patch.rect) {
            return Err(ApplyError::Outside);
        }
        let (own, rest) = data.split_at_checked(patch.bytes).ok_or(ApplyError::Malformed)?;
        data = rest;
        match patch.encoding {
            Encoding::Raw => each_row(next, size, patch.rect, |row, target| {
                target.copy_from_slice(&own[row * target.len()..][..target.len()]);
            }),
            Encoding::Solid => each_row(next, size, patch.rect, |_, target| {
                target.as_chunks_mut::<4>().0.fill([own[0], own[1], own[2], own[3]]);
            }),
            Encoding::Move => shift(next, before, size, patch.rect, own)?,
            Encoding::Coded(code) => decode(next, size, patch.rect, code, own)?,
        }
    }
    Ok(())
}

fn shift(next: &mut [u8], before: &[u8], size: Size, rect: Rect, data: &[u8]) -> Result<(), ApplyError> {
    let side = |at: usize| u32::from(u16::from_le_bytes([data[at], data[at + 1]]));
    let source = Rect { x: side(0), y: side(2), ..rect };
    if before.is_empty() || !size.bounds().contains(source) {
        return Err(ApplyError::Outside);
    }
    each_row(next, size, rect, |row, target| {
        target.copy_from_slice(&before[start_of(size, source, row)..][..target.len()]);
    });
    Ok(())
}

fn decode(next: &mut [u8], size: Size, rect: Rect, code: Code, data: &[u8]) -> Result<(), ApplyError> {
    let width = rect.width as usize;
    let mut pixels = vec![0; rect.area()];
    lanstream_codec::decode(code, data, width, &mut pixels).map_err(ApplyError::Code)?;
    each_row(next, size, rect, |row, target| {
        for (target, pixel) in target.as_chunks_mut::<4>().0.iter_mut().zip(&pixels[row * width..]) {
            *target = pixel.to_le_bytes();
        }
    });
    Ok(())
}

/// Calls `paint` with the number and the bytes of each row of `rect`.
fn each_row(rgbx: &mut [u8], size: Size, rect: Rect, mut paint: impl FnMut(usize, &mut [u8])) {
    for row in 0..rect.height as usize {
        paint(row, &mut rgbx[start_of(size, rect, row)..][..rect.width as usize * 4]);
    }
}

/// Where a row of `rect` starts in a picture's bytes.
fn start_of(size: Size, rect: Rect, row: usize) -> usize {
    ((rect.y as usize + row) * size.width as usize + rect.x as usize) * 4
}
