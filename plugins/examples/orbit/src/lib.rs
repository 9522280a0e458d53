//! A plugin with one source, `orbit`: a cursor that circles over a plain picture. The picture is captured once; only
//! the cursor moves, which is told of apart from the pixels.

mod ball;

use std::f64::consts::TAU;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use lanstream_plugin::core::options::{OptionError, OptionSpec, OptionValues};
use lanstream_plugin::core::registry::{Configured, Descriptor, SourceFactory};
use lanstream_plugin::core::source::{
    Captured, Cursor, CursorShape, CursorSource, Description, Error, Event, Listener, Source, Wakeup,
};
use lanstream_plugin::core::{FrameBuffer, Layout, PIXEL_BYTES, PixelFormat, Region, Size};

/// Time between two moves.
const MOVE_INTERVAL: Duration = Duration::from_millis(16);
/// Red, green and blue of the picture.
const BACKGROUND: [u8; 3] = [0x20, 0x30, 0x40];

#[derive(Default)]
struct OrbitFactory;

impl SourceFactory for OrbitFactory {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: "orbit".into(),
            about: "Show a cursor that circles".into(),
            examples: "Examples:\n  lanstream --plugin liborbit.so orbit --round-ms 1000".into(),
            options: vec![
                OptionSpec::integer("round-ms", 100, 3_600_000, "Time of a round in milliseconds")
                    .default("4000"),
                OptionSpec::parsed::<Size>("size", "WxH", "Size in pixels").default("640x360"),
            ],
        }
    }

    fn configure(&self, values: &OptionValues, _: Listener) -> Result<Configured, OptionError> {
        let round = Duration::from_millis(values.parse("round-ms")?.unwrap_or(4000));
        let size = values.parse("size")?.unwrap_or(Size { width: 640, height: 360 });
        Ok(Configured::new(Box::new(move || Ok(Box::new(Orbit::new(size, round, Instant::now()))))))
    }
}

struct Orbit {
    size: Size,
    /// Time of a round.
    round: Duration,
    /// When the first round began.
    began: Instant,
    /// When the cursor moves next.
    next_move: Instant,
    cursor: Cursor,
    /// `wait` has told of the picture.
    is_told: bool,
    wakeup: Wakeup,
}

impl Orbit {
    fn new(size: Size, round: Duration, now: Instant) -> Self {
        let shape: Arc<CursorShape> = Arc::new(ball::shape());
        let (x, y) = place(size, 0.0);
        let cursor = Cursor { x, y, shape: Some(shape) };
        Self { size, round, began: now, next_move: now, cursor, is_told: false, wakeup: Wakeup::default() }
    }

    /// Moves the cursor to where it is at `now`.
    fn advance(&mut self, now: Instant) {
        let rounds = now.duration_since(self.began).as_secs_f64() / self.round.as_secs_f64();
        (self.cursor.x, self.cursor.y) = place(self.size, rounds);
        self.next_move = now + MOVE_INTERVAL;
    }
}

/// Returns the place of the cursor after so many rounds, which begin at the top.
fn place(size: Size, rounds: f64) -> (i32, i32) {
    let (sine, cosine) = (rounds * TAU).sin_cos();
    let on_axis = |side: u32, part: f64| (f64::from(side) * (0.5 + 0.4 * part)).round();
    #[allow(clippy::cast_possible_truncation, reason = "it lies inside of the picture")]
    let pixel = |coordinate: f64| coordinate as i32;
    (pixel(on_axis(size.width, sine)), pixel(on_axis(size.height, -cosine)))
}

impl Source for Orbit {
    fn description(&self) -> Description {
        Description { name: "orbit".into(), ..Description::default() }
    }

    fn layout(&self) -> Layout {
        Layout::packed(self.size, PixelFormat::Rgbx8)
    }

    fn waker(&self) -> Waker {
        self.wakeup.waker()
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        if !std::mem::replace(&mut self.is_told, true) {
            return Ok(Event::Damaged);
        }
        let until_move = self.next_move.saturating_duration_since(Instant::now());
        let is_move_next = timeout.is_none_or(|timeout| until_move <= timeout);
        let pause = if is_move_next { Some(until_move) } else { timeout };
        if self.wakeup.sleep(pause) {
            return Ok(Event::Woken);
        }
        if !is_move_next {
            return Ok(Event::TimedOut);
        }
        self.advance(Instant::now());
        Ok(Event::CursorMoved)
    }

    fn capture(&mut self, frame: &mut FrameBuffer, _region: &Region) -> Result<Captured, Error> {
        let [red, green, blue] = BACKGROUND;
        let layout = frame.layout();
        let row_bytes = layout.size.width as usize * PIXEL_BYTES;
        for row in frame.bytes_mut().chunks_mut(layout.stride) {
            row[..row_bytes].as_chunks_mut().0.fill([red, green, blue, 255]);
        }
        Ok(Captured::all(layout))
    }

    fn cursor(&self) -> Option<&dyn CursorSource> {
        Some(self)
    }
}

impl CursorSource for Orbit {
    fn cursor(&self) -> Cursor {
        self.cursor.clone()
    }
}

lanstream_plugin::export!(OrbitFactory);
// It needs nothing but the processor.
lanstream_plugin::manifest!("");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_begins_at_the_top_and_goes_to_the_right() {
        let size = Size { width: 200, height: 100 };
        let places = [0.0, 0.25, 0.5, 0.75, 1.0].map(|rounds| place(size, rounds));
        assert_eq!(places, [(100, 10), (180, 50), (100, 90), (20, 50), (100, 10)]);
    }

    #[test]
    fn a_move_is_told_of_when_it_is_due_and_a_timeout_before() {
        let mut orbit = Orbit::new(Size { width: 8, height: 8 }, Duration::from_secs(1), Instant::now());
        assert_eq!(orbit.wait(None).unwrap(), Event::Damaged);
        assert_eq!(orbit.wait(None).unwrap(), Event::CursorMoved);
        orbit.next_move = Instant::now() + Duration::from_secs(3600);
        assert_eq!(orbit.wait(Some(Duration::ZERO)).unwrap(), Event::TimedOut);
        orbit.waker().wake();
        assert_eq!(orbit.wait(None).unwrap(), Event::Woken);
    }
}
