//! Adaptive encoder: searches motion since the frame that the viewer holds, chooses the method of each group of tiles
//! by its cost, and writes the group's bytes.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Context;

use bytes::{BufMut, BytesMut};
use lanstream_codec::{Code, RGB_BYTES};

use super::cache::SHARED_PX_MIN;
use super::cost::{AckTiming, CostModel, Count, Method, UnitCosts, nanoseconds};
use super::group::{Content, TileGroup};
use super::job::{HELPED_PX_MIN, JobKind, PatchJob};
use super::motion::{Motion, Offset};
use super::plan::{AllowedMethods, BandInput, Plan, PlanRules};
use super::pool::EncodePool;
use super::rect_encoder::{Outcome, RectEncoder, RectJob};
use super::swizzle;
use crate::frame::Frame;
use crate::geometry::{Rect, to_u16};
use crate::protocol::{Encoding, Patch};
use crate::state::PipelineState;
use crate::time::{Clock, Micros};

/// Pixels of a sample: enough to measure, few enough to cost nothing.
const SAMPLE_PX: u32 = 16 << 10;

/// Adaptive encoder of one viewer's updates. Its memory is reused for each group.
#[derive(Debug)]
pub(crate) struct AdaptiveEncoder {
    model: CostModel,
    /// Unit costs of the update being sent.
    unit_costs: UnitCosts,
    clock: Clock,
    pool: Arc<EncodePool>,
    /// State of the pipeline, which has the number of viewers.
    state: Arc<PipelineState>,
    motion: Motion,
    /// Frame that the viewer holds, or will hold when the update in flight has arrived.
    held: Option<Arc<Frame>>,
    /// Offset of most pixels from the held frame to the frame being sent.
    offset: Option<Offset>,
    /// Whether motion is searched in this update, and whether it still must be.
    searches_motion: bool,
    is_motion_awaited: bool,
    /// Time spent on that in this update: waiting, searching and comparing.
    motion_ns: f32,
    /// When the current part of that began.
    began: Micros,
    rect_encoder: RectEncoder,
}

impl AdaptiveEncoder {
    /// Returns an encoder that measures coding by `clock`; `byte_ns` is the time per byte on this link, if known.
    pub(super) fn new(
        clock: Clock,
        pool: Arc<EncodePool>,
        state: Arc<PipelineState>,
        byte_ns: Option<f32>,
    ) -> Self {
        Self {
            model: CostModel::new(clock(), byte_ns),
            unit_costs: UnitCosts::PLAIN,
            clock,
            pool,
            state,
            motion: Motion::default(),
            held: None,
            offset: None,
            searches_motion: false,
            is_motion_awaited: false,
            motion_ns: 0.0,
            began: Micros::ZERO,
            rect_encoder: RectEncoder::new(clock),
        }
    }

    /// Begins the update from frame `base`.
    pub(super) fn begin(&mut self, base: u32) {
        self.began = (self.clock)();
        self.model.begin(self.began);
        self.unit_costs = self.model.unit_costs();
        self.held.take_if(|held| held.seq() != base);
        self.offset = None;
        self.motion_ns = 0.0;
        self.searches_motion = self.held.is_some() && self.model.wants_moves() && !self.motion.rests();
        self.is_motion_awaited = self.searches_motion;
    }

    /// Plans a band: appends its jobs, and queues the large ones for encoding. Returns the first row of tiles that is
    /// not planned.
    pub(super) fn plan(&mut self, input: &BandInput<'_>, plan: &mut Plan, jobs: &mut Vec<PatchJob>) -> u32 {
        let rows = input.rows();
        if self.is_motion_awaited && !self.find_motion(input, input.frame.stamps.rows() >= rows) {
            return input.first_row;
        }
        self.began = (self.clock)();
        let rules =
            PlanRules { solid: true, allowed_methods: self.allowed_methods(), unit_costs: &self.unit_costs };
        let next_row = plan.plan(input, &rules);
        self.prepare(input.frame, plan.groups(), jobs);
        if next_row >= rows {
            // No plan reads the previous frame any more.
            self.held = Some(Arc::clone(input.frame));
        }
        next_row
    }

    /// Searches motion from the held frame. Returns `false` if that needs stamps that are not known yet.
    fn find_motion(&mut self, input: &BandInput<'_>, is_known: bool) -> bool {
        let Some(held) = self.held.as_deref() else { return true };
        self.offset = if is_known {
            self.motion.find(held, input.frame, input.base)
        } else {
            self.motion.goes_on(held, input.frame, input.base)
        };
        self.is_motion_awaited = !is_known && self.offset.is_none();
        if !self.is_motion_awaited {
            self.motion_ns += nanoseconds((self.clock)().since(self.began));
        }
        !self.is_motion_awaited
    }

    /// Returns nanoseconds per byte on the viewer's link.
    pub(super) fn byte_ns(&self) -> f32 {
        self.model.byte_ns()
    }

