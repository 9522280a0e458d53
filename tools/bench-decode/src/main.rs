//! The server of `cargo xtask bench decode`: codes pictures, and has them decoded by the viewer's module in one worker of a
//! browser and by the native decoder, in turn.

mod event;
mod gate;
#[path = "../../../app/src/codec_bench/image.rs"]
mod image;
mod picture;
mod race;

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::Parser;

use event::Event;
use gate::Gate;
use picture::Picture;
use race::Race;

/// Measures what a browser's decoder takes. It prints one JSON object a line: `ready` with the page's URL, a `picture` for
/// each, `done`.
#[derive(Parser)]
struct Options {
    /// A folder of PNGs
    corpus: PathBuf,
    /// Times that each picture is decoded
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let files = pngs(&options.corpus).with_context(|| format!("can't read {}", options.corpus.display()))?;
    ensure!(!files.is_empty(), "there is no PNG in {}", options.corpus.display());
    let gate = Gate::open()?;
    Event::Ready { url: &gate.url }.say()?;
    let mut race = Race::begin(&gate)?;
    for path in &files {
        let picture = Picture::read(path).with_context(|| path.display().to_string())?;
        let times = race.run(&picture, options.rounds).with_context(|| picture.name.clone())?;
        Event::Picture { picture: &picture, times }.say()?;
    }
    Event::Done.say()
}

fn pngs(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let paths = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths: Vec<_> = paths.collect::<std::io::Result<_>>()?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png")));
    paths.sort();
    Ok(paths)
}
