//! Lint of the product for Windows. Nothing of it is run.

use crate::windows;

/// Packages that have all others of the product among their dependencies.
const PACKAGES: [&str; 4] = ["-p", "lanstream", "-p", "lanstream-plugin"];

pub(super) fn run() -> anyhow::Result<()> {
    super::succeed(windows::cargo("clippy")?.args(PACKAGES).args(["--", "-D", "warnings"]))
}
