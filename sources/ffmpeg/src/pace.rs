//! When a picture is due. It reads no clock: every moment is an argument.

use std::str::FromStr;
use std::time::{Duration, Instant};

use crate::stream::Pts;

/// A picture that is shown later than this begins time again: the stream stood still, since no one watched it or since
/// it came too slowly, and what was missed is not run through at speed.
const LATE_MAX: Duration = Duration::from_millis(500);
/// How long a picture that is due may wait for a viewer while the ones after it are still read, so that a slow viewer
/// sees every third picture at the right time. Beyond it no one watches: reading ends, and what writes is paused.
const UNWATCHED_AFTER: Duration = Duration::from_secs(1);

/// When pictures of a stream are shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pacing {
    /// As soon as they come, and only the newest: for what happens now.
    Newest,
    /// By their timestamps, so many times as fast, beginning when the first is shown: for what is stored.
    Timestamps(Speed),
}

/// How many times as fast as real time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed(f64);

impl Speed {
    /// Slowest and fastest.
    pub const RANGE: [f64; 2] = [0.01, 100.0];
    /// As it was.
    pub const REAL: Self = Self(1.0);

    /// A speed, or `None` outside of [`RANGE`](Self::RANGE).
    pub fn new(times: f64) -> Option<Self> {
        let [slowest, fastest] = Self::RANGE;
        (slowest..=fastest).contains(&times).then_some(Self(times))
    }
}

/// Text that is no speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a speed is a number from {} to {}, such as 1.5", Speed::RANGE[0], Speed::RANGE[1])]
pub struct ParseSpeedError;

impl FromStr for Speed {
    type Err = ParseSpeedError;

    fn from_str(text: &str) -> Result<Self, ParseSpeedError> {
        text.parse().ok().and_then(Self::new).ok_or(ParseSpeedError)
    }
}

/// Turns timestamps into moments.
#[derive(Debug)]
pub(crate) struct PlaybackClock {
    pace: Pacing,
    /// When a picture had to be shown, and its timestamp. All others count from it.
    anchor: Option<(Instant, Pts)>,
    /// Since when a picture that is due waits for a viewer.
    waiting_since: Option<Instant>,
    /// It is paused, but for so many pictures.
    still: Option<u32>,
    /// Where it stands.
    stood: Option<Stood>,
    /// Since when it is held, by whoever can't take more: nothing is due, and it goes on later by as much.
    held_since: Option<Instant>,
}

/// Where a stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stood {
    /// Where it was when it was stopped: a picture may be shown that began before.
    Between(Pts),
    /// At this picture, which was shown since.
    Picture(Pts),
}

impl Stood {
    fn at(self) -> Pts {
        let (Self::Between(at) | Self::Picture(at)) = self;
        at
    }
}

impl PlaybackClock {
    pub(crate) fn new(pace: Pacing) -> Self {
        Self { pace, anchor: None, waiting_since: None, still: None, stood: None, held_since: None }
    }

    /// Holds it until it is [released](Self::release): what happens now is not held.
    pub(crate) fn hold(&mut self, now: Instant) {
        if self.can_stop() {
            self.held_since.get_or_insert(now);
        }
    }

    /// Goes on after it was held, later by as long as that was.
    pub(crate) fn release(&mut self, now: Instant) {
        let Some(since) = self.held_since.take() else { return };
        let later = |at: &mut Instant| *at += now.saturating_duration_since(since.max(*at));
        self.anchor.iter_mut().for_each(|(at, _)| later(at));
        self.waiting_since.iter_mut().for_each(later);
    }

    /// Whether it is held.
    pub(crate) fn is_held(&self) -> bool {
        self.held_since.is_some()
    }

    /// Whether it can pause: what happens now does not.
    pub(crate) fn can_stop(&self) -> bool {
        self.pace != Pacing::Newest
    }

    /// Whether it goes on by itself.
    pub(crate) fn is_going(&self) -> bool {
        self.still.is_none()
    }

    /// Stands still.
    pub(crate) fn stop(&mut self, now: Instant) {
        self.stood = self.position(now).map(Stood::Between).or(self.stood);
        self.still.get_or_insert(0);
        self.anchor = None;
    }

    /// Goes on from where it stands. Where that is not known, the next picture is due at once, and all others count
    /// from it.
    pub(crate) fn go(&mut self, now: Instant) {
        if self.still.take().is_some() {
            self.anchor = self.stood.take().map(|stood| (now, stood.at()));
        }
    }

