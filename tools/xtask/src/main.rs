//! `cargo xtask`: everything that is done to this repository, from installing what its tests need to measuring.

mod bench;
mod chaos;
mod circles;
mod cli;
mod clip;
mod comments;
mod compiler;
mod corpus;
mod dependencies;
mod dice;
#[cfg(test)]
mod documents;
mod lanstream;
mod patience;
mod release;
mod repository;
mod screen;
mod screenshot;
mod setup;
mod shared_memory;
mod soak;
mod test;
mod usage;
mod wasm;
mod windows;
mod words;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run().map_or_else(fail, |()| ExitCode::SUCCESS)
}

/// Says what was wrong without a backtrace: it is the step or the machine, not this program.
fn fail(error: anyhow::Error) -> ExitCode {
    eprintln!("xtask: {error:#}");
    ExitCode::FAILURE
}
