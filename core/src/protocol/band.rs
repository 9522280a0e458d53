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
//! `base` into `seq`; with base 0 it needs none, and the picture takes the size given. A band that aborts the update
//! has no patches: the viewer forgets all of the update. Patches are counted in [cells](crate::frame_buffer::cells)
//! where the picture lies in planes.

use std::cmp::Ordering;

use bytes::BufMut;
use lanstream_codec::Code;
use lanstream_codec::planar::Planar;

use super::wire::{Body, Field, FieldError, Record, length};
use super::{HEADER_BYTES, ParseError, kind};
use crate::frame_buffer::cells;
use crate::geometry::{Rect, Size, to_u16};
use crate::time::Pts;

/// Bytes of the head that follows the message header.
pub const BAND_BYTES: usize = 40;
/// Bytes of one row of the patch table.
pub const PATCH_BYTES: usize = 16;

const FIRST: u8 = 1;
const COMMIT: u8 = 2;
const ABORTED: u8 = 4;
/// Instead of a timestamp, where there is none.
const NO_PTS: i64 = i64::MIN;
/// Instead of what planes mean, where there are none.
const NO_PLANES: [u8; 4] = [0; 4];

/// Number on the wire of the first code; the others follow in their order.
const FIRST_CODE: u8 = 3;

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
    pub const ALL: [Self; FIRST_CODE as usize + Code::ALL.len()] = {
        let mut all = [Self::Raw; FIRST_CODE as usize + Code::ALL.len()];
        (all[1], all[2]) = (Self::Solid, Self::Move);
        let mut code = 0;
        while code < Code::ALL.len() {
            all[FIRST_CODE as usize + code] = Self::Coded(Code::ALL[code]);
            code += 1;
        }
        all
    };

    /// Its number on the wire.
    pub fn number(self) -> u8 {
        match self {
            Self::Raw => 0,
            Self::Solid => 1,
            Self::Move => 2,
            Self::Coded(code) => FIRST_CODE + code.number(),
        }
    }

    /// Returns the bytes of the data of `pixels` pixels, if that follows from the encoding.
    fn bytes_of(self, pixels: usize) -> Option<usize> {
        match self {
            Self::Raw => Some(pixels * 4),
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
        out.put_u32_le(length(BAND_BYTES + patches.len() * PATCH_BYTES + data));
        out.put_u8(kind::BAND);
        let flags = [(self.first, FIRST), (self.commit, COMMIT), (self.aborted, ABORTED)];
        out.put_u8(flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag).sum());
        out.put_u16_le(0);
        let Self { seq, base, size, planar, captured_at_us, pts, .. } = *self;
        let count = length(patches.len());
        BandFields { seq, base, size, patches: count, captured_at_us, pts, planar }.write(out);
        patches.iter().for_each(|patch| patch.write(out));
    }

    /// Cells in a row of the picture, and their rows: pixels, unless it lies in planes. `None`: there are more than can
    /// be told.
    pub fn cells(&self) -> Option<Size> {
        self.planar.map_or(Some(self.size), |planar| cells(self.size, planar))
    }

    /// Returns the bytes before the data of a band with `patches` patches.
    pub fn bytes(patches: usize) -> usize {
        HEADER_BYTES + BAND_BYTES + patches * PATCH_BYTES
    }

    /// Reads a whole band: its head, its patches and their data.
    ///
    /// # Errors
    /// Reason why the bytes are not one.
    pub fn read(message: &[u8]) -> Result<(Self, Vec<Patch>, &[u8]), ParseError> {
        let (flags, body) = split_header(message)?;
        let mut body = Body::new(kind::BAND, body);
        let BandFields { seq, base, size, patches, captured_at_us, pts, planar } = Record::read(&mut body)?;
        let patches = read_patches(&mut body, patches)?;
        let data = body.rest();
        let bytes = patches.iter().try_fold(0_usize, |sum, patch| sum.checked_add(patch.bytes));
        if bytes != Some(data.len()) {
            return Err(body.error("length", FieldError::Invalid(bytes.unwrap_or(usize::MAX) as u64)));
        }
        let [first, commit, aborted] = [FIRST, COMMIT, ABORTED].map(|flag| flags & flag != 0);
        Ok((Self { seq, base, size, planar, captured_at_us, pts, first, commit, aborted }, patches, data))
    }
}

