//! Writer of NUT: raw video, and with it sound, for an FFmpeg that reads what we have. It makes the few bytes between
//! pictures; who has the pixels writes them after their head, so that none is copied.
//!
//! Of the format it uses what every reader must know: one frame code, whole timestamps, and a syncpoint before every
//! picture, since readers take a stream for damaged that has none for 64 KiB.

use lanstream_core::planar::{Chroma, Depth, Matrix, Planar};
use lanstream_core::source::SOUND_RATE;
use lanstream_core::{Layout, PixelFormat, Size};

use super::codes::Flags;
use super::{MAGIC, MAIN, STREAM, SYNCPOINT};

/// Version of the format.
const VERSION: u64 = 3;
/// Bytes without a syncpoint after which a reader takes the stream for damaged: the most that the format allows.
const DISTANCE_MAX: u64 = 65_536;
/// Bytes after which sound gets a syncpoint of its own.
const SYNC_AFTER: u64 = DISTANCE_MAX / 2;
/// Ticks of all timestamps in a second.
const TICKS: u64 = 1_000_000;
/// The one byte that begins a frame.
const FRAME_CODE: u8 = 1;
/// Frame codes that no frame begins with, after that: all but the first two and the letter of start codes.
const CODES_AFTER: u64 = 253;
const VIDEO: u64 = 0;
const SOUND: u64 = 1;
/// FFmpeg's tag of 32-bit floating-point samples, little-endian.
const SOUND_TAG: [u8; 4] = *b"PFD ";
const SOUND_CHANNELS: u64 = 2;

/// What comes before each picture and each stretch of sound.
#[derive(Debug)]
pub struct NutWriter {
    bytes: Vec<u8>,
    /// Bytes of the stream since the last syncpoint.
    since_sync: u64,
}

impl NutWriter {
    /// Returns a writer of pictures of this layout, and the first bytes of its stream.
    pub fn begin(layout: &Layout, has_sound: bool) -> (Self, Vec<u8>) {
        let mut stream = MAGIC.to_vec();
        packet(&mut stream, MAIN, &main_header(if has_sound { 2 } else { 1 }));
        packet(&mut stream, STREAM, &video_header(layout.size, tag(layout.format)));
        if has_sound {
            packet(&mut stream, STREAM, &sound_header());
        }
        (Self { bytes: Vec::new(), since_sync: DISTANCE_MAX }, stream)
    }

    /// Returns what comes before the `len` bytes of a picture that is shown at `us` microseconds.
    pub fn picture(&mut self, us: u64, len: usize) -> &[u8] {
        self.bytes.clear();
        self.sync(us);
        self.frame(VIDEO, us, len);
        &self.bytes
    }

    /// Returns what comes before the `len` bytes of sound that is heard from `us` microseconds on.
    pub fn sound(&mut self, us: u64, len: usize) -> &[u8] {
        self.bytes.clear();
        if self.since_sync + len as u64 > SYNC_AFTER {
            self.sync(us);
        }
        self.frame(SOUND, us, len);
        &self.bytes
    }

    fn sync(&mut self, us: u64) {
        let mut body = Vec::new();
        varint(&mut body, us);
        // No way back is told of: nobody seeks in a pipe.
        varint(&mut body, 0);
        packet(&mut self.bytes, SYNCPOINT, &body);
        self.since_sync = 0;
    }

    fn frame(&mut self, stream: u64, us: u64, len: usize) {
        let start = self.bytes.len();
        self.bytes.push(FRAME_CODE);
        varint(&mut self.bytes, stream);
        // Without low bits alone: a whole timestamp is one more than it is.
        varint(&mut self.bytes, us + 1);
        varint(&mut self.bytes, len as u64);
        let checksum = checksum(&self.bytes[start..]);
        self.bytes.extend(checksum.to_be_bytes());
        self.since_sync += (self.bytes.len() - start + len) as u64;
    }
}

/// Returns FFmpeg's tag for pixels that lie so.
fn tag(format: PixelFormat) -> [u8; 4] {
    let Planar { chroma, depth, matrix, .. } = match format {
        PixelFormat::Planar(planar) => planar,
        PixelFormat::Rgbx8 => return *b"RGB\0",
        _ => return *b"BGR\0",
    };
    let bits = depth.bits();
    match (chroma, depth) {
        _ if matrix == Matrix::Identity => [b'G', b'3', 0, bits],
        (Chroma::C420, Depth::Eight) => *b"I420",
        (Chroma::C422, Depth::Eight) => *b"Y42B",
        (Chroma::C444, Depth::Eight) => *b"444P",
        (Chroma::C411, _) => *b"Y41B",
        (Chroma::Nv12, _) => *b"NV12",
        (Chroma::Mono, Depth::Eight) => *b"Y800",
        (Chroma::C420, _) => [b'Y', b'3', 11, bits],
        (Chroma::C422, _) => [b'Y', b'3', 10, bits],
        (Chroma::C444, _) => [b'Y', b'3', 0, bits],
        (Chroma::Mono, _) => [b'Y', b'1', 0, bits],
    }
}

