//! Takes pictures out of a pipe: a parser says where pixels begin, and they are read straight to where a frame will
//! have them, unless their format needs a change on the way.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use lanstream_core::Layout;

use crate::stream::{PacketHeader, Parser, Pts, Shape, Step, StreamError};

/// Bytes read at once while there are no pixels to be read: what a container says of one picture. What is read beyond
/// it is copied to the pixels.
const HEAD_READ_BYTES: usize = 64;
/// Bytes that a parser may want to see together.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Memory of pictures that is kept for the next ones.
const SPARE_MAX: usize = 2;

/// A pipe and what was read of it.
pub(crate) struct FrameReader {
    pipe: OwnedFd,
    parser: Box<dyn Parser>,
    head: Vec<u8>,
    skip: usize,
    shape: Option<Shape>,
    partial_frame: Option<PartialFrame>,
    /// Pixels as they come, where a frame has them otherwise.
    scratch: Vec<u8>,
    spare: Vec<Vec<u8>>,
    pictures: u64,
}

/// A picture that is being read.
struct PartialFrame {
    shape: Shape,
    layout: Layout,
    pts: Option<Pts>,
    bytes: Vec<u8>,
    /// How many of them are the picture's, and how many are there.
    len: usize,
    filled: usize,
}

/// A picture that was read.
pub(crate) struct DecodedFrame {
    pub(crate) layout: Layout,
    pub(crate) pts: Option<Pts>,
    pub(crate) bytes: Vec<u8>,
    /// Something of it is seen through: it is shown over black.
    pub(crate) is_veiled: bool,
}

/// What the bytes so far come to.
pub(crate) enum ReadOutcome {
    /// There must be more of them.
    Bytes,
    /// Pictures of this shape will come.
    Began(Shape),
    /// A picture.
    Picture(DecodedFrame),
}

impl FrameReader {
    pub(crate) fn new(pipe: OwnedFd, parser: Box<dyn Parser>) -> Self {
        enlarge(&pipe);
        Self {
            pipe,
            parser,
            head: Vec::with_capacity(HEAD_READ_BYTES),
            skip: 0,
            shape: None,
            partial_frame: None,
            scratch: Vec::new(),
            spare: Vec::with_capacity(SPARE_MAX),
            pictures: 0,
        }
    }

    pub(crate) fn pipe(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }

    /// Pictures so far.
    pub(crate) fn pictures(&self) -> u64 {
        self.pictures
    }

    /// Pictures are not what the stream seemed to say.
    pub(crate) fn reshape(&mut self, shape: Shape) {
        self.shape = Some(shape);
    }

    /// Goes as far as the bytes go that were read. `shape_of_next` tells what the picture is like that begins, where
    /// that can differ from the stream's.
    pub(crate) fn next(
        &mut self,
        shape_of_next: &mut dyn FnMut() -> Option<Shape>,
    ) -> Result<ReadOutcome, StreamError> {
        loop {
            let skipped = self.skip.min(self.head.len());
            self.head.drain(..skipped);
            self.skip -= skipped;
            if self.skip > 0 {
                return Ok(ReadOutcome::Bytes);
            }
            if self.partial_frame.is_some() {
                return Ok(self.fill_from_head().map_or(ReadOutcome::Bytes, ReadOutcome::Picture));
            }
            match self.parser.step(&self.head)? {
                Step::More if self.head.len() >= HEAD_BYTES_MAX => {
                    return Err(StreamError::Wrong("what comes between pictures has no end".to_owned()));
                }
                Step::More => return Ok(ReadOutcome::Bytes),
                Step::Skip(len) => self.skip = len,
                Step::Began(len, shape) => {
                    self.head.drain(..len);
                    self.shape = Some(shape);
                    return Ok(ReadOutcome::Began(shape));
                }
                Step::Picture(len, head) => {
                    self.head.drain(..len);
                    let shape = shape_of_next();
                    self.partial_frame = Some(self.begin(head, shape)?);
                }
            }
        }
    }