    /// Learns from the acknowledged update.
    pub(super) fn feedback(&mut self, timing: &AckTiming) {
        if std::mem::take(&mut self.searches_motion) {
            self.model.motion_searched(self.motion_ns);
        }
        self.model.acknowledged(timing);
    }

    /// Returns the methods allowed for the tiles of the update, if it is analyzed.
    fn allowed_methods(&self) -> Option<AllowedMethods<'_>> {
        let allowed_methods =
            AllowedMethods { model: &self.model, moved: self.held.as_deref().zip(self.offset) };
        self.model.is_analyzing().then_some(allowed_methods)
    }

    /// Decides on the groups of the planned band, and queues the large ones for encoding.
    fn prepare(&mut self, frame: &Arc<Frame>, groups: &[TileGroup], jobs: &mut Vec<PatchJob>) {
        if self.offset.is_some() {
            self.motion_ns += nanoseconds((self.clock)().since(self.began));
        }
        jobs.extend(groups.iter().map(|group| PatchJob { group: *group, kind: self.kind_of(frame, group) }));
        let helped = jobs.iter().filter(|job| job.is_helped()).count();
        // The small updates of a single viewer come near no lock.
        if helped > 0 {
            self.pool.help(frame, helped);
        }
    }

    fn kind_of(&mut self, frame: &Frame, group: &TileGroup) -> JobKind {
        match group.content {
            Content::Solid(_) => JobKind::Solid,
            Content::Moved => JobKind::Moved,
            Content::Raw | Content::Coded => self.kind_of_pixels(frame, group),
        }
    }

    fn kind_of_pixels(&mut self, frame: &Frame, group: &TileGroup) -> JobKind {
        if !self.model.is_analyzing() {
            return JobKind::Raw;
        }
        let choice = self.model.choose(group.rect.area(), group.edge_count);
        if let Some(code) = choice.sample {
            self.sample(frame, group, code);
        }
        let Method::Code(code) = choice.method else { return JobKind::Raw };
        let key = RectJob { rect: group.rect, code, limit: choice.limit };
        if group.rect.area() < if self.is_alone() { HELPED_PX_MIN } else { SHARED_PX_MIN } {
            return JobKind::Encoded(key);
        }
        JobKind::Shared(key, frame.encode_cache.insert(key))
    }

    /// Returns whether no other viewer can need the same codes.
    fn is_alone(&self) -> bool {
        self.state.viewers.load(Ordering::Relaxed) <= 1
    }

    /// Returns whether all of `jobs` can be written now. If not, `context` is woken when that may have changed.
    pub(super) fn poll_ready(&mut self, frame: &Frame, jobs: &[PatchJob], context: &Context<'_>) -> bool {
        let is_done = |index| {
            // Entries that no thread has begun are encoded here, this one or a later one.
            while !frame.encode_cache.poll(index, context) {
                if !frame.encode_cache.encode_next(frame, &mut self.rect_encoder) {
                    return frame.encode_cache.poll(index, context);
                }
            }
            true
        };
        jobs.iter()
            .filter_map(|job| if let JobKind::Shared(_, index) = job.kind { Some(index) } else { None })
            .all(is_done)
    }

    /// Appends the data of a group. Returns `None` if it goes raw and nothing was appended.
    pub(super) fn encode(&mut self, frame: &Frame, job: &PatchJob, out: &mut BytesMut) -> Option<Patch> {
        let group = &job.group;
        match job.kind {
            JobKind::Solid => solid(frame, group, out),
            JobKind::Moved => self.moved(frame, group, out),
            JobKind::Raw => self.raw(group, 0.0),
            JobKind::Encoded(key) => {
                let outcome = self.rect_encoder.encode(frame, &key);
                out.put_slice(self.rect_encoder.code());
                self.coded(group, &key, outcome)
            }
            JobKind::Shared(key, index) => {
                let outcome = frame.encode_cache.read(index, out).unwrap_or_default();
                self.coded(group, &key, outcome)
            }
        }
    }

    fn raw(&mut self, group: &TileGroup, encode_ns: f32) -> Option<Patch> {
        self.model.sent(Method::Raw, group.rect.area(), group.edge_count, encode_ns);
        None
    }

    fn coded(&mut self, group: &TileGroup, key: &RectJob, outcome: Outcome) -> Option<Patch> {
        let (area, Outcome { bytes, took_ns }) = (group.rect.area(), outcome);
        self.model.encoded(key.code, area, group.edge_count, bytes, took_ns);
        let Some(bytes) = bytes else { return self.raw(group, took_ns) };
        self.model.sent(Method::Code(key.code), area, group.edge_count, took_ns);
        Some(Patch::coded(group.rect, key.code, bytes))
    }

    fn moved(&mut self, frame: &Frame, group: &TileGroup, out: &mut BytesMut) -> Option<Patch> {
        let source = self.offset.and_then(|offset| offset.source(group.rect, frame.cells()))?;
        self.model.sent(Method::Move, group.rect.area(), group.edge_count, 0.0);
        out.put_u16_le(to_u16(source.x));
        out.put_u16_le(to_u16(source.y));
        Some(Patch::new(group.rect, Encoding::Move))
    }

    /// Encodes the top of a group to measure a code. The limit of the code that the group is sent in does not apply.
    fn sample(&mut self, frame: &Frame, group: &TileGroup, code: Code) -> Outcome {
        let Rect { width, height, .. } = group.rect;
        let rect = Rect { height: (SAMPLE_PX / width).clamp(1, height), ..group.rect };
        let limit = rect.area() * RGB_BYTES - 1;
        let outcome = self.rect_encoder.encode(frame, &RectJob { rect, code, limit });
        let share = rect.area().estimate() / group.rect.area().estimate();
        let edge_count = u32::whole(group.edge_count.estimate() * share);
        self.model.encoded(code, rect.area(), edge_count, outcome.bytes, outcome.took_ns);
        outcome
    }
}

