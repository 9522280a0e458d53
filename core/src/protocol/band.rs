//! The pixel message: a part of an update.
//!
//! ```text
//! header  length u32 | 0x01 u8 | flags u8 (1 first, 2 commit, 4 aborted) | 0 u16
//! head    seq u32 | base u32 | width u16 | height u16 | patches u32 | captured_at_us u64 | pts_us i64
//!         | chroma u8 | bits u8 | matrix u8 | range u8 | 0 u32
//! table   patches * ( x u16 | y u16 | width u16 | height u16 | encoding u8 | 0 u8 *3 | length u32 )
//! data    the patches' bytes, in the table's order
//! ```
//!
//! An update is one or more bands; the last has the commit flag, and only then is any of it shown. It turns the picture
//! `base` into `seq`; with base 0 it needs none, and the picture takes the size given. A band that aborts the update has no
//! patches: the viewer forgets all of the update. Patches are counted in [cells](crate::frame_buffer::cells) where the picture lies in planes.

use bytes::BufMut;
use lanstream_codec::Code;
use lanstream_codec::planar::Planar;

use super::HEADER_BYTES;
use super::wire::Fields;
use crate::frame_buffer::cells;
use crate::geometry::{Rect, Size};
use crate::time::Pts;

/// Bytes of the head that follows the message header.
pub const BAND_BYTES: usize = 40;
/// Bytes of one row of the patch table.
pub const PATCH_BYTES: usize = 16;

const BAND: u8 = 0x01;
const FIRST: u8 = 1;
const COMMIT: u8 = 2;
const ABORTED: u8 = 4;
/// Instead of a timestamp, where there is none.
const NO_PTS: i64 = i64::MIN;
/// Instead of what planes mean, where there are none.
const NO_PLANES: [u8; 4] = [0; 4];

/// How a patch's pixels are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Every cell: pixels as red, green, blue, 255, or what is of planes as it is.
    Raw,
    /// One such cell that fills the patch.
    Solid,
    /// Column and row of the picture before from which on its pixels are to be taken.
    Move,
    /// Fewer bytes, by one of the codes.
    Coded(Code),
}

impl Encoding {
    /// All there are, by their numbers on the wire.
    pub const ALL: [Self; 7] = [
        Self::Raw,
        Self::Solid,
        Self::Move,
        Self::Coded(Code::Palette),
        Self::Coded(Code::Predict),
        Self::Coded(Code::Lz),
        Self::Coded(Code::Packed),
    ];

    /// Its number on the wire.
    pub fn number(self) -> u8 {
        match self {
            Self::Raw => 0,
            Self::Solid => 1,
            Self::Move => 2,
            Self::Coded(Code::Palette) => 3,
            Self::Coded(Code::Predict) => 4,
            Self::Coded(Code::Lz) => 5,
            Self::Coded(Code::Packed) => 6,
        }
    }

    /// Returns the bytes of the data of `pixels` pixels, if that follows from the encoding.
    fn bytes_of(self, pixels: u64) -> Option<usize> {
        match self {
            Self::Raw => Some(pixels as usize * 4),
            Self::Solid | Self::Move => Some(4),
            Self::Coded(_) => None,
        }
    }
}

/// A rectangle of an update and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patch {
    /// Where it goes.
    pub rect: Rect,
    /// How it is written.
    pub encoding: Encoding,
    /// Bytes of its data.
    pub bytes: usize,
}

impl Patch {
    /// A patch of an encoding whose length follows from it; of no bytes where it does not.
    pub fn new(rect: Rect, encoding: Encoding) -> Self {
        Self { rect, encoding, bytes: encoding.bytes_of(rect.area()).unwrap_or(0) }
    }

    /// Whether its cells are spelt out or all the same: only so are planes sent.
    pub fn is_plain(&self) -> bool {
        matches!(self.encoding, Encoding::Raw | Encoding::Solid)
    }

