//! One viewer's codes: what moved since the picture it holds, which code each group of tiles is worth, and the group's bytes
//! in it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Context;

use bytes::{BufMut, BytesMut};
use lanstream_codec::{Code, RGB_BYTES};

use super::encoder::{Encoder, Outcome};
use super::model::{Answer, Model};
use super::motion::{Motion, Offset};
use super::plan::{Fill, Group};
use super::pool::Pool;
use super::prices::Prices;
use super::shelf::Part;
use super::way::Way;
use crate::frame::Frame;
use crate::geometry::Rect;
use crate::protocol::{Encoding, Patch};
use crate::state::State;
use crate::time::{Clock, Micros};

/// Pixels of a sample: enough to tell, little enough to cost nothing.
const SAMPLE_PX: u32 = 16 << 10;
/// Pixels of a group that is worth a thread's help: one takes as long to wake up as a smaller group takes to encode.
const HELPED_PX_MIN: u64 = 64 << 10;
/// Pixels of a group that is worth sharing among viewers: a smaller one is encoded as soon as it is looked up.
pub(super) const SHARED_PX_MIN: u64 = 4 << 10;

/// One viewer's codes. Its memory is used again for each group.
#[derive(Debug)]
pub struct Coder {
    model: Model,
    /// Of the update being sent.
    prices: Prices,
    clock: Clock,
    pool: Arc<Pool>,
    /// Of the source, which tells how many viewers there are.
    state: Arc<State>,
    motion: Motion,
    /// What the viewer shows, or will when the update in flight is there.
    held: Option<Arc<Frame>>,
    /// By how much most of the picture moved from what is held to the frame being sent.
    offset: Option<Offset>,
    /// It is looked for what moved in this update, and what that took so far: waiting, searching and comparing.
    seeks: bool,
    seek_ns: f32,
    /// When the present part of that began.
    began: Micros,
    encoder: Encoder,
}

/// What a tile may be sent as, for its plan.
#[derive(Clone, Copy, Debug)]
pub struct Means<'a> {
    /// Tells what is worth a code.
    pub model: &'a Model,
    /// The frame that the viewer holds, and by how much it moved.
    pub moved: Option<(&'a Frame, Offset)>,
}

/// A group, and what is to be done with it.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// The tiles.
    pub group: Group,
    /// How their bytes come to be.
    pub how: How,
}

/// How a group's bytes come to be.
#[derive(Clone, Copy, Debug)]
pub enum How {
    /// Its pixels are copied.
    Raw,
    /// Its one colour is told.
    Solid,
    /// It is told where it was.
    Moved,
    /// It is encoded when it is written.
    Encoded(Part),
    /// It is encoded by whoever has time.
    Shared(Part, usize),
}

impl Job {
    /// Whether threads are to help with it.
    pub fn is_helped(&self) -> bool {
        matches!(self.how, How::Shared(..)) && self.group.rect.area() >= HELPED_PX_MIN
    }
}

impl Coder {
    /// A coder that reads `clock` to learn what coding takes; `byte_ns`: what a byte took on this pipe before, if that is known.
    pub fn new(clock: Clock, pool: Arc<Pool>, state: Arc<State>, byte_ns: Option<f32>) -> Self {
        Self {
            model: Model::new(clock(), byte_ns),
            prices: Prices::PLAIN,
            clock,
            pool,
            state,
            motion: Motion::default(),
            held: None,
            offset: None,
            seeks: false,
            seek_ns: 0.0,
            began: Micros::ZERO,
            encoder: Encoder::new(clock),
        }
    }

    /// An update begins. Returns whether it is to be looked for what moved in it, once all of its stamps are known.
    pub fn begin(&mut self, base: u32) -> bool {
        self.began = (self.clock)();
        self.model.begin(self.began);
        self.prices = self.model.prices();
        self.held.take_if(|held| held.seq() != base);
        self.offset = None;
        self.seeks = self.held.is_some() && self.model.wants_moves() && !self.motion.rests();
        self.seeks
    }

    /// Looks for what moved from the picture held to `frame`. `false`: that can only be told when all is known that changed.
    pub fn seek(&mut self, frame: &Frame, base: u32, is_known: bool) -> bool {
        let Some(held) = self.held.as_deref() else { return true };
        self.offset = if is_known {
            self.motion.find(held, frame, base)
        } else {
            self.motion.goes_on(held, frame, base)
        };
        let is_done = is_known || self.offset.is_some();
        if is_done {
            self.seek_ns += (self.clock)().since(self.began).as_nanos() as f32;
        }
        is_done
    }

    /// A band is about to be planned.
    pub fn begin_plan(&mut self) {
        self.began = (self.clock)();
    }

