//! Installed plugins: those in the user's folder, which are found without being named.
//!
//! Each is asked for its sources and sinks in a process of its own, and what it answers is remembered: it is asked
//! again when its file changes. One whose process died is remembered as well, and not asked again until its file
//! changes or [`forget`] is called.

mod record;

use std::path::{Path, PathBuf};

use crate::error::LoadError;
use crate::folders::Folders;
use crate::process::{Launch, RemotePlugin};
use crate::trust::{CheckedFile, Trust};
use record::{Outcome, Record};

/// Maximum number of installed plugins: each is a process to be started once.
const PLUGINS_MAX: usize = 64;

/// An installed file, and what was found in it.
#[derive(Debug)]
pub struct InstalledPlugin {
    /// The file.
    pub path: PathBuf,
    /// The plugin, or why it is not loaded.
    pub found: Result<RemotePlugin, InstalledError>,
}

/// Reason why an installed plugin is not loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstalledError {
    /// It cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// It died when it was asked for its sources, and is not asked again.
    #[error(
        "plugin {} is skipped, since it failed when it was loaded: {reason}. `lanstream plugin check {}` tries it again",
        path.display(),
        path.display()
    )]
    Skipped {
        /// The file.
        path: PathBuf,
        /// How it died.
        reason: String,
    },
    /// There are too many before it.
    #[error("plugin {} and those after it by name are left out: {PLUGINS_MAX} installed plugins are loaded", path.display())]
    TooMany {
        /// The file.
        path: PathBuf,
    },
}

/// Returns the plugins in the user's folder, by the names of their files. A folder that does not exist has none.
///
/// # Errors
/// If the folder cannot be read.
pub fn installed(program: &Path, folders: &Folders) -> Result<Vec<InstalledPlugin>, LoadError> {
    let files =
        files(&folders.plugins).map_err(|error| LoadError::File { path: folders.plugins.clone(), error })?;
    let before = Record::read(&folders.cache);
    let mut after = Record::default();
    let plugins = files
        .into_iter()
        .enumerate()
        .map(|(index, path)| {
            let found = match index {
                ..PLUGINS_MAX => find(program, &path, &before, &mut after),
                _ => Err(InstalledError::TooMany { path: path.clone() }),
            };
            InstalledPlugin { path, found }
        })
        .collect();
    if after != before {
        after.write(&folders.cache);
    }
    Ok(plugins)
}

/// Forgets that the plugin at `path` died, so that it is asked again.
pub fn forget(folders: &Folders, path: &Path) {
    let mut record = Record::read(&folders.cache);
    if path.canonicalize().is_ok_and(|real| record.remove(&real)) {
        record.write(&folders.cache);
    }
}

/// Returns the libraries in a folder, and no more than the first that is left out.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = match folder.read_dir() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let is_library = |path: &PathBuf| {
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        !is_hidden && path.extension().is_some_and(|extension| extension == std::env::consts::DLL_EXTENSION)
    };
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_library).collect();
    files.sort();
    files.truncate(PLUGINS_MAX + 1);
    Ok(files)
}

/// Returns what is known of a plugin, or asks it.
fn find(
    program: &Path,
    path: &Path,
    before: &Record,
    after: &mut Record,
) -> Result<RemotePlugin, InstalledError> {
    let file = CheckedFile::open(path, Trust::Installed)?;
    let launch = Launch::new(program, &file.path).trust(Trust::Installed);
    let known = before.get(&file).cloned();
    let outcome = match known {
        Some(outcome) => outcome,
        None => match RemotePlugin::load(launch.clone()) {
            Ok(plugin) => Outcome::Plugin(plugin.info().clone()),
            Err(LoadError::Died { reason, .. }) => Outcome::Died(reason),
            Err(error) => return Err(error.into()),
        },
    };
    after.insert(&file, outcome.clone());
    match outcome {
        Outcome::Plugin(info) => Ok(RemotePlugin::known(launch, info)?),
        Outcome::Died(reason) => Err(InstalledError::Skipped { path: path.to_owned(), reason }),
    }
}
