//! Notices a viewer that is shown on the very display that it mirrors, where every update changes the next picture.
//!
//! Pictures that change without end are the sign; the proof is the viewer's own title on that display, which carries
//! this run's [`Marker`]. While it lasts, the rate is bounded.

use std::time::Duration;

use crate::source::Source;
use crate::time::Micros;

/// Least time between two frames while a viewer mirrors itself: it stays usable, at a tenth of a core.
pub(crate) const SELF_CAPTURE_INTERVAL: Duration = Duration::from_millis(100);
/// Changes in each of so many intervals in a row are "without end".
const ENDLESS_INTERVALS: u32 = 4;
/// Time in which at least one change must fall.
const INTERVAL: Duration = Duration::from_millis(500);
/// Longest time between two probes for the title: a film plays for hours, and each look costs the source a question.
const PROBE_INTERVAL_MAX: Duration = Duration::from_secs(64);
/// First time between two probes, and the time between them while the viewer mirrors itself.
const PROBE_INTERVAL: Duration = Duration::from_secs(2);

/// What this run's viewers carry in their titles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marker(u64);

impl Marker {
    /// The marker of the run that `epoch` names.
    pub fn of(epoch: u64) -> Self {
        Self(epoch)
    }
}

impl std::fmt::Display for Marker {
    /// As the viewer writes it: the epoch's low half in hexadecimal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{:08x}]", self.0 & u64::from(u32::MAX))
    }
}

/// What it found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SelfCaptureChange {
    /// A viewer is now seen on the display that it mirrors.
    Began,
    /// No longer.
    Ended,
}

/// Watches the changes.
#[derive(Debug)]
pub(crate) struct SelfCaptureDetector {
    marker: String,
    mirrored: bool,
    last_change: Micros,
    endless_since: Micros,
    next_probe: Micros,
    pause: Duration,
}

impl SelfCaptureDetector {
    /// A watch for viewers of the run with this marker.
    pub(crate) fn new(marker: Marker) -> Self {
        let never = Micros::ZERO;
        let marker = marker.to_string();
        Self {
            marker,
            mirrored: false,
            last_change: never,
            endless_since: never,
            next_probe: never,
            pause: PROBE_INTERVAL,
        }
    }

    /// Least time between two frames.
    pub(crate) fn interval(&self) -> Duration {
        if self.mirrored { SELF_CAPTURE_INTERVAL } else { Duration::ZERO }
    }

    /// The picture changed. Looks for the viewer where changes have no end, now and then.
    pub(crate) fn changed(&mut self, now: Micros, source: &mut dyn Source) -> Option<SelfCaptureChange> {
        if now.since(self.last_change) > INTERVAL {
            self.endless_since = now;
            self.pause = PROBE_INTERVAL;
        }
        self.last_change = now;
        let endless = now.since(self.endless_since) > INTERVAL * ENDLESS_INTERVALS;
        if now < self.next_probe || !(endless || self.mirrored) {
            return None;
        }
        let seen = source.title_probe().is_some_and(|probe| probe.shows_title(&self.marker));
        self.pause = if seen { PROBE_INTERVAL } else { (self.pause * 2).min(PROBE_INTERVAL_MAX) };
        self.next_probe = now + self.pause;
        let changed = seen != self.mirrored;
        self.mirrored = seen;
        changed.then_some(if seen { SelfCaptureChange::Began } else { SelfCaptureChange::Ended })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame_buffer::{FrameBuffer, Layout, PixelFormat};
    use crate::geometry::Size;
    use crate::region::Region;
    use crate::source::{Captured, Description, Error, Event, TitleProbe};

    struct Titled {
        title: String,
        probes: u32,
    }

    impl Source for Titled {
        fn description(&self) -> Description {
            Description { name: self.title.clone(), ..Description::default() }
        }
        fn layout(&self) -> Layout {
            Layout::packed(Size { width: 1, height: 1 }, PixelFormat::Rgbx8)
        }
        fn waker(&self) -> std::task::Waker {
            std::task::Waker::noop().clone()
        }
        fn wait(&mut self, _: Option<Duration>) -> Result<Event, Error> {
            Ok(Event::TimedOut)
        }
        fn capture(&mut self, _: &mut FrameBuffer, region: &Region) -> Result<Captured, Error> {
            Ok(Captured::damaged(*region))
        }
        fn title_probe(&mut self) -> Option<&mut dyn TitleProbe> {
            Some(self)
        }
    }

    impl TitleProbe for Titled {
        fn shows_title(&mut self, part: &str) -> bool {
            self.probes += 1;
            self.title.contains(part)
        }
    }

    fn run(
        detector: &mut SelfCaptureDetector,
        source: &mut Titled,
        from_ms: u64,
        to_ms: u64,
        step_ms: usize,
    ) -> Vec<SelfCaptureChange> {
        let times = (from_ms..to_ms).step_by(step_ms);
        times.filter_map(|ms| detector.changed(Micros(ms * 1000), source)).collect()
    }

    #[test]
    fn endless_changes_with_the_title_in_sight_are_found_and_bounded_until_it_is_gone() {
        let mut source = Titled { title: format!("lanstream {}", Marker::of(5)), probes: 0 };
        let mut detector = SelfCaptureDetector::new(Marker::of(5));
        assert_eq!(run(&mut detector, &mut source, 1000, 6000, 50), [SelfCaptureChange::Began]);
        assert_eq!(detector.interval(), SELF_CAPTURE_INTERVAL);
        source.title.clear();
        assert_eq!(run(&mut detector, &mut source, 6000, 9000, 50), [SelfCaptureChange::Ended]);
        assert_eq!(detector.interval(), Duration::ZERO);
    }

    #[test]
    fn a_film_is_looked_for_seldom_and_single_changes_never() {
        let mut source = Titled { title: "a film".into(), probes: 0 };
        let mut detector = SelfCaptureDetector::new(Marker::of(5));
        assert_eq!(run(&mut detector, &mut source, 1000, 600_000, 16), []);
        assert!((3..20).contains(&source.probes), "{} probes in ten minutes", source.probes);
        source.probes = 0;
        assert_eq!(run(&mut detector, &mut source, 700_000, 900_000, 1000), []);
        assert_eq!(source.probes, 0);
    }
}
