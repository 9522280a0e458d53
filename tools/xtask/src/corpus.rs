//! `corpus`: pictures of 1920x1080 as screens show them, for `cargo xtask bench codec`.
//!
//! Real programs draw most of them on a display of their own; what a camera or a film would show is computed. A picture
//! that is there already is kept: remove it, or the folder, to have it made again.

mod film;
mod photo;
mod picture;
mod plot;
mod program;
mod screenshot;

use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::TempDir;

use crate::patience::Patience;
use crate::{repository, setup};
use program::Program;

/// Where to put them.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The folder of the pictures [default: codec-corpus in the folder of builds, where the bench looks]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Commands that make them, and the Debian package each comes in.
const COMMANDS: [(&str, &str); 7] = [
    ("Xvfb", "xvfb"),
    ("xterm", "xterm"),
    ("mousepad", "mousepad"),
    ("firefox-esr", "firefox-esr"),
    ("pcmanfm", "pcmanfm"),
    ("gnuplot", "gnuplot-nox"),
    ("ffmpeg", "ffmpeg"),
];

/// Every picture: its name, and what shows it.
const PICTURES: [(&str, Subject); 9] = [
    ("terminal-source", Subject::Screen(Program::Source)),
    ("terminal-list", Subject::Screen(Program::List)),
    ("editor", Subject::Screen(Program::Editor)),
    ("web-page", Subject::Screen(Program::Page)),
    ("file-manager", Subject::Screen(Program::Files)),
    ("plot", Subject::Plot),
    ("photograph", Subject::Photograph),
    ("video-test", Subject::Film(film::TEST)),
    ("video-zoom", Subject::Film(film::ZOOM)),
];

/// Of what a picture is.
enum Subject {
    /// A display on which a program has drawn.
    Screen(Program),
    Plot,
    Photograph,
    /// A frame of what FFmpeg makes of these words.
    Film(&'static str),
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let folder = options.folder.clone().unwrap_or_else(|| repository::target().join("codec-corpus"));
    // Not every program runs where this does.
    let folder = std::path::absolute(folder)?;
    setup::install("the corpus needs", &COMMANDS)?;
    std::fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;
    // On the same file system, so that a picture comes to its place whole or not at all.
    let workshop = TempDir::with_prefix_in(".making-", &folder).context("no folder to work in")?;
    let patience = Patience::new()?;
    for (name, subject) in &PICTURES {
        let file = format!("{name}.png");
        let picture = folder.join(&file);
        if picture.exists() {
            println!("corpus: {file} is there");
            continue;
        }
        println!("corpus: {file}");
        let made = workshop.path().join(&file);
        subject.make(&made, workshop.path(), &patience).with_context(|| file.clone())?;
        std::fs::rename(&made, &picture).with_context(|| format!("can't write {}", picture.display()))?;
    }
    println!("corpus: {} pictures in {}", PICTURES.len(), folder.display());
    Ok(())
}

/// Whether a picture of this name shows text and windows, as all do but those that a camera or a film would show.
pub(crate) fn is_text(file: &str) -> bool {
    let name = file.trim_end_matches(".png");
    let subject = PICTURES.iter().find(|(other, _)| *other == name);
    !matches!(subject, Some((_, Subject::Photograph | Subject::Film(_))))
}

impl Subject {
    /// Writes the picture; whatever else is needed may lie in `workshop`.
    fn make(&self, picture: &Path, workshop: &Path, patience: &Patience) -> anyhow::Result<()> {
        match self {
            Self::Screen(program) => screenshot::make(*program, picture, workshop, patience),
            Self::Plot => plot::make(picture),
            Self::Photograph => photo::make(picture),
            Self::Film(source) => film::make(source, picture),
        }
    }
}
