//! The program of `cargo xtask bench codec`: how small and how quick each code is on screenshots, beside codecs that
//! others would take.
//!
//! One thread does everything, so speeds are those of one core. Every coder gets the same groups of rows, one at a
//! time, as a session would give them; what a coder would not make smaller counts as sent raw. Every decode is compared
//! with what was encoded.

mod coder;
mod line;
mod measure;
mod score;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use lanstream_bench_codec::corpus::{self, Corpus};
use lanstream_bench_codec::image::{self, Image};

use coder::{Coder, Fault};
use line::Line;
use score::Score;

/// Size and speed of each code on screenshots, beside LZ4, Zstandard, QOI and PNG.
#[derive(Parser)]
#[command(name = "cargo xtask bench codec", bin_name = "cargo xtask bench codec", after_help = EXAMPLES)]
struct Options {
    /// A folder of PNGs [default: what `cargo xtask corpus` made]
    #[arg(long, value_name = "DIR")]
    corpus: Option<Corpus>,
    /// Times that everything is encoded and decoded; figures are medians over them
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000), allow_negative_numbers = true)]
    rounds: u32,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  cargo xtask corpus && cargo xtask bench codec
  cargo xtask bench codec --corpus screenshots --rounds 9
  cargo xtask bench codec --json    for programs: one JSON object a line

A picture is coded in groups of 128 rows, on one core. `best` takes the smallest of ours for each group, as if choosing cost
nothing. What would not get smaller is left raw: it costs the time until the coder gives up, and a copy.";

/// Why nothing, or not all, was measured.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("{0}; make a corpus with `cargo xtask corpus`, or name a folder of PNGs with --corpus")]
    NoCorpus(corpus::Error),
    #[error("{}: {source}", path.display())]
    Image { path: PathBuf, source: image::Error },
    #[error("{coder} on {image}: {source}")]
    Coder { coder: &'static str, image: String, source: Fault },
    #[error("{coder} decodes {image} to other pixels")]
    Differs { coder: &'static str, image: String },
    #[error("nobody reads the figures: {0}")]
    Unread(#[from] std::io::Error),
}

/// Folders from the repository's root to this package: `tools/bench-codec`.
const DEPTH: usize = 2;

/// What stands for the name of an image in the lines of all of them together.
const TOTAL: &str = "total";
/// What stands for the name of a coder where the smallest code of ours was taken for each group.
const BEST: &str = "best";

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures image by image and prints what each gave as soon as it is known, and all together at the end.
///
/// # Errors
/// Where an image can't be read, a coder fails or alters a pixel, or nobody reads what is printed.
fn run(options: &Options) -> Result<(), Error> {
    let corpus = match &options.corpus {
        Some(corpus) => corpus.clone(),
        None => Corpus::list(&folder_made()).map_err(Error::NoCorpus)?,
    };
    if cfg!(debug_assertions) {
        eprintln!("this is a debug build, its speeds mean nothing: use cargo xtask bench codec");
    }
    eprintln!("{} images in {}", corpus.files.len(), corpus.folder.display());
    let mut coders = Coders::new();
    let mut total: Vec<(&'static str, Score)> = Vec::new();
    for path in &corpus.files {
        let image = Image::read(path).map_err(|source| Error::Image { path: path.clone(), source })?;
        let scores = coders.measure(&image, options.rounds)?;
        print(&image.name, &scores, options.json)?;
        add(&mut total, scores);
    }
    print(TOTAL, &total, options.json)
}

/// Where `cargo xtask corpus` puts its pictures: in the folder of builds, as `tools/xtask/src/repository.rs` finds it.
fn folder_made() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package.ancestors().nth(DEPTH).unwrap_or(package);
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    root.join(target).join("codec-corpus")
}

/// Everything that is measured.
struct Coders {
    ours: Vec<Box<dyn Coder>>,
    others: Vec<Box<dyn Coder>>,
}

impl Coders {
    fn new() -> Self {
        Self { ours: coder::ours(), others: coder::others() }
    }

    /// The scores on an image, by coder, in the order of the table.
    fn measure(&mut self, image: &Image, rounds: u32) -> Result<Vec<(&'static str, Score)>, Error> {
        let ours = measure::groups(&mut self.ours, image, rounds)?;
        let others = measure::groups(&mut self.others, image, rounds)?;
        let best = (BEST, score::best(&ours));
        let whole = |coders: &[Box<dyn Coder>], scores: &[Vec<Score>]| -> Vec<(&'static str, Score)> {
            let pairs = coders.iter().zip(scores);
            pairs.map(|(coder, groups)| (coder.name(), groups.iter().copied().sum())).collect()
        };
        let mut scores = whole(&self.ours, &ours);
        scores.push(best);
        scores.extend(whole(&self.others, &others));
        Ok(scores)
    }
}

/// Adds an image's scores to those of the images before it, coder by coder.
fn add(total: &mut Vec<(&'static str, Score)>, scores: Vec<(&'static str, Score)>) {
    if total.is_empty() {
        *total = scores;
        return;
    }
    for ((_, sum), (_, score)) in total.iter_mut().zip(scores) {
        *sum = *sum + score;
    }
}

fn print(image: &str, scores: &[(&'static str, Score)], json: bool) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    if !json {
        writeln!(out, "{}", line::head(image))?;
    }
    for (coder, score) in scores {
        let line = Line::new(image, coder, score);
        writeln!(out, "{}", if json { line.json() } else { line.text() })?;
    }
    Ok(())
}
