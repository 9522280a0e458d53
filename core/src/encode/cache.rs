//! Cache of encoded rectangles of one frame, shared by its viewers: the first session that needs one inserts its key,
//! any free thread encodes it, and all sessions read it.
//!
//! It belongs to its frame, and its memory, as much as one viewer can need, is made and used again with the frame's.
//! The lock is held to search and to copy, never to encode.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use bytes::{BufMut, BytesMut};

use super::rect_encoder::{Outcome, RectEncoder, RectJob};
use crate::frame_buffer::{FrameBuffer, PIXEL_BYTES};
use crate::geometry::Size;

/// Cache of a frame's encoded rectangles.
#[derive(Debug)]
pub(crate) struct EncodeCache(Mutex<Entries>);

#[derive(Debug)]
struct Entries {
    list: Vec<Entry>,
    /// No entry before this index waits to be encoded.
    next: usize,
    /// Encoded bytes of all entries, concatenated.
    codes: Vec<u8>,
    /// Wakers of tasks that wait for the entry at an index.
    waiters: Vec<(usize, Waker)>,
}

/// A rectangle to be encoded, or its code.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: RectJob,
    state: EntryState,
}

/// Pixels of a group that is worth sharing among viewers: a smaller one is encoded as soon as it is looked up.
pub(super) const SHARED_PX_MIN: usize = 4 << 10;
/// Capacity for waiting viewers: each waits for one entry at a time.
const WAITERS: usize = 16;

#[derive(Clone, Copy, Debug)]
enum EntryState {
    Waiting,
    Encoding,
    /// Encoded; the code begins at this offset.
    Done(Outcome, usize),
}

impl EncodeCache {
    /// Returns a cache with capacity for all that a viewer can need of a frame of this size: large parts without
    /// overlaps, in fewer bytes than their pixels. What is not used is never touched, and so takes up no memory.
    pub(crate) fn new(size: Size) -> Self {
        Self(Mutex::new(Entries {
            list: Vec::with_capacity(size.area() / SHARED_PX_MIN),
            next: 0,
            codes: Vec::with_capacity(size.area() * PIXEL_BYTES),
            waiters: Vec::with_capacity(WAITERS),
        }))
    }

    /// Removes the entries of the previous frame.
    pub(crate) fn clear(&mut self) {
        let entries = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        entries.next = 0;
        entries.list.clear();
        entries.codes.clear();
        entries.waiters.clear();
    }

    /// Returns the index of the entry for `key`, inserting it if there is none.
    pub(crate) fn insert(&self, key: RectJob) -> usize {
        let mut entries = self.lock();
        // With another limit it is the same code, unless it was given up: then it goes raw, which is right as well.
        let is_same = |entry: &Entry| (entry.key.rect, entry.key.code) == (key.rect, key.code);
        entries.list.iter().position(is_same).unwrap_or_else(|| entries.add(key))
    }

    /// Encodes the next waiting entry of `frame`, whose cache this is. Returns `false` if there is none.
    pub(crate) fn encode_next(&self, frame: &FrameBuffer, rect_encoder: &mut RectEncoder) -> bool {
        let Some((index, key)) = self.take() else { return false };
        let outcome = rect_encoder.encode(frame, &key);
        self.lock().finish(index, outcome, rect_encoder.code());
        true
    }

    /// Returns whether an entry is encoded or given up. If not, `context` is woken when it is.
    pub(crate) fn poll(&self, index: usize, context: &Context<'_>) -> bool {
        let mut entries = self.lock();
        let is_done = matches!(entries.list[index].state, EntryState::Done(..));
        let is_known = |(of, waker): &(usize, Waker)| *of == index && waker.will_wake(context.waker());
        if !is_done && !entries.waiters.iter().any(is_known) {
            entries.waiters.push((index, context.waker().clone()));
        }
        is_done
    }

    /// Appends the code of a finished entry, unless it was given up.
    pub(crate) fn read(&self, index: usize, out: &mut BytesMut) -> Option<Outcome> {
        let entries = self.lock();
        let EntryState::Done(outcome, start) = entries.list[index].state else { return None };
        out.put_slice(&entries.codes[start..start + outcome.bytes.unwrap_or(0)]);
        Some(outcome)
    }

    fn take(&self) -> Option<(usize, RectJob)> {
        let mut entries = self.lock();
        let waits = |index: &usize| matches!(entries.list[*index].state, EntryState::Waiting);
        let index = (entries.next..entries.list.len()).find(waits);
        entries.next = index.map_or(entries.list.len(), |index| index + 1);
        let entry = &mut entries.list[index?];
        entry.state = EntryState::Encoding;
        Some((index?, entry.key))
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn add(&mut self, key: RectJob) -> usize {
        self.list.push(Entry { key, state: EntryState::Waiting });
        self.list.len() - 1
    }

    fn finish(&mut self, index: usize, outcome: Outcome, code: &[u8]) {
        self.list[index].state = EntryState::Done(outcome, self.codes.len());
        self.codes.extend_from_slice(code);
        let is_told = |(of, _): &mut (usize, Waker)| *of == index;
        self.waiters.extract_if(.., is_told).for_each(|(_, waker)| waker.wake());
    }
}

#[cfg(test)]
mod tests {
    use lanstream_codec::Code;

    use super::*;
    use crate::frame::Frame;
    use crate::frame_buffer::{Layout, PixelFormat};
    use crate::geometry::Size;
    use crate::time::Micros;

    const SIZE: Size = Size { width: 64, height: 48 };

    fn frame() -> Frame {
        let layout = Layout::packed(SIZE, PixelFormat::Bgrx8);
        Frame::new(FrameBuffer::new(layout, Box::new(vec![7; layout.bytes()])).unwrap())
    }

    fn key(limit: usize) -> RectJob {
        RectJob { rect: SIZE.bounds(), code: Code::Predict, limit }
    }

    #[test]
    fn what_two_need_is_encoded_once() {
        let (frame, mut rect_encoder) = (frame(), RectEncoder::new(|| Micros(1)));
        let context = Context::from_waker(Waker::noop());
        let indices = [frame.encode_cache.insert(key(1000)), frame.encode_cache.insert(key(2000))];
        assert_eq!(indices, [0, 0]);
        assert!(
            !frame.encode_cache.poll(0, &context)
                && frame.encode_cache.read(0, &mut BytesMut::new()).is_none()
        );
        assert!(frame.encode_cache.encode_next(&frame, &mut rect_encoder));
        assert!(!frame.encode_cache.encode_next(&frame, &mut rect_encoder), "there is no more to be done");
        assert!(frame.encode_cache.poll(0, &context));
        let mut out = BytesMut::from(&b"before"[..]);
        let outcome = frame.encode_cache.read(0, &mut out).unwrap();
        assert_eq!(outcome.bytes, Some(out.len() - 6));
    }

    #[test]
    fn what_is_given_up_is_done_and_empty() {
        let frame = frame();
        frame.encode_cache.insert(key(0));
        assert!(frame.encode_cache.encode_next(&frame, &mut RectEncoder::new(|| Micros(1))));
        let mut out = BytesMut::new();
        assert_eq!(frame.encode_cache.read(0, &mut out).map(|outcome| outcome.bytes), Some(None));
        assert!(out.is_empty());
    }

    #[test]
    fn another_frame_begins_with_nothing() {
        let mut frame = frame();
        frame.encode_cache.insert(key(1000));
        frame.encode_cache.clear();
        assert!(!frame.encode_cache.encode_next(&frame, &mut RectEncoder::new(|| Micros(1))));
        assert_eq!(frame.encode_cache.insert(key(10)), 0);
    }
}
