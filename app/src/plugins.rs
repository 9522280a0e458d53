//! Sources and frame sinks from plugins.

use std::path::Path;

use lanstream_core::registry::{FrameSinkFactory, Registered, Registry, RegistryError, SourceFactory};
#[cfg(target_os = "linux")]
use lanstream_plugin_host::{Launch, RemotePlugin};
use lanstream_plugin_host::{LoadError, LoadedPlugin, Trust};

use crate::Registries;

/// Reason why a plugin's sources and sinks are not registered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PluginError {
    /// The plugin cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The name of one of its sources or sinks is taken.
    #[error("plugin {path}: {error}")]
    Registry {
        /// The plugin.
        path: String,
        /// The registry's reason.
        error: RegistryError,
    },
}

/// Registers what the plugin at `path` has. Each of its sources and sinks runs in a process of its own: `program`,
/// which is the lanstream command, started again.
///
/// # Errors
/// See [`PluginError`].
#[cfg(target_os = "linux")]
pub fn register(registries: &mut Registries, program: &Path, path: &Path) -> Result<(), PluginError> {
    let plugin = RemotePlugin::load(Launch::new(program, path))?;
    register_loaded(registries, &plugin, path)
}

/// Registers what a plugin has that is loaded from `path`. Each of its sources and sinks runs in a process of its own.
///
/// # Errors
/// [`PluginError::Registry`] if a name is taken.
#[cfg(target_os = "linux")]
pub fn register_loaded(
    registries: &mut Registries,
    plugin: &RemotePlugin,
    path: &Path,
) -> Result<(), PluginError> {
    register_all(registries, plugin.factories(), plugin.sink_factories(), path)
}

/// Registers what the plugin at `path` has, which runs in this process.
///
/// # Safety
/// The library has to be sound: its code runs in this process.
///
/// # Errors
/// See [`PluginError`].
#[allow(unsafe_code, reason = "a plugin is loaded")]
pub unsafe fn register_in_process(registries: &mut Registries, path: &Path) -> Result<(), PluginError> {
    // SAFETY: the caller's promise.
    let plugin = unsafe { LoadedPlugin::load(path, Trust::Named) }?;
    register_all(registries, plugin.factories(), plugin.sink_factories(), path)
}

fn register_all(
    registries: &mut Registries,
    sources: Vec<Box<dyn SourceFactory>>,
    sinks: Vec<Box<dyn FrameSinkFactory>>,
    path: &Path,
) -> Result<(), PluginError> {
    add(&mut registries.sources, sources, path)?;
    add(&mut registries.sinks, sinks, path)
}

fn add<F: Registered + ?Sized>(
    registry: &mut Registry<F>,
    factories: Vec<Box<F>>,
    path: &Path,
) -> Result<(), PluginError> {
    let named = |error| PluginError::Registry { path: path.display().to_string(), error };
    factories.into_iter().try_for_each(|factory| registry.register(factory)).map_err(named)
}
