//! Builds for Windows, in a folder of their own.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::compiler::Compiler;
use crate::repository;

/// Name that rustc has for the platform. MinGW's linker and headers can be had everywhere, those of Visual Studio on
/// Windows alone.
pub(crate) const PLATFORM: &str = "x86_64-pc-windows-gnu";
/// Crates of the standard library, where it must be built.
const LIBRARY: &str = "std,panic_abort";
const MISSING: &str = "builds for Windows need a compiler for it: `rustup target add x86_64-pc-windows-gnu`, or on \
                       Debian `cargo xtask setup`";

/// Returns cargo with this task for Windows.
///
/// # Errors
/// Where there is no compiler for it.
pub(crate) fn cargo(task: &str) -> anyhow::Result<Command> {
    let compiler = Compiler::find(PLATFORM).context(MISSING)?;
    let mut cargo = match (&compiler, task) {
        // The linter is part of a compiler, and knows its own libraries alone.
        (Compiler::FromSources(rustc), "clippy") => repository::builder(rustc.with_file_name("cargo-clippy")),
        _ => repository::cargo(),
    };
    cargo.arg(task).args(["--target", PLATFORM, "--target-dir"]).arg(folder());
    compiler.set(&mut cargo, LIBRARY);
    Ok(cargo)
}

fn folder() -> PathBuf {
    repository::target().join("windows")
}
