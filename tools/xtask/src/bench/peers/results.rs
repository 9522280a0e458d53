//! Writes everything that a run measured, and the plot, into a folder.

use std::path::Path;

use anyhow::Context;

use super::plot;
use super::table::Table;

/// Writes `peers.json` and `peers.svg`, and says where they are.
///
/// # Errors
/// Where a file can't be written.
pub(super) fn write(table: &Table, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    let json = serde_json::to_string_pretty(table)? + "\n";
    for (name, text) in [("peers.json", json), ("peers.svg", plot::draw(table))] {
        let path = folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("can't write {}", path.display()))?;
        eprintln!("{}", path.display());
    }
    Ok(())
}
