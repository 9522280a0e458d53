//! A film that is begun anew: at another place, or from its beginning where it is repeated.

use std::time::Duration;

use lanstream_core::source::Error;

use super::{BACK_AT_FIRST, LAST_STAYS, Video};
use crate::intake::Intake;
use crate::program::Program;
use crate::sound::SoundTrack;

/// How long before the end of a film its next turn is begun: what FFmpeg takes until it has decoded something, and some more.
const TURN_LEAD: Duration = Duration::from_millis(1000);
/// Nobody who looks for the end wants to see nothing: the last picture begins before it.
const LAST_PART: Duration = Duration::from_millis(100);
/// The last place to look for where the end is not known: no film is longer, and FFmpeg calculates with what it is told.
const SEEK_MAX: Duration = Duration::from_secs(1000 * 3600);

/// A film begun at another place: its pictures, and its sound if it is to be heard.
/// The pipes go before the programs that write to them.
pub(crate) type Restarted = (Intake, Program, Option<SoundTrack>);
/// Begins a film at another place.
pub(crate) type Restart = Box<dyn Fn(Duration) -> Result<Restarted, Error> + Send>;

impl Video {
    /// Of what is repeated the next turn is begun a little before the end of this one.
    pub(super) fn prepare_turn(&mut self) {
        let is_near = |end: Duration| self.read_until + TURN_LEAD >= self.began + end;
        let is_wanted = self.repeat && !self.is_turn_begun && self.end.is_none();
        if is_wanted && self.duration().is_some_and(is_near) {
            self.is_turn_begun = true;
            self.turn = self.next_turn();
        }
    }

    fn next_turn(&self) -> Option<Restarted> {
        self.restart.as_ref().and_then(|restart| restart(Duration::ZERO).ok())
    }

    /// Whether a program gave all that it had, now that there is no more of it.
    fn ended_well(&mut self) -> bool {
        self.program.as_mut().is_some_and(|program| program.finish().is_success())
    }

    /// Goes on with the next turn of what is repeated, if this one was shown to a good end.
    pub(super) fn turns(&mut self) -> bool {
        if !self.repeat || self.intake.pictures() == 0 || !self.ended_well() {
            return false;
        }
        self.duration = self.duration();
        if self.intake.pictures() == 1 {
            self.read_until = self.last_at + LAST_STAYS;
        }
        let turn = self.turn.take().or_else(|| self.next_turn());
        let Some((intake, program, sound)) = turn else { return false };
        (self.began, self.start, self.is_turn_begun) = (self.read_until, Duration::ZERO, false);
        (self.intake, self.program, self.sound_after) = (intake, Some(program), sound);
        self.sound_after.iter_mut().for_each(|sound| sound.delay(self.began));
        true
    }

    pub(super) fn seek(&mut self, to: Duration) {
        let to = to.min(self.duration().map_or(SEEK_MAX, |end| end.saturating_sub(LAST_PART)));
        if self.begin_at(to) {
            self.back = BACK_AT_FIRST;
            (self.told, self.end) = (false, None);
            (self.ready, self.after) = (None, None);
            self.clock.jump();
        }
    }

    /// Begins the film at another place. `false`: it can't be had.
    fn begin_at(&mut self, to: Duration) -> bool {
        let Some(restart) = &self.restart else { return false };
        let restarted = restart(to);
        self.duration = self.duration();
        (self.began, self.turn, self.is_turn_begun) = (Duration::ZERO, None, false);
        (self.last_at, self.read_until, self.sound_after) = (to, to, None);
        match restarted {
            Ok((intake, program, sound)) => {
                (self.intake, self.program, self.sound) = (intake, Some(program), sound);
                self.start = to;
                true
            }
            Err(error) => {
                self.end_with(error);
                false
            }
        }
    }

    /// Begins the film a little before the place where there was no picture any more, as after the last one.
    pub(super) fn goes_back(&mut self) -> bool {
        let is_after_last = self.intake.pictures() == 0 && !self.start.is_zero() && self.restart.is_some();
        if !is_after_last || !self.ended_well() {
            return false;
        }
        let earlier = self.start.saturating_sub(self.back);
        self.back *= 4;
        self.begin_at(earlier)
    }
}
