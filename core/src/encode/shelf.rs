//! The codes of one frame's parts, for all viewers that are sent them: whoever needs one first places it, whoever has time
//! makes it, and everybody reads it.
//!
//! It belongs to its frame, and its memory, as much as one viewer can need, is made and used again with the frame's. The
//! lock is held to look and to copy, never to encode.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use bytes::{BufMut, BytesMut};
use lanstream_codec::Code;

use super::coder::SHARED_PX_MIN;
use super::encoder::{Encoder, Outcome};
use crate::frame::{Frame, PIXEL_BYTES};
use crate::geometry::{Rect, Size};

/// The codes of a frame's parts.
#[derive(Debug)]
pub struct Shelf(Mutex<Works>);

#[derive(Debug)]
struct Works {
    list: Vec<Work>,
    /// No work before it waits to be done.
    next: usize,
    /// One after the other.
    codes: Vec<u8>,
    /// Who wants to know when the work in a place is done.
    waiting: Vec<(usize, Waker)>,
}

/// A part of the picture, to be encoded or encoded.
#[derive(Clone, Copy, Debug)]
struct Work {
    part: Part,
    stage: Stage,
}

/// Viewers there is room for that wait: each does so for one part at a time.
const WAITING: usize = 16;

/// What is to be encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The pixels.
    pub rect: Rect,
    /// In which code.
    pub code: Code,
    /// Bytes from which on it is of no use.
    pub limit: usize,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Waiting,
    Taken,
    /// Its code begins at that place.
    Done(Outcome, usize),
}

impl Shelf {
    /// A shelf with room for all that a viewer can need of a picture of this size: large parts without overlaps, in fewer bytes
    /// than their pixels. What is not used is never touched, and so takes up no memory.
    pub fn new(size: Size) -> Self {
        Self(Mutex::new(Works {
            list: Vec::with_capacity(size.area() / SHARED_PX_MIN as usize),
            next: 0,
            codes: Vec::with_capacity(size.area() * PIXEL_BYTES),
            waiting: Vec::with_capacity(WAITING),
        }))
    }

    /// Forgets the frame before.
    pub fn clear(&mut self) {
        let works = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        works.next = 0;
        works.list.clear();
        works.codes.clear();
        works.waiting.clear();
    }

    /// Where the code of a part is, or will be.
    pub fn place(&self, part: Part) -> usize {
        let mut works = self.lock();
        // With another limit it is the same code, unless it was given up: then it goes raw, which is right as well.
        let is_same = |work: &Work| (work.part.rect, work.part.code) == (part.rect, part.code);
        works.list.iter().position(is_same).unwrap_or_else(|| works.add(part))
    }

    /// Encodes a part of `frame`, whose shelf this is, that nobody encodes yet. `false`: there is none.
    pub fn work(&self, frame: &Frame, encoder: &mut Encoder) -> bool {
        let Some((place, part)) = self.take() else { return false };
        let outcome = encoder.encode(frame, &part);
        self.lock().finish(place, outcome, encoder.code());
        true
    }

    /// Whether a part is encoded, or given up. If not, `context` is woken when it is.
    pub fn poll(&self, place: usize, context: &Context<'_>) -> bool {
        let mut works = self.lock();
        let is_done = matches!(works.list[place].stage, Stage::Done(..));
        let is_known = |(of, waker): &(usize, Waker)| *of == place && waker.will_wake(context.waker());
        if !is_done && !works.waiting.iter().any(is_known) {
            works.waiting.push((place, context.waker().clone()));
        }
        is_done
    }

    /// Appends the code of a part that is done, unless it was given up.
    pub fn read(&self, place: usize, out: &mut BytesMut) -> Option<Outcome> {
        let works = self.lock();
        let Stage::Done(outcome, start) = works.list[place].stage else { return None };
        out.put_slice(&works.codes[start..start + outcome.bytes.unwrap_or(0)]);
        Some(outcome)
    }

    fn take(&self) -> Option<(usize, Part)> {
        let mut works = self.lock();
        let waits = |place: &usize| matches!(works.list[*place].stage, Stage::Waiting);
        let place = (works.next..works.list.len()).find(waits);
        works.next = place.map_or(works.list.len(), |place| place + 1);
        let work = &mut works.list[place?];
        work.stage = Stage::Taken;
        Some((place?, work.part))
    }

    fn lock(&self) -> MutexGuard<'_, Works> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Works {
    fn add(&mut self, part: Part) -> usize {
        self.list.push(Work { part, stage: Stage::Waiting });
        self.list.len() - 1
    }

    fn finish(&mut self, place: usize, outcome: Outcome, code: &[u8]) {
        self.list[place].stage = Stage::Done(outcome, self.codes.len());
        self.codes.extend_from_slice(code);
        let is_told = |(of, _): &mut (usize, Waker)| *of == place;
        self.waiting.extract_if(.., is_told).for_each(|(_, waker)| waker.wake());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Layout, PixelFormat};
    use crate::geometry::Size;
    use crate::time::Micros;

    const SIZE: Size = Size { width: 64, height: 48 };

    fn frame() -> Frame {
        let layout = Layout::packed(SIZE, PixelFormat::Bgrx8);
        Frame::new(layout, Box::new(vec![7; layout.bytes()])).unwrap()
    }

    fn part(limit: usize) -> Part {
        Part { rect: SIZE.bounds(), code: Code::Predict, limit }
    }

    #[test]
    fn what_two_need_is_encoded_once() {
        let (frame, mut encoder) = (frame(), Encoder::new(|| Micros(1)));
        let context = Context::from_waker(Waker::noop());
        let places = [frame.shelf.place(part(1000)), frame.shelf.place(part(2000))];
        assert_eq!(places, [0, 0]);
        assert!(!frame.shelf.poll(0, &context) && frame.shelf.read(0, &mut BytesMut::new()).is_none());
        assert!(frame.shelf.work(&frame, &mut encoder));
        assert!(!frame.shelf.work(&frame, &mut encoder), "there is no more to be done");
        assert!(frame.shelf.poll(0, &context));
        let mut out = BytesMut::from(&b"before"[..]);
        let outcome = frame.shelf.read(0, &mut out).unwrap();
        assert_eq!(outcome.bytes, Some(out.len() - 6));
    }

    #[test]
    fn what_is_given_up_is_done_and_empty() {
        let frame = frame();
        frame.shelf.place(part(0));
        assert!(frame.shelf.work(&frame, &mut Encoder::new(|| Micros(1))));
        let mut out = BytesMut::new();
        assert_eq!(frame.shelf.read(0, &mut out).map(|outcome| outcome.bytes), Some(None));
        assert!(out.is_empty());
    }

    #[test]
    fn another_frame_begins_with_nothing() {
        let mut frame = frame();
        frame.shelf.place(part(1000));
        frame.shelf.clear();
        assert!(!frame.shelf.work(&frame, &mut Encoder::new(|| Micros(1))));
        assert_eq!(frame.shelf.place(part(10)), 0);
    }
}
