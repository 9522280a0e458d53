//! Rules about what a sink does with frames and sound.

use std::time::{Duration, Instant};

use lanstream_core::frame_sink::SinkStatus;
use lanstream_core::planar::{Chroma, Depth, Matrix, Planar, Range};
use lanstream_core::source::{SOUND_FRAME_BYTES, SOUND_RATE};
use lanstream_core::{Layout, PIXEL_BYTES, PixelFormat, Pts, Rect, Region, Size};

use super::super::buffer::{Buffer, Edge};
use super::super::sink_subject::{OpenedSink, SinkSubject};
use super::super::subject::{Fault, Outcome, broken, no_memory};

/// Frames that a sink is given.
const FRAMES: usize = 100;
/// Size of frames where it does not matter.
const SIZE: Size = Size { width: 64, height: 36 };
/// Sizes in which most faults of rows show: single pixels, odd rows, rows that end within a page.
const SIZES: [(u32, u32); 6] = [(1, 1), (1, 64), (64, 1), (3, 2), (17, 33), (257, 129)];
/// Bytes between rows of a source that aligns rows more than a sink would expect.
const PADDING_BYTES: usize = 64;
/// Meaning of planes that most films have.
const PLANES: Planar =
    Planar { chroma: Chroma::C420, depth: Depth::Eight, matrix: Matrix::Bt709, range: Range::Limited };
/// Frames of sound in a stretch.
const SOUND_FRAMES: [usize; 4] = [1, 441, 960, 7680];
/// Time that a function may take once another thread has interrupted it: far more than a system under load delays one.
const INTERRUPTED_LATE_MAX: Duration = Duration::from_secs(2);

/// Frames of a stream, each of which differs from the one before in a part.
pub(super) struct Frames {
    layout: Layout,
    count: u8,
}

/// Opens the sink, and begins a stream of the first format that it takes.
pub(super) fn begun(subject: &SinkSubject) -> Outcome<(OpenedSink, Frames)> {
    begun_with(subject, SIZE, 0, false)
}

/// Gives an open sink a frame of the most frequent format, if it takes such frames.
pub(super) fn first_frame(opened: &mut OpenedSink) -> Outcome {
    let layout = Layout::packed(SIZE, PixelFormat::Bgrx8);
    match opened.begin(layout, false)? {
        Ok(()) => Frames { layout, count: 0 }.give(opened).map(drop),
        Err(_) => Ok(()),
    }
}

/// As [`begun`], with frames of this size whose rows have `padding` bytes after them where the format allows it.
fn begun_with(
    subject: &SinkSubject,
    size: Size,
    padding: usize,
    has_sound: bool,
) -> Outcome<(OpenedSink, Frames)> {
    let mut reason = String::new();
    for layout in layouts(size, padding) {
        // After a failure only `destroy` may come.
        let mut opened = subject.open_sink()?;
        match opened.begin(layout, has_sound)? {
            Ok(()) => return Ok((opened, Frames { layout, count: 0 })),
            Err(failure) => failure.words().clone_into(&mut reason),
        }
    }
    Err(Fault::Skipped(format!("it takes no frames of {size}: {reason}")))
}

/// Returns layouts of frames of this size, those first that most sources have.
fn layouts(size: Size, padding: usize) -> impl Iterator<Item = Layout> {
    let packed = [PixelFormat::Bgrx8, PixelFormat::Rgbx8].map(|format| {
        let layout = Layout::packed(size, format);
        // The interface has no rows that are longer than four of their own.
        Layout { stride: layout.stride + padding.min(layout.stride * 3), ..layout }
    });
    packed.into_iter().chain(Layout::planar(size, PLANES))
}

impl Frames {
    /// Gives the next frame.
    pub(super) fn give(&mut self, opened: &mut OpenedSink) -> Outcome<SinkStatus> {
        let (buffer, damage) = self.next(Edge::Upper)?;
        opened.frame(&buffer, damage, false)
    }

    /// Returns the next frame and its damage, which is all of the first, and a row of the others.
    fn next(&mut self, edge: Edge) -> Outcome<(Buffer, Region)> {
        let mut buffer = no_memory(Buffer::new(self.layout, edge))?;
        let (cells, stride) = (self.layout.cells(), self.layout.stride);
        for (y, row) in (0..cells.height).zip(buffer.bytes_mut().chunks_mut(stride)) {
            row.fill(if y == 0 { self.count } else { 0x80 });
        }
        let damage = match self.count {
            0 => Region::full(cells),
            _ => Region::from(Rect { x: 0, y: 0, width: cells.width, height: 1 }),
        };
        self.count = self.count.wrapping_add(1);
        Ok((buffer, damage))
    }
}

