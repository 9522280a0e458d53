//! The `lanstream` command.

mod cli;
#[cfg(all(feature = "plugins", target_os = "linux"))]
mod installed;
mod list;
#[cfg(feature = "plugins")]
mod plugin_command;
#[cfg(feature = "plugins")]
mod plugin_flags;
mod report;
mod run;
mod stop;

use std::process::ExitCode;

use lanstream_core::registry::Registry;

fn main() -> ExitCode {
    #[cfg(all(feature = "plugins", target_os = "linux"))]
    if let Some(status) = plugin_flags::serve() {
        return status;
    }
    let mut registry = lanstream::sources::registry();
    #[cfg(feature = "plugins")]
    if let Err(error) = plugin_flags::register(&mut registry) {
        report::write_error(&format!("lanstream: error: {}\n", lanstream_core::text::harmless(&error)));
        return ExitCode::FAILURE;
    }
    let cli = cli::parse(&mut registry, add_installed);
    run::main(registry, &cli)
}

/// Adds the sources of installed plugins.
fn add_installed(registry: &mut Registry) {
    #[cfg(all(feature = "plugins", target_os = "linux"))]
    installed::register_all(registry);
    #[cfg(not(all(feature = "plugins", target_os = "linux")))]
    let _nothing_is_installed = registry;
}
