//! The compiler for another platform than this one: one that has the platform's standard library, or one that has the
//! sources to build it from.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Debian's, which rustup's may hide on the path.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// How a platform can be compiled for here.
pub(crate) enum Compiler {
    /// The toolchain has the platform.
    Whole,
    /// This rustc lacks the platform, but its sources are beside it.
    FromSources(PathBuf),
}

impl Compiler {
    /// Returns the compiler for a platform, by the name that rustc has for it, or `None` where there is none.
    pub(crate) fn find(platform: &str) -> Option<Self> {
        let usual = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        if ask(&usual, &["target-libdir", "--target", platform]).is_some_and(|folder| folder.is_dir()) {
            return Some(Self::Whole);
        }
        let rustc = [usual, DEBIAN_RUSTC.into()].into_iter().find(|rustc: &OsString| has_sources(rustc))?;
        Some(Self::FromSources(rustc.into()))
    }

    /// Has `cargo`, which is to build for the platform, use it. `library` names the crates of the standard library that
    /// are needed.
    pub(crate) fn set(&self, cargo: &mut Command, library: &str) {
        if let Self::FromSources(rustc) = self {
            cargo.arg(format!("-Zbuild-std={library}")).env("RUSTC", rustc);
            // The option is for nightly compilers only, and this one may not be.
            cargo.env("RUSTC_BOOTSTRAP", "1");
        }
    }
}

/// Whether the sources of the standard library are there, in the layout that cargo builds from: those of another
/// version, which Debian puts in the same place, lack the file.
fn has_sources(rustc: &OsStr) -> bool {
    ask(rustc, &["sysroot"])
        .is_some_and(|sysroot| sysroot.join("lib/rustlib/src/rust/library/Cargo.lock").is_file())
}

/// What `rustc --print …` answers, if it does.
fn ask(rustc: &OsStr, about: &[&str]) -> Option<PathBuf> {
    let output = Command::new(rustc).arg("--print").args(about).output().ok()?;
    let answer = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| Path::new(answer.trim_end()).to_owned())
}
