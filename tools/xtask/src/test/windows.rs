//! The product for Windows: its types are right, and it is without warnings. The deep step `wine` runs it.

use crate::windows;

/// Packages that have all others of the product among their dependencies.
const PACKAGES: [&str; 4] = ["-p", "lanstream", "-p", "lanstream-plugin"];

pub(super) fn run() -> anyhow::Result<()> {
    super::succeed(windows::cargo("clippy")?.args(PACKAGES).args(["--", "-D", "warnings"]))
}
