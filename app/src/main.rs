//! The `lanstream` command.

mod cli;
mod list;
#[cfg(feature = "plugins")]
mod plugin_flags;
mod report;
mod run;
mod stop;

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(all(feature = "plugins", target_os = "linux"))]
    if let Some(status) = plugin_flags::serve() {
        return status;
    }
    #[allow(unused_mut, reason = "without plugins nothing is added")]
    let mut registry = lanstream::sources::registry();
    #[cfg(feature = "plugins")]
    if let Err(error) = plugin_flags::register(&mut registry) {
        report::write_error(&format!("lanstream: error: {}\n", lanstream_core::text::harmless(&error)));
        return ExitCode::FAILURE;
    }
    let cli = cli::parse(&registry);
    run::main(registry, &cli)
}
