//! NUT, FFmpeg's own container, as FFmpeg writes it for one stream of raw video: a few bytes with an exact timestamp,
//! and then the pixels as they are.
//!
//! What the pixels mean it says in a way of its own; FFmpeg's log says it in words. The other ways to have timestamps
//! were worse: YUV4MPEG2 and plain frames have none, Matroska rounds to milliseconds and gathers pictures before it
//! writes, and numbers in a log would have to be matched with pixels in a pipe.

use lanstream_core::Size;

use super::{PacketHeader, Parser, Pts, Shape, Step, StreamError, excerpt};
use crate::pixel::Pixels;

mod codes;
mod fields;
mod writer;

use codes::{Code, Codes, Flags};
use fields::Fields;
pub use writer::NutWriter;

const MAGIC: &[u8] = b"nut/multimedia container\0";
const MAIN: u64 = 0x4e4d_7a56_1f5f_04ad;
const STREAM: u64 = 0x4e53_1140_5bf2_f9db;
const SYNCPOINT: u64 = 0x4e4b_e4ad_eeca_4569;
/// Every start code begins so, and no frame does.
const START: u8 = b'N';
/// Versions of NUT that are read; FFmpeg writes 3.
const VERSION_MAX: u64 = 3;
/// A header that is longer is not one of FFmpeg's, which take about a hundred bytes.
const HEADER_BYTES_MAX: usize = 16 * 1024;
/// Packets longer than this have a checksum of their header, by the format.
const CHECKSUM_FROM: u64 = 4096;
/// Frames longer than this leave nothing out, by the format.
const ELIDED_UP_TO: u64 = 4096;
/// Largest frame there may be: the largest picture in the widest format.
const FRAME_BYTES_MAX: u64 = 16_384 * 16_384 * 8;

/// Reads a NUT stream of raw video, of pixels that its reader knows.
#[derive(Default)]
pub(crate) struct Nut {
    begun: bool,
    main: Option<Main>,
    video: Option<Video>,
    frames: u64,
}

/// What the main header says.
struct Main {
    bases: Vec<TimeBase>,
    codes: Codes,
    elisions: Vec<Vec<u8>>,
}

/// Length of a tick in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TimeBase {
    numerator: u64,
    denominator: u64,
}

/// The stream.
struct Video {
    base: TimeBase,
    msb_pts_shift: u32,
    last_pts: i64,
}

impl Nut {
    /// A main header, a stream header, a syncpoint, or something that can be left out.
    fn packet(&mut self, bytes: &[u8]) -> Result<Step, StreamError> {
        let mut fields = Fields::new(bytes);
        let Some((code, len)) = fields.packet_head() else { return Ok(Step::More) };
        let head = bytes.len() - fields.left();
        let len = usize::try_from(len).map_err(|_| wrong("a packet is too long"))?;
        if !matches!(code, MAIN | STREAM | SYNCPOINT) {
            return Ok(Step::Skip(head.saturating_add(len)));
        }
        if len > HEADER_BYTES_MAX {
            return Err(wrong("a header is too long"));
        }
        let Some(body) = bytes.get(head..head + len) else { return Ok(Step::More) };
        let mut body = Fields::new(body);
        let end = head + len;
        match code {
            MAIN => self.main(&mut body).map(|()| Step::Skip(end)),
            STREAM => self
                .stream(&mut body)
                .map(|shape| shape.map_or(Step::Skip(end), |shape| Step::Began(end, shape))),
            _ => self.syncpoint(&mut body).map(|()| Step::Skip(end)),
        }
    }

    /// It is repeated now and then, and always the same.
    fn main(&mut self, fields: &mut Fields<'_>) -> Result<(), StreamError> {
        if self.main.is_none() {
            self.main = Some(Main::parse(fields)?);
        }
        Ok(())
    }

    /// Returns what pictures are like, the first time.
    fn stream(&mut self, fields: &mut Fields<'_>) -> Result<Option<Shape>, StreamError> {
        let main = self.main.as_ref().ok_or_else(|| wrong("a stream comes before the main header"))?;
        if self.video.is_some() {
            return Ok(None);
        }
        let (video, size) = Video::parse(fields, main).ok_or_else(short)??;
        self.video = Some(video);
        Ok(Some(Shape { size, pixels: Pixels::RGB0 }))
    }

    fn syncpoint(&mut self, fields: &mut Fields<'_>) -> Result<(), StreamError> {
        let time = fields.varint().ok_or_else(short)?;
        let (Some(main), Some(video)) = (&self.main, &mut self.video) else {
            return Err(wrong("a syncpoint comes before its stream"));
        };
        let bases = main.bases.len() as u64;
        let base = usize::try_from(time % bases).ok().and_then(|index| main.bases.get(index));
        let base = base.ok_or_else(|| wrong("a syncpoint comes before its stream"))?;
        video.last_pts = base.ticks_in(video.base, time / bases);
        Ok(())
    }

