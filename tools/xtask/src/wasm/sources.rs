//! All that the module is built from, as one number.

use std::path::{Path, PathBuf};

use anyhow::Context;
use sha1_smol::Sha1;

use super::{FEATURES, PACKAGE};
use crate::repository;

const CODEC: &str = "core/codec";

/// A hash of every source's name and lines, in hexadecimal. Not of the compiler: two of them make two modules that do
/// the same.
pub(super) fn fingerprint() -> anyhow::Result<String> {
    let root = repository::root();
    let mut hash = Sha1::new();
    hash.update(FEATURES.as_bytes());
    for part in [CODEC, PACKAGE] {
        let manifest = root.join(part).join("Cargo.toml");
        for file in files(&root.join(part).join("src"))?.into_iter().chain([manifest]) {
            add(&mut hash, root, &file).with_context(|| format!("can't read {}", file.display()))?;
        }
    }
    Ok(hash.digest().to_string())
}

/// Adds lines, not bytes: git may have written them with other ends.
fn add(hash: &mut Sha1, root: &Path, file: &Path) -> anyhow::Result<()> {
    let name = file.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
    let text = std::fs::read_to_string(file)?;
    for line in [name.as_str()].into_iter().chain(text.lines()) {
        hash.update(line.as_bytes());
        hash.update(b"\n");
    }
    Ok(())
}

/// The files below `folder`, in an order that is the same everywhere.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("can't list {}", folder.display()))?;
    let mut paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}
