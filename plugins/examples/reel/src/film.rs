//! A film whose frames follow each other in real time until its end, and which can be paused and sought.

use std::time::{Duration, Instant};

/// Time that a frame is shown.
pub(crate) const FRAME_TIME: Duration = Duration::from_millis(40);

/// Where a film is, and whether it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Film {
    /// Number of its frames, at least one.
    frames: u32,
    /// Time from its beginning to where it was at `since`, or where it stands.
    position: Duration,
    /// When it was there; `None` while it stands.
    since: Option<Instant>,
}

impl Film {
    /// Returns a film that goes on from its beginning.
    pub(crate) fn new(frames: u32, now: Instant) -> Self {
        Self { frames, position: Duration::ZERO, since: Some(now) }
    }

    pub(crate) fn duration(&self) -> Duration {
        FRAME_TIME * self.frames
    }

    /// Returns whether it goes on. At its end it stands.
    pub(crate) fn is_playing(&self, now: Instant) -> bool {
        self.since.is_some() && self.position(now) < self.duration()
    }

    /// Returns the time from its beginning to where it is.
    pub(crate) fn position(&self, now: Instant) -> Duration {
        let gone = self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        (self.position + gone).min(self.duration())
    }

    /// Returns the number of the frame that is shown.
    pub(crate) fn frame(&self, now: Instant) -> u32 {
        let frame = self.position(now).as_micros() / FRAME_TIME.as_micros();
        u32::try_from(frame).unwrap_or(u32::MAX).min(self.frames - 1)
    }

    /// Returns when the next frame is shown, or the end is reached; `None` while it stands.
    pub(crate) fn next_change(&self, now: Instant) -> Option<Instant> {
        let end_of_frame = FRAME_TIME * (self.frame(now) + 1);
        self.is_playing(now).then(|| now + end_of_frame.saturating_sub(self.position(now)))
    }

    pub(crate) fn pause(&mut self, now: Instant) {
        *self = Self { position: self.position(now), since: None, ..*self };
    }

    /// Goes on: from the beginning, where it is at its end.
    pub(crate) fn play(&mut self, now: Instant) {
        let position = self.position(now);
        let position = if position < self.duration() { position } else { Duration::ZERO };
        *self = Self { position, since: Some(now), ..*self };
    }

    /// Goes on from another place, or stands there.
    pub(crate) fn seek(&mut self, to: Duration, now: Instant) {
        let since = self.is_playing(now).then_some(now);
        *self = Self { position: to.min(self.duration()), since, ..*self };
    }

    /// Stands at the next frame.
    pub(crate) fn step(&mut self, now: Instant) {
        let next = FRAME_TIME * (self.frame(now) + 1).min(self.frames - 1);
        *self = Self { position: next, since: None, ..*self };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn it_goes_on_in_real_time_until_its_end() {
        let began = Instant::now();
        let film = Film::new(3, began);
        for (at, frame, is_playing) in
            [(0, 0, true), (39, 0, true), (40, 1, true), (119, 2, true), (120, 2, false)]
        {
            let now = began + ms(at);
            assert_eq!((film.frame(now), film.is_playing(now)), (frame, is_playing), "after {at} ms");
        }
        assert_eq!(film.next_change(began + ms(50)), Some(began + ms(80)));
        assert_eq!(film.next_change(began + ms(120)), None);
    }

    #[test]
    fn it_stands_where_it_is_paused_or_sought_and_goes_on_from_there() {
        let now = Instant::now();
        let later = now + ms(1000);
        let mut film = Film::new(10, now);
        film.pause(now + ms(50));
        assert_eq!((film.position(later), film.next_change(later)), (ms(50), None));
        film.step(later);
        assert_eq!(film.position(later), ms(80));
        film.seek(ms(333), later);
        assert_eq!((film.position(later + ms(9)), film.is_playing(later)), (ms(333), false));
        film.play(later);
        assert_eq!(film.position(later + ms(9)), ms(342));
        film.seek(ms(7), later);
        assert_eq!((film.position(later + ms(9)), film.is_playing(later)), (ms(16), true));
    }

    #[test]
    fn it_begins_again_where_it_is_played_at_its_end() {
        let now = Instant::now();
        let mut film = Film::new(2, now);
        film.seek(ms(1_000_000), now);
        assert_eq!((film.position(now), film.frame(now), film.is_playing(now)), (ms(80), 1, false));
        film.step(now);
        assert_eq!(film.frame(now), 1, "there is no frame after the last");
        film.seek(ms(80), now);
        film.play(now);
        assert_eq!((film.position(now), film.is_playing(now)), (ms(0), true));
    }
}
