//! Times of a recording: they begin at zero and never go back, whatever the source does.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use lanstream_core::frame_sink::SinkFrame;
use lanstream_core::source::{AudioChunk, SOUND_FRAME_BYTES, SOUND_RATE};
use lanstream_core::{Micros, Pts};

/// Sound that waits for its picture: a film sends it 300 ms ahead. More belongs to a picture that stands.
const SOUND_HELD_MAX: Duration = Duration::from_secs(1);
/// By so much the next stretch of sound may begin elsewhere than where the previous one ended: timestamps are rounded.
const SOUND_STEP_MAX_US: u64 = 1000;

/// Maps the times of frames, and of sound, to those of a recording.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    last: Option<Moment>,
    /// Sound whose picture has not come.
    held: VecDeque<Arc<AudioChunk>>,
    /// Where the sound goes on, unless the source has jumped.
    sound_end: Option<Pts>,
}

/// When a frame was shown.
#[derive(Clone, Copy, Debug)]
struct Moment {
    pts: Option<Pts>,
    at: Micros,
    /// Microseconds of the recording.
    us: u64,
}

impl Timeline {
    /// Returns the time of a frame in microseconds: by the source's own timestamps as long as they go on, else by the
    /// clock. A viewer who seeks back in a film does not turn the recording back.
    pub(crate) fn frame(&mut self, frame: &SinkFrame<'_>) -> u64 {
        self.show(frame.frame.pts(), frame.at)
    }

    fn show(&mut self, pts: Option<Pts>, at: Micros) -> u64 {
        let us = self.last.map_or(0, |last| {
            let by_stream = pts.zip(last.pts).and_then(|(pts, before)| pts.since(before));
            let step = by_stream.filter(|step| !step.is_zero()).unwrap_or_else(|| at.since(last.at));
            last.us.saturating_add(u64::try_from(step.as_micros()).unwrap_or(u64::MAX).max(1))
        });
        self.last = Some(Moment { pts, at, us });
        us
    }

    /// Keeps sound until its picture has come. What was held for a picture that will not come, because the source has
    /// jumped, is left out, and so is sound of pictures without timestamps: nothing says where it belongs.
    pub(crate) fn hold(&mut self, chunk: &Arc<AudioChunk>) {
        if self.last.is_some_and(|last| last.pts.is_none()) {
            self.held.clear();
            return;
        }
        let goes_on = self.sound_end.is_none_or(|end| end.0.abs_diff(chunk.at.0) <= SOUND_STEP_MAX_US);
        if !goes_on {
            self.held.clear();
        }
        self.sound_end = Some(end_of(chunk));
        self.held.push_back(Arc::clone(chunk));
    }

    /// Takes the next stretch of sound that is due, and the time at which it begins.
    pub(crate) fn take_due_sound(&mut self) -> Option<(u64, Arc<AudioChunk>)> {
        let shown = self.last?.pts?;
        let (first, end) = (self.held.front()?, self.sound_end?);
        let is_due = first.at <= shown || end.since(first.at).is_some_and(|held| held > SOUND_HELD_MAX);
        if is_due { self.take_sound() } else { None }
    }

    /// Takes the next stretch of sound, due or not, and the time at which it begins.
    pub(crate) fn take_sound(&mut self) -> Option<(u64, Arc<AudioChunk>)> {
        let last = self.last?;
        let offset = i128::from(last.us) - i128::from(last.pts?.0);
        let chunk = self.held.pop_front()?;
        // What begins before the recording is heard at its beginning.
        let us = (i128::from(chunk.at.0) + offset).max(0);
        Some((u64::try_from(us).unwrap_or(u64::MAX), chunk))
    }
}

fn end_of(chunk: &AudioChunk) -> Pts {
    let frames = (chunk.samples.len() / SOUND_FRAME_BYTES) as u64;
    Pts(chunk.at.0.saturating_add_unsigned(frames * 1_000_000 / u64::from(SOUND_RATE)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(us: i64) -> Arc<AudioChunk> {
        let samples = vec![0; SOUND_RATE as usize / 50 * SOUND_FRAME_BYTES];
        Arc::new(AudioChunk { at: Pts(us), samples })
    }

    #[test]
    fn films_go_by_their_timestamps_and_screens_by_the_clock() {
        let mut film = Timeline::default();
        let times = [(-40_000, 5), (0, 7), (33_366, 90), (66_733, 91)];
        assert_eq!(
            times.map(|(pts, at)| film.show(Some(Pts(pts)), Micros(at))),
            [0, 40_000, 73_366, 106_733]
        );
        let mut screen = Timeline::default();
        assert_eq!([1000, 1500, 1500, 9000].map(|at| screen.show(None, Micros(at))), [0, 500, 501, 8001]);
    }

    #[test]
    fn a_film_that_is_sought_in_goes_on_in_the_recording() {
        let mut film = Timeline::default();
        film.show(Some(Pts(5_000_000)), Micros(0));
        assert_eq!(film.show(Some(Pts(1_000_000)), Micros(70_000)), 70_000);
        assert_eq!(film.show(Some(Pts(1_040_000)), Micros(200_000)), 110_000);
    }

    #[test]
    fn sound_goes_with_its_pictures() {
        let mut film = Timeline::default();
        (0..5).for_each(|index| film.hold(&chunk(100_000 + index * 20_000)));
        assert_eq!(film.take_due_sound(), None, "no picture has come");
        film.show(Some(Pts(100_000)), Micros(0));
        assert_eq!(film.take_due_sound().map(|(us, _)| us), Some(0));
        assert_eq!(film.take_due_sound(), None);
        // It is sought in: what is held belongs to pictures that nobody sees.
        film.hold(&chunk(20_000));
        film.show(Some(Pts(20_000)), Micros(50_000));
        assert_eq!(film.take_due_sound().map(|(us, _)| us), Some(50_000));
        assert_eq!(film.take_sound(), None);
    }

    #[test]
    fn sound_of_pictures_without_timestamps_is_not_held() {
        let mut screen = Timeline::default();
        screen.show(None, Micros(0));
        (0..5).for_each(|index| screen.hold(&chunk(index * 20_000)));
        assert!(screen.held.is_empty() && screen.take_due_sound().is_none());
    }

    #[test]
    fn times_that_are_as_far_apart_as_can_be_are_in_order() {
        let mut film = Timeline::default();
        let times = [0, i64::MAX, 0, i64::MAX, 0, i64::MAX].map(|pts| film.show(Some(Pts(pts)), Micros(0)));
        assert!(times.is_sorted(), "{times:?}");
    }

    #[test]
    fn sound_of_a_picture_that_stands_does_not_wait_for_the_next() {
        let mut film = Timeline::default();
        film.show(Some(Pts(0)), Micros(0));
        let mut written = 0;
        for index in 0..200 {
            film.hold(&chunk(index * 20_000));
            written += std::iter::from_fn(|| film.take_due_sound()).count();
        }
        assert!((140..160).contains(&written), "{written}");
        assert_eq!(std::iter::from_fn(|| film.take_sound()).count(), 200 - written);
    }
}
