//! Where the repository lies and how its cargo is called.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders from the root to this package: `tools/xtask`.
const DEPTH: usize = 2;

/// The workspace's root.
pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(DEPTH).unwrap_or(package)
}

/// Where builds go.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |target| root().join(target))
}

/// The cargo that runs this, at the root.
pub(crate) fn cargo() -> Command {
    builder(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A program that builds, at the root. It is told nothing of the package that this is: build scripts that look at such
/// variables (ring's) would run again, and all that depends on them would be built anew.
pub(crate) fn builder(program: impl AsRef<OsStr>) -> Command {
    let mut builder = Command::new(program);
    let of_package = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(of_package) {
            builder.env_remove(name);
        }
    }
    builder.current_dir(root());
    builder
}
