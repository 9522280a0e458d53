//! Installed plugins, whose sources are commands, and whose sinks can be had, without being named by `--plugin`.

use lanstream::{Registries, plugins};
use lanstream_core::text::harmless;
use lanstream_plugin_host::{Folders, InstalledPlugin, installed};

use crate::{plugin_flags, report};

/// Registers the sources and sinks of all installed plugins, and says on stderr why one is not loaded.
pub(crate) fn register_all(registries: &mut Registries) {
    let Some(folders) = Folders::of_user() else { return };
    let plugins = found(&folders).unwrap_or_else(|error| {
        say(&error);
        Vec::new()
    });
    for plugin in plugins {
        if let Err(error) = register(registries, &plugin) {
            say(&error);
        }
    }
}

/// Returns the installed plugins.
pub(crate) fn found(folders: &Folders) -> Result<Vec<InstalledPlugin>, String> {
    installed(&plugin_flags::program()?, folders).map_err(|error| error.to_string())
}

/// Registers the sources and sinks of an installed plugin.
pub(crate) fn register(registries: &mut Registries, plugin: &InstalledPlugin) -> Result<(), String> {
    let loaded = plugin.found.as_ref().map_err(ToString::to_string)?;
    plugin_flags::check_names(&plugin.path, loaded.sources())?;
    plugins::register_loaded(registries, loaded, &plugin.path).map_err(|error| error.to_string())
}

fn say(error: &str) {
    report::write_error(&format!("lanstream: {}\n", harmless(error)));
}
