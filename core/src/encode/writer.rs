//! Writes updates as bands: plans them from the top, some ahead of the one being written so that they are encoded meanwhile, and
//! writes each when all of it is encoded.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Context;

use bytes::BytesMut;

use super::plan::{self, GROUPS_MAX, Plan, PlanInput};
use super::unit_costs::UnitCosts;
use super::update_encoder::{JobKind, PatchJob, UpdateEncoder};
use super::{AckTiming, Band};
use crate::frame::Frame;
use crate::protocol::BandHead;
use crate::tile::Grid;
use crate::time::Micros;

/// Bands planned and encoded ahead of the one being written.
const AHEAD_MAX: usize = 4;

/// Writes updates for one viewer. Its memory, made at first for the largest, is used again for each.
#[derive(Debug)]
pub struct Writer {
    /// Bytes of pixels after which a band ends.
    band_bytes: usize,
    plan: Plan,
    band: Band,
    /// Encoder, if the viewer takes codes.
    encoder: Option<Box<UpdateEncoder>>,
    /// Minimum nanoseconds per byte so far, if the link is measured by raw updates.
    plain_ns: Option<f32>,
    update: Option<Update>,
    /// Bands that are planned and not begun.
    ahead: VecDeque<PlannedBand>,
    /// Spare memory for the jobs of later bands.
    spare: Vec<Vec<PatchJob>>,
}

/// Capabilities of a viewer.
#[derive(Debug)]
pub enum Capabilities {
    /// Raw pixels only: the link is being measured.
    Plain,
    /// Raw and solid patches.
    Solid,
    /// Raw, solid, encoded and moved patches.
    Coded(Box<UpdateEncoder>),
}

/// The update that is being written.
#[derive(Debug)]
struct Update {
    frame: Arc<Frame>,
    base: u32,
    /// When the viewer could have had it: its latency counts from then.
    due_at: Micros,
    /// Row of tiles that no plan covers yet.
    next_row: u32,
    /// Whether motion must still be searched.
    searches_motion: bool,
    /// Whether the next band is the first.
    first: bool,
    /// Whether the band that was begun is the last.
    last: bool,
}

impl Update {
    /// Returns the head of the next band.
    fn head(&mut self, commit: bool) -> BandHead {
        BandHead {
            seq: self.frame.seq(),
            base: self.base,
            size: self.frame.size(),
            planar: self.frame.planar(),
            captured_at_us: self.due_at.0,
            pts: self.frame.pts(),
            first: std::mem::take(&mut self.first),
            commit,
            aborted: false,
        }
    }
}

#[derive(Debug)]
struct PlannedBand {
    jobs: Vec<PatchJob>,
    last: bool,
}

/// How far [`Writer::write_some`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteStatus {
    /// The buffer is full; the band goes on.
    More,
    /// A band is complete; there are more of them.
    Band,
    /// Nothing was written: what comes next is still being compared with the frame before, or encoded.
    Waiting,
    /// The update is written.
    Done,
    /// The update is aborted: the rest of its frame never came.
    Aborted,
}

impl Writer {
    /// A writer of bands of about `band_bytes` of pixels.
    pub fn new(band_bytes: usize, capabilities: Capabilities) -> Self {
        let (encoder, plain_ns) = match capabilities {
            Capabilities::Plain => (None, Some(f32::INFINITY)),
            Capabilities::Solid => (None, None),
            Capabilities::Coded(encoder) => (Some(encoder), None),
        };
        Self {
            band_bytes,
            plan: Plan::default(),
            band: Band::default(),
            encoder,
            plain_ns,
            update: None,
            ahead: VecDeque::with_capacity(AHEAD_MAX),
            spare: (0..AHEAD_MAX).map(|_| Vec::with_capacity(GROUPS_MAX)).collect(),
        }
    }

    /// Returns whether there are bytes to write.
    pub fn is_writing(&self) -> bool {
        self.update.is_some()
    }

    /// Starts the update that leads from frame `base` to `frame`, which the viewer could have had since `due_at`.
    pub fn begin(&mut self, frame: Arc<Frame>, base: u32, due_at: Micros) {
        let searches_motion =
            encoder_of(&mut self.encoder, &frame).is_some_and(|encoder| encoder.begin(base));
        self.update =
            Some(Update { frame, base, due_at, next_row: 0, searches_motion, first: true, last: false });
    }

    /// Accounts for the acknowledged update.
    pub fn acknowledged(&mut self, timing: &AckTiming) {
        if let Some(encoder) = &mut self.encoder {
            encoder.acknowledged(timing);
        }
        if let Some(plain_ns) = &mut self.plain_ns {
            *plain_ns = plain_ns.min(timing.took_ns / timing.bytes as f32);
        }
    }

    /// Returns nanoseconds per byte on the viewer's link, if measured.
    pub fn byte_ns(&self) -> Option<f32> {
        let coded = self.encoder.as_ref().map(|encoder| encoder.byte_ns());
        coded.or(self.plain_ns)
    }

