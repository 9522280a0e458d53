//! The `lanstream` command.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod allocator;
mod browser;
mod cli;
mod hardening;
#[cfg(all(feature = "plugins", target_os = "linux"))]
mod installed;
mod list;
mod log;
mod output;
#[cfg(feature = "plugins")]
mod plugin_command;
#[cfg(feature = "plugins")]
mod plugin_flags;
mod report;
mod run;
mod stop;
mod terminal;
#[cfg(feature = "webview")]
mod view;
#[cfg(feature = "webview")]
mod webview;

use std::process::ExitCode;

use lanstream::Registries;

fn main() -> ExitCode {
    #[cfg(all(feature = "plugins", target_os = "linux"))]
    if let Some(status) = plugin_flags::serve() {
        return status;
    }
    hardening::apply();
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    allocator::apply();
    let mut registries = Registries::built_in();
    #[cfg(feature = "plugins")]
    if let Err(error) = plugin_flags::register(&mut registries) {
        return run::refuse(&error, plugin_flags::wants_json());
    }
    let cli = cli::parse(&mut registries, add_installed);
    run::main(registries, &cli)
}

/// Adds the sources and sinks of installed plugins.
fn add_installed(registries: &mut Registries) {
    #[cfg(all(feature = "plugins", target_os = "linux"))]
    installed::register_all(registries);
    #[cfg(not(all(feature = "plugins", target_os = "linux")))]
    let _nothing_is_installed = registries;
}
