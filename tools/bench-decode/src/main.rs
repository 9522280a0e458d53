//! The server of `cargo xtask bench decode`: codes pictures, and has them decoded by the viewer's module in one worker
//! of a browser and by the native decoder, in turn.

mod event;
mod gate;
mod picture;
mod race;

use anyhow::Context;
use clap::Parser;
use lanstream_bench_codec::corpus::Corpus;

use event::Event;
use gate::Gate;
use picture::Picture;
use race::Race;

/// Measures what a browser's decoder takes. It prints one JSON object a line: `ready` with the page's URL, a `picture`
/// for each, `done`.
#[derive(Parser)]
struct Options {
    /// A folder of PNGs
    corpus: Corpus,
    /// Times that each picture is decoded
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let gate = Gate::open()?;
    Event::Ready { url: &gate.url }.say()?;
    let mut race = Race::begin(&gate)?;
    for path in &options.corpus.files {
        let picture = Picture::read(path).with_context(|| path.display().to_string())?;
        let times = race.run(&picture, options.rounds).with_context(|| picture.name.clone())?;
        Event::Picture { picture: &picture, times }.say()?;
    }
    Event::Done.say()
}
