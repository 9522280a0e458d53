//! The compiler for WebAssembly: one that has the target, or one that has the sources to build it from.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

use super::{FEATURES, TARGET};

/// Debian's, which rustup's may hide on the path.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
/// What links without a linker of rustup's.
const LINKER: &str = "wasm-ld";
const MISSING: &str = "the module needs a compiler for WebAssembly: `rustup target add wasm32-unknown-unknown`, \
                       or on Debian `apt-get install rustc-web rust-web-src lld`";

/// How the module can be compiled here.
pub(super) enum Compiler {
    /// The toolchain has the target.
    Whole,
    /// This rustc lacks the target, but its sources are beside it, and a linker is there.
    FromSources(OsString),
}

impl Compiler {
    /// # Errors
    /// Where there is none.
    pub(super) fn find() -> anyhow::Result<Self> {
        let usual = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        if ask(&usual, &["target-libdir", "--target", TARGET]).is_some_and(|folder| folder.is_dir()) {
            return Ok(Self::Whole);
        }
        let with_sources = [usual, DEBIAN_RUSTC.into()].into_iter().find(|rustc| has_sources(rustc));
        match with_sources {
            Some(rustc) if runs(LINKER) => Ok(Self::FromSources(rustc)),
            _ => bail!(MISSING),
        }
    }

    /// Has `cargo`, which is to build for the target, use it.
    pub(super) fn set(self, cargo: &mut Command) {
        match self {
            Self::Whole => cargo.env("RUSTFLAGS", FEATURES),
            Self::FromSources(rustc) => cargo
                .arg("-Zbuild-std=core")
                .env("RUSTC", rustc)
                // The option is for nightly compilers only, and this one may not be.
                .env("RUSTC_BOOTSTRAP", "1")
                .env("RUSTFLAGS", format!("-C linker={LINKER} {FEATURES}")),
        };
    }
}

/// Whether the sources of the standard library are there, in the layout that cargo builds from: those of another
/// version, which Debian puts in the same place, lack the file.
fn has_sources(rustc: &OsStr) -> bool {
    ask(rustc, &["sysroot"])
        .is_some_and(|sysroot| sysroot.join("lib/rustlib/src/rust/library/Cargo.lock").is_file())
}

fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// What `rustc --print …` answers, if it does.
fn ask(rustc: &OsStr, about: &[&str]) -> Option<PathBuf> {
    let output = Command::new(rustc).arg("--print").args(about).output().ok()?;
    let answer = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| Path::new(answer.trim_end()).to_owned())
}