    fn frame(&mut self, bytes: &[u8]) -> Result<Step, StreamError> {
        let (Some(main), Some(video)) = (&self.main, &mut self.video) else {
            return Err(wrong("a frame comes before its stream"));
        };
        let mut fields = Fields::new(bytes);
        let Some(frame) = Frame::parse(&mut fields, &main.codes) else { return Ok(Step::More) };
        let frame = frame?;
        let head = bytes.len() - fields.left();
        let len = usize::try_from(frame.len).map_err(|_| wrong("a frame is larger than memory"))?;
        let pts = video.pts(&frame);
        video.last_pts = pts;
        if frame.is_last {
            return Ok(Step::Skip(head + len));
        }
        let elided = if frame.len > ELIDED_UP_TO { 0 } else { frame.elision };
        let elided = main.elisions.get(elided).ok_or_else(|| wrong("a frame leaves out what is unknown"))?;
        let len = len
            .checked_sub(elided.len())
            .ok_or_else(|| wrong("a frame is shorter than what it leaves out"))?;
        self.frames += 1;
        Ok(Step::Picture(
            head,
            PacketHeader { pts: Some(video.base.micros(pts)), len, elided: elided.clone() },
        ))
    }
}

impl Parser for Nut {
    fn step(&mut self, bytes: &[u8]) -> Result<Step, StreamError> {
        if !self.begun {
            let known = bytes.len().min(MAGIC.len());
            if bytes[..known] != MAGIC[..known] {
                return Err(StreamError::Foreign(format!("it isn't NUT: it begins with {}", excerpt(bytes))));
            }
            self.begun = known == MAGIC.len();
            return Ok(if self.begun { Step::Skip(MAGIC.len()) } else { Step::More });
        }
        match bytes.first() {
            None => Ok(Step::More),
            Some(&START) => self.packet(bytes),
            Some(_) => self.frame(bytes),
        }
    }

    fn expectation(&self) -> String {
        "from FFmpeg".to_owned()
    }
}

impl Main {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, StreamError> {
        let version = fields.varint().ok_or_else(short)?;
        if version > VERSION_MAX {
            return Err(StreamError::Unsupported(format!("this FFmpeg writes version {version} of NUT")));
        }
        Self::rest(fields).ok_or_else(short)?
    }

    fn rest(fields: &mut Fields<'_>) -> Option<Result<Self, StreamError>> {
        let streams = fields.varint()?;
        if streams != 1 {
            return Some(Err(StreamError::Unsupported(format!(
                "FFmpeg gives {streams} streams instead of one"
            ))));
        }
        let _distance_max = fields.varint()?;
        let count = fields.varint()?;
        let mut bases = Vec::new();
        for _ in 0..count {
            bases.push(TimeBase { numerator: fields.varint()?, denominator: fields.varint()? });
        }
        if bases.is_empty() || bases.iter().any(|base| base.numerator == 0 || base.denominator == 0) {
            return Some(Err(wrong("time has no base")));
        }
        let codes = Codes::parse(fields)?;
        let mut elisions = vec![Vec::new()];
        for _ in 0..fields.varint()? {
            elisions.push(fields.bytes()?.to_vec());
        }
        Some(Ok(Self { bases, codes, elisions }))
    }
}

impl Video {
    fn parse(fields: &mut Fields<'_>, main: &Main) -> Option<Result<(Self, Size), StreamError>> {
        let (_id, class) = (fields.varint()?, fields.varint()?);
        if class != 0 {
            return Some(Err(StreamError::Unsupported("FFmpeg gives no video".to_owned())));
        }
        let _fourcc = fields.bytes()?;
        let base = usize::try_from(fields.varint()?).ok().and_then(|index| main.bases.get(index));
        let shift = fields.varint()?;
        let (_pts_distance_max, _decode_delay, _flags) =
            (fields.varint()?, fields.varint()?, fields.varint()?);
        let _codec_specific = fields.bytes()?;
        let (width, height) = (fields.varint()?, fields.varint()?);
        let (Some(base), Some(msb_pts_shift)) = (base, u32::try_from(shift).ok().filter(|shift| *shift < 32))
        else {
            return Some(Err(wrong("its times can't be read")));
        };
        let Some(size) = size(width, height) else { return Some(Err(too_large(width, height))) };
        Some(Ok((Self { base: *base, msb_pts_shift, last_pts: 0 }, size)))
    }

    /// A timestamp is the last one and a step, the low bits of a number near the last one, or a number.
    fn pts(&self, frame: &Frame) -> i64 {
        let Some(coded) = frame.coded_pts else { return self.last_pts.wrapping_add(frame.pts_delta) };
        let span = 1_i64 << self.msb_pts_shift;
        let coded = coded.cast_signed();
        if coded >= span {
            return coded - span;
        }
        let nearest = self.last_pts.wrapping_sub((span - 1) / 2);
        (coded.wrapping_sub(nearest) & (span - 1)).wrapping_add(nearest)
    }
}

impl TimeBase {
    /// So many ticks of this in ticks of `other`, rounded down.
    fn ticks_in(self, other: Self, ticks: u64) -> i64 {
        let seconds = u128::from(ticks) * u128::from(self.numerator) * u128::from(other.denominator);
        let ticks = seconds / (u128::from(self.denominator) * u128::from(other.numerator));
        i64::try_from(ticks).unwrap_or(i64::MAX)
    }