    /// Stands still after one more picture than it would.
    pub(crate) fn step(&mut self, now: Instant) {
        self.stop(now);
        self.still = self.still.map(|left| left.saturating_add(1));
    }

    /// What comes next does not follow from what was: where it is paused, one picture is shown of it.
    pub(crate) fn jump(&mut self) {
        self.anchor = None;
        self.stood = None;
        self.still = self.still.map(|_| 1);
    }

    /// Whether a picture must be shown now.
    pub(crate) fn is_due(&self, pts: Option<Pts>, now: Instant) -> bool {
        match self.still {
            Some(left) => left > 0,
            None => self.due(pts).is_none_or(|due| due <= now),
        }
    }

    /// When a picture must be shown. Returns `None` if it is shown at once, unless it is paused.
    pub(crate) fn due(&self, pts: Option<Pts>) -> Option<Instant> {
        let Pacing::Timestamps(Speed(times)) = self.pace else { return None };
        let (at, first) = self.anchor?;
        // Time that runs back is a new beginning, as in recordings that were joined.
        let after = pts?.since(first)?;
        Some(at + after.div_f64(times))
    }

    /// Where in its stream it is, if it goes on: a picture was shown since it last stood.
    pub(crate) fn position(&self, now: Instant) -> Option<Pts> {
        let Pacing::Timestamps(Speed(times)) = self.pace else { return None };
        let (at, first) = self.anchor.filter(|_| self.is_going())?;
        let now = self.held_since.unwrap_or(now);
        Some(first.after(now.saturating_duration_since(at).mul_f64(times)))
    }

    /// Where it stands between two pictures.
    pub(crate) fn stood(&self) -> Option<Pts> {
        match self.stood {
            Some(Stood::Between(at)) => Some(at),
            Some(Stood::Picture(_)) | None => None,
        }
    }