/// Appends the data of a solid group. Returns `None` if it is not solid.
pub(super) fn solid(frame: &Frame, group: &TileGroup, out: &mut BytesMut) -> Option<Patch> {
    let Content::Solid(pixel) = group.content else { return None };
    out.put_slice(&swizzle::rgbx(pixel, frame.layout().format));
    Some(Patch::new(group.rect, Encoding::Solid))
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;
    use crate::frame_buffer::{FrameBuffer, Layout, PixelFormat};
    use crate::geometry::Size;

    /// A frame with something like text on it, and a group of it.
    fn written() -> (Arc<Frame>, TileGroup) {
        let size = Size { width: 256, height: 64 };
        let layout = Layout::packed(size, PixelFormat::Bgrx8);
        let letters = (0..size.area()).map(|at| if at % 23 < 2 { 0x22 } else { 0xff });
        let memory: Vec<u8> = letters.flat_map(|value| [value; 4]).collect();
        let frame = Frame::new(FrameBuffer::new(layout, Box::new(memory)).unwrap());
        let rect = size.bounds();
        (
            Arc::new(frame),
            TileGroup { rect, content: Content::Coded, edge_count: rect.width * rect.height / 12 },
        )
    }

    fn prepared(frame: &Arc<Frame>, group: TileGroup, viewers: usize) -> (AdaptiveEncoder, Vec<PatchJob>) {
        let state = PipelineState::default();
        state.viewers.store(viewers, Ordering::Relaxed);
        let mut encoder = AdaptiveEncoder::new(|| Micros(1), Arc::default(), Arc::new(state), None);
        let mut jobs = Vec::new();
        encoder.prepare(frame, &[group], &mut jobs);
        (encoder, jobs)
    }

    #[test]
    fn what_two_viewers_need_is_encoded_by_one() {
        let (frame, group) = written();
        let context = Context::from_waker(Waker::noop());
        let (mut first, jobs) = prepared(&frame, group, 2);
        assert!(matches!(jobs[0].kind, JobKind::Shared(..)), "{jobs:?}");
        assert!(first.poll_ready(&frame, &jobs, &context));
        let (mut second, jobs) = prepared(&frame, group, 2);
        assert!(
            !frame.encode_cache.encode_next(&frame, &mut RectEncoder::new(|| Micros(1))),
            "nothing is left to be encoded"
        );
        assert!(second.poll_ready(&frame, &jobs, &context));
        let mut codes = [BytesMut::new(), BytesMut::new()];
        let patches =
            [&mut first, &mut second].map(|encoder| encoder.encode(&frame, &jobs[0], &mut codes[0]));
        assert_eq!(patches[0], patches[1]);
        assert!(second.encode(&frame, &jobs[0], &mut codes[1]).is_some());
        assert_eq!(codes[0][..codes[1].len()], codes[1]);
    }

    #[test]
    fn a_code_is_measured_up_to_the_bytes_of_raw() {
        let size = Size { width: 128, height: 64 };
        // Steps of up to 15 in each channel: Predict takes some two bytes for each.
        let memory: Vec<u8> = (0_u32..)
            .take(size.area() * 4)
            .map(|at| at.wrapping_mul(0x9E37_79B1).to_le_bytes()[3] & 15)
            .collect();
        let layout = Layout::packed(size, PixelFormat::Bgrx8);
        let frame = Frame::new(FrameBuffer::new(layout, Box::new(memory)).unwrap());
        let group =
            TileGroup { rect: size.bounds(), content: Content::Coded, edge_count: size.width * size.height };
        let mut encoder =
            AdaptiveEncoder::new(|| Micros(1), Arc::default(), Arc::new(PipelineState::default()), None);
        let bytes = encoder.sample(&frame, &group, Code::Predict).bytes.unwrap_or_default();
        assert!((size.area()..size.area() * RGB_BYTES).contains(&bytes), "{bytes} bytes");
    }

    #[test]
    fn a_single_viewer_shares_nothing_small() {
        let (frame, group) = written();
        let (_, jobs) = prepared(&frame, group, 1);
        assert!(matches!(jobs[0].kind, JobKind::Encoded(..)), "{jobs:?}");
    }
}
