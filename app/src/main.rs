//! The `lanstream` command.

mod cli;
#[cfg(all(feature = "ffmpeg", unix))]
mod ffmpeg;
mod list;
mod report;
mod run;
mod stop;

fn main() -> std::process::ExitCode {
    run::main(&cli::parse())
}
