//! `lanstream codec bench`: how small and how quick each code is on screenshots, beside codecs that others would take.
//!
//! One thread does everything, so speeds are those of one core. Every coder gets the same groups of rows, one at a time, as
//! a session would give them; what a coder would not make smaller counts as sent raw. Every decode is compared with what was
//! encoded.

mod coder;
mod image;
mod line;
mod measure;
mod score;

use std::path::{Path, PathBuf};

use crate::cli::Bench;
use crate::corpus::{self, Corpus};
use crate::report;
use crate::report::Reporter;
use coder::{Coder, Fault};
use image::Image;
use line::Line;
use score::Score;

/// Why nothing, or not all, was measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0}; make a corpus with `cargo xtask corpus`, or name a folder of PNGs with --corpus")]
    NoCorpus(corpus::Error),
    #[error("{}: {source}", path.display())]
    Image { path: PathBuf, source: image::Error },
    #[error("{coder} on {image}: {source}")]
    Coder { coder: &'static str, image: String, source: Fault },
    #[error("{coder} decodes {image} to other pixels")]
    Differs { coder: &'static str, image: String },
}

/// What stands for the name of an image in the lines of all of them together.
const TOTAL: &str = "total";
/// What stands for the name of a coder where the smallest code of ours was taken for each group.
const BEST: &str = "best";

/// Measures image by image and prints what each gave as soon as it is known, and all together at the end.
///
/// # Errors
/// Where an image can't be read, or a coder fails or alters a pixel.
pub(crate) fn run(bench: &Bench, json: bool, reporter: &Reporter) -> Result<(), Error> {
    let corpus = match &bench.corpus {
        Some(corpus) => corpus.clone(),
        None => Corpus::list(&folder_made()).map_err(Error::NoCorpus)?,
    };
    if cfg!(debug_assertions) {
        reporter.say("this is a debug build, its speeds mean nothing: use cargo run --release");
    }
    reporter.say(&format!("{} images in {}", corpus.files.len(), corpus.folder.display()));
    let mut coders = Coders::new();
    let mut total: Vec<(&'static str, Score)> = Vec::new();
    for path in &corpus.files {
        let image = Image::read(path).map_err(|source| Error::Image { path: path.clone(), source })?;
        let scores = coders.measure(&image, bench.rounds)?;
        print(&image.name, &scores, json);
        add(&mut total, scores);
    }
    print(TOTAL, &total, json);
    Ok(())
}

/// Where `cargo xtask corpus` puts its pictures: in the folder of builds, as `tools/xtask/src/repository.rs` finds it.
fn folder_made() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package.parent().unwrap_or(package);
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

fn print(image: &str, scores: &[(&'static str, Score)], json: bool) {
    if !json {
        report::print_line(&line::head(image));
    }
    for (coder, score) in scores {
        let line = Line::new(image, coder, score);
        report::print_line(&if json { line.json() } else { line.text() });
    }
}