    /// Appends bytes of the update, at most to the end of a band, until `out` holds `limit` or more; it takes at most one
    /// row, one table and what is coded of a band more. Where it returns [`WriteStatus::Waiting`] for something that is encoded,
    /// `context` is woken.
    pub fn write_some(&mut self, out: &mut BytesMut, limit: usize, context: &Context<'_>) -> WriteStatus {
        let Some(mut update) = self.update.take() else { return WriteStatus::Done };
        let status = self.write_bands(&mut update, out, limit, context);
        match status {
            WriteStatus::More | WriteStatus::Band | WriteStatus::Waiting => self.update = Some(update),
            WriteStatus::Done => {
                if let Some(encoder) = encoder_of(&mut self.encoder, &update.frame) {
                    encoder.end(update.frame);
                }
            }
            WriteStatus::Aborted => self.spare.extend(self.ahead.drain(..).map(|planned| planned.jobs)),
        }
        status
    }

    fn write_bands(
        &mut self,
        update: &mut Update,
        out: &mut BytesMut,
        limit: usize,
        context: &Context<'_>,
    ) -> WriteStatus {
        loop {
            if self.band.is_open() {
                self.band.write_row(&update.frame, out);
            } else if update.frame.stamps.is_abandoned() {
                BandHead { aborted: true, ..update.head(false) }.write(out, &[]);
                return WriteStatus::Aborted;
            } else if !self.open_band(update, out, context) {
                return WriteStatus::Waiting;
            }
            if !self.band.is_open() {
                return if update.last { WriteStatus::Done } else { WriteStatus::Band };
            }
            if out.len() >= limit {
                return WriteStatus::More;
            }
        }
    }

    /// Writes the next band up to its raw rows. Returns whether there is one: its content may not be known yet.
    fn open_band(&mut self, update: &mut Update, out: &mut BytesMut, context: &Context<'_>) -> bool {
        self.plan_ahead(update);
        let Some(planned) = self.ahead.front() else { return false };
        let mut encoder = encoder_of(&mut self.encoder, &update.frame);
        if let Some(encoder) = &mut encoder
            && !encoder.poll_ready(&update.frame, &planned.jobs, context)
        {
            return false;
        }
        update.last = planned.last;
        let head = update.head(planned.last);
        self.band.open(&head, &update.frame, &planned.jobs, encoder, out);
        self.spare.extend(self.ahead.pop_front().map(|planned| planned.jobs));
        true
    }

    /// Plans the next band, and more while worker threads have something to encode in them: raw bands arrive sooner without.
    fn plan_ahead(&mut self, update: &mut Update) {
        if update.searches_motion && !self.find_motion(update) {
            return;
        }
        let goes_on = |last: &PlannedBand| !last.last && last.jobs.iter().any(PatchJob::is_helped);
        while self.ahead.len() < AHEAD_MAX && self.ahead.back().is_none_or(goes_on) {
            let Some(planned) = self.plan_band(update) else { break };
            self.ahead.push_back(planned);
        }
    }

    /// Searches motion. Returns `false` if not enough is known yet.
    fn find_motion(&mut self, update: &mut Update) -> bool {
        let is_known = update.frame.stamps.rows() >= rows(&update.frame);
        let encoder = encoder_of(&mut self.encoder, &update.frame);
        update.searches_motion =
            !encoder.is_none_or(|encoder| encoder.find_motion(&update.frame, update.base, is_known));
        !update.searches_motion
    }

    fn plan_band(&mut self, update: &mut Update) -> Option<PlannedBand> {
        let Update { frame, base, next_row, .. } = update;
        let mut encoder = encoder_of(&mut self.encoder, frame);
        encoder.iter_mut().for_each(|encoder| encoder.begin_plan());
        let encoder = encoder.as_deref();
        let unit_costs = encoder.map_or(&UnitCosts::PLAIN, UpdateEncoder::unit_costs);
        let allowed_methods = encoder.and_then(UpdateEncoder::allowed_methods);
        let input =
            PlanInput { frame, base: *base, solid: self.plain_ns.is_none(), allowed_methods, unit_costs };
        *next_row = self.plan.plan(&input, *next_row, self.band_bytes);
        let (groups, last) = (self.plan.groups(), *next_row >= rows(frame));
        if groups.is_empty() && !last {
            return None;
        }
        let mut jobs = self.spare.pop().unwrap_or_default();
        jobs.clear();
        match encoder_of(&mut self.encoder, frame) {
            Some(encoder) => encoder.prepare(frame, groups, &mut jobs),
            None => jobs.extend(groups.iter().map(plain)),
        }
        Some(PlannedBand { jobs, last })
    }
}

/// Returns the encoder for a frame. Codes are of packed pixels: planar frames have none.
fn encoder_of<'a>(
    encoder: &'a mut Option<Box<UpdateEncoder>>,
    frame: &Frame,
) -> Option<&'a mut UpdateEncoder> {
    encoder.as_deref_mut().filter(|_| frame.planar().is_none())
}

/// Returns the job of a group for a viewer that takes no codes.
fn plain(group: &plan::TileGroup) -> PatchJob {
    let kind = if let plan::Content::Solid(_) = group.content { JobKind::Solid } else { JobKind::Raw };
    PatchJob { group: *group, kind }
}

fn rows(frame: &Frame) -> u32 {
    Grid::new(frame.cells()).rows()
}