fn main_header(streams: u64) -> Vec<u8> {
    let mut body = Vec::new();
    let frame = [Flags::KEY, Flags::CODED_PTS, Flags::STREAM_ID, Flags::SIZE_MSB, Flags::CHECKSUM];
    let [invalid, frame] = [Flags::union(&[Flags::INVALID]), Flags::union(&frame)];
    numbers(&mut body, [VERSION, streams, DISTANCE_MAX, 1, 1, TICKS]);
    for (flags, count) in [(invalid, u64::from(FRAME_CODE)), (frame, 1), (invalid, CODES_AFTER)] {
        // Six fields: step of time, factor of the size, stream, size, what is reserved, and so many codes.
        numbers(&mut body, [flags, 6, 0, 1, 0, 0, 0, count]);
    }
    // Frames leave nothing out, and there are no flags.
    numbers(&mut body, [0, 0]);
    body
}

/// What all streams have: number, class, tag, base of time, low bits of timestamps, and so on.
fn stream_header(stream: u64, tag: [u8; 4]) -> Vec<u8> {
    let mut body = Vec::new();
    // Video is of class 0 and sound of class 1, as they are numbered here.
    numbers(&mut body, [stream, stream, tag.len() as u64]);
    body.extend(tag);
    // Base of time 0, no low bits, the shortest distance of timestamps, no delay, no flags, nothing of the codec's.
    numbers(&mut body, [0, 0, 1, 0, 0, 0]);
    body
}

fn video_header(size: Size, tag: [u8; 4]) -> Vec<u8> {
    let mut body = stream_header(VIDEO, tag);
    // Square pixels, and colours that are told in words.
    numbers(&mut body, [size.width.into(), size.height.into(), 1, 1, 0]);
    body
}

fn sound_header() -> Vec<u8> {
    let mut body = stream_header(SOUND, SOUND_TAG);
    numbers(&mut body, [SOUND_RATE.into(), 1, SOUND_CHANNELS]);
    body
}

/// Appends a packet with its checksum.
fn packet(out: &mut Vec<u8>, code: u64, body: &[u8]) {
    out.extend(code.to_be_bytes());
    varint(out, (body.len() + size_of::<u32>()) as u64);
    out.extend(body);
    out.extend(checksum(body).to_be_bytes());
}

fn numbers<const N: usize>(out: &mut Vec<u8>, numbers: [u64; N]) {
    numbers.into_iter().for_each(|number| varint(out, number));
}

/// Seven bits a byte, the highest first; all but the last have the top bit set.
fn varint(out: &mut Vec<u8>, number: u64) {
    let bytes = (u64::BITS - number.leading_zeros()).div_ceil(7).max(1);
    for index in (0..bytes).rev() {
        let [bits, ..] = (number >> (7 * index) & 0x7f).to_le_bytes();
        out.push(if index > 0 { bits | 0x80 } else { bits });
    }
}

/// CRC-32 with the format's polynomial, from zero, the highest bit first.
fn checksum(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0x04C1_1DB7;
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| {
            if sum >> 31 == 1 { sum << 1 ^ POLYNOMIAL } else { sum << 1 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::Nut;
    use super::*;
    use crate::stream::{PacketHeader, Parser, Pts, Step};
    use proptest::prelude::*;

    #[test]
    fn numbers_and_checksums_as_the_format_has_them() {
        let mut bytes = Vec::new();
        numbers(&mut bytes, [0, 127, 128, 240, u64::MAX]);
        assert_eq!(bytes[..6], [0, 0x7f, 0x81, 0x00, 0x81, 0x70]);
        assert_eq!(
            bytes[6..],
            [1, 255, 255, 255, 255, 255, 255, 255, 255, 127]
                .map(|byte| byte | if byte == 1 { 0x80 } else { 0 })
        );
        // A syncpoint that FFmpeg wrote.
        assert_eq!(checksum(&[0, 0]), 0);
        assert_eq!(checksum(b"123456789"), 0x89A1_897F);
    }

    proptest! {
        /// What is written is read, picture by picture.
        #[test]
        fn the_reader_reads_what_is_written(
            (width, height) in (1..=2000_u32, 1..=2000_u32),
            pictures in prop::collection::vec((0..1_u64 << 45, 1..5000_usize), 0..6),
        ) {
            let layout = Layout::packed(Size { width, height }, PixelFormat::Bgrx8);
            let (mut writer, mut stream) = NutWriter::begin(&layout, false);
            for (us, len) in &pictures {
                stream.extend(writer.picture(*us, *len));
                stream.extend(vec![7; *len]);
            }
            let (mut nut, mut bytes, mut read) = (Nut::default(), stream.as_slice(), Vec::new());
            loop {
                match nut.step(bytes).unwrap() {
                    Step::More => break,
                    Step::Skip(len) => bytes = &bytes[len..],
                    Step::Began(len, shape) => {
                        prop_assert_eq!(shape.size, layout.size);
                        bytes = &bytes[len..];
                    }
                    Step::Picture(head, PacketHeader { pts, len, elided }) => {
                        prop_assert!(elided.is_empty());
                        read.push((pts, len));
                        bytes = &bytes[head + len..];
                    }
                }
            }
            let written: Vec<_> = pictures.iter().map(|(us, len)| (Some(Pts(i64::try_from(*us).unwrap())), *len)).collect();
            prop_assert!(bytes.is_empty());
            prop_assert_eq!(read, written);
        }
    }
}
