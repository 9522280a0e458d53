//! A plugin with one source, `clock`: the time of day in digits of seven segments. It draws, and reports as damaged,
//! the digits that change and nothing else: usually one a second.

mod digits;

use std::task::Waker;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lanstream_plugin::core::options::{OptionError, OptionSpec, OptionValues};
use lanstream_plugin::core::registry::{Configured, Descriptor, SourceFactory};
use lanstream_plugin::core::source::{Captured, Description, Error, Event, Listener, Source, Wakeup};
use lanstream_plugin::core::{FrameBuffer, Layout, PixelFormat, Region};

use digits::{COLUMNS, Face};

/// Minutes from UTC to the time zone that is farthest from it.
const OFFSET_MAX: i64 = 14 * 60;
/// Pixels of a segment's thickness: the picture is then 7680 pixels wide.
const SCALE_MAX: i64 = 128;
const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

#[derive(Default)]
struct ClockFactory;

impl SourceFactory for ClockFactory {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: "clock".into(),
            about: "Show the time of day".into(),
            examples: "Examples:\n  lanstream --plugin libclock.so clock --offset 120".into(),
            options: vec![
                OptionSpec::integer("offset", -OFFSET_MAX, OFFSET_MAX, "Minutes from UTC").default("0"),
                OptionSpec::integer("scale", 1, SCALE_MAX, "Thickness of a segment in pixels").default("8"),
            ],
        }
    }

    fn configure(&self, values: &OptionValues, _: Listener) -> Result<Configured, OptionError> {
        let offset: i64 = values.parse("offset")?.unwrap_or_default();
        let face = Face { scale: values.parse("scale")?.unwrap_or(8) };
        Ok(Configured::new(Box::new(move || {
            Ok(Box::new(Clock {
                offset,
                face,
                shown: (0, text(0, offset)),
                drawn: None,
                wakeup: Wakeup::default(),
            }))
        })))
    }
}

/// Characters of a time: `12:34:56`.
type Text = [u8; COLUMNS];

struct Clock {
    /// Minutes from UTC.
    offset: i64,
    face: Face,
    /// Second since the epoch, and its text, that `wait` reported last.
    shown: (u64, Text),
    /// Text of the last capture.
    drawn: Option<Text>,
    wakeup: Wakeup,
}

impl Source for Clock {
    fn description(&self) -> Description {
        Description { name: "clock".into(), ..Description::default() }
    }

    fn layout(&self) -> Layout {
        Layout::packed(self.face.size(), PixelFormat::Rgbx8)
    }

    fn waker(&self) -> Waker {
        self.wakeup.waker()
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        let now = since_epoch();
        if self.shown.0 != now.as_secs() {
            self.shown = (now.as_secs(), text(now.as_secs(), self.offset));
            return Ok(Event::Damaged);
        }
        let until_next = Duration::from_secs(1) - Duration::from_nanos(now.subsec_nanos().into());
        let is_woken = self.wakeup.sleep(Some(timeout.map_or(until_next, |timeout| timeout.min(until_next))));
        Ok(if is_woken { Event::Woken } else { Event::TimedOut })
    }

    fn damage(&self) -> Option<Region> {
        Some(self.changed())
    }

    fn capture(&mut self, frame: &mut FrameBuffer, region: &Region) -> Result<Captured, Error> {
        let (damage, (_, shown)) = (self.changed(), self.shown);
        let stride = frame.layout().stride;
        for rect in region.rects() {
            for y in rect.y..rect.bottom() {
                let start = y as usize * stride + rect.x as usize * 4;
                let row = &mut frame.bytes_mut()[start..][..rect.width as usize * 4];
                for (x, pixel) in (rect.x..).zip(row.as_chunks_mut().0) {
                    *pixel = self.face.pixel(&shown, x, y);
                }
            }
        }
        self.drawn = Some(shown);
        Ok(Captured { updated: *region, damage })
    }
}

impl Clock {
    /// Returns the digits that differ from those of the last capture.
    fn changed(&self) -> Region {
        let Some(drawn) = self.drawn else { return Region::full(self.face.size()) };
        let mut changed = Region::EMPTY;
        let digits = (0..).zip(self.shown.1.iter().zip(&drawn));
        for (column, _) in digits.filter(|(_, (own, old))| own != old) {
            changed.add(self.face.rect(column));
        }
        changed
    }
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Returns the time of day at `second` since the epoch, `offset` minutes from UTC.
fn text(second: u64, offset: i64) -> Text {
    let second = second.saturating_add_signed(offset * 60) % SECONDS_PER_DAY;
    let mut text = *b"00:00:00";
    for (at, value) in [(0, second / 3600), (3, second / 60 % 60), (6, second % 60)] {
        let [tens, ones] = [value / 10, value % 10].map(|digit| b'0' + u8::try_from(digit).unwrap_or(0));
        [text[at], text[at + 1]] = [tens, ones];
    }
    text
}

lanstream_plugin::export!(ClockFactory);
// It needs nothing but the processor.
lanstream_plugin::manifest!("");

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(shown: &Text, drawn: Option<&Text>) -> Clock {
        let face = Face { scale: 2 };
        let (shown, drawn) = ((1, *shown), drawn.copied());
        Clock { offset: 0, face, shown, drawn, wakeup: Wakeup::default() }
    }

    #[test]
    fn a_time_of_day_is_in_its_zone() {
        assert_eq!(&text(0, 0), b"00:00:00");
        assert_eq!(&text(86_399, 0), b"23:59:59");
        assert_eq!(&text(86_399, 120), b"01:59:59");
        assert_eq!(&text(1_000_000_000, -60), b"00:46:40");
    }

    #[test]
    fn only_digits_that_change_are_damaged() {
        let clock = |shown: &Text, drawn: &Text| clock(shown, Some(drawn)).damage().unwrap();
        let face = Face { scale: 2 };
        assert_eq!(clock(b"12:34:57", b"12:34:56").rects(), [face.rect(7)]);
        let [minute, seconds] = [face.rect(4), face.rect(6).bounding(face.rect(7))];
        assert_eq!(clock(b"12:35:00", b"12:34:59").rects(), [minute, seconds]);
        assert!(clock(b"12:34:56", b"12:34:56").is_empty());
    }

    #[test]
    fn a_capture_of_the_damage_is_the_whole_picture_of_its_time() {
        let mut clock = clock(b"12:34:56", None);
        let new = |clock: &mut Clock| FrameBuffer::new(clock.layout(), clock.allocate().unwrap()).unwrap();
        let all = Region::full(clock.face.size());
        let mut frame = new(&mut clock);
        clock.capture(&mut frame, &all).unwrap();
        clock.shown = (2, *b"12:35:00");
        let damage = clock.damage().unwrap();
        clock.capture(&mut frame, &damage).unwrap();
        let mut whole = new(&mut clock);
        clock.capture(&mut whole, &all).unwrap();
        let height = all.rects()[0].height;
        assert!(frame.rows(0..height) == whole.rows(0..height));
    }
}
