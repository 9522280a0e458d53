//! The `lanstream` command.

mod cli;
mod list;
mod report;
mod run;
mod stop;

fn main() -> std::process::ExitCode {
    run::main(&cli::parse())
}
