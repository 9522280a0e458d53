//! Playlist of one film: its iterations, each of which is started a little before the previous one ends.

use crate::film::{Begun, Film};
use crate::mix::Mix;
use crate::program::Program;
use crate::seek::SeekPoint;
use crate::sound::SoundTrack;

/// A film, if the stream is one, and its next iteration.
pub(crate) struct Playlist {
    film: Option<Film>,
    /// Whether it begins again at its end.
    repeats: bool,
    /// The next iteration, once it is started, and whether that was tried.
    next: Option<Begun>,
    is_prepared: bool,
}

impl Playlist {
    pub(crate) fn new(film: Option<Film>, repeats: bool) -> Self {
        Self { film, repeats, next: None, is_prepared: false }
    }

    pub(crate) fn film(&self) -> Option<&Film> {
        self.film.as_ref()
    }

    pub(crate) fn repeats(&self) -> bool {
        self.repeats
    }

    /// Returns whether the next iteration must still be started before this one ends.
    pub(crate) fn wants_next(&self) -> bool {
        self.repeats && !self.is_prepared
    }

    /// Starts the next iteration, with this track.
    pub(crate) fn prepare(&mut self, track: Option<(usize, Mix)>) {
        self.is_prepared = true;
        self.next = self.start(track);
    }

    /// Ends the next iteration, which was started with another track or belongs to another time.
    pub(crate) fn discard_next(&mut self) {
        (self.next, self.is_prepared) = (None, false);
    }

    /// Returns the next iteration, started now if it was not before.
    pub(crate) fn take_next(&mut self, track: Option<(usize, Mix)>) -> Option<Begun> {
        let next = self.next.take().or_else(|| self.start(track))?;
        self.is_prepared = false;
        Some(next)
    }

    fn start(&self, track: Option<(usize, Mix)>) -> Option<Begun> {
        let film = self.film.as_ref()?;
        let mut begun = film.pictures(SeekPoint::START).ok()?;
        let sound = track.and_then(|(track, mix)| film.sound(SeekPoint::START, track, mix).ok().flatten());
        begun.sound = begun.sound.or(sound);
        Some(begun)
    }

    /// Tells the programs of the next iteration to end, without waiting for that.
    pub(crate) fn dismiss(&mut self) {
        if let Some(Begun { program, sound, .. }) = &mut self.next {
            Program::dismiss(program);
            sound.iter_mut().for_each(SoundTrack::dismiss);
        }
    }
}
