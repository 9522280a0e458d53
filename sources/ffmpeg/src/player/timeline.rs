//! Timeline of a film: where its iterations begin, how far it is read, and how long it is.

use std::time::Duration;

use super::end::LAST_FRAME_STAYS;
use crate::contents::Contents;
use crate::frame_reader::DecodedFrame;
use crate::seek::SeekPoint;
use crate::stream::Pts;

/// By so much the stated duration may differ from the end of the last frame: it is rounded, and an audio track is
/// rarely as long as the frames.
const DURATION_SLACK: Duration = Duration::from_millis(500);
/// By so much a recording must be longer than its timestamps say to be one that was joined.
const JOINED_BY: Duration = Duration::from_secs(1);
/// FFmpeg's names for containers whose timestamps may begin again in the middle, and which can be joined end to end.
const JOINABLE: [&str; 2] = ["mpegts", "mpeg"];

/// Timeline of a film.
///
/// Time runs on over iterations: timestamps of the second are those of the film plus the length of the first. Where a
/// duration is `stated`, it is the one that FFmpeg reports now.
pub(crate) struct Timeline {
    /// Where the current program began to read.
    pub(crate) start: SeekPoint,
    /// When the current iteration began.
    pub(crate) iteration_start: Duration,
    /// When the last frame that was read begins, and when it is over.
    pub(crate) last_frame_at: Duration,
    pub(crate) read_until: Duration,
    /// Duration that FFmpeg reported before it was restarted.
    stated_before: Option<Duration>,
    /// Duration that it turned out to have, where that is longer.
    grown: Duration,
    /// When the film's final frame begins, once that was seen.
    pub(crate) final_frame_at: Option<Duration>,
}

impl Timeline {
    pub(crate) fn new(start: SeekPoint) -> Self {
        Self {
            start,
            iteration_start: Duration::ZERO,
            last_frame_at: Duration::ZERO,
            read_until: Duration::ZERO,
            stated_before: None,
            grown: Duration::ZERO,
            final_frame_at: None,
        }
    }

    /// Moves a frame's timestamp from the program's clock to that of all iterations.
    pub(crate) fn stamp(&mut self, frame: DecodedFrame) -> DecodedFrame {
        let since = self.iteration_start + self.start.origin();
        let pts = frame.pts.map(|pts| pts.after(since));
        if let Some(pts) = pts {
            let at = pts.time();
            // It takes as long as the previous one.
            let took = at.saturating_sub(self.last_frame_at).min(LAST_FRAME_STAYS);
            (self.last_frame_at, self.read_until) = (at, at + took);
        }
        DecodedFrame { pts, ..frame }
    }

    /// Returns the duration of one iteration: as stated, or longer where more was shown.
    pub(crate) fn duration(&self, stated: Option<Duration>) -> Option<Duration> {
        stated.or(self.stated_before).map(|stated| stated.max(self.grown))
    }

    /// Keeps the duration while a new program has not reported one yet.
    pub(crate) fn keep_duration(&mut self, stated: Option<Duration>) {
        self.stated_before = self.duration(stated);
    }

    /// Lengthens a film of which more is shown than was stated: in whole seconds until it is over.
    pub(crate) fn grow(&mut self, stated: Option<Duration>) {
        let end = self.read_until.saturating_sub(self.iteration_start);
        let stated = stated.or(self.stated_before);
        if stated.is_some_and(|stated| end > self.grown.max(stated + DURATION_SLACK)) {
            self.grown = Duration::from_secs(end.as_secs() + 1);
        }
    }

    /// Takes note of the film's final frame, the last that was read; `is_cover` is for one whose timestamp says
    /// nothing.
    pub(crate) fn note_final_frame(&mut self, is_cover: bool) {
        let at = self.last_frame_at.saturating_sub(self.iteration_start);
        self.final_frame_at = Some(if is_cover { Duration::ZERO } else { at });
        if !self.grown.is_zero() {
            self.grown = self.read_until.saturating_sub(self.iteration_start);
        }
    }

    /// Goes on at another time of the first iteration.
    pub(crate) fn jump(&mut self, to: Duration) {
        self.iteration_start = Duration::ZERO;
        (self.last_frame_at, self.read_until) = (to, to);
    }

    /// Goes on with the next iteration. `frames` is the number of frames of the current one.
    pub(crate) fn next_iteration(&mut self, frames: u64) {
        self.iteration_start = self.iteration_end(frames);
        self.start = SeekPoint::START;
        (self.last_frame_at, self.read_until) = (self.iteration_start, self.iteration_start);
    }

    /// Returns when this iteration is over: with its last frame, or with its sound where that is longer.
    fn iteration_end(&self, frames: u64) -> Duration {
        let shown = if frames == 1 { self.last_frame_at + LAST_FRAME_STAYS } else { self.read_until };
        let whole = self.stated_before.map_or(Duration::ZERO, |duration| self.iteration_start + duration);
        if whole > shown + DURATION_SLACK { whole } else { shown }
    }

    /// Returns the point to begin to read at for a time, by the means that lead there.
    pub(crate) fn seek_point(&self, to: Duration, contents: &Contents) -> SeekPoint {
        if self.is_joined(contents) && !to.is_zero() {
            SeekPoint::DecodeTo(to)
        } else {
            SeekPoint::Accurate(to)
        }
    }

    /// Returns whether one time has several timestamps: recordings that were joined.
    fn is_joined(&self, contents: &Contents) -> bool {
        let is_joinable = JOINABLE.contains(&contents.container.as_str());
        is_joinable && contents.duration.is_some_and(|duration| self.grown >= duration + JOINED_BY)
    }

    /// Returns the start of this iteration as a timestamp.
    pub(crate) fn iteration_start_pts(&self) -> Pts {
        Pts::at(self.iteration_start)
    }
}