    /// Returns a patch of `bytes` bytes of `code`.
    pub fn coded(rect: Rect, code: Code, bytes: usize) -> Self {
        Self { rect, encoding: Encoding::Coded(code), bytes }
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
    /// What its planes mean, where it lies in planes.
    pub planar: Option<Planar>,
    /// When the picture was captured or, where it stood already, when the viewer asked for it, on the server's clock.
    pub captured_at_us: u64,
    /// When it is to be shown, by its stream's own clock.
    pub pts: Option<Pts>,
    /// Whether it is the update's first band.
    pub first: bool,
    /// Whether it is the update's last.
    pub commit: bool,
    /// Whether the update is aborted: the viewer forgets all of it, since the rest will never come.
    pub aborted: bool,
}

impl BandHead {
    /// Appends header, head and table; the data must follow.
    pub fn write(&self, out: &mut impl BufMut, patches: &[Patch]) {
        let data: usize = patches.iter().map(|patch| patch.bytes).sum();
        out.put_u32_le((BAND_BYTES + patches.len() * PATCH_BYTES + data) as u32);
        out.put_u8(BAND);
        let flags = [(self.first, FIRST), (self.commit, COMMIT), (self.aborted, ABORTED)];
        out.put_u8(flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag).sum());
        out.put_u16_le(0);
        out.put_u32_le(self.seq);
        out.put_u32_le(self.base);
        out.put_u16_le(self.size.width as u16);
        out.put_u16_le(self.size.height as u16);
        out.put_u32_le(patches.len() as u32);
        out.put_u64_le(self.captured_at_us);
        out.put_i64_le(self.pts.map_or(NO_PTS, |pts| pts.0));
        out.put_slice(&self.planar.map_or(NO_PLANES, Planar::to_wire));
        out.put_u32_le(0);
        for patch in patches {
            for side in [patch.rect.x, patch.rect.y, patch.rect.width, patch.rect.height] {
                out.put_u16_le(side as u16);
            }
            out.put_u32_le(patch.encoding.number().into());
            out.put_u32_le(patch.bytes as u32);
        }
    }

    /// Cells in a row of the picture, and their rows: pixels, unless it lies in planes. `None`: there are more than can be told.
    pub fn cells(&self) -> Option<Size> {
        self.planar.map_or(Some(self.size), |planar| cells(self.size, planar))
    }

    /// Returns the bytes before the data of a band with `patches` patches.
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
        let pts = Some(fields.u64().ok()? as i64).filter(|us| *us != NO_PTS).map(Pts);
        let planes = fields.u32().ok()?.to_le_bytes();
        let planar = if planes == NO_PLANES { None } else { Some(Planar::from_wire(planes)?) };
        if fields.u32().ok()? != 0 {
            return None;
        }
        let table = body.get(BAND_BYTES..BAND_BYTES.checked_add(count.checked_mul(PATCH_BYTES)?)?)?;
        let patches =
            table.as_chunks::<PATCH_BYTES>().0.iter().map(Patch::read).collect::<Option<Vec<_>>>()?;
        let data = &body[BAND_BYTES + table.len()..];
        let bytes: usize = patches.iter().map(|patch| patch.bytes).sum();
        let [first, commit, aborted] = [FIRST, COMMIT, ABORTED].map(|flag| flags & flag != 0);
        let head = Self { seq, base, size, planar, captured_at_us, pts, first, commit, aborted };
        (bytes == data.len()).then_some((head, patches, data))
    }
}

impl Patch {
    fn read(row: &[u8; PATCH_BYTES]) -> Option<Self> {
        let mut fields = Fields::new(BAND, row);
        let mut side = || fields.u16().ok().map(u32::from);
        let rect = Rect::new(side()?, side()?, side()?, side()?)?;
        let number = fields.u32().ok()?;
        let encoding = Encoding::ALL.into_iter().find(|encoding| u32::from(encoding.number()) == number)?;
        let bytes = fields.u32().ok()? as usize;
        encoding.bytes_of(rect.area()).is_none_or(|own| own == bytes).then_some(Self {
            rect,
            encoding,
            bytes,
        })
    }
}
