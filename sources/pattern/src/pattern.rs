//! The source: waits for the next frame's deadline, then draws the frame that is due.

use std::task::Waker;
use std::time::{Duration, Instant};

use lanstream_core::source::{Captured, Description, Error, Event, Source, Wakeup};
use lanstream_core::{FrameBuffer, Layout, PixelFormat, Region, Size};

use crate::pace::FrameTimer;
use crate::{Kind, draw};

/// What a pattern must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// What it shows.
    pub kind: Kind,
    /// How large it is.
    pub size: Size,
    /// Frames a second, from [`FPS_MIN`](crate::FPS_MIN) to [`FPS_MAX`](crate::FPS_MAX).
    pub fps: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { kind: Kind::default(), size: Size { width: 1920, height: 1080 }, fps: 60 }
    }
}

/// A pattern that runs. Frame 0 is shown when it is made.
#[derive(Debug)]
pub struct Pattern {
    kind: Kind,
    layout: Layout,
    pace: FrameTimer,
    started: Instant,
    /// The frame that was captured last.
    captured: Option<u64>,
    /// The newest frame that the pipeline knows of, from `wait` or from having captured it. `wait` tells of each frame
    /// once: a pipeline that can't take one now must not be told of it again at once, or it would spin.
    reported: Option<u64>,
    wakeup: Wakeup,
}

impl Pattern {
    /// Starts a pattern.
    ///
    /// # Errors
    /// [`Unsupported`](lanstream_core::source::ErrorKind::Unsupported) where the rate is out of range.
    pub fn new(options: Options) -> Result<Self, Error> {
        Ok(Self {
            kind: options.kind,
            layout: Layout::packed(options.size, PixelFormat::Rgbx8),
            pace: FrameTimer::new(options.fps)?,
            started: Instant::now(),
            captured: None,
            reported: None,
            wakeup: Wakeup::default(),
        })
    }

    fn number(&self) -> u64 {
        self.pace.number_at(self.started.elapsed())
    }
}

impl Source for Pattern {
    fn description(&self) -> Description {
        Description { name: format!("test pattern {}", self.kind), ..Description::default() }
    }

    fn layout(&self) -> Layout {
        self.layout
    }

    fn waker(&self) -> Waker {
        self.wakeup.waker()
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        let next = self.reported.map_or(Duration::ZERO, |told| self.pace.due(told + 1));
        let due = self.started + next;
        let until_due = due.saturating_duration_since(Instant::now());
        if self.wakeup.sleep(Some(timeout.map_or(until_due, |timeout| timeout.min(until_due)))) {
            return Ok(Event::Woken);
        }
        if Instant::now() < due {
            return Ok(Event::TimedOut);
        }
        self.reported = Some(self.number());
        Ok(Event::Damaged)
    }

    /// All of the picture or nothing: the number may advance between this and `capture`, so that a smaller part would
    /// be the wrong frame's.
    fn damage(&self) -> Option<Region> {
        let is_current = self.captured == Some(self.number());
        Some(if is_current { Region::EMPTY } else { Region::full(self.layout.size) })
    }

    fn capture(&mut self, frame: &mut FrameBuffer, _region: &Region) -> Result<Captured, Error> {
        let number = self.number();
        let Layout { size, stride, .. } = frame.layout();
        // After half a year or more the numbers start anew.
        draw(self.kind, (number & 0xffff_ffff) as u32, size, stride, frame.bytes_mut());
        self.captured = Some(number);
        self.reported = Some(number);
        Ok(Captured::all(self.layout))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NUMBER_SIZE, read_number};

    fn pattern(kind: Kind, fps: u32) -> Pattern {
        Pattern::new(Options { kind, size: NUMBER_SIZE, fps }).unwrap()
    }

    fn captured_number(pattern: &mut Pattern) -> u32 {
        let layout = pattern.layout();
        let mut frame = FrameBuffer::new(layout, pattern.allocate().unwrap()).unwrap();
        pattern.capture(&mut frame, &pattern.damage().unwrap()).unwrap();
        read_number(layout.size, layout.stride, frame.rows(0..layout.size.height)).unwrap()
    }

    #[test]
    fn a_captured_frame_leaves_no_damage_until_the_next_is_due() {
        let mut pattern = pattern(Kind::Bars, 1);
        assert_eq!(pattern.damage().unwrap().rects(), [NUMBER_SIZE.bounds()]);
        captured_number(&mut pattern);
        assert!(pattern.damage().unwrap().is_empty());
        assert_eq!(pattern.wait(Some(Duration::ZERO)), Ok(Event::TimedOut));
    }

    #[test]
    fn a_frame_is_told_of_once() {
        let mut pattern = pattern(Kind::Solid, 1);
        assert_eq!(pattern.wait(None), Ok(Event::Damaged));
        assert_eq!(pattern.wait(Some(Duration::from_millis(1))), Ok(Event::TimedOut));
        assert!(!pattern.damage().unwrap().is_empty());
    }

    #[test]
    fn woken_before_the_wait() {
        let mut pattern = pattern(Kind::Solid, 1);
        pattern.waker().wake_by_ref();
        assert_eq!(pattern.wait(None), Ok(Event::Woken));
        assert_eq!(pattern.wait(None), Ok(Event::Damaged));
    }

    #[test]
    fn woken_during_the_wait() {
        let mut pattern = pattern(Kind::Solid, 1);
        // Long past: frame 2^30 is due in years, so that only the waker can end the wait.
        pattern.reported = Some(1 << 30);
        let waker = pattern.waker();
        let waiting = std::thread::spawn(move || pattern.wait(None));
        waker.wake();
        assert_eq!(waiting.join().unwrap(), Ok(Event::Woken));
    }

    #[test]
    fn waits_end_at_the_deadline_counted_from_frame_0() {
        let mut pattern = pattern(Kind::Solid, 240);
        captured_number(&mut pattern);
        let mut last = pattern.captured.unwrap();
        for _ in 0..24 {
            assert_eq!(pattern.wait(None), Ok(Event::Damaged));
            let (reported, now) = (pattern.reported.unwrap(), pattern.started.elapsed());
            assert!(reported > last);
            assert!(pattern.pace.due(reported) <= now);
            last = reported;
        }
    }

    #[test]
    fn missed_frames_are_skipped() {
        let mut pattern = pattern(Kind::Solid, 240);
        let first = captured_number(&mut pattern);
        pattern.started -= Duration::from_secs(10);
        assert!(captured_number(&mut pattern) >= first + 2400);
    }
}
