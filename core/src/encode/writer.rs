//! Writes updates as bands: plans them from the top, some ahead of the one being written so that they are encoded
//! meanwhile, and writes each when all of it is encoded.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Context;

use bytes::BytesMut;

use super::band::Band;
use super::cost::AckTiming;
use super::job::PatchJob;
use super::plan::{BandInput, GROUPS_MAX, Plan};
use super::update_encoder::UpdateEncoder;
use crate::frame::Frame;
use crate::protocol::BandHead;
use crate::time::Micros;

/// Bands planned and encoded ahead of the one being written.
const AHEAD_MAX: usize = 4;

/// Writes updates for one viewer. Its memory, made at first for the largest, is used again for each.
#[derive(Debug)]
pub(crate) struct Writer {
    /// Bytes of pixels after which a band ends.
    band_bytes: usize,
    encoder: UpdateEncoder,
    plan: Plan,
    band: Band,
    update: Option<Update>,
    /// Bands that are planned and not begun.
    ahead: VecDeque<PlannedBand>,
    /// Spare memory for the jobs of later bands.
    spare: Vec<Vec<PatchJob>>,
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

/// How far writing an update came.
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

impl WriteStatus {
    /// Returns whether the update is over, and the next one begins anew.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Done | Self::Aborted)
    }
}

impl Writer {
    /// Returns a writer of bands of about `band_bytes` of pixels.
    pub(crate) fn new(band_bytes: usize, encoder: UpdateEncoder) -> Self {
        Self {
            band_bytes,
            encoder,
            plan: Plan::default(),
            band: Band::default(),
            update: None,
            ahead: VecDeque::with_capacity(AHEAD_MAX),
            spare: (0..AHEAD_MAX).map(|_| Vec::with_capacity(GROUPS_MAX)).collect(),
        }
    }

    /// Returns whether there are bytes to write.
    pub(crate) fn is_writing(&self) -> bool {
        self.update.is_some()
    }

    /// Starts the update that leads from frame `base` to `frame`, which the viewer could have had since `due_at`.
    pub(crate) fn begin(&mut self, frame: Arc<Frame>, base: u32, due_at: Micros) {
        self.encoder.begin(&frame, base);
        self.update = Some(Update { frame, base, due_at, next_row: 0, first: true, last: false });
    }

    /// Hands the timing of the acknowledged update to the encoder.
    pub(crate) fn acknowledged(&mut self, timing: &AckTiming) {
        self.encoder.feedback(timing);
    }

    /// Returns nanoseconds per byte on the viewer's link, if measured.
    pub(crate) fn byte_ns(&self) -> Option<f32> {
        self.encoder.byte_ns()
    }

    /// Appends bytes of the update, at most to the end of a band, until `out` holds `limit` or more; it takes at most
    /// one row, one table and what is coded of a band more. Where it returns [`WriteStatus::Waiting`] for something
    /// that is encoded, `context` is woken.
    pub(crate) fn write_some(
        &mut self,
        out: &mut BytesMut,
        limit: usize,
        context: &Context<'_>,
    ) -> WriteStatus {
        let Some(mut update) = self.update.take() else { return WriteStatus::Done };
        let status = self.write_band(&mut update, out, limit, context);
        if status.is_end() {
            // Of an aborted update some bands may be planned.
            self.spare.extend(self.ahead.drain(..).map(|planned| planned.jobs));
        } else {
            self.update = Some(update);
        }
        status
    }

    fn write_band(
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
        let is_ready =
            |planned: &mut PlannedBand| self.encoder.poll_ready(&update.frame, &planned.jobs, context);
        let Some(planned) = self.ahead.pop_front_if(is_ready) else { return false };
        update.last = planned.last;
        let head = update.head(planned.last);
        self.band.open(&head, &update.frame, &planned.jobs, &mut self.encoder, out);
        self.spare.push(planned.jobs);
        true
    }

    /// Plans the next band, and more while worker threads have something to encode in them: raw bands arrive sooner
    /// without.
    fn plan_ahead(&mut self, update: &mut Update) {
        let goes_on = |last: &PlannedBand| !last.last && last.jobs.iter().any(PatchJob::is_helped);
        while self.ahead.len() < AHEAD_MAX && self.ahead.back().is_none_or(goes_on) {
            let Some(planned) = self.plan_band(update) else { break };
            self.ahead.push_back(planned);
        }
    }

    /// Plans a band. Returns `None` if nothing of it is known yet.
    fn plan_band(&mut self, update: &mut Update) -> Option<PlannedBand> {
        let Update { frame, base, next_row, .. } = update;
        let input = BandInput { frame, base: *base, first_row: *next_row, bytes: self.band_bytes };
        let mut jobs = self.spare.pop().unwrap_or_default();
        jobs.clear();
        *next_row = self.encoder.plan(&input, &mut self.plan, &mut jobs);
        let last = *next_row >= input.rows();
        if jobs.is_empty() && !last {
            self.spare.push(jobs);
            return None;
        }
        Some(PlannedBand { jobs, last })
    }
}
