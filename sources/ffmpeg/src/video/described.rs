//! What viewers are told of a stream besides its pictures: in what it differs from its source, and that nothing comes.

use std::time::{Duration, Instant};

use lanstream_core::source::Description;

use super::Video;
use crate::contents::Contents;
use crate::frame_reader::DecodedFrame;
use crate::pace::Pace;
use crate::stream::Pts;

/// Time without a picture after which viewers are told that none comes.
const STALLED_AFTER: Duration = Duration::from_secs(5);

impl Video {
    pub(super) fn describe(&self) -> Description {
        let silent = self.is_stalled.then(|| format!("nothing has come for {} s", STALLED_AFTER.as_secs()));
        let stalled = self.has_no_writer.then(|| format!("nobody writes to {}", self.name)).or(silent);
        Description { name: self.name.clone(), stalled, alterations: self.alterations.said().to_vec() }
    }

    /// Says something of it from now on.
    pub(super) fn remark(&mut self, phrase: String) {
        self.is_described &= !self.alterations.add(phrase);
    }

    /// What is known of all of it once it is open.
    pub(super) fn remark_contents(&mut self) {
        if let Some(film) = &self.film {
            let of_film: Vec<_> = film.alterations().collect();
            self.alterations.note_contents(&self.contents);
            self.remark_first();
            of_film.into_iter().for_each(|phrase| self.remark(phrase));
            self.remark_alpha();
            self.remark_track();
        }
        self.is_described = true;
    }

    /// What was told of the first picture.
    fn remark_first(&mut self) {
        let info =
            self.program.as_ref().and_then(|program| program.log().first_frame_info(self.has_showinfo));
        let shape = info.and_then(|info| info.shape(self.layout.size).ok());
        if let Some((info, shape)) = info.zip(shape) {
            self.alterations.note_picture(info, shape.pixels);
        }
    }

    /// A decoder may leave alpha out.
    fn remark_alpha(&mut self) {
        let has_alpha = self.contents.video().is_some_and(|video| video.has_alpha);
        if has_alpha && self.film.as_ref().is_some_and(|film| !film.decodes_alpha()) {
            self.remark("alpha ignored: colours may show that are hidden".to_owned());
        }
    }

    /// What becomes of the chosen track.
    pub(super) fn remark_track(&mut self) {
        let alteration = |contents: &Contents, track: usize| contents.tracks.get(track)?.alteration(self.mix);
        if let Some(phrase) = self.track.and_then(|track| alteration(&self.contents, track)) {
            self.remark(phrase);
        }
    }

    /// A picture came.
    pub(super) fn note_came(&mut self, picture: &DecodedFrame, now: Instant) {
        self.came_at = now;
        self.is_described &= !std::mem::take(&mut self.has_no_writer);
        if picture.is_veiled {
            self.remark("what is seen through is shown over black".to_owned());
        }
    }

    /// Says that nothing comes, and takes it back.
    pub(super) fn check_stall(&mut self, now: Instant) {
        let is_stalled = self.stall_moment().is_some_and(|moment| moment <= now);
        if is_stalled != self.is_stalled {
            self.is_stalled = is_stalled;
            self.is_described = false;
        }
    }

    /// When that must be said next.
    pub(super) fn stalls_at(&self, now: Instant) -> Option<Instant> {
        self.stall_moment().filter(|moment| !self.is_stalled && *moment > now)
    }

    /// When it will have been silent for too long, where a picture is awaited. What is written to a pipe as it comes may be as
    /// rare as it likes.
    fn stall_moment(&self) -> Option<Instant> {
        if self.end.is_some() {
            return None;
        }
        let since = match self.pace {
            Pace::Newest => self.program.is_some().then_some(self.came_at)?,
            Pace::Timestamps(_) => {
                let is_awaited = self.ready.is_none() && self.after.is_none() && self.clock.is_going();
                let due = self.clock.due(Some(Pts(self.read_until.as_micros() as i64)));
                due.filter(|_| is_awaited)?.max(self.came_at)
            }
        };
        Some(since + STALLED_AFTER)
    }
}
