//! `cargo xtask wasm`: builds the decoder that the viewer loads, and tells whether the committed one belongs to the
//! sources.
//!
//! The module is committed, so that neither a build of lanstream nor its tests need a compiler for WebAssembly.

mod section;
mod sources;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, bail, ensure};

use crate::compiler::Compiler;
use crate::repository;

/// What to do about the module.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Build nothing: say whether the module belongs to the present sources
    #[arg(long)]
    check: bool,
}

/// Where the viewer has it.
const MODULE: &str = "viewer/src/codec.wasm";
const PACKAGE: &str = "core/codec/wasm";
const TARGET: &str = "wasm32-unknown-unknown";
/// Browsers have had both since 2023. One without can't load the module, and is sent no codes.
const FEATURES: &str = "-C target-feature=+simd128,+bulk-memory";
/// What links without a linker of rustup's.
const LINKER: &str = "wasm-ld";
const MISSING: &str = "the module needs a compiler for WebAssembly: `rustup target add wasm32-unknown-unknown`, \
                       or on Debian `apt-get install rustc-web rust-web-src lld`";
/// The custom section that tells what the module was built from.
const SECTION: &str = "sources";

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    if !options.check {
        build()?;
    }
    let bytes = check()?;
    println!("{MODULE}: {bytes} bytes, of the present sources");
    Ok(())
}

fn build() -> anyhow::Result<()> {
    let folder = repository::target().join("wasm");
    let mut cargo = repository::cargo();
    cargo.current_dir(repository::root().join(PACKAGE));
    cargo.args(["build", "--release", "--locked", "--target", TARGET, "--target-dir"]).arg(&folder);
    set_compiler(&mut cargo)?;
    succeed(&mut cargo)?;
    let built = folder.join(TARGET).join("release/lanstream_codec_wasm.wasm");
    let mut module = std::fs::read(&built).with_context(|| format!("can't read {}", built.display()))?;
    section::append(&mut module, SECTION, sources::fingerprint()?.as_bytes());
    std::fs::write(path(), module).with_context(|| format!("can't write {MODULE}"))
}

/// # Errors
/// Where there is no compiler for the target, or no linker.
fn set_compiler(cargo: &mut Command) -> anyhow::Result<()> {
    let compiler = match Compiler::find(TARGET) {
        Some(compiler @ Compiler::Whole) => {
            cargo.env("RUSTFLAGS", FEATURES);
            compiler
        }
        Some(compiler @ Compiler::FromSources(_)) if runs(LINKER) => {
            cargo.env("RUSTFLAGS", format!("-C linker={LINKER} {FEATURES}"));
            compiler
        }
        _ => bail!(MISSING),
    };
    compiler.set(cargo, "core");
    Ok(())
}

fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Returns the module's size where it was built from the sources as they are.
fn check() -> anyhow::Result<usize> {
    let module = std::fs::read(path()).with_context(|| format!("can't read {MODULE}"))?;
    let fingerprint = sources::fingerprint()?;
    ensure!(
        section::find(&module, SECTION) == Some(fingerprint.as_bytes()),
        "{MODULE} was built from other sources than those in core/codec: run `cargo xtask wasm`"
    );
    Ok(module.len())
}

fn path() -> PathBuf {
    repository::root().join(MODULE)
}

fn succeed(cargo: &mut Command) -> anyhow::Result<()> {
    let status = cargo.status().context("can't run cargo")?;
    ensure!(status.success(), "the build of {PACKAGE} ended with {status}");
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_committed_module_belongs_to_the_sources() {
        if let Err(error) = super::check() {
            panic!("{error:#}");
        }
    }
}
