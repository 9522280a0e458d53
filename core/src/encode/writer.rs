//! Writes one update after the other as bands: plans them from the top, some ahead of the one that is written where they are
//! encoded meanwhile, and writes each when all of it is there.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Context;

use bytes::BytesMut;

use super::coder::{Coder, How, Job};
use super::plan::{self, GROUPS_MAX, Plan, Task};
use super::prices::Prices;
use super::{Answer, Band};
use crate::frame::Frame;
use crate::protocol::BandHead;
use crate::tile::Grid;
use crate::time::Micros;

/// Bands that are planned, and encoded, while the first of them is not written yet.
const AHEAD_MAX: usize = 4;

/// Writes updates for one viewer. Its memory, made at first for the largest, is used again for each.
#[derive(Debug)]
pub struct Writer {
    /// Bytes of pixels after which a band ends.
    band_bytes: usize,
    plan: Plan,
    band: Band,
    /// Where the viewer takes codes.
    coder: Option<Box<Coder>>,
    /// Where its pipe is measured, by every pixel as it is: nanoseconds for a byte of the update that took least.
    plain_ns: Option<f32>,
    update: Option<Update>,
    /// Bands that are planned and not begun.
    ahead: VecDeque<Planned>,
    /// For the jobs of bands that are not planned yet.
    spare: Vec<Vec<Job>>,
}

/// What a viewer may be sent.
#[derive(Debug)]
pub enum Repertoire {
    /// Every pixel as it is, whatever it shows: how long that takes is to be measured.
    Plain,
    /// And one colour told once.
    Solid,
    /// And codes, and moves.
    Coded(Box<Coder>),
}

/// The update that is being written.
#[derive(Debug)]
struct Update {
    frame: Arc<Frame>,
    base: u32,
    /// When the viewer could have had it: from then on it is late.
    due_at: Micros,
    /// Row of tiles that no plan covers yet.
    next_row: u32,
    /// It is still to be looked for what moved.
    seeks: bool,
    /// What the next band is.
    first: bool,
    /// The band that was begun is the last.
    last: bool,
}

impl Update {
    /// The next band's.
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
            taken_back: false,
        }
    }
}

#[derive(Debug)]
struct Planned {
    jobs: Vec<Job>,
    last: bool,
}

/// How far [`Writer::fill`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// The buffer is full; the band goes on.
    More,
    /// A band is complete; there are more of them.
    Band,
    /// Nothing was written: what comes next is still being compared with the frame before, or encoded.
    Waiting,
    /// The update is written.
    Done,
    /// The update is taken back: the rest of its frame never came.
    TakenBack,
}

impl Writer {
    /// A writer of bands of about `band_bytes` of pixels.
    pub fn new(band_bytes: usize, repertoire: Repertoire) -> Self {
        let (coder, plain_ns) = match repertoire {
            Repertoire::Plain => (None, Some(f32::INFINITY)),
            Repertoire::Solid => (None, None),
            Repertoire::Coded(coder) => (Some(coder), None),
        };
        Self {
            band_bytes,
            plan: Plan::default(),
            band: Band::default(),
            coder,
            plain_ns,
            update: None,
            ahead: VecDeque::with_capacity(AHEAD_MAX),
            spare: (0..AHEAD_MAX).map(|_| Vec::with_capacity(GROUPS_MAX)).collect(),
        }
    }

    /// Whether there are bytes to be written.
    pub fn is_writing(&self) -> bool {
        self.update.is_some()
    }

    /// Starts the update that leads from frame `base` to `frame`, which the viewer could have had since `due_at`.
    pub fn begin(&mut self, frame: Arc<Frame>, base: u32, due_at: Micros) {
        let seeks = coder_of(&mut self.coder, &frame).is_some_and(|coder| coder.begin(base));
        self.update = Some(Update { frame, base, due_at, next_row: 0, seeks, first: true, last: false });
    }

    /// The update was acknowledged.
    pub fn answered(&mut self, answer: &Answer) {
        if let Some(coder) = &mut self.coder {
            coder.answered(answer);
        }
        if let Some(plain_ns) = &mut self.plain_ns {
            *plain_ns = plain_ns.min(answer.took_ns / answer.bytes as f32);
        }
    }

    /// Nanoseconds that one byte takes on the viewer's pipe, where that is measured.
    pub fn byte_ns(&self) -> Option<f32> {
        let coded = self.coder.as_ref().map(|coder| coder.byte_ns());
        coded.or(self.plain_ns)
    }

