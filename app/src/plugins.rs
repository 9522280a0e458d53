//! Sources from plugins.

use std::path::Path;

use lanstream_core::registry::{Registry, RegistryError, SourceFactory};
#[cfg(target_os = "linux")]
use lanstream_plugin_host::{Launch, RemotePlugin};
use lanstream_plugin_host::{LoadError, LoadedPlugin, Trust};

/// Reason why a plugin's sources are not registered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PluginError {
    /// The plugin cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The name of one of its sources is taken.
    #[error("plugin {path}: {error}")]
    Registry {
        /// The plugin.
        path: String,
        /// The registry's reason.
        error: RegistryError,
    },
}

/// Registers the sources of the plugin at `path`, each of which runs in a process of its own: `program`, which is the
/// lanstream command, started again.
///
/// # Errors
/// See [`PluginError`].
#[cfg(target_os = "linux")]
pub fn register(registry: &mut Registry, program: &Path, path: &Path) -> Result<(), PluginError> {
    let plugin = RemotePlugin::load(Launch::new(program, path))?;
    register_loaded(registry, &plugin, path)
}

/// Registers the sources of a plugin that is loaded from `path`, each of which runs in a process of its own.
///
/// # Errors
/// [`PluginError::Registry`] if a name is taken.
#[cfg(target_os = "linux")]
pub fn register_loaded(
    registry: &mut Registry,
    plugin: &RemotePlugin,
    path: &Path,
) -> Result<(), PluginError> {
    register_all(registry, plugin.factories(), path)
}

/// Registers the sources of the plugin at `path`, which run in this process.
///
/// # Safety
/// The library has to be sound: its code runs in this process.
///
/// # Errors
/// See [`PluginError`].
#[allow(unsafe_code, reason = "a plugin is loaded")]
pub unsafe fn register_in_process(registry: &mut Registry, path: &Path) -> Result<(), PluginError> {
    // SAFETY: the caller's promise.
    let plugin = unsafe { LoadedPlugin::load(path, Trust::Named) }?;
    register_all(registry, plugin.factories(), path)
}

fn register_all(
    registry: &mut Registry,
    factories: Vec<Box<dyn SourceFactory>>,
    path: &Path,
) -> Result<(), PluginError> {
    let named = |error| PluginError::Registry { path: path.display().to_string(), error };
    factories.into_iter().try_for_each(|factory| registry.register(factory)).map_err(named)
}
