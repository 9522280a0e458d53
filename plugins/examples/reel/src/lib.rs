//! A plugin with one source, `reel`: a film that viewers pause, step and seek. A bar fills the picture from the left as
//! it goes on.

mod film;

use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use lanstream_plugin::core::options::{OptionError, OptionSpec, OptionValues};
use lanstream_plugin::core::registry::{Configured, Descriptor, SourceFactory};
use lanstream_plugin::core::source::{
    Captured, Description, Error, Event, Listener, Playback, PlaybackCommand, PlaybackSource, Position,
    Source, Wakeup,
};
use lanstream_plugin::core::{FrameBuffer, Layout, PIXEL_BYTES, PixelFormat, Pts, Region, Size};

use film::{FRAME_TIME, Film};

/// Red, green, blue and an unused byte of the bar, and of what is behind it.
const BAR: [u8; PIXEL_BYTES] = [0xff, 0xa0, 0x20, 0xff];
const BACKGROUND: [u8; PIXEL_BYTES] = [0x20, 0x30, 0x40, 0xff];
/// Frames in a second.
const FPS: u32 = 25;

#[derive(Default)]
struct ReelFactory;

impl SourceFactory for ReelFactory {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: "reel".into(),
            about: "Show a film that can be paused and sought".into(),
            examples: "Examples:\n  lanstream --plugin libreel.so reel --seconds 60".into(),
            options: vec![
                OptionSpec::integer("seconds", 1, 3600, "How long it takes").default("10"),
                OptionSpec::parsed::<Size>("size", "WxH", "Size in pixels").default("640x360"),
            ],
        }
    }

    fn configure(&self, values: &OptionValues, _: Listener) -> Result<Configured, OptionError> {
        let seconds: u32 = values.parse("seconds")?.unwrap_or(10);
        let size = values.parse("size")?.unwrap_or(Size { width: 640, height: 360 });
        Ok(Configured::new(Box::new(move || Ok(Box::new(Reel::new(size, seconds * FPS, Instant::now()))))))
    }
}

struct Reel {
    size: Size,
    film: Film,
    frames: u32,
    /// Frame that `wait` told of last.
    told: Option<u32>,
    wakeup: Wakeup,
}

impl Reel {
    fn new(size: Size, frames: u32, now: Instant) -> Self {
        Self { size, film: Film::new(frames, now), frames, told: None, wakeup: Wakeup::default() }
    }
}

impl Source for Reel {
    fn description(&self) -> Description {
        Description { name: "reel".into(), ..Description::default() }
    }

    fn layout(&self) -> Layout {
        Layout::packed(self.size, PixelFormat::Rgbx8)
    }

    fn waker(&self) -> Waker {
        self.wakeup.waker()
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        let began = Instant::now();
        let deadline = timeout.and_then(|timeout| began.checked_add(timeout));
        loop {
            let now = Instant::now();
            let frame = self.film.frame(now);
            if self.told.replace(frame) != Some(frame) {
                return Ok(Event::Damaged);
            }
            let was_playing = self.film.is_playing(now);
            let until = [self.film.next_change(now), deadline].into_iter().flatten().min();
            if self.wakeup.sleep(until.map(|until| until.saturating_duration_since(now))) {
                return Ok(Event::Woken);
            }
            if was_playing != self.film.is_playing(Instant::now()) {
                return Ok(Event::PlaybackChanged);
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Ok(Event::TimedOut);
            }
        }
    }

    fn capture(&mut self, frame: &mut FrameBuffer, _region: &Region) -> Result<Captured, Error> {
        let number = self.film.frame(Instant::now());
        let layout = frame.layout();
        let columns = bar_columns(layout.size.width, number, self.frames);
        let row_bytes = layout.size.width as usize * PIXEL_BYTES;
        for row in frame.bytes_mut().chunks_mut(layout.stride) {
            let (bar, rest) = row[..row_bytes].as_chunks_mut().0.split_at_mut(columns);
            bar.fill(BAR);
            rest.fill(BACKGROUND);
        }
        frame.set_pts(Some(Pts(0).after(FRAME_TIME * number)));
        Ok(Captured::all(layout))
    }

    fn playback(&mut self) -> Option<&mut dyn PlaybackSource> {
        Some(self)
    }
}

impl PlaybackSource for Reel {
    fn playback(&self) -> Option<Playback> {
        let now = Instant::now();
        let is_playing = self.film.is_playing(now);
        let at = Pts(0).after(self.film.position(now));
        Some(Playback {
            is_playing,
            can_seek: true,
            began: Pts(0),
            duration: Some(self.film.duration()),
            position: Some(Position { at, us_per_s: if is_playing { 1_000_000 } else { 0 } }),
            tracks: Arc::default(),
            track: None,
        })
    }

    fn control(&mut self, command: PlaybackCommand) {
        let now = Instant::now();
        match command {
            PlaybackCommand::Pause => self.film.pause(now),
            PlaybackCommand::Play => self.film.play(now),
            PlaybackCommand::Step => self.film.step(now),
            PlaybackCommand::Seek(to) => self.film.seek(to, now),
            PlaybackCommand::Track(_) => {}
        }
    }
}

/// Returns the columns of the bar in a frame of this number: none in the first, and all in the last of several.
fn bar_columns(width: u32, number: u32, frames: u32) -> usize {
    let last = u64::from(frames.saturating_sub(1)).max(1);
    let columns = u64::from(width) * u64::from(number) / last;
    usize::try_from(columns).unwrap_or(usize::MAX)
}

lanstream_plugin::export!(ReelFactory);
// It needs nothing but the processor.
lanstream_plugin::manifest!("");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills_the_picture_from_the_first_frame_to_the_last() {
        let columns = |number| bar_columns(100, number, 251);
        assert_eq!([columns(0), columns(125), columns(250)], [0, 50, 100]);
        assert_eq!(bar_columns(100, 0, 1), 0);
    }
}
