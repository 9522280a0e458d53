//! The page of the example for Electron in Qt WebEngine, the nearest to Electron that can be had here: it is Chromium
//! with schemes of an application's own. It comes as Python packages, which are kept in `target/qt`.

use std::process::Command;

use super::cargo;
use crate::{repository, setup};

/// Python's packages.
const PACKAGES: [&str; 2] = ["PySide6_Addons==6.12.0", "PySide6_WebEngine==6.12.0.140"];

pub(super) fn run() -> anyhow::Result<()> {
    setup::install_qt()?;
    let folder = repository::root().join("target/qt");
    super::succeed(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    super::succeed(Command::new(folder.join("bin/pip")).args(["install", "--quiet"]).args(PACKAGES))?;
    cargo(&["test", "-p", "lanstream", "--test", "browser", "--", "--include-ignored", "qt_webengine"])
}