    /// Reads what the pipe has, once. Returns whether it is at its end. It waits where the pipe has nothing.
    pub(crate) fn read(&mut self) -> io::Result<bool> {
        let read = match &mut self.partial_frame {
            Some(partial_frame) => {
                let read = retry(|| {
                    rustix::io::read(
                        &self.pipe,
                        &mut partial_frame.bytes[partial_frame.filled..partial_frame.len],
                    )
                })?;
                partial_frame.filled += read;
                read
            }
            None => {
                let mut bytes = [0; HEAD_READ_BYTES];
                let read = retry(|| rustix::io::read(&self.pipe, &mut bytes))?;
                self.head.extend_from_slice(&bytes[..read]);
                read
            }
        };
        Ok(read == 0)
    }

    /// Takes memory back that a picture no longer needs.
    pub(crate) fn recycle(&mut self, bytes: Vec<u8>) {
        if self.spare.len() < SPARE_MAX {
            self.spare.push(bytes);
        }
    }

    /// What is missing at the end. Returns `None` if it ends well.
    pub(crate) fn missing(&self) -> Option<String> {
        let number = self.pictures + 1;
        let expectation = self.parser.expectation();
        if let Some(partial_frame) = &self.partial_frame {
            let (len, missing) = (partial_frame.len, partial_frame.len - partial_frame.filled);
            return Some(format!(
                "it ended inside frame {number}: of its {len} bytes ({expectation}) the last {missing} are missing"
            ));
        }
        if self.shape.is_none() {
            return Some(match self.head.len() {
                0 => "it ended before its first byte".to_owned(),
                len => format!("it ended after {len} bytes, inside its header"),
            });
        }
        let inside = self.skip > 0 || !self.head.is_empty();
        inside.then(|| format!("it ended inside what comes before frame {number} ({expectation})"))
    }

    fn begin(&mut self, head: PacketHeader, shape: Option<Shape>) -> Result<PartialFrame, StreamError> {
        let Some(shape) = shape.or(self.shape) else {
            return Err(StreamError::Wrong("a picture comes before its header".to_owned()));
        };
        let layout = shape.layout()?;
        let len = shape.pixels.bytes(shape.size);
        if head.elided.len() + head.len != len {
            return Err(StreamError::Wrong(format!(
                "a picture of {} in {} has {} bytes instead of {len}",
                shape.size,
                shape.pixels,
                head.len + head.elided.len()
            )));
        }
        let mut bytes = if shape.pixels.is_frame() {
            self.memory(layout.bytes())
        } else {
            sized(std::mem::take(&mut self.scratch), len)
        };
        bytes[..head.elided.len()].copy_from_slice(&head.elided);
        Ok(PartialFrame { shape, layout, pts: head.pts, bytes, len, filled: head.elided.len() })
    }

    /// Moves on what was read beyond the head. Returns the picture where it is whole.
    fn fill_from_head(&mut self) -> Option<DecodedFrame> {
        let mut partial_frame = self.partial_frame.take()?;
        let room = &mut partial_frame.bytes[partial_frame.filled..partial_frame.len];
        let moved = room.len().min(self.head.len());
        room[..moved].copy_from_slice(&self.head[..moved]);
        self.head.drain(..moved);
        partial_frame.filled += moved;
        if partial_frame.filled < partial_frame.len {
            self.partial_frame = Some(partial_frame);
            return None;
        }
        self.pictures += 1;
        Some(self.finished(partial_frame))
    }

    fn finished(&mut self, partial_frame: PartialFrame) -> DecodedFrame {
        let PartialFrame { shape: Shape { size, pixels }, layout, pts, mut bytes, .. } = partial_frame;
        if pixels.is_frame() {
            let is_veiled = pixels.hide(&mut bytes);
            return DecodedFrame { layout, pts, bytes, is_veiled };
        }
        let mut frame = self.memory(layout.bytes());
        let is_veiled = pixels.convert(size, &bytes, &mut frame);
        self.scratch = bytes;
        DecodedFrame { layout, pts, bytes: frame, is_veiled }
    }

    fn memory(&mut self, len: usize) -> Vec<u8> {
        sized(self.spare.pop().unwrap_or_default(), len)
    }
}

/// Memory of exactly this length; another length is a new block, so that no pages of an old picture are held on to.
fn sized(bytes: Vec<u8>, len: usize) -> Vec<u8> {
    if bytes.len() == len { bytes } else { vec![0; len] }
}