pub(super) fn frames(subject: &SinkSubject) -> Outcome {
    let (mut opened, mut frames) = begun(subject)?;
    for _ in 0..FRAMES {
        let (buffer, damage) = frames.next(Edge::Upper).map_err(Fault::must_not_be_skipped)?;
        let mut status = opened.frame(&buffer, damage, false)?;
        if status == SinkStatus::Open {
            // A picture that stands is given again.
            status = opened.frame(&buffer, Region::EMPTY, true)?;
        }
        if status == SinkStatus::Complete {
            break;
        }
    }
    opened.finish().map_err(Fault::must_not_be_skipped)
}

pub(super) fn read_bounds(subject: &SinkSubject) -> Outcome {
    for (width, height) in SIZES {
        for padding in [0, PADDING_BYTES] {
            for edge in [Edge::Lower, Edge::Upper] {
                let (mut opened, mut frames) = begun_with(subject, Size { width, height }, padding, false)?;
                for _ in 0..3 {
                    let (buffer, damage) = frames.next(edge)?;
                    if opened.frame(&buffer, damage, false)? == SinkStatus::Complete {
                        break;
                    }
                }
                opened.finish()?;
            }
        }
    }
    Ok(())
}

pub(super) fn kept_frame(subject: &SinkSubject) -> Outcome {
    let (mut opened, mut frames) = begun(subject)?;
    // Their addresses stay taken, so that nothing else is there.
    let mut given = Vec::new();
    for _ in 0..10 {
        let (buffer, damage) = frames.next(Edge::Upper)?;
        let status = opened.frame(&buffer, damage, false)?;
        no_memory(buffer.forbid())?;
        given.push(buffer);
        if status == SinkStatus::Complete {
            break;
        }
    }
    opened.finish()
}

pub(super) fn resize(subject: &SinkSubject) -> Outcome {
    let (mut opened, mut frames) = begun(subject)?;
    for (width, height) in SIZES {
        for _ in 0..3 {
            if frames.give(&mut opened)? == SinkStatus::Complete {
                return opened.finish();
            }
        }
        let size = Size { width, height };
        let layout = match frames.layout.format {
            PixelFormat::Planar(planar) => Layout::planar(size, planar).unwrap_or(frames.layout),
            format => Layout::packed(size, format),
        };
        // One stream may be all that a sink can hold: then it fails, and says so.
        if opened.begin(layout, false)?.is_err() {
            return Ok(());
        }
        frames = Frames { layout, count: 0 };
    }
    opened.finish()
}

pub(super) fn audio(subject: &SinkSubject) -> Outcome {
    let (mut opened, mut frames) = begun_with(subject, SIZE, 0, true)?;
    if !opened.takes_sound() {
        return Err(Fault::Skipped("it has no function audio".to_owned()));
    }
    let mut heard = 0;
    for count in SOUND_FRAMES {
        let at = Pts::at(Duration::from_secs(1) * heard / SOUND_RATE);
        let is_complete = frames.give(&mut opened)? == SinkStatus::Complete
            || give_sound(&mut opened, at, count)? == SinkStatus::Complete;
        if is_complete {
            break;
        }
        heard += u32::try_from(count).unwrap_or_default();
    }
    opened.finish()
}

/// Gives sound that ends before a page that nobody may touch, and sound that does not begin where samples are aligned.
fn give_sound(opened: &mut OpenedSink, at: Pts, frames: usize) -> Outcome<SinkStatus> {
    let len = frames * SOUND_FRAME_BYTES;
    let aligned = silence_in(len, Edge::Upper)?;
    if opened.audio(at, aligned.bytes())? == SinkStatus::Complete {
        return Ok(SinkStatus::Complete);
    }
    let longer = silence_in(len + PIXEL_BYTES, Edge::Lower)?;
    opened.audio(at, &longer.bytes()[1..=len])
}

/// Returns memory of `len` zeroes that nobody may write to, or touch beyond its edge.
fn silence_in(len: usize, edge: Edge) -> Outcome<Buffer> {
    let width = u32::try_from(len / PIXEL_BYTES).unwrap_or(u32::MAX);
    let layout = Layout::packed(Size { width, height: 1 }, PixelFormat::Bgrx8);
    let buffer = no_memory(Buffer::new(layout, edge))?;
    no_memory(buffer.protect())?;
    Ok(buffer)
}

pub(super) fn finish_empty(subject: &SinkSubject) -> Outcome {
    subject.open_sink()?.finish()?;
    begun(subject)?.0.finish()
}

pub(super) fn interrupt(subject: &SinkSubject) -> Outcome {
    let (mut opened, mut frames) = begun(subject)?;
    frames.give(&mut opened)?;
    let interrupt = opened.instance.waker();
    std::thread::scope(|scope| {
        scope.spawn(interrupt);
    });
    let begin = Instant::now();
    // Whether it succeeds is its own matter.
    let ended = frames.give(&mut opened).and_then(|_| opened.finish());
    if let Err(fault @ Fault::Broken(_)) = ended {
        return Err(fault);
    }
    let took = begin.elapsed();
    if took > INTERRUPTED_LATE_MAX {
        return broken(format!("it went on for {took:.1?} after it had been interrupted"));
    }
    Ok(())
}
