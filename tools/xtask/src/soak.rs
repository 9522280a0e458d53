//! `cargo xtask soak`: a window that is resized and a film that is sought, each with a page that stays and viewers of
//! every engine that come and go, beside a hostile peer. It tells whether memory, descriptors, threads and the rate of
//! frames stay level, and whether every proof of exactness held.

mod hostile;
mod series;
mod watched;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::ensure;
use lanstream_testkit::browser::{Browser, Engine};
use lanstream_testkit::display::Display;
use lanstream_testkit::painter::{Painter, Window};

use self::hostile::Hostile;
use self::watched::{Served, Watched};
use crate::clip;
use crate::dice::Dice;
use crate::lanstream;
use crate::patience::Patience;
use crate::setup;

/// How long.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Hours that it takes
    #[arg(long, conflicts_with = "minutes", value_parser = clap::value_parser!(u32).range(1..))]
    hours: Option<u32>,
    /// Minutes that it takes
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(3..))]
    minutes: u32,
}

impl Options {
    /// Returns a run that is long enough to see what grows fast.
    pub(crate) fn brief() -> Self {
        Self { hours: None, minutes: 10 }
    }
}

const SEED: u64 = 0x5eed_50a4;
/// Size of the displays that are captured, and that show pages.
const SIZE: (u32, u32) = (960, 540);
const TITLE: &str = "soak";
/// Sizes that the window takes by turns.
const SIZES: [(u16, u16); 3] = [(800, 500), (641, 479), (320, 200)];
/// Between two drawings into the window.
const DRAW_INTERVAL: Duration = Duration::from_millis(100);
const RESIZE_INTERVAL: Duration = Duration::from_secs(7);
const SEEK_INTERVAL: Duration = Duration::from_secs(11);
const MEASURE_INTERVAL: Duration = Duration::from_secs(5);
/// Time that a viewer stays which comes and goes.
const VISIT: Duration = Duration::from_secs(20);

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let browsers = Engine::ALL.map(|engine| (engine.program(), engine.package()));
    setup::install("the soak needs", &[&browsers[..], &[("Xvfb", "xvfb"), ("ffmpeg", "ffmpeg")]].concat())?;
    lanstream::build()?;
    let patience = Patience::new()?;
    let minutes = options.hours.map_or(options.minutes, |hours| hours * 60);
    let window = ResizedWindow::open();
    let served = [
        Served::start("window", &mut capture(&window.display), &patience)?,
        Served::start("film", &mut play(&clip::SMALL.path()?), &patience)?,
    ];
    let servers = served.iter().map(Served::address).collect::<anyhow::Result<_>>()?;
    let _hostile = Hostile::start(servers, SEED);
    let watched = served.each_ref().map(Watched::new);
    let mut scene = Scene { served: &served, watched, visitors: Visitors::new(), window };
    scene.play(Duration::from_secs(60 * u64::from(minutes)), &patience)?;
    scene.report()
}

/// All that goes on.
struct Scene<'a> {
    served: &'a [Served; 2],
    watched: [Watched<'a>; 2],
    visitors: Visitors,
    window: ResizedWindow,
}

impl Scene<'_> {
    fn play(&mut self, duration: Duration, patience: &Patience) -> anyhow::Result<()> {
        let began = Instant::now();
        let mut due = Timetable::new(began);
        while began.elapsed() < duration {
            if due.draw.is_over() {
                self.window.draw();
            }
            if due.resize.is_over() {
                self.window.resize();
            }
            if due.seek.is_over() {
                self.watched[1].seek();
            }
            if due.visit.is_over() {
                self.visitors.next(self.served);
            }
            if due.measure.is_over() {
                self.watched.iter_mut().try_for_each(|each| each.measure(began.elapsed()))?;
            }
            patience.pass(due.draw.left())?;
        }
        Ok(())
    }

    /// Prints what was measured.
    ///
    /// # Errors
    /// If anything is not level, or a proof did not hold.
    fn report(&self) -> anyhow::Result<()> {
        let heading = format!("{:<8} {:<16} {:>9} {:>9} {:>11}", "of", "what", "first", "last", "per hour");
        println!("{} viewers came and went\n{heading}", self.visitors.count);
        let mut is_well = true;
        for each in &self.watched {
            is_well &= each.report();
        }
        ensure!(is_well, "the run was not level, or not exact");
        Ok(())
    }
}

fn capture(display: &Display) -> Command {
    let mut command = Command::new(lanstream::path());
    command.args(["capture", "--window", TITLE]).env("DISPLAY", &display.name);
    command
}

fn play(film: &Path) -> Command {
    let mut command = Command::new(lanstream::path());
    command.args(["play", "--loop"]).arg(film);
    command
}

/// A window that is drawn into.
struct ResizedWindow {
    painter: Painter,
    window: Window,
    drawn: u32,
    resized: usize,
    dice: Dice,
    display: Display,
}

impl ResizedWindow {
    fn open() -> Self {
        let display = Display::start(SIZE.0, SIZE.1);
        let painter = Painter::on(&display);
        let window = painter.window(TITLE, 0, 0, SIZES[0].0, SIZES[0].1);
        Self { painter, window, drawn: 0, resized: 0, dice: Dice(SEED), display }
    }

    /// Draws noise into a small part, and a rectangle of one colour.
    fn draw(&mut self) {
        self.drawn = self.drawn.wrapping_add(1);
        self.painter.noise(self.window, 160, 32, self.drawn | 1);
        let colour = u32::try_from(self.dice.roll() & 0xff_ffff).unwrap_or_default();
        let across = i16::try_from(self.dice.roll() % 200).unwrap_or_default();
        self.painter.fill(self.window, across, 60, 100, 80, colour);
    }

    fn resize(&mut self) {
        self.resized += 1;
        let (width, height) = SIZES[self.resized % SIZES.len()];
        self.painter.resize(self.window, width.into(), height.into());
    }
}

/// Viewers that come and go, one at a time, without a debugger.
struct Visitors {
    browser: Option<Browser>,
    display: Display,
    count: usize,
}

impl Visitors {
    fn new() -> Self {
        Self { browser: None, display: Display::start(SIZE.0 + 1, SIZE.1 + 1), count: 0 }
    }

    /// Ends the present one, and has one of the next engine look at the next server.
    fn next(&mut self, served: &[Served]) {
        self.browser = None;
        let engine = Engine::ALL[self.count % Engine::ALL.len()];
        let url = served[self.count % served.len()].url();
        self.browser = Some(engine.open(&url, &self.display));
        self.count += 1;
    }
}

/// When each thing is to be done next.
struct Timetable {
    draw: Interval,
    resize: Interval,
    seek: Interval,
    visit: Interval,
    measure: Interval,
}

impl Timetable {
    fn new(now: Instant) -> Self {
        let every = |interval| Interval { next: now + interval, interval };
        Self {
            draw: every(DRAW_INTERVAL),
            resize: every(RESIZE_INTERVAL),
            seek: every(SEEK_INTERVAL),
            visit: every(VISIT),
            measure: every(MEASURE_INTERVAL),
        }
    }
}

/// Something that is done again and again.
struct Interval {
    next: Instant,
    interval: Duration,
}

impl Interval {
    /// Returns whether it is time, and if so begins the next interval. What was missed is not made up for.
    fn is_over(&mut self) -> bool {
        let now = Instant::now();
        let is_over = now >= self.next;
        if is_over {
            self.next = now + self.interval;
        }
        is_over
    }

    fn left(&self) -> Duration {
        self.next.saturating_duration_since(Instant::now())
    }
}
