//! Audio of a film: the track that is chosen, how it is mixed, and the sound that is sent a little ahead of its frames.

use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Duration;

use lanstream_core::source::{AudioChunk, Error};

use super::status::Status;
use crate::contents::Contents;
use crate::film::Film;
use crate::mix::Mix;
use crate::seek::SeekPoint;
use crate::sound::SoundTrack;
use crate::stream::Pts;

/// Audio of a film.
pub(crate) struct Audio {
    /// Sound that is heard.
    sound: Option<SoundTrack>,
    /// Sound of the next iteration, which is heard after `sound`.
    next: Option<SoundTrack>,
    /// Names of the tracks.
    names: Arc<[String]>,
    /// Track that is heard, and how it is mixed.
    track: Option<usize>,
    mix: Mix,
}

impl Audio {
    /// Returns audio with the sound that comes with the frames, if any does.
    pub(crate) fn new(sound: Option<SoundTrack>) -> Self {
        Self { sound, next: None, names: Arc::default(), track: None, mix: Mix::Layout }
    }

    /// Chooses the track that is heard first.
    ///
    /// # Errors
    /// As [`Film::track`].
    pub(crate) fn choose_first(&mut self, film: &Film, contents: &Contents) -> Result<(), Error> {
        self.track = film.track(contents)?;
        self.mix = self.track.map_or(Mix::Layout, |track| contents.mix(track));
        self.names = self.track.map_or_else(Vec::new, |_| contents.track_names()).into();
        Ok(())
    }

    /// Chooses another track. Returns `false` if there is none of this number, or it is heard already.
    pub(crate) fn choose(&mut self, track: usize, contents: &Contents) -> bool {
        if track >= self.names.len() || self.track == Some(track) {
            return false;
        }
        (self.track, self.mix, self.next) = (Some(track), contents.mix(track), None);
        true
    }

    /// Returns the chosen track and its mix.
    pub(crate) fn choice(&self) -> Option<(usize, Mix)> {
        self.track.map(|track| (track, self.mix))
    }

    pub(crate) fn names(&self) -> Arc<[String]> {
        Arc::clone(&self.names)
    }

    /// Begins the chosen track at a point of the iteration that began at `iteration_start`.
    pub(crate) fn begin(
        &mut self,
        film: Option<&Film>,
        at: SeekPoint,
        iteration_start: Duration,
        status: &mut Status,
    ) {
        if film.is_some_and(Film::is_joint) {
            return;
        }
        let begun = film.zip(self.track).map(|(film, track)| film.sound(at, track, self.mix));
        match begun.transpose() {
            Ok(sound) => self.sound = sound.flatten(),
            Err(error) => status.remark(format!("its sound is missing: {error}")),
        }
        self.sound.iter_mut().for_each(|sound| sound.delay(iteration_start));
    }

    /// Takes the sound that comes with the frames of a program.
    pub(crate) fn replace(&mut self, sound: Option<SoundTrack>) {
        self.sound = sound.or_else(|| self.sound.take());
    }

    /// Sets the sound of the next iteration, which begins at `iteration_start`.
    pub(crate) fn set_next(&mut self, next: Option<SoundTrack>, iteration_start: Duration) {
        self.next = next;
        self.next.iter_mut().for_each(|sound| sound.delay(iteration_start));
    }

    /// Ends the sound of the next iteration.
    pub(crate) fn discard_next(&mut self) {
        self.next = None;
    }

    /// Goes on with the sound of the iteration that began at `iteration_start` when the previous one's is over, or
    /// reaches it.
    pub(crate) fn advance(&mut self, iteration_start: Pts) {
        let is_over = |sound: &SoundTrack| {
            sound.is_over() || sound.next_at().is_some_and(|next| next >= iteration_start)
        };
        if self.next.is_some() && self.sound.as_ref().is_none_or(is_over) {
            self.sound = self.next.take();
        }
    }

    /// Returns the descriptor to poll, where there is room for more.
    pub(crate) fn pipe(&self) -> Option<BorrowedFd<'_>> {
        self.sound.as_ref().and_then(SoundTrack::pipe)
    }

    /// Reads what there is, before it is known what the frames are like.
    pub(crate) fn read_ahead(&mut self) {
        self.sound.iter_mut().for_each(SoundTrack::read);
    }

    /// Reads what there is. Returns the start of a track that can't be mixed by its layout: it must be begun again
    /// there.
    pub(crate) fn read(&mut self, status: &mut Status) -> Option<Duration> {
        let sound = self.sound.as_mut()?;
        sound.read();
        if sound.cannot_be_mixed() {
            self.mix = Mix::FirstTwo;
            return Some(sound.begins_at());
        }
        sound.take_complaint().into_iter().for_each(|complaint| status.remark(complaint));
        None
    }

    /// Reports how the chosen track differs from what is in the film.
    pub(crate) fn report_mix(&self, contents: &Contents, status: &mut Status) {
        let track = self.track.and_then(|track| contents.tracks.get(track));
        track
            .and_then(|track| track.alteration(self.mix))
            .into_iter()
            .for_each(|phrase| status.remark(phrase));
    }

    /// Returns the time of the next audio chunk, if it is there.
    pub(crate) fn next_at(&self) -> Option<Pts> {
        self.sound.as_ref().and_then(SoundTrack::next_at)
    }

    /// Returns the next audio chunk.
    pub(crate) fn take_chunk(&mut self) -> Option<AudioChunk> {
        self.sound.as_mut()?.take()
    }

    /// Returns whether all of the sound was sent.
    pub(crate) fn is_over(&self) -> bool {
        self.sound.as_ref().is_none_or(SoundTrack::is_over)
    }

    /// Tells its programs to end, without waiting for that.
    pub(crate) fn dismiss(&mut self) {
        self.sound.iter_mut().chain(&mut self.next).for_each(SoundTrack::dismiss);
    }
}
