//! The example for Electron: its types against Electron's own, and its files. Electron's package fetches the program
//! when it is installed, which is left out; `app/tests/browser/electron.rs` runs the rest without it.

use crate::repository;

pub(super) fn run() -> anyhow::Result<()> {
    let viewer = repository::root().join("viewer");
    super::npm(&viewer, &["ci"])?;
    super::npm(&viewer, &["run", "types"])?;
    let example = repository::root().join("app/examples/electron");
    super::npm(&example, &["ci", "--ignore-scripts"])?;
    super::npm(&example, &["run", "check"])?;
    super::npm(&example, &["test"])
}
