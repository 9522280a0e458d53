//! The codes of one frame's parts, for all viewers that are sent them: whoever needs one first places it, whoever has time
//! makes it, and everybody reads it.
//!
//! It belongs to its frame, and its memory is used again with the frame's. The lock is held to look and to copy, never to
//! encode.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use bytes::{BufMut, BytesMut};
use lanstream_codec::Code;

use super::encoder::{Encoder, Outcome};
use crate::frame::Frame;
use crate::geometry::Rect;

/// The codes of a frame's parts.
#[derive(Debug, Default)]
pub struct Shelf(Mutex<Works>);

#[derive(Debug, Default)]
struct Works {
    /// The first `used` are this frame's.
    list: Vec<Work>,
    used: usize,
    /// No work before it waits to be done.
    next: usize,
}

/// A part of the picture, to be encoded or encoded.
#[derive(Debug, Default)]
struct Work {
    part: Option<Part>,
    stage: Stage,
    bytes: Vec<u8>,
    /// Who wants to know when it is done.
    waiting: Vec<Waker>,
}

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

#[derive(Clone, Copy, Debug, Default)]
enum Stage {
    #[default]
    Waiting,
    Taken,
    Done(Outcome),
}

impl Shelf {
    /// Forgets the frame before.
    pub fn clear(&mut self) {
        let works = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        (works.used, works.next) = (0, 0);
    }

    /// Where the code of a part is, or will be.
    pub fn place(&self, part: Part) -> usize {
        let mut works = self.lock();
        // With another limit it is the same code, unless it was given up: then it goes raw, which is right as well.
        let is_same =
            |work: &Work| work.part.is_some_and(|other| (other.rect, other.code) == (part.rect, part.code));
        let used = works.used;
        works.list[..used].iter().position(is_same).unwrap_or_else(|| works.add(part))
    }

    /// Encodes a part of `frame`, whose shelf this is, that nobody encodes yet. `false`: there is none.
    pub fn work(&self, frame: &Frame, encoder: &mut Encoder) -> bool {
        let Some((place, part, mut bytes)) = self.take() else { return false };
        bytes.clear();
        let outcome = encoder.encode(frame, &part, &mut bytes);
        let mut works = self.lock();
        let work = &mut works.list[place];
        (work.stage, work.bytes) = (Stage::Done(outcome), bytes);
        work.waiting.drain(..).for_each(Waker::wake);
        true
    }

    /// Whether a part is encoded, or given up. If not, `context` is woken when it is.
    pub fn poll(&self, place: usize, context: &Context<'_>) -> bool {
        let mut works = self.lock();
        let work = &mut works.list[place];
        let is_done = matches!(work.stage, Stage::Done(_));
        if !is_done && !work.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
            work.waiting.push(context.waker().clone());
        }
        is_done
    }

    /// Appends the code of a part that is done, unless it was given up.
    pub fn read(&self, place: usize, out: &mut BytesMut) -> Option<Outcome> {
        let works = self.lock();
        let work = &works.list[place];
        let Stage::Done(outcome) = work.stage else { return None };
        if outcome.bytes.is_some() {
            out.put_slice(&work.bytes);
        }
        Some(outcome)
    }

    fn take(&self) -> Option<(usize, Part, Vec<u8>)> {
        let mut works = self.lock();
        let place = (works.next..works.used).find(|place| matches!(works.list[*place].stage, Stage::Waiting));
        works.next = place.map_or(works.used, |place| place + 1);
        let work = &mut works.list[place?];
        work.stage = Stage::Taken;
        Some((place?, work.part?, std::mem::take(&mut work.bytes)))
    }

    fn lock(&self) -> MutexGuard<'_, Works> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Works {
    fn add(&mut self, part: Part) -> usize {
        if self.used == self.list.len() {
            self.list.push(Work::default());
        }
        let work = &mut self.list[self.used];
        (work.part, work.stage) = (Some(part), Stage::Waiting);
        work.waiting.clear();
        self.used += 1;
        self.used - 1
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