fn retry(mut read: impl FnMut() -> rustix::io::Result<usize>) -> io::Result<usize> {
    loop {
        match read() {
            Err(rustix::io::Errno::INTR) => {}
            other => return Ok(other?),
        }
    }
}

/// A pipe of 64 KiB, as they come, has reader and writer take turns a hundred times for one picture.
#[cfg(target_os = "linux")]
fn enlarge(pipe: &OwnedFd) {
    /// What Linux gives everybody.
    const PIPE_BYTES: usize = 1 << 20;
    // A file has no such size, and a system may allow less: it works as it is, slower.
    let _unchanged = rustix::pipe::fcntl_setpipe_size(pipe, PIPE_BYTES);
}

#[cfg(not(target_os = "linux"))]
fn enlarge(_: &OwnedFd) {}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use lanstream_core::Size;

    use super::*;
    use crate::pixel::Pixels;
    use crate::stream::raw::Raw;
    use crate::stream::y4m::Y4m;

    /// All pictures that come out of a pipe that these bytes went into, in pieces of `piece` bytes; and what was
    /// missing.
    fn pictures(parser: Box<dyn Parser>, bytes: &[u8], piece: usize) -> (Vec<DecodedFrame>, Option<String>) {
        let (reader, mut writer) = io::pipe().unwrap();
        let mut frame_reader = FrameReader::new(reader.into(), parser);
        let mut pictures = Vec::new();
        let mut pieces = bytes.chunks(piece);
        loop {
            match frame_reader.next(&mut || None).unwrap() {
                ReadOutcome::Picture(picture) => pictures.push(picture),
                ReadOutcome::Began(_) => {}
                ReadOutcome::Bytes => {
                    match pieces.next() {
                        Some(piece) => writer.write_all(piece).unwrap(),
                        None => return (pictures, frame_reader.missing()),
                    }
                    while rustix::io::ioctl_fionread(&frame_reader.pipe).unwrap() > 0 {
                        frame_reader.read().unwrap();
                        if let ReadOutcome::Picture(picture) = frame_reader.next(&mut || None).unwrap() {
                            pictures.push(picture);
                        }
                    }
                }
            }
        }
    }

    fn raw(name: &str, width: u32, height: u32) -> Box<dyn Parser> {
        let shape = Shape { size: Size { width, height }, pixels: name.parse::<Pixels>().unwrap() };
        Box::new(Raw::new(shape, None))
    }

    #[test]
    fn pieces_of_any_size_make_the_same_pictures() {
        for (name, width, height, bytes_each) in
            [("rgba", 1, 1, 4), ("bgr0", 7, 11, 308), ("rgb24", 5, 3, 45)]
        {
            let bytes: Vec<u8> = (0..251_u8).cycle().step_by(7).take(bytes_each * 5).collect();
            for piece in [1, 3, 64, 65, 1000] {
                let (pictures, missing) = pictures(raw(name, width, height), &bytes, piece);
                assert_eq!((pictures.len(), missing), (5, None), "{name} in pieces of {piece}");
                for (picture, wanted) in pictures.iter().zip(bytes.chunks(bytes_each)) {
                    if name == "rgb24" {
                        let colours = picture.bytes.chunks(4).flat_map(|pixel| &pixel[..3]);
                        assert!(colours.eq(wanted));
                    } else {
                        assert_eq!(picture.bytes, wanted);
                    }
                }
            }
        }
    }

    #[test]
    fn a_cut_says_how_much_is_missing() {
        let (pictures, missing) = pictures(raw("rgba", 10, 10), &[7; 900], 1000);
        assert_eq!(pictures.len(), 2);
        let missing = missing.unwrap();
        assert!(
            missing.contains("inside frame 3: of its 400 bytes (10x10 rgba) the last 300 are missing"),
            "{missing}"
        );
    }

    #[test]
    fn a_stream_may_end_before_it_began() {
        let none = pictures(Box::new(Y4m::new(None, true)), b"", 1).1.unwrap();
        assert_eq!(none, "it ended before its first byte");
        let short = pictures(Box::new(Y4m::new(None, true)), b"YUV4MPEG2 W4", 1).1.unwrap();
        assert_eq!(short, "it ended after 12 bytes, inside its header");
    }
}