/// Flags and body of the one band that `message` is.
fn split_header(message: &[u8]) -> Result<(u8, &[u8]), ParseError> {
    let (header, body) = message.split_first_chunk::<HEADER_BYTES>().ok_or(ParseError::Incomplete)?;
    let [a, b, c, d, kind, flags, reserved @ ..] = *header;
    if kind != kind::BAND {
        return Err(ParseError::UnknownKindError(kind));
    }
    let reserved = u16::from_le_bytes(reserved);
    if reserved != 0 {
        return Err(ParseError::InvalidField { kind, field: "reserved", found: reserved.into() });
    }
    match body.len().cmp(&(u32::from_le_bytes([a, b, c, d]) as usize)) {
        Ordering::Less => Err(ParseError::Incomplete),
        Ordering::Equal => Ok((flags, body)),
        Ordering::Greater => Err(ParseError::Trailing),
    }
}

/// Reads the table. Its rows are known to be there before memory is taken for them.
fn read_patches(body: &mut Body<'_>, count: u32) -> Result<Vec<Patch>, ParseError> {
    let bytes = (count as usize).checked_mul(PATCH_BYTES).filter(|bytes| *bytes <= body.rest().len());
    if bytes.is_none() {
        return Err(body.error("table", FieldError::CutOff));
    }
    (0..count).map(|_| Patch::read(body)).collect()
}

/// The head as it is on the wire.
struct BandFields {
    seq: u32,
    base: u32,
    size: Size,
    patches: u32,
    captured_at_us: u64,
    pts: Option<Pts>,
    planar: Option<Planar>,
}

impl Record<'_> for BandFields {
    fn read(body: &mut Body<'_>) -> Result<Self, ParseError> {
        let (seq, base) = (body.field("seq")?, body.field("base")?);
        let (width, height): (u16, u16) = (body.field("width")?, body.field("height")?);
        let size = Size::new(width.into(), height.into());
        let area = u64::from(width) * u64::from(height);
        let size = size.ok_or_else(|| body.error("size", FieldError::Invalid(area)))?;
        let (patches, captured_at_us) = (body.field("patches")?, body.field("captured_at_us")?);
        let pts = Some(body.field("pts_us")?).filter(|us| *us != NO_PTS).map(Pts);
        let planes = body.field("planes")?;
        let planar = if planes == NO_PLANES { None } else { Planar::from_wire(planes) };
        if planar.is_none() && planes != NO_PLANES {
            return Err(body.error("planes", FieldError::Invalid(u32::from_le_bytes(planes).into())));
        }
        match body.field("reserved")? {
            0_u32 => Ok(Self { seq, base, size, patches, captured_at_us, pts, planar }),
            other => Err(body.error("reserved", FieldError::Invalid(other.into()))),
        }
    }

    fn write(&self, out: &mut impl BufMut) {
        out.put_u32_le(self.seq);
        out.put_u32_le(self.base);
        out.put_u16_le(to_u16(self.size.width));
        out.put_u16_le(to_u16(self.size.height));
        out.put_u32_le(self.patches);
        out.put_u64_le(self.captured_at_us);
        out.put_i64_le(self.pts.map_or(NO_PTS, |pts| pts.0));
        out.put_slice(&self.planar.map_or(NO_PLANES, Planar::to_wire));
        out.put_u32_le(0);
    }
}

/// A number and three bytes of 0.
impl Field<'_> for Encoding {
    fn read(body: &mut Body<'_>) -> Result<Self, FieldError> {
        let number = u32::read(body)?;
        let known = Self::ALL.into_iter().find(|encoding| u32::from(encoding.number()) == number);
        known.ok_or_else(|| FieldError::Invalid(number.into()))
    }

    fn write(&self, out: &mut impl BufMut) {
        out.put_u32_le(self.number().into());
    }
}

/// A row of the table.
impl Record<'_> for Patch {
    fn read(body: &mut Body<'_>) -> Result<Self, ParseError> {
        let (x, y): (u16, u16) = (body.field("x")?, body.field("y")?);
        let (width, height): (u16, u16) = (body.field("width")?, body.field("height")?);
        let area = u64::from(width) * u64::from(height);
        let rect = Rect::new(x.into(), y.into(), width.into(), height.into());
        let rect = rect.ok_or_else(|| body.error("rectangle", FieldError::Invalid(area)))?;
        let encoding: Encoding = body.field("encoding")?;
        let bytes: u32 = body.field("length")?;
        if encoding.bytes_of(rect.area()).is_some_and(|own| own != bytes as usize) {
            return Err(body.error("length", FieldError::Invalid(bytes.into())));
        }
        Ok(Self { rect, encoding, bytes: bytes as usize })
    }

    fn write(&self, out: &mut impl BufMut) {
        for side in [self.rect.x, self.rect.y, self.rect.width, self.rect.height] {
            out.put_u16_le(to_u16(side));
        }
        self.encoding.write(out);
        out.put_u32_le(length(self.bytes));
    }
}