    fn micros(self, ticks: i64) -> Pts {
        let us = i128::from(ticks) * i128::from(self.numerator) * 1_000_000;
        let us = us.div_euclid(i128::from(self.denominator));
        Pts(i64::try_from(us).unwrap_or(i64::MAX))
    }
}

/// What comes before a frame's bytes.
struct Frame {
    /// The stream's end, without a picture.
    is_last: bool,
    pts_delta: i64,
    coded_pts: Option<u64>,
    len: u64,
    elision: usize,
}

impl Frame {
    /// Returns `None` if there are not enough bytes.
    fn parse(fields: &mut Fields<'_>, codes: &Codes) -> Option<Result<Self, StreamError>> {
        let Code { mut flags, size_mul, size_lsb, pts_delta, mut reserved, mut elision, .. } =
            *codes.of(fields.byte()?);
        if flags.has(Flags::CODED) {
            flags = flags.toggled(fields.varint()?);
        }
        if flags.has(Flags::INVALID) || flags.has(Flags::SIDE_DATA) {
            return Some(Err(wrong("a frame begins with what no frame begins with")));
        }
        let _stream = fields.varint_if(flags.has(Flags::STREAM_ID))?;
        let coded_pts = fields.varint_if(flags.has(Flags::CODED_PTS))?;
        let msb = fields.varint_if(flags.has(Flags::SIZE_MSB))?.unwrap_or(0);
        let _match_time = fields.varint_if(flags.has(Flags::MATCH_TIME))?;
        elision = fields.varint_if(flags.has(Flags::HEADER_IDX))?.unwrap_or(elision);
        reserved = fields.varint_if(flags.has(Flags::RESERVED))?.unwrap_or(reserved);
        for _ in 0..reserved {
            fields.varint()?;
        }
        if flags.has(Flags::CHECKSUM) {
            fields.skip(size_of::<u32>())?;
        }
        let len = size_mul.checked_mul(msb).and_then(|len| len.checked_add(size_lsb));
        let Some(len) = len.filter(|len| *len <= FRAME_BYTES_MAX) else {
            return Some(Err(wrong("a frame is too long")));
        };
        let elision = usize::try_from(elision).unwrap_or(usize::MAX);
        Some(Ok(Self { is_last: flags.has(Flags::EOR), pts_delta, coded_pts, len, elision }))
    }
}

fn size(width: u64, height: u64) -> Option<Size> {
    Size::new(u32::try_from(width).ok()?, u32::try_from(height).ok()?)
}

fn too_large(width: u64, height: u64) -> StreamError {
    StreamError::Unsupported(format!(
        "pictures of {width}x{height} can't be shown: no side may be longer than {}; scale them with a filter",
        lanstream_core::SIDE_MAX
    ))
}

fn wrong(what: &str) -> StreamError {
    StreamError::Wrong(format!("FFmpeg's stream makes no sense: {what}"))
}

fn short() -> StreamError {
    wrong("a header ends too early")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BASE: TimeBase = TimeBase { numerator: 1, denominator: 1_000_000 };

    fn frame(coded_pts: Option<u64>, pts_delta: i64) -> Frame {
        Frame { is_last: false, pts_delta, coded_pts, len: 0, elision: 0 }
    }

    #[test]
    fn timestamps_are_steps_low_bits_or_numbers() {
        let video = Video { base: BASE, msb_pts_shift: 7, last_pts: 1000 };
        assert_eq!(video.pts(&frame(None, 40)), 1040);
        assert_eq!(video.pts(&frame(Some(1010 % 128), 0)), 1010);
        assert_eq!(video.pts(&frame(Some(950 % 128), 0)), 950);
        assert_eq!(video.pts(&frame(Some(128 + 77), 0)), 77);
    }

    #[test]
    fn bases_convert_exactly() {
        let ninety = TimeBase { numerator: 1, denominator: 90_000 };
        assert_eq!(ninety.micros(9), Pts(100));
        assert_eq!(ninety.micros(-9), Pts(-100));
        assert_eq!(ninety.ticks_in(BASE, 90_000), 1_000_000);
    }

    proptest! {
        /// Whatever comes, there is an answer; and it asks for no more than a header's worth of bytes.
        #[test]
        fn garbage_is_an_error_and_no_panic(garbage in prop::collection::vec(any::<u8>(), 0..600), begun in any::<bool>()) {
            let mut nut = Nut::default();
            let mut bytes = garbage.as_slice();
            if begun {
                nut.begun = true;
                nut.main = Some(Main { bases: vec![BASE], codes: Codes::default(), elisions: vec![Vec::new()] });
                nut.video = Some(Video { base: BASE, msb_pts_shift: 7, last_pts: 0 });
            }
            while let Ok(step) = nut.step(bytes) {
                let taken = match step {
                    Step::More => break,
                    Step::Skip(len) | Step::Began(len, _) => len,
                    Step::Picture(len, head) => len.saturating_add(head.len),
                };
                prop_assert!(taken > 0);
                let Some(rest) = bytes.get(taken..) else { break };
                bytes = rest;
            }
        }
    }
}
