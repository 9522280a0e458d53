//! The plugins that have a workspace, and a lock file, of their own: formatted, without warnings, and with their tests
//! passing. `app/tests/server/workspaces.rs` and `portal.rs` beside it show them.

use crate::{repository, setup};

/// Folders below `plugins`.
const PLUGINS: [&str; 3] = ["portal", "xcap", "scap"];

pub(super) fn run() -> anyhow::Result<()> {
    setup::install_libraries()?;
    for plugin in PLUGINS {
        let manifest = repository::root().join("plugins").join(plugin).join("Cargo.toml");
        let target = repository::target().join(plugin);
        let cargo = |task: &str| {
            let mut command = repository::cargo();
            command.arg(task).arg("--manifest-path").arg(&manifest);
            command
        };
        super::succeed(cargo("fmt").arg("--check"))?;
        let mut clippy = cargo("clippy");
        super::succeed(clippy.arg("--target-dir").arg(&target).args([
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]))?;
        super::succeed(cargo("test").arg("--target-dir").arg(&target))?;
    }
    Ok(())
}