    /// The update is written: from now on the viewer holds `frame`.
    pub fn end(&mut self, frame: Arc<Frame>) {
        self.held = Some(frame);
        if std::mem::take(&mut self.seeks) {
            self.model.sought(std::mem::take(&mut self.seek_ns));
        }
    }

    /// Nanoseconds that one byte takes on the viewer's pipe.
    pub fn byte_ns(&self) -> f32 {
        self.model.byte_ns()
    }

    /// The update was acknowledged.
    pub fn answered(&mut self, answer: &Answer) {
        self.model.answered(answer);
    }

    /// What the tiles of the update may be sent as, where that is to be thought of.
    pub fn means(&self) -> Option<Means<'_>> {
        let means = Means { model: &self.model, moved: self.held.as_deref().zip(self.offset) };
        self.model.is_seeing().then_some(means)
    }

    /// What groups cost.
    pub fn prices(&self) -> &Prices {
        &self.prices
    }

    /// Decides on the groups of the band that was planned, and has the large ones encoded.
    pub fn prepare(&mut self, frame: &Arc<Frame>, groups: &[Group], jobs: &mut Vec<Job>) {
        if self.offset.is_some() {
            self.seek_ns += (self.clock)().since(self.began).as_nanos() as f32;
        }
        jobs.extend(groups.iter().map(|group| Job { group: *group, how: self.how(frame, group) }));
        let helped = jobs.iter().filter(|job| job.is_helped()).count();
        // The small updates of a single viewer come near no lock.
        if helped > 0 {
            self.pool.help(frame, helped);
        }
    }

    fn how(&mut self, frame: &Frame, group: &Group) -> How {
        match group.fill {
            Fill::Solid(_) => How::Solid,
            Fill::Moved => How::Moved,
            Fill::Raw | Fill::Coded => self.how_pixels(frame, group),
        }
    }

    fn how_pixels(&mut self, frame: &Frame, group: &Group) -> How {
        if !self.model.is_seeing() {
            return How::Raw;
        }
        let choice = self.model.choose(group.rect.area(), group.busy);
        if let Some(code) = choice.sample {
            self.sample(frame, group, code);
        }
        let Way::Code(code) = choice.way else { return How::Raw };
        let part = Part { rect: group.rect, code, limit: choice.limit };
        if group.rect.area() < if self.is_alone() { HELPED_PX_MIN } else { SHARED_PX_MIN } {
            return How::Encoded(part);
        }
        How::Shared(part, frame.shelf.place(part))
    }

    /// Whether no other viewer can want the same codes.
    fn is_alone(&self) -> bool {
        self.state.viewers.load(Ordering::Relaxed) <= 1
    }

    /// Whether all of `jobs` can be written now. If not, `context` is woken when that may have changed.
    pub fn poll_ready(&mut self, frame: &Frame, jobs: &[Job], context: &Context<'_>) -> bool {
        let is_done = |place| {
            // Whatever is begun by nobody is done here, this one or a later one.
            while !frame.shelf.poll(place, context) {
                if !frame.shelf.work(frame, &mut self.encoder) {
                    return frame.shelf.poll(place, context);
                }
            }
            true
        };
        jobs.iter()
            .filter_map(|job| if let How::Shared(_, place) = job.how { Some(place) } else { None })
            .all(is_done)
    }

    /// Appends the data of a group. `None`: it is to go raw, and nothing was appended.
    pub fn encode(&mut self, frame: &Frame, job: &Job, out: &mut BytesMut) -> Option<Patch> {
        let group = &job.group;
        match job.how {
            How::Solid => super::solid(frame, group, out),
            How::Moved => self.moved(frame, group, out),
            How::Raw => self.raw(group, 0.0),
            How::Encoded(part) => {
                let outcome = self.encoder.encode(frame, &part);
                out.put_slice(self.encoder.code());
                self.coded(group, &part, outcome)
            }
            How::Shared(part, place) => {
                let outcome = frame.shelf.read(place, out).unwrap_or_default();
                self.coded(group, &part, outcome)
            }
        }
    }

    fn raw(&mut self, group: &Group, encode_ns: f32) -> Option<Patch> {
        self.model.sent(Way::Raw, group.rect.area(), group.busy, encode_ns);
        None
    }

    fn coded(&mut self, group: &Group, part: &Part, outcome: Outcome) -> Option<Patch> {
        let (area, Outcome { bytes, took_ns }) = (group.rect.area(), outcome);
        self.model.encoded(part.code, area, group.busy, bytes, took_ns);
        let Some(bytes) = bytes else { return self.raw(group, took_ns) };
        self.model.sent(Way::Code(part.code), area, group.busy, took_ns);
        Some(Patch::coded(group.rect, part.code, bytes))
    }

    fn moved(&mut self, frame: &Frame, group: &Group, out: &mut BytesMut) -> Option<Patch> {
        let source = self.offset.and_then(|offset| offset.source(group.rect, frame.cells()))?;
        self.model.sent(Way::Move, group.rect.area(), group.busy, 0.0);
        out.put_u16_le(source.x as u16);
        out.put_u16_le(source.y as u16);
        Some(Patch::new(group.rect, Encoding::Move))
    }

    /// Encodes the top of a group to measure the code. The limit of the code that the group is sent in says nothing of this one.
    fn sample(&mut self, frame: &Frame, group: &Group, code: Code) -> Outcome {
        let Rect { width, height, .. } = group.rect;
        let rect = Rect { height: (SAMPLE_PX / width).clamp(1, height), ..group.rect };
        let limit = rect.area() as usize * RGB_BYTES - 1;
        let outcome = self.encoder.encode(frame, &Part { rect, code, limit });
        let share = rect.area() as f32 / group.rect.area() as f32;
        let busy = (group.busy as f32 * share) as u32;
        self.model.encoded(code, rect.area(), busy, outcome.bytes, outcome.took_ns);
        outcome
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;
    use crate::frame::{Layout, PixelFormat};
    use crate::geometry::Size;

    /// A frame with something like text on it, and a group of it.
    fn written() -> (Arc<Frame>, Group) {
        let size = Size { width: 256, height: 64 };
        let layout = Layout::packed(size, PixelFormat::Bgrx8);
        let letters = (0..size.area()).map(|at| if at % 23 < 2 { 0x22 } else { 0xff });
        let memory: Vec<u8> = letters.flat_map(|value| [value; 4]).collect();
        let frame = Frame::new(layout, Box::new(memory)).unwrap();
        let rect = size.bounds();
        (Arc::new(frame), Group { rect, fill: Fill::Coded, busy: rect.area() as u32 / 12 })
    }

    fn prepared(frame: &Arc<Frame>, group: Group, viewers: u32) -> (Coder, Vec<Job>) {
        let state = State::default();
        state.viewers.store(viewers, Ordering::Relaxed);
        let mut coder = Coder::new(|| Micros(1), Arc::default(), Arc::new(state), None);
        let mut jobs = Vec::new();
        coder.prepare(frame, &[group], &mut jobs);
        (coder, jobs)
    }

    #[test]
    fn what_two_viewers_need_is_encoded_by_one() {
        let (frame, group) = written();
        let context = Context::from_waker(Waker::noop());
        let (mut first, jobs) = prepared(&frame, group, 2);
        assert!(matches!(jobs[0].how, How::Shared(..)), "{jobs:?}");
        assert!(first.poll_ready(&frame, &jobs, &context));
        let (mut second, jobs) = prepared(&frame, group, 2);
        assert!(!frame.shelf.work(&frame, &mut Encoder::new(|| Micros(1))), "nothing is left to be encoded");
        assert!(second.poll_ready(&frame, &jobs, &context));
        let mut codes = [BytesMut::new(), BytesMut::new()];
        let patches = [&mut first, &mut second].map(|coder| coder.encode(&frame, &jobs[0], &mut codes[0]));
        assert_eq!(patches[0], patches[1]);
        assert!(second.encode(&frame, &jobs[0], &mut codes[1]).is_some());
        assert_eq!(codes[0][..codes[1].len()], codes[1]);
    }

    #[test]
    fn a_code_is_measured_up_to_the_bytes_of_raw() {
        let size = Size { width: 128, height: 64 };
        // Steps of up to 15 in each channel: Predict takes some two bytes for each.
        let memory: Vec<u8> = (0..size.area() * 4).map(|at| ((at * 0x9E37_79B1) >> 24) as u8 & 15).collect();
        let layout = Layout::packed(size, PixelFormat::Bgrx8);
        let frame = Frame::new(layout, Box::new(memory)).unwrap();
        let group = Group { rect: size.bounds(), fill: Fill::Coded, busy: size.area() as u32 };
        let mut coder = Coder::new(|| Micros(1), Arc::default(), Arc::new(State::default()), None);
        let bytes = coder.sample(&frame, &group, Code::Predict).bytes.unwrap_or_default();
        assert!((size.area()..size.area() * RGB_BYTES).contains(&bytes), "{bytes} bytes");
    }

    #[test]
    fn a_single_viewer_shares_nothing_small() {
        let (frame, group) = written();
        let (_, jobs) = prepared(&frame, group, 1);
        assert!(matches!(jobs[0].how, How::Encoded(..)), "{jobs:?}");
    }
}
