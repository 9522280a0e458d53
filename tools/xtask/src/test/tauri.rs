//! The Tauri plugin, which has a workspace of its own in `app/tauri`: its calls for pages are typed, it is without
//! warnings, its tests pass, and its example shows and measures under Xvfb. Optimized, since it measures.

use crate::{repository, setup};

pub(super) fn run() -> anyhow::Result<()> {
    setup::install_webview()?;
    let plugin = repository::root().join("app/tauri");
    super::npm(&plugin, &["ci"])?;
    super::npm(&plugin, &["run", "check"])?;
    super::npm(&plugin, &["test"])?;
    let example = plugin.join("examples/app");
    super::npm(&example, &["ci"])?;
    super::npm(&example, &["run", "build"])?;
    let target = repository::target().join("tauri");
    let cargo = |task: &str| {
        let mut command = repository::cargo();
        command.arg(task).arg("--manifest-path").arg(plugin.join("Cargo.toml"));
        command
    };
    super::succeed(cargo("fmt").args(["--all", "--check"]))?;
    let build = ["--workspace", "--release", "--target-dir"];
    let mut clippy = cargo("clippy");
    super::succeed(clippy.args(build).arg(&target).args(["--all-targets", "--", "-D", "warnings"]))?;
    super::succeed(cargo("test").args(build).arg(&target).args(["--", "--nocapture"]))
}