    /// Microseconds of the stream in a second.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a speed is positive and at most a hundred"
    )]
    pub(crate) fn us_per_s(&self) -> u32 {
        match self.pace {
            Pacing::Timestamps(Speed(times)) => (times * 1e6).round() as u32,
            Pacing::Newest => 0,
        }
    }

    /// A picture is due, at the moment that `due` said, and no viewer had the one before it to wait for.
    pub(crate) fn reported(&mut self, now: Instant) {
        self.waiting_since.get_or_insert(now);
        self.still = self.still.map(|left| left.saturating_sub(1));
    }

    /// A picture is shown.
    pub(crate) fn shown(&mut self, pts: Option<Pts>, now: Instant) {
        self.waiting_since = None;
        let Some(pts) = pts else { return };
        if !self.is_going() {
            self.stood = Some(Stood::Picture(pts));
            return;
        }
        let late = self.due(Some(pts)).map(|due| now.saturating_duration_since(due));
        if late.is_none_or(|late| late > LATE_MAX) {
            self.anchor = Some((now, pts));
        }
    }

    /// Whether to read on although a picture is there that was not shown yet.
    pub(crate) fn reads_on(&self, now: Instant) -> bool {
        match self.pace {
            Pacing::Newest => true,
            // What no one has seen the beginning of has not begun.
            Pacing::Timestamps(_) if self.anchor.is_none() => false,
            Pacing::Timestamps(_) => {
                self.waiting_since.is_some_and(|since| now.saturating_duration_since(since) < UNWATCHED_AFTER)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn pts(ms: i64) -> Option<Pts> {
        Some(Pts(ms * 1000))
    }

    fn clock(times: f64) -> PlaybackClock {
        PlaybackClock::new(Pacing::Timestamps(Speed::new(times).unwrap()))
    }

    #[test]
    fn the_first_is_due_at_once_and_all_others_count_from_it() {
        let (mut clock, start) = (clock(1.0), Instant::now());
        assert_eq!(clock.due(pts(-70)), None);
        clock.shown(pts(-70), start);
        // Shown late by what a busy machine takes: the next are not.
        clock.shown(pts(-30), start + 60 * MS);
        assert_eq!(clock.due(pts(930)), Some(start + 1000 * MS));
    }

    #[test]
    fn speed_divides_time() {
        let (mut clock, start) = (clock(2.0), Instant::now());
        clock.shown(pts(0), start);
        assert_eq!(clock.due(pts(1000)), Some(start + 500 * MS));
        assert_eq!(Speed::new(0.0), None);
        assert_eq!(Speed::new(f64::NAN), None);
    }

    #[test]
    fn standing_still_is_not_made_up_for() {
        let (mut clock, start) = (clock(1.0), Instant::now());
        clock.shown(pts(0), start);
        let later = start + Duration::from_secs(3600);
        clock.shown(pts(40), later);
        assert_eq!(clock.due(pts(80)), Some(later + 40 * MS));
    }

    #[test]
    fn what_is_held_goes_on_later_by_as_much() {
        let (mut clock, start) = (clock(1.0), Instant::now());
        clock.shown(pts(0), start);
        clock.hold(start + 10 * MS);
        clock.hold(start + 20 * MS);
        assert_eq!(clock.position(start + 5000 * MS), Some(Pts(10_000)));
        clock.release(start + 5010 * MS);
        assert_eq!(clock.due(pts(40)), Some(start + 5040 * MS));
        let mut live = PlaybackClock::new(Pacing::Newest);
        live.hold(start);
        assert!(!live.is_held(), "what happens now goes on");
    }

    #[test]
    fn time_that_runs_back_begins_anew() {
        let (mut clock, start) = (clock(1.0), Instant::now());
        clock.shown(pts(5000), start);
        assert_eq!(clock.due(pts(0)), None);
        clock.shown(pts(0), start + 40 * MS);
        assert_eq!(clock.due(pts(40)), Some(start + 80 * MS));
    }

    #[test]
    fn a_file_is_read_on_for_a_slow_viewer_and_not_for_none() {
        let (mut clock, start) = (clock(1.0), Instant::now());
        clock.reported(start);
        assert!(!clock.reads_on(start), "its first picture waits for the first viewer");
        clock.shown(pts(-40), start);
        clock.reported(start);
        assert!(clock.reads_on(start + 999 * MS));
        clock.reported(start + 900 * MS);
        assert!(!clock.reads_on(start + 1000 * MS));
        clock.shown(pts(0), start + 2000 * MS);
        assert!(!clock.reads_on(start + 2000 * MS));
    }

    #[test]
    fn what_stands_still_shows_a_picture_for_each_step() {
        let (mut clock, start) = (clock(1.0), Instant::now());
        clock.shown(pts(0), start);
        assert!(!clock.is_due(pts(40), start + 39 * MS) && clock.is_due(pts(40), start + 40 * MS));
        clock.stop(start + 39 * MS);
        assert!(!clock.is_due(pts(40), start + 1000 * MS));
        assert_eq!(clock.stood(), Some(Pts(39_000)));
        clock.step(start);
        clock.step(start);
        for ms in [40, 80] {
            assert!(clock.is_due(pts(ms), start));
            clock.reported(start);
            clock.shown(pts(ms), start);
        }
        assert!(!clock.is_due(pts(120), start + 5000 * MS));
        clock.jump();
        assert!(clock.is_due(pts(9000), start));
        clock.reported(start);
        assert!(!clock.is_due(pts(9040), start));
        assert_eq!(clock.stood(), None);
        clock.go(start);
        assert!(clock.is_due(pts(9040), start));
        clock.shown(pts(9040), start);
        assert_eq!(clock.due(pts(9080)), Some(start + 40 * MS));
    }

    #[test]
    fn what_stood_between_two_pictures_goes_on_from_there() {
        let (mut clock, start) = (clock(2.0), Instant::now());
        clock.shown(pts(0), start);
        clock.stop(start + 3000 * MS);
        clock.stop(start + 4000 * MS);
        assert_eq!((clock.stood(), clock.position(start)), (Some(Pts(6_000_000)), None));
        clock.go(start + 9000 * MS);
        assert_eq!(clock.position(start + 9500 * MS), Some(Pts(7_000_000)));
        assert_eq!((clock.stood(), clock.us_per_s()), (None, 2_000_000));
        // At a picture that was shown meanwhile.
        clock.step(start + 9500 * MS);
        clock.shown(pts(8000), start + 9600 * MS);
        clock.go(start + 10_000 * MS);
        assert_eq!(clock.position(start + 10_500 * MS), Some(Pts(9_000_000)));
    }

    #[test]
    fn what_happens_now_is_due_at_once_and_always_read() {
        let (mut clock, start) = (PlaybackClock::new(Pacing::Newest), Instant::now());
        clock.shown(pts(0), start);
        assert_eq!(clock.due(pts(1000)), None);
        clock.reported(start);
        assert!(clock.reads_on(start + 3_600_000 * MS));
    }
}
