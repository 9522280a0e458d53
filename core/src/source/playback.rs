//! Playback: the state of a source that can be paused and sought, and the commands that viewers give it.

use std::sync::Arc;
use std::time::Duration;

use crate::time::{Micros, Pts};

/// Capability of a source whose playback viewers control.
pub trait PlaybackSource {
    /// Playback state; `None` for a live stream, which cannot be controlled.
    fn playback(&self) -> Option<Playback>;

    /// Carries out a viewer's command. Its effect shows in [`playback`](Self::playback) and in the frames.
    fn control(&mut self, command: PlaybackCommand);
}

/// What a viewer asks of a source that can be controlled. All its viewers see what comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaybackCommand {
    /// Pause.
    Pause,
    /// Go on.
    Play,
    /// Pause, and show one more picture.
    Step,
    /// Go on from there, or pause there: so long after the beginning.
    Seek(Duration),
    /// Be heard by another of its tracks, by its number from 0.
    Track(u32),
}

/// How a source goes that can be controlled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Playback {
    /// It goes on by itself.
    pub is_playing: bool,
    /// [`PlaybackCommand::Seek`] leads somewhere.
    pub can_seek: bool,
    /// Where on the clock of its pictures it began: what is begun again at its end goes on with later timestamps.
    pub began: Pts,
    /// How long it takes, where that is known.
    pub duration: Option<Duration>,
    /// Where it is, whether or not a picture begins there; `None` means where the picture is that is shown.
    pub position: Option<Position>,
    /// What people call its tracks of sound.
    pub tracks: Arc<[String]>,
    /// The number of the one that is heard.
    pub track: Option<u32>,
}

/// Where a film is now, on the clock of its pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// There.
    pub at: Pts,
    /// Microseconds of the film in a second: 1000000 in real time, 0 where it stands.
    pub us_per_s: u32,
}

impl Position {
    /// Where it is so much later.
    pub fn after(self, time: Duration) -> Pts {
        let us = time.as_micros() * u128::from(self.us_per_s) / 1_000_000;
        Pts(self.at.0.saturating_add(i64::try_from(us).unwrap_or(i64::MAX)))
    }
}

/// How a film went at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaybackSnapshot {
    /// How.
    pub playback: Playback,
    /// When its position was told.
    pub at: Micros,
}

/// By so much a film may be elsewhere than was told before that is told again.
const DRIFT_MAX: Duration = Duration::from_millis(20);

impl PlaybackSnapshot {
    /// Whether it still goes as was told, so that its viewers know where it is.
    pub fn predicts(&self, playback: &Playback, now: Micros) -> bool {
        let told = Playback { position: playback.position, ..self.playback.clone() };
        let is_there = match (self.playback.position, playback.position) {
            (Some(before), Some(is)) if before.us_per_s == is.us_per_s => {
                let off = before.after(now.since(self.at)).0.abs_diff(is.at.0);
                off <= Position { at: Pts(0), ..is }.after(DRIFT_MAX).0.unsigned_abs()
            }
            (before, is) => before == is,
        };
        is_there && told == *playback
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_that_goes_as_was_foretold_is_not_told_of_again() {
        let at = |us, us_per_s| Playback {
            is_playing: true,
            can_seek: true,
            began: Pts(0),
            duration: None,
            position: Some(Position { at: Pts(us), us_per_s }),
            tracks: Arc::default(),
            track: None,
        };
        let went = PlaybackSnapshot { playback: at(1_000_000, 2_000_000), at: Micros(5_000_000) };
        let later = Micros(5_500_000);
        assert!(went.predicts(&at(2_000_000, 2_000_000), later));
        assert!(
            went.predicts(&at(2_039_000, 2_000_000), later)
                && !went.predicts(&at(2_041_000, 2_000_000), later)
        );
        assert!(!went.predicts(&at(2_000_000, 0), later), "it stands");
        assert!(!went.predicts(&Playback { can_seek: false, ..at(2_000_000, 2_000_000) }, later));
        let stood = PlaybackSnapshot { playback: at(7, 0), at: Micros(0) };
        assert!(stood.predicts(&at(7, 0), later) && !stood.predicts(&at(8, 0), later));
        let unknown = Playback { position: None, ..at(0, 0) };
        assert!(!stood.predicts(&unknown, later));
        assert!(PlaybackSnapshot { playback: unknown.clone(), at: later }.predicts(&unknown, later));
    }
}
