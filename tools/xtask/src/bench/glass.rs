//! The sampler: puts a mirror between two displays under a load and times what comes through.

use std::time::{Duration, Instant};

use super::barcode;
use super::floor::{Floor, Painted};
use super::idle;
use super::load::Load;
use super::painter::Painter;
use super::peers::meter::Meter;
use super::sample::Sample;
use super::watcher::{Sightings, Watcher};
use crate::dice::Dice;
use crate::patience::Patience;
use crate::screen::{Image, PIXEL_BYTES, Screen};

/// How long a browser may take from its start to the first picture.
const PICTURE_LIMIT: Duration = Duration::from_secs(60);
/// How long the last frame may take to appear, and a picture that is refined to settle.
const SETTLE_LIMIT: Duration = Duration::from_millis(1500);
/// A frame is drawn up to this share of its interval late, at random, so that drawing keeps no phase with the browser's
/// refresh. At high rates little: two frames within one refresh could not both be seen.
const JITTER: f64 = 0.9;
const JITTER_FAST: f64 = 0.2;
/// From this rate on jitter is little.
const FAST_FPS: u32 = 40;

/// Two displays with a mirror between them that shows the first one's picture; or with a page on the second that paints
/// its own.
pub(crate) struct Glass<'a> {
    source: &'a str,
    mirror: &'a str,
    /// Where the picture's top left lies on the mirror's display.
    corner: (u16, u16),
    patience: &'a Patience,
    number: &'a mut u32,
    subject: Subject<'a>,
    settle: Duration,
}

/// What is measured.
#[derive(Clone, Copy)]
pub(crate) enum Subject<'a> {
    /// A mirror, by its server's process.
    Mirror(u32),
    /// A page that paints.
    Floor(&'a Floor),
    /// Another system, by a meter on all of its programs.
    Peer(&'a Meter),
}

impl<'a> Glass<'a> {
    /// Waits until the second display shows the picture, and finds where.
    pub(crate) fn new(
        source: &'a str,
        mirror: &'a str,
        patience: &'a Patience,
        number: &'a mut u32,
        subject: Subject<'a>,
    ) -> anyhow::Result<Self> {
        let mut painter = Painter::new(source, |_| (barcode::WIDTH, 2 * barcode::HEIGHT))?;
        let (width, height) = painter.area();
        let picture = vec![0; usize::from(width) * usize::from(height) * PIXEL_BYTES];
        painter.paint(&picture, *number)?;
        if let Subject::Floor(floor) = subject {
            floor.paint(&[picture], painter.area(), &[Duration::ZERO], *number, patience)?;
        }
        let screen = Screen::connect(mirror)?;
        let mut image = screen.image(screen.size.0, screen.size.1)?;
        let corner =
            patience.until("picture of the same size on the second display", PICTURE_LIMIT, || {
                subject.check()?;
                screen.grab(&mut image, 0, 0)?;
                Ok(barcode::find(&image, *number))
            })?;
        *number += 1;
        Ok(Self { source, mirror, corner, patience, number, subject, settle: SETTLE_LIMIT })
    }

    /// Waits so long for the last frame of a load.
    pub(crate) fn with_settle(self, settle: Duration) -> Self {
        Self { settle, ..self }
    }

    /// Draws a load for a while and says what was seen of it.
    pub(crate) fn run(&mut self, load: &Load, duration: Duration) -> anyhow::Result<Sample> {
        let mut painter = Painter::new(self.source, |screen| load.area_on(screen))?;
        let (width, height) = painter.area();
        let pictures = load.content.pictures(width.into(), height.into());
        let frames = frames_in(duration, load.fps);
        let numbers = *self.number..*self.number + frames;
        *self.number = numbers.end;
        let watcher = Watcher::start(self.mirror, self.corner, (width, height), numbers.clone())?;
        let cpu_before = self.subject.cpu_time()?;
        let drawn = self.draw(&mut painter, &pictures, load.fps, numbers.start)?;
        let cpu_after = self.subject.cpu_time()?;
        let settled = Instant::now() + self.settle;
        while watcher.newest() + 1 != numbers.end && Instant::now() < settled {
            self.patience.check()?;
            std::thread::sleep(Duration::from_millis(5));
        }
        let sightings = watcher.stop()?;
        let (pixels_differ, difference_max) = self.compare(painter.area(), settled)?;
        Ok(Sample {
            load: load.to_string(),
            sent: drawn.asked.len(),
            late: drawn.late,
            seconds: drawn.seconds,
            latencies_ms: latencies_ms(&drawn.asked, &sightings),
            gap_ms: gap_ms(&sightings),
            looks: sightings.looks,
            torn: sightings.torn,
            pixels_differ,
            difference_max,
            server_cpu_seconds: cpu_before
                .zip(cpu_after)
                .map(|(before, after)| after.saturating_sub(before).as_secs_f64()),
        })
    }

    /// Has the pictures of the numbers from `first` on drawn, each when it is due.
    fn draw(
        &self,
        painter: &mut Painter,
        pictures: &[Vec<u8>],
        fps: u32,
        first: u32,
    ) -> anyhow::Result<Drawn> {
        let interval = Duration::from_secs_f64(1.0 / f64::from(fps));
        let due = due(fps, *self.number - first);
        let painted = match self.subject {
            Subject::Mirror(_) | Subject::Peer(_) => self.paint(painter, pictures, &due, first)?,
            Subject::Floor(floor) => {
                let painted = floor.paint(pictures, painter.area(), &due, first, self.patience)?;
                // What the page shows is compared with this.
                painter.paint(&pictures[(due.len() - 1) % pictures.len()], *self.number - 1)?;
                painted
            }
        };
        let late = due.iter().zip(&painted.each).filter(|(due, at)| **at > painted.began + **due + interval);
        let last = painted.each.last().copied().unwrap_or(painted.began);
        Ok(Drawn {
            late: late.count(),
            seconds: last.duration_since(painted.began).as_secs_f64(),
            asked: painted.each,
        })
    }

    /// Draws on the first display.
    fn paint(
        &self,
        painter: &mut Painter,
        pictures: &[Vec<u8>],
        due: &[Duration],
        first: u32,
    ) -> anyhow::Result<Painted> {
        let mut painted = Painted { began: Instant::now(), each: Vec::with_capacity(due.len()) };
        for ((due, number), picture) in due.iter().zip(first..).zip(pictures.iter().cycle()) {
            self.patience.check()?;
            std::thread::sleep(due.saturating_sub(painted.began.elapsed()));
            painted.each.push(painter.paint(picture, number)?);
        }
        Ok(painted)
    }

    /// How many pixels of the area differ between the displays, and by how much, when they no longer change or at
    /// `end`.
    fn compare(&self, (width, height): (u16, u16), end: Instant) -> anyhow::Result<(usize, u8)> {
        let (source, mirror) = (Screen::connect(self.source)?, Screen::connect(self.mirror)?);
        let (mut drawn, mut shown) = (source.image(width, height)?, mirror.image(width, height)?);
        loop {
            source.grab(&mut drawn, 0, 0)?;
            mirror.grab(&mut shown, self.corner.0, self.corner.1)?;
            let difference = difference(&drawn, &shown);
            if difference.0 == 0 || Instant::now() >= end {
                return Ok(difference);
            }
            self.patience.check()?;
        }
    }
}

impl Subject<'_> {
    /// Looks whether another system's programs run.
    fn check(self) -> anyhow::Result<()> {
        match self {
            Self::Mirror(_) | Self::Floor(_) => Ok(()),
            Self::Peer(meter) => meter.check(),
        }
    }

    /// Processor time of the server, where there is one. A meter keeps its own reading.
    fn cpu_time(self) -> anyhow::Result<Option<Duration>> {
        match self {
            Self::Mirror(server) => idle::cpu_time(server).map(Some),
            Self::Floor(_) => Ok(None),
            Self::Peer(meter) => meter.read().map(|()| None),
        }
    }
}

