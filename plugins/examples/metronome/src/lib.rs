//! A plugin with one source, `metronome`: a picture that flashes at each beat, and a click that is heard with it. Each
//! frame has a timestamp, by which sound goes with it.

mod click;

use std::task::Waker;
use std::time::{Duration, Instant};

use lanstream_plugin::core::options::{OptionError, OptionSpec, OptionValues};
use lanstream_plugin::core::registry::{Configured, Descriptor, SourceFactory};
use lanstream_plugin::core::source::{
    AudioChunk, AudioSource, Captured, Description, Error, Event, Listener, Source, Wakeup,
};
use lanstream_plugin::core::{FrameBuffer, Layout, PIXEL_BYTES, PixelFormat, Pts, Region, Size};

/// Time for which a beat is seen.
const FLASH: Duration = Duration::from_millis(100);
/// Time by which sound is sent ahead of its picture.
const SOUND_LEAD: Duration = Duration::from_millis(300);
const BRIGHT: [u8; PIXEL_BYTES] = [0xff, 0xe0, 0xa0, 255];
const DARK: [u8; PIXEL_BYTES] = [0x18, 0x18, 0x20, 255];

#[derive(Default)]
struct MetronomeFactory;

impl SourceFactory for MetronomeFactory {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: "metronome".into(),
            about: "Show and sound a beat".into(),
            examples: "Examples:\n  lanstream --plugin libmetronome.so metronome --bpm 90".into(),
            options: vec![
                OptionSpec::integer("bpm", 20, 300, "Beats in a minute").default("120"),
                OptionSpec::parsed::<Size>("size", "WxH", "Size in pixels").default("320x180"),
            ],
        }
    }

    fn configure(&self, values: &OptionValues, _: Listener) -> Result<Configured, OptionError> {
        let bpm: u32 = values.parse("bpm")?.unwrap_or(120);
        let beat = Duration::from_secs(60) / bpm;
        let size = values.parse("size")?.unwrap_or(Size { width: 320, height: 180 });
        Ok(Configured::new(Box::new(move || Ok(Box::new(Metronome::new(size, beat, Instant::now()))))))
    }
}

struct Metronome {
    size: Size,
    /// Time from one beat to the next.
    beat: Duration,
    /// When the first beat was.
    began: Instant,
    /// Picture that `wait` told of last.
    told: Option<Picture>,
    /// Number of the next stretch of sound.
    next_stretch: u64,
    wakeup: Wakeup,
}

/// A picture that stands for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Picture {
    is_bright: bool,
    /// When it begins, and when the next one does, after the first beat.
    begins: Duration,
    ends: Duration,
}

impl Picture {
    /// Returns the picture at a time after the first beat.
    fn at(time: Duration, beat: Duration) -> Self {
        let since_beat = Duration::from_nanos(nanos(time) % nanos(beat));
        let begins = time - since_beat;
        if since_beat < FLASH {
            Self { is_bright: true, begins, ends: begins + FLASH }
        } else {
            Self { is_bright: false, begins: begins + FLASH, ends: begins + beat }
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl Metronome {
    fn new(size: Size, beat: Duration, now: Instant) -> Self {
        Self { size, beat, began: now, told: None, next_stretch: 0, wakeup: Wakeup::default() }
    }

    /// Returns the event that is due after this time, or when the next one is.
    fn event(&mut self, time: Duration) -> Result<Event, Duration> {
        let picture = Picture::at(time, self.beat);
        if self.told != Some(picture) {
            self.told = Some(picture);
            return Ok(Event::Damaged);
        }
        let sound = stretch_begins(self.next_stretch).saturating_sub(SOUND_LEAD);
        if sound <= time { Ok(Event::Sounded) } else { Err(sound.min(picture.ends)) }
    }
}

fn stretch_begins(number: u64) -> Duration {
    click::STRETCH * u32::try_from(number).unwrap_or(u32::MAX)
}

impl Source for Metronome {
    fn description(&self) -> Description {
        Description { name: "metronome".into(), ..Description::default() }
    }

    fn layout(&self) -> Layout {
        Layout::packed(self.size, PixelFormat::Rgbx8)
    }

    fn waker(&self) -> Waker {
        self.wakeup.waker()
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let due = match self.event(self.began.elapsed()) {
                Ok(event) => return Ok(event),
                Err(due) => self.began + due,
            };
            let until = deadline.map_or(due, |deadline| deadline.min(due));
            if self.wakeup.sleep(Some(until.saturating_duration_since(Instant::now()))) {
                return Ok(Event::Woken);
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Ok(Event::TimedOut);
            }
        }
    }

    fn capture(&mut self, frame: &mut FrameBuffer, _region: &Region) -> Result<Captured, Error> {
        let picture = Picture::at(self.began.elapsed(), self.beat);
        self.told = Some(picture);
        let layout = frame.layout();
        let row_bytes = layout.size.width as usize * PIXEL_BYTES;
        for row in frame.bytes_mut().chunks_mut(layout.stride) {
            row[..row_bytes].as_chunks_mut().0.fill(if picture.is_bright { BRIGHT } else { DARK });
        }
        frame.set_pts(Some(Pts(0).after(picture.begins)));
        Ok(Captured::all(layout))
    }

    fn audio(&mut self) -> Option<&mut dyn AudioSource> {
        Some(self)
    }
}

impl AudioSource for Metronome {
    fn take_chunk(&mut self) -> Option<AudioChunk> {
        let time = self.began.elapsed();
        // What was not taken in time is not heard any more.
        let now = u64::try_from(time.as_nanos() / click::STRETCH.as_nanos()).unwrap_or(u64::MAX);
        let number = self.next_stretch.max(now);
        if stretch_begins(number).saturating_sub(SOUND_LEAD) > time {
            return None;
        }
        self.next_stretch = number + 1;
        Some(click::stretch(number, self.beat))
    }
}

lanstream_plugin::export!(MetronomeFactory);
// It needs nothing but the processor.
lanstream_plugin::manifest!("");

#[cfg(test)]
mod tests {
    use super::*;

    const BEAT: Duration = Duration::from_millis(500);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_beat_is_bright_at_first_and_dark_until_the_next() {
        let picture = |at, is_bright, begins, ends| {
            assert_eq!(Picture::at(ms(at), BEAT), Picture { is_bright, begins: ms(begins), ends: ms(ends) });
        };
        picture(0, true, 0, 100);
        picture(99, true, 0, 100);
        picture(100, false, 100, 500);
        picture(1250, false, 1100, 1500);
        picture(1500, true, 1500, 1600);
    }

    #[test]
    fn each_picture_is_told_of_once_and_sound_ahead_of_it() {
        let size = Size { width: 1, height: 1 };
        let mut metronome = Metronome::new(size, BEAT, Instant::now());
        assert_eq!(metronome.event(ms(0)), Ok(Event::Damaged));
        // The sound of the first 300 ms, and that which begins then.
        for _ in 0..=15 {
            assert_eq!(metronome.event(ms(0)), Ok(Event::Sounded));
            metronome.next_stretch += 1;
        }
        assert_eq!(metronome.event(ms(0)), Err(ms(20)));
        assert_eq!(metronome.event(ms(10)), Err(ms(20)));
        assert_eq!(metronome.event(ms(20)), Ok(Event::Sounded));
        assert_eq!(metronome.event(ms(100)), Ok(Event::Damaged));
    }
}