    /// Appends bytes of the update, at most to the end of a band, until `out` holds `limit` or more; it takes at most one
    /// row, one table and what is coded of a band more. Where it returns [`Fill::Waiting`] for something that is encoded,
    /// `context` is woken.
    pub fn fill(&mut self, out: &mut BytesMut, limit: usize, context: &Context<'_>) -> Fill {
        let Some(mut update) = self.update.take() else { return Fill::Done };
        let fill = self.fill_from(&mut update, out, limit, context);
        match fill {
            Fill::More | Fill::Band | Fill::Waiting => self.update = Some(update),
            Fill::Done => {
                if let Some(coder) = coder_of(&mut self.coder, &update.frame) {
                    coder.end(update.frame);
                }
            }
            Fill::TakenBack => self.spare.extend(self.ahead.drain(..).map(|planned| planned.jobs)),
        }
        fill
    }

    fn fill_from(
        &mut self,
        update: &mut Update,
        out: &mut BytesMut,
        limit: usize,
        context: &Context<'_>,
    ) -> Fill {
        loop {
            if self.band.is_open() {
                self.band.write_row(&update.frame, out);
            } else if update.frame.stamps.is_abandoned() {
                BandHead { taken_back: true, ..update.head(false) }.write(out, &[]);
                return Fill::TakenBack;
            } else if !self.open_band(update, out, context) {
                return Fill::Waiting;
            }
            if !self.band.is_open() {
                return if update.last { Fill::Done } else { Fill::Band };
            }
            if out.len() >= limit {
                return Fill::More;
            }
        }
    }

    /// Writes what of the next band comes before its raw rows. Returns whether there is one: it may not be known yet what is
    /// in it.
    fn open_band(&mut self, update: &mut Update, out: &mut BytesMut, context: &Context<'_>) -> bool {
        self.plan_ahead(update);
        let Some(planned) = self.ahead.front() else { return false };
        let mut coder = coder_of(&mut self.coder, &update.frame);
        if let Some(coder) = &mut coder
            && !coder.poll_ready(&update.frame, &planned.jobs, context)
        {
            return false;
        }
        update.last = planned.last;
        let head = update.head(planned.last);
        self.band.open(&head, &update.frame, &planned.jobs, coder, out);
        self.spare.extend(self.ahead.pop_front().map(|planned| planned.jobs));
        true
    }

    /// Plans the next band, and more as long as others have something to encode in them: what is raw is sooner there without.
    fn plan_ahead(&mut self, update: &mut Update) {
        if update.seeks && !self.seek(update) {
            return;
        }
        let goes_on = |last: &Planned| !last.last && last.jobs.iter().any(Job::is_helped);
        while self.ahead.len() < AHEAD_MAX && self.ahead.back().is_none_or(goes_on) {
            let Some(planned) = self.plan_band(update) else { break };
            self.ahead.push_back(planned);
        }
    }

    /// Looks for what moved; `false`: not enough is known yet.
    fn seek(&mut self, update: &mut Update) -> bool {
        let is_known = update.frame.stamps.rows() >= rows(&update.frame);
        let coder = coder_of(&mut self.coder, &update.frame);
        update.seeks = !coder.is_none_or(|coder| coder.seek(&update.frame, update.base, is_known));
        !update.seeks
    }

    fn plan_band(&mut self, update: &mut Update) -> Option<Planned> {
        let Update { frame, base, next_row, .. } = update;
        let mut coder = coder_of(&mut self.coder, frame);
        coder.iter_mut().for_each(|coder| coder.begin_plan());
        let coder = coder.as_deref();
        let prices = coder.map_or(&Prices::PLAIN, Coder::prices);
        let means = coder.and_then(Coder::means);
        let task = Task { frame, base: *base, solid: self.plain_ns.is_none(), means, prices };
        *next_row = self.plan.fill(&task, *next_row, self.band_bytes);
        let (groups, last) = (self.plan.groups(), *next_row >= rows(frame));
        if groups.is_empty() && !last {
            return None;
        }
        let mut jobs = self.spare.pop().unwrap_or_default();
        jobs.clear();
        match coder_of(&mut self.coder, frame) {
            Some(coder) => coder.prepare(frame, groups, &mut jobs),
            None => jobs.extend(groups.iter().map(plain)),
        }
        Some(Planned { jobs, last })
    }
}

/// Who encodes a frame. Codes are of pixels: what lies in planes goes without.
fn coder_of<'a>(coder: &'a mut Option<Box<Coder>>, frame: &Frame) -> Option<&'a mut Coder> {
    coder.as_deref_mut().filter(|_| frame.planar().is_none())
}

/// What is done with a group for a viewer that takes no codes.
fn plain(group: &plan::Group) -> Job {
    let how = if let plan::Fill::Solid(_) = group.fill { How::Solid } else { How::Raw };
    Job { group: *group, how }
}

fn rows(frame: &Frame) -> u32 {
    Grid::new(frame.cells()).rows()
}
