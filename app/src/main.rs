//! The `lanstream` command.

mod cli;
mod list;
mod report;
mod run;
mod stop;

fn main() -> std::process::ExitCode {
    let registry = lanstream::sources::registry();
    let cli = cli::parse(&registry);
    run::main(registry, &cli)
}
