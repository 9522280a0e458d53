//! The build with windows: without warnings, with its unit tests passing, and its windows shown under Xvfb. It is built
//! against WebKitGTK, which nothing else needs.

use super::cargo;
use crate::setup;

/// Arguments that select the build.
const BUILD: [&str; 4] = ["-p", "lanstream", "--features", "webview"];

pub(super) fn run() -> anyhow::Result<()> {
    setup::install_webview()?;
    cargo(&[&["clippy"], &BUILD[..], &["--all-targets", "--", "-D", "warnings"]].concat())?;
    cargo(&[&["test"], &BUILD[..], &["--bin", "lanstream", "--test", "webview"]].concat())
}