/// Whole frames of a time.
fn frames_in(duration: Duration, fps: u32) -> u32 {
    let frames = duration.as_nanos() * u128::from(fps) / Duration::from_secs(1).as_nanos();
    u32::try_from(frames).unwrap_or(u32::MAX)
}

/// When each of so many frames is due, from the beginning on.
fn due(fps: u32, frames: u32) -> Vec<Duration> {
    let mut dice = Dice(0x5eed_0123_4567_89ab);
    let jitter = if fps < FAST_FPS { JITTER } else { JITTER_FAST };
    let mut offset = || f64::from((dice.roll() >> 32) as u32) / 2_f64.powi(32) * jitter;
    let due = |frame| Duration::from_secs_f64((f64::from(frame) + offset()) / f64::from(fps));
    (0..frames).map(due).collect()
}

/// What was drawn, and when.
struct Drawn {
    asked: Vec<Instant>,
    late: usize,
    seconds: f64,
}

fn latencies_ms(asked: &[Instant], sightings: &Sightings) -> Vec<f64> {
    let pairs = asked.iter().zip(&sightings.first_seen);
    let seen = pairs.filter_map(|(asked, seen)| Some(seen.as_ref()?.saturating_duration_since(*asked)));
    let mut latencies: Vec<_> = seen.map(|latency| (latency.as_secs_f64() * 1e6).round() / 1e3).collect();
    latencies.sort_by(f64::total_cmp);
    latencies
}

fn gap_ms(sightings: &Sightings) -> f64 {
    let seen: Vec<_> = sightings.first_seen.iter().flatten().collect();
    let gaps = seen.windows(2).map(|pair| pair[1].saturating_duration_since(*pair[0]));
    gaps.max().unwrap_or_default().as_secs_f64() * 1e3
}

fn difference(a: &Image, b: &Image) -> (usize, u8) {
    if a.bytes() == b.bytes() {
        return (0, 0);
    }
    let pixels = a.bytes().as_chunks::<PIXEL_BYTES>().0.iter().zip(b.bytes().as_chunks::<PIXEL_BYTES>().0);
    // The fourth byte means nothing and may differ.
    let largest = pixels.map(|(a, b)| a[0].abs_diff(b[0]).max(a[1].abs_diff(b[1])).max(a[2].abs_diff(b[2])));
    largest.fold((0, 0), |(count, max), delta| (count + usize::from(delta > 0), max.max(delta)))
}
