//! A folder of screenshots to measure codes on. What is in the files is read where it is measured.

use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The PNGs of a folder, by name. There is at least one.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// The folder that was listed.
    pub folder: PathBuf,
    /// Paths of its PNGs.
    pub files: Vec<PathBuf>,
}

/// Why a folder is no corpus.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder can't be listed.
    #[error("can't read {}: {source}", folder.display())]
    Unreadable {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// No name in it ends in `.png`.
    #[error("there is no PNG in {}", folder.display())]
    Empty {
        /// The folder.
        folder: PathBuf,
    },
}

impl Corpus {
    /// Looks into a folder, not into those within.
    ///
    /// # Errors
    /// Where it can't be read or has no PNG.
    pub fn list(folder: &Path) -> Result<Self, Error> {
        let folder = folder.to_owned();
        let mut files = match pngs(&folder) {
            Ok(files) => files,
            Err(source) => return Err(Error::Unreadable { folder, source }),
        };
        if files.is_empty() {
            return Err(Error::Empty { folder });
        }
        files.sort();
        Ok(Self { folder, files })
    }
}

impl FromStr for Corpus {
    type Err = Error;

    fn from_str(folder: &str) -> Result<Self, Error> {
        Self::list(Path::new(folder))
    }
}

fn pngs(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let paths = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let paths: Vec<_> = paths.collect::<std::io::Result<_>>()?;
    let is_png = |path: &PathBuf| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png"));
    Ok(paths.into_iter().filter(is_png).collect())
}
