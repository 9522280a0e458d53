//! Looks at the display that shows the mirror, from a thread of its own, for the numbers of frames.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::anyhow;

use super::barcode;
use crate::screen::{Image, Screen};

/// Between two looks: fine enough beside a frame, and it leaves the machine to what is measured.
const LOOK_INTERVAL: Duration = Duration::from_micros(400);
/// After a torn look, which says that a frame is arriving.
const TORN_INTERVAL: Duration = Duration::from_micros(50);

/// A thread that looks until it is told to stop.
pub(crate) struct Watcher {
    shared: Arc<Shared>,
    thread: JoinHandle<anyhow::Result<Sightings>>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    /// The last number seen, for the one who waits for the last frame.
    newest: AtomicU32,
}

/// What was seen.
pub(crate) struct Sightings {
    /// When each number of the range was first there, whole.
    pub(crate) first_seen: Vec<Option<Instant>>,
    pub(crate) looks: u64,
    /// Looks that found different numbers at the two ends.
    pub(crate) torn: u64,
}

impl Watcher {
    /// Watches for `numbers` at both ends of an area of a display.
    pub(crate) fn start(
        display: &str,
        corner: (u16, u16),
        area: (u16, u16),
        numbers: Range<u32>,
    ) -> anyhow::Result<Self> {
        let shared = Arc::<Shared>::default();
        let eye = Eye::open(display, corner, area)?;
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("watcher".to_owned())
            .spawn(move || eye.watch(&numbers, &theirs))?;
        Ok(Self { shared, thread })
    }

    /// The last number seen.
    pub(crate) fn newest(&self) -> u32 {
        // Only the number itself is read; the times come through the join.
        self.shared.newest.load(Ordering::Relaxed)
    }

    /// Ends the watch.
    pub(crate) fn stop(self) -> anyhow::Result<Sightings> {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow!("the watcher panicked"))?
    }
}

/// The two places where numbers appear.
struct Eye {
    screen: Screen,
    top: Image,
    bottom: Image,
    top_at: (u16, u16),
    bottom_at: (u16, u16),
}

impl Eye {
    fn open(display: &str, corner: (u16, u16), area: (u16, u16)) -> anyhow::Result<Self> {
        let screen = Screen::connect(display)?;
        let top = screen.image(barcode::WIDTH, barcode::HEIGHT)?;
        let bottom = screen.image(barcode::WIDTH, barcode::HEIGHT)?;
        let bottom_at = (corner.0 + area.0 - barcode::WIDTH, corner.1 + area.1 - barcode::HEIGHT);
        Ok(Self { screen, top, bottom, top_at: corner, bottom_at })
    }

    fn watch(mut self, numbers: &Range<u32>, shared: &Shared) -> anyhow::Result<Sightings> {
        let mut seen = Sightings { first_seen: vec![None; numbers.len()], looks: 0, torn: 0 };
        while !shared.stop.load(Ordering::Relaxed) {
            let number = self.look()?;
            let now = Instant::now();
            seen.looks += 1;
            match number {
                Look::Torn => {
                    seen.torn += 1;
                    std::thread::sleep(TORN_INTERVAL);
                    continue;
                }
                Look::Whole(number) if numbers.contains(&number) => {
                    shared.newest.store(number, Ordering::Relaxed);
                    seen.first_seen[(number - numbers.start) as usize].get_or_insert(now);
                }
                Look::Whole(_) | Look::Nothing => {}
            }
            std::thread::sleep(LOOK_INTERVAL);
        }
        Ok(seen)
    }

    /// The two ends are not read in one instant: a frame that comes between them looks torn and isn't, so the first end
    /// is read again before that is said.
    fn look(&mut self) -> anyhow::Result<Look> {
        let before = self.read_top()?;
        self.screen.grab(&mut self.bottom, self.bottom_at.0, self.bottom_at.1)?;
        let bottom = barcode::read(&self.bottom);
        let top = if before == bottom { before } else { self.read_top()? };
        Ok(match top.zip(bottom) {
            Some((top, bottom)) if top == bottom => Look::Whole(bottom),
            Some(_) => Look::Torn,
            // What changes is elsewhere: the last load's picture is still there.
            None => Look::Nothing,
        })
    }

    fn read_top(&mut self) -> anyhow::Result<Option<u32>> {
        self.screen.grab(&mut self.top, self.top_at.0, self.top_at.1)?;
        Ok(barcode::read(&self.top))
    }
}

enum Look {
    Nothing,
    Torn,
    Whole(u32),
}
