//! What is heard of a film: its sound, a little ahead of its pictures.

use std::time::{Duration, Instant};

use lanstream_core::source::Position;

use super::{LAST_STAYS, Video};
use crate::film::Film;
use crate::mix::Mix;
use crate::sound::SoundTrack;
use crate::stream::Pts;

/// How long before its pictures sound goes to viewers, so that it is never late: what a sound card takes, and some more.
const SOUND_LEAD: Duration = Duration::from_millis(300);

impl Video {
    /// Begins the chosen track at a place.
    pub(super) fn begin_sound(&mut self, to: Duration) {
        if self.film.as_ref().is_some_and(Film::is_joint) {
            return;
        }
        let place = self.place(to);
        let film = self.film.as_ref().zip(self.track);
        let begun = film.map(|(film, track)| film.sound(place, track, self.mix));
        match begun.transpose() {
            Ok(sound) => self.sound = sound.flatten(),
            Err(error) => self.remark(format!("its sound is missing: {error}")),
        }
    }

    /// Has another track be heard, from where the one before it was sent to.
    pub(super) fn hear_track(&mut self, track: usize, now: Instant) {
        if track >= self.track_names.len() || self.track == Some(track) {
            return;
        }
        let sent = self.sound.as_ref().and_then(SoundTrack::next_at);
        let at = sent.or_else(|| self.clock.position(now)).or_else(|| self.clock.stood());
        let at = at.map_or(self.last_at, |Pts(us)| Duration::from_micros(us.max(0) as u64));
        self.track = Some(track);
        self.mix = self.contents.mix(track);
        (self.sound_after, self.next_iteration, self.is_iteration_prepared) = (None, None, false);
        self.begin_sound(at.saturating_sub(self.began));
        self.sound.iter_mut().for_each(|sound| sound.delay(self.began));
        self.remark_track();
    }

    /// Where it is by its clock, and how fast that goes on.
    pub(super) fn position(&self, now: Instant) -> Option<Position> {
        let Some(at) = self.clock.position(now) else {
            return self.clock.stood().map(|at| Position { at, us_per_s: 0 });
        };
        match self.awaited_limit().filter(|limit| *limit <= at) {
            Some(limit) => Some(Position { at: limit, us_per_s: 0 }),
            None => Some(Position { at, us_per_s: self.clock.us_per_s() }),
        }
    }

    /// When it stands although its clock goes on, because nothing comes.
    pub(super) fn stands_at(&self, now: Instant) -> Option<Instant> {
        self.clock.due(Some(self.awaited_limit()?)).filter(|moment| *moment > now)
    }

    /// Reads what there is of its sound. What can't be mixed by its layout is mixed without it.
    pub(super) fn hear(&mut self) {
        let Some(sound) = &mut self.sound else { return };
        sound.read();
        if sound.cannot_be_mixed() {
            let at = sound.begins_at();
            self.mix = Mix::FirstTwo;
            self.remark_track();
            self.begin_sound(at.saturating_sub(self.began));
            self.sound.iter_mut().for_each(|sound| sound.delay(self.began));
        } else if let Some(complaint) = sound.take_complaint() {
            self.remark(complaint);
        }
    }

    /// What is heard of the next turn follows where this one's is over, or where that begins.
    pub(super) fn change_sound(&mut self) {
        let began = Pts(self.began.as_micros() as i64);
        let is_over =
            |sound: &SoundTrack| sound.is_over() || sound.next_at().is_some_and(|next| next >= began);
        if self.sound_after.is_some() && self.sound.as_ref().is_none_or(is_over) {
            self.sound = self.sound_after.take();
        }
    }

    /// When the next audio chunk must go to viewers: a little before its pictures. Returns `None` if it is not there, or the film
    /// is paused.
    pub(super) fn sounds_at(&self, now: Instant) -> Option<Instant> {
        let next = self.sound.as_ref()?.next_at()?;
        let position = self.clock.position(now)?;
        let waiting = self.waiting();
        let limit = self.position_limit();
        let position = limit.map_or(position, |limit| position.min(limit));
        let ahead = next.since(position).unwrap_or_default();
        match ahead.checked_sub(SOUND_LEAD) {
            None => Some(now),
            Some(_) if waiting.is_some() => None,
            Some(_) if limit.is_some_and(|limit| limit <= position) => None,
            Some(left) => Some(now + left),
        }
    }

    /// The time of a picture that no one has taken: it stands, and so does what goes with it.
    fn waiting(&self) -> Option<Pts> {
        self.ready.as_ref().filter(|_| self.reported).and_then(|picture| picture.pts)
    }

    /// How far the film can be, whatever its clock says: to the picture that no one takes, and where pictures are awaited a
    /// moment beyond the last one.
    fn position_limit(&self) -> Option<Pts> {
        [self.waiting(), self.awaited_limit()].into_iter().flatten().min()
    }

    /// The same where pictures are awaited.
    fn awaited_limit(&self) -> Option<Pts> {
        let is_awaited = self.ready.is_none() && self.after.is_none() && self.end.is_none();
        is_awaited.then(|| Pts((self.read_until + LAST_STAYS).as_micros() as i64))
    }
}
