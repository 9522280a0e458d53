//! `bench codec`: how small and how quick each code is on screenshots. The program is `tools/bench-codec`; here it is
//! built and run.

use std::ffi::OsString;

use anyhow::ensure;

use crate::repository;

/// What to measure.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Options {
    /// Options of the program; --help lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
    arguments: Vec<OsString>,
}

/// The package of the program.
const PROGRAM: &str = "lanstream-bench-codec";

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let mut command = repository::cargo();
    command.args(["run", "--release", "--quiet", "-p", PROGRAM, "--"]).args(&options.arguments);
    let status = command.status()?;
    ensure!(status.success(), "{PROGRAM} ended with {status}");
    Ok(())
}
