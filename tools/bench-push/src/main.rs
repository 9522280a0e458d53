//! The test pattern as images that this program pushes, with the events that `lanstream --json` prints; and with
//! `--calls`, what a push costs its caller: one JSON object a line.

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Parser;
use lanstream::{Format, Image, Stream};
use lanstream_core::{Rect, Size};
use lanstream_pattern::{Kind, draw};
use serde_json::{Value, json};

/// Pushes the test pattern.
#[derive(Parser)]
struct Options {
    /// What the pattern shows
    #[arg(long, default_value = "motion")]
    kind: Kind,
    /// Size of the images
    #[arg(long, default_value = "1920x1080")]
    size: Size,
    /// Images a second
    #[arg(long, default_value_t = 60)]
    fps: u32,
    /// Measure pushes, and end
    #[arg(long)]
    calls: bool,
}

/// Time between two `stats` events.
const STATS_INTERVAL: Duration = Duration::from_secs(1);
/// Pushes that count, of each way to push.
const CALLS: usize = 300;
/// Pushes before them.
const WARM_UP: usize = 20;
/// What changes where images have damage.
const DAMAGE: Rect = Rect { x: 600, y: 400, width: 100, height: 100 };

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let stream = Stream::builder().name("pushed pattern").open()?;
    if options.calls { measure(&stream, options.size) } else { show(&stream, &options) }
}

fn say(value: &Value) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    Ok(writeln!(out, "{value}")?)
}

/// Draws and pushes at the rate, for as long as somebody reads the events.
fn show(stream: &Stream, options: &Options) -> anyhow::Result<()> {
    say(&json!({ "event": "ready", "url": stream.url() }))?;
    let (size, interval) = (options.size, Duration::from_secs(1) / options.fps.max(1));
    let began = Instant::now();
    let mut said = began;
    for number in 0_u32.. {
        let mut pixels = stream.take_buffer();
        pixels.resize(size.area() * 4, 0);
        draw(options.kind, number, size, size.width as usize * 4, &mut pixels);
        stream.push(Image::new(Format::Rgbx8, size.width, size.height, pixels))?;
        if said.elapsed() >= STATS_INTERVAL {
            said = Instant::now();
            let stats = serde_json::to_value(stream.stats().server)?;
            let mut event = json!({ "event": "stats" });
            let fields = event.as_object_mut().zip(stats.as_object()).context("both are objects")?;
            fields.0.extend(fields.1.clone());
            say(&event)?;
        }
        std::thread::sleep((interval * (number + 1)).saturating_sub(began.elapsed()));
    }
    Ok(())
}

/// Measures each way to push, at 60 images a second so that the source has taken the one before.
fn measure(stream: &Stream, size: Size) -> anyhow::Result<()> {
    let canvas = vec![128; size.area() * 4];
    let image = || Image::new(Format::Rgbx8, size.width, size.height, &canvas);
    let owned = || {
        let mut pixels = stream.take_buffer();
        pixels.resize(size.area() * 4, 0);
        Image::new(Format::Rgbx8, size.width, size.height, pixels)
    };
    say(&figure("owned", p50(stream, owned)?))?;
    say(&figure("borrowed", p50(stream, image)?))?;
    say(&figure("100x100 damaged", p50(stream, || image().damage(DAMAGE.into()))?))
}

fn figure(subject: &str, us: f64) -> Value {
    json!({ "figure": "a push", "subject": subject, "us": us })
}

/// Returns the median of the time that a push takes, in microseconds.
fn p50<'a>(stream: &Stream, image: impl Fn() -> Image<'a>) -> anyhow::Result<f64> {
    let mut times = Vec::new();
    for _ in 0..WARM_UP + CALLS {
        let image = image();
        let began = Instant::now();
        stream.push(image)?;
        times.push(began.elapsed());
        std::thread::sleep(Duration::from_millis(4));
    }
    times.drain(..WARM_UP);
    times.sort_unstable();
    Ok(times.get(CALLS / 2).context("there are times")?.as_secs_f64() * 1e6)
}
