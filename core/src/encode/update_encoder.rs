//! Update encoder: plans an update band by band, encodes its patches, and learns from its acknowledgement.
//!
//! The order of calls is: [`begin`](UpdateEncoder::begin); [`plan`](UpdateEncoder::plan) for each band, some ahead of
//! the one that is written; [`poll_ready`](UpdateEncoder::poll_ready) and [`encode`](UpdateEncoder::encode) for each of
//! its jobs; and [`feedback`](UpdateEncoder::feedback) when the viewer has it all.

use std::sync::Arc;
use std::task::Context;

use bytes::BytesMut;

use super::adaptive::{AdaptiveEncoder, solid};
use super::cost::{AckTiming, Count};
use super::job::{JobKind, PatchJob};
use super::plan::{BandInput, Plan, PlanRules};
use crate::frame::Frame;
use crate::protocol::Patch;
use crate::state::PipelineState;
use crate::time::Clock;

use super::pool::EncodePool;

/// Encoder of one viewer's updates, by what the viewer takes.
#[derive(Debug)]
pub(crate) enum UpdateEncoder {
    /// Raw patches only, which measure the link.
    Raw {
        /// The fewest nanoseconds per byte of all updates so far.
        byte_ns: f32,
    },
    /// Raw and solid patches.
    Solid,
    /// Raw, solid, encoded and moved patches, whichever arrive soonest. Codes are of packed pixels: planar frames go
    /// raw and solid.
    Adaptive(Box<AdaptiveEncoder>),
}

impl UpdateEncoder {
    /// Returns an encoder of raw patches.
    pub(crate) fn raw() -> Self {
        Self::Raw { byte_ns: f32::INFINITY }
    }

    /// Returns an adaptive encoder that measures coding by `clock`; `byte_ns` is the time per byte on this link, if
    /// known.
    pub(crate) fn adaptive(
        clock: Clock,
        pool: Arc<EncodePool>,
        state: Arc<PipelineState>,
        byte_ns: Option<f32>,
    ) -> Self {
        Self::Adaptive(Box::new(AdaptiveEncoder::new(clock, pool, state, byte_ns)))
    }

    /// Begins the update from frame `base` to `frame`.
    pub(super) fn begin(&mut self, frame: &Frame, base: u32) {
        if let Some(adaptive) = self.adaptive_for(frame) {
            adaptive.begin(base);
        }
    }

    /// Plans a band: appends its jobs. Returns the first row of tiles that is not planned: that of the input where
    /// nothing can be planned yet.
    pub(super) fn plan(&mut self, input: &BandInput<'_>, plan: &mut Plan, jobs: &mut Vec<PatchJob>) -> u32 {
        if let Some(adaptive) = self.adaptive_for(input.frame) {
            return adaptive.plan(input, plan, jobs);
        }
        let is_raw = matches!(self, Self::Raw { .. });
        let next_row = plan.plan(input, if is_raw { &PlanRules::RAW } else { &PlanRules::SOLID });
        jobs.extend(plan.groups().iter().map(PatchJob::plain));
        next_row
    }

    /// Returns whether all of `jobs` can be encoded now. If not, `context` is woken when that may have changed.
    pub(super) fn poll_ready(&mut self, frame: &Frame, jobs: &[PatchJob], context: &Context<'_>) -> bool {
        self.adaptive_for(frame).is_none_or(|adaptive| adaptive.poll_ready(frame, jobs, context))
    }

    /// Appends the data of a job's patch. Returns `None` if it goes raw and nothing was appended.
    pub(super) fn encode(&mut self, frame: &Frame, job: &PatchJob, out: &mut BytesMut) -> Option<Patch> {
        match (self.adaptive_for(frame), job.kind) {
            (Some(adaptive), _) => adaptive.encode(frame, job, out),
            (None, JobKind::Solid) => solid(frame, &job.group, out),
            (None, _) => None,
        }
    }

    /// Returns whether the viewer takes raw patches of `frame` packed, without their fourth bytes.
    pub(super) fn packs_raw(&self, frame: &Frame) -> bool {
        matches!(self, Self::Adaptive(_)) && frame.planar().is_none()
    }

    /// Learns from the acknowledged update.
    pub(super) fn feedback(&mut self, timing: &AckTiming) {
        match self {
            Self::Raw { byte_ns } => *byte_ns = byte_ns.min(timing.took_ns / timing.bytes.estimate()),
            Self::Solid => {}
            Self::Adaptive(adaptive) => adaptive.feedback(timing),
        }
    }

    /// Returns nanoseconds per byte on the viewer's link, if they are measured.
    pub(super) fn byte_ns(&self) -> Option<f32> {
        match self {
            Self::Raw { byte_ns } => Some(*byte_ns),
            Self::Solid => None,
            Self::Adaptive(adaptive) => Some(adaptive.byte_ns()),
        }
    }

    fn adaptive_for(&mut self, frame: &Frame) -> Option<&mut AdaptiveEncoder> {
        match self {
            Self::Adaptive(adaptive) if frame.planar().is_none() => Some(adaptive),
            _ => None,
        }
    }
}
