//! The pixel message: a part of an update.
//!
//! ```text
//! header  length u32 | 0x01 u8 | flags u8 (1 first, 2 commit) | 0 u16
//! head    seq u32 | base u32 | width u16 | height u16 | patches u32 | captured_at_us u64
//! table   patches * ( x u16 | y u16 | width u16 | height u16 | encoding u8 | 0 u8 *3 | length u32 )
//! data    the patches' bytes, in the table's order
//! ```
//!
//! An update is one or more bands; the last has the commit flag, and only then is any of it shown. It turns the picture
//! `base` into `seq`; with base 0 it needs none, and the picture takes the size given.

use bytes::{BufMut, BytesMut};

use super::HEADER_BYTES;
use super::wire::Fields;
use crate::geometry::{Rect, Size};

/// Bytes of the head that follows the message header.
pub const BAND_BYTES: usize = 24;
/// Bytes of one row of the patch table.
pub const PATCH_BYTES: usize = 16;

const BAND: u8 = 0x01;
const FIRST: u8 = 1;
const COMMIT: u8 = 2;

/// How a patch's pixels are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Encoding {
    /// Every pixel as red, green, blue, 255.
    Raw = 0,
    /// One such pixel that fills the patch.
    Solid = 1,
}

/// A rectangle of an update and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Where it goes.
    pub rect: Rect,
    /// How it is written.
    pub encoding: Encoding,
}

impl Patch {
    /// Bytes of its data.
    pub fn data_bytes(&self) -> usize {
        match self.encoding {
            Encoding::Raw => self.rect.area() as usize * 4,
            Encoding::Solid => 4,
        }
    }
}

/// What a band says of the update it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BandHead {
    /// The picture that the update leads to.
    pub seq: u32,
    /// The picture it starts from; 0: none.
    pub base: u32,
    /// Size of the picture.
    pub size: Size,
    /// When the picture was captured, on the server's clock.
    pub captured_at_us: u64,
    /// Whether it is the update's first band.
    pub first: bool,
    /// Whether it is the update's last.
    pub commit: bool,
}

impl BandHead {
    /// Appends header, head and table; the data must follow.
    pub fn write(&self, out: &mut BytesMut, patches: &[Patch]) {
        let data: usize = patches.iter().map(Patch::data_bytes).sum();
        out.put_u32_le((BAND_BYTES + patches.len() * PATCH_BYTES + data) as u32);
        out.put_u8(BAND);
        out.put_u8((u8::from(self.first) * FIRST) | (u8::from(self.commit) * COMMIT));
        out.put_u16_le(0);
        out.put_u32_le(self.seq);
        out.put_u32_le(self.base);
        out.put_u16_le(self.size.width as u16);
        out.put_u16_le(self.size.height as u16);
        out.put_u32_le(patches.len() as u32);
        out.put_u64_le(self.captured_at_us);
        for patch in patches {
            for side in [patch.rect.x, patch.rect.y, patch.rect.width, patch.rect.height] {
                out.put_u16_le(side as u16);
            }
            out.put_u32_le(patch.encoding as u32);
            out.put_u32_le(patch.data_bytes() as u32);
        }
    }

    /// Bytes before the data of a band with so many patches.
    pub fn bytes(patches: usize) -> usize {
        HEADER_BYTES + BAND_BYTES + patches * PATCH_BYTES
    }

    /// Reads a whole band: its head, its patches and their data. `None` where the bytes are not one.
    pub fn read(message: &[u8]) -> Option<(Self, Vec<Patch>, &[u8])> {
        let (header, body) = message.split_first_chunk::<HEADER_BYTES>()?;
        let [a, b, c, d, kind, flags, 0, 0] = *header else { return None };
        if kind != BAND || u32::from_le_bytes([a, b, c, d]) as usize != body.len() {
            return None;
        }
        let mut fields = Fields::new(kind, body);
        let (seq, base) = (fields.u32().ok()?, fields.u32().ok()?);
        let size = Size::new(fields.u16().ok()?.into(), fields.u16().ok()?.into())?;
        let count = fields.u32().ok()? as usize;
        let captured_at_us = fields.u64().ok()?;
        let table = body.get(BAND_BYTES..BAND_BYTES.checked_add(count.checked_mul(PATCH_BYTES)?)?)?;
        let patches =
            table.as_chunks::<PATCH_BYTES>().0.iter().map(Patch::read).collect::<Option<Vec<_>>>()?;
        let data = &body[BAND_BYTES + table.len()..];
        let bytes: usize = patches.iter().map(Patch::data_bytes).sum();
        let head =
            Self { seq, base, size, captured_at_us, first: flags & FIRST != 0, commit: flags & COMMIT != 0 };
        (bytes == data.len()).then_some((head, patches, data))
    }
}

impl Patch {
    fn read(row: &[u8; PATCH_BYTES]) -> Option<Self> {
        let mut fields = Fields::new(BAND, row);
        let mut side = || fields.u16().ok().map(u32::from);
        let rect = Rect::new(side()?, side()?, side()?, side()?)?;
        let encoding = match fields.u32().ok()? {
            0 => Encoding::Raw,
            1 => Encoding::Solid,
            _ => return None,
        };
        let patch = Self { rect, encoding };
        (fields.u32().ok()? as usize == patch.data_bytes()).then_some(patch)
    }
}
