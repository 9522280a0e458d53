//! A plugin that is loaded into this process.
#![allow(unsafe_code, reason = "a library is loaded and its symbol called")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lanstream_core::options::{OptionError, OptionValues};
use lanstream_core::registry::{Configured, Descriptor, SourceFactory};
use lanstream_core::source::{Error, ErrorKind, Listener, Source};
use lanstream_plugin_abi as abi;

use crate::check::{self, Broken};
use crate::error::LoadError;
use crate::instance::{Instance, LoadedSource};
use crate::trust::{CheckedFile, Trust};

/// Maximum number of sources of a plugin.
const SOURCES_MAX: u32 = 64;

/// A plugin in this process. It stays loaded as long as the process lives, since its code may run at any time.
#[derive(Clone, Debug)]
pub struct LoadedPlugin {
    path: Arc<Path>,
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "the conformance suite calls it"))]
    entry: abi::PluginEntry,
    name: String,
    version: String,
    sources: Vec<Loaded>,
}

/// A source of a plugin: its table, and what that says.
#[derive(Clone, Debug)]
struct Loaded {
    table: abi::Source,
    descriptor: Descriptor,
}

impl LoadedPlugin {
    /// Loads the library at `path` and reads its tables.
    ///
    /// # Safety
    /// The library's initialisers and tables have to be sound: their code runs in this process.
    ///
    /// # Errors
    /// If it is no plugin, or breaks a rule that can be checked.
    pub unsafe fn load(path: &Path, trust: Trust) -> Result<Self, LoadError> {
        let file = CheckedFile::open(path, trust)?;
        let path = file.path.clone();
        // SAFETY: the caller's promise.
        let library = unsafe { libloading::Library::new(&path) };
        let library = library
            .map_err(|error| LoadError::NotALibrary { path: path.clone(), reason: reason_of(&error) })?;
        // It is never unloaded: threads, destructors and texts of the plugin may be used until the process ends.
        let library: &'static _ = Box::leak(Box::new(library));
        file.check_is_there()?;
        // SAFETY: the symbol has this type, as the interface says.
        let entry = unsafe { library.get::<abi::PluginEntry>(abi::ENTRY_SYMBOL) };
        let entry = entry.map_err(|_| LoadError::NoSymbol { path: path.clone() })?;
        // SAFETY: the caller's promise.
        unsafe { Self::read(path, *entry) }
    }

    /// # Safety
    /// What `entry` returns and all that it leads to are as the interface says.
    unsafe fn read(path: PathBuf, entry: abi::PluginEntry) -> Result<Self, LoadError> {
        // SAFETY: the caller's promise.
        let plugin = unsafe { entry(abi::ABI_MAJOR, abi::ABI_MINOR) };
        if plugin.is_null() {
            return Err(LoadError::Refused { path });
        }
        let broken = |rule: Broken| LoadError::Rule { path: path.clone(), rule };
        // SAFETY: the caller's promise, here and below.
        let plugin =
            unsafe { check::table(plugin, "ls_plugin", size_of::<abi::Plugin>()) }.map_err(broken)?;
        if plugin.abi_major != abi::ABI_MAJOR {
            return Err(LoadError::Major { path, major: plugin.abi_major });
        }
        let factory = plugin.factory.ok_or_else(|| broken("its function factory is null".to_owned()))?;
        let mut sources = Vec::new();
        for index in 0..=SOURCES_MAX {
            // SAFETY: as above.
            let source = unsafe { factory(abi::Str::new(abi::SOURCE_ID), index) };
            if source.is_null() {
                break;
            }
            if index == SOURCES_MAX {
                return Err(broken(format!("it has more than {SOURCES_MAX} sources")));
            }
            // SAFETY: as above.
            sources.push(unsafe { Loaded::read(source.cast()) }.map_err(broken)?);
        }
        // SAFETY: as above.
        let name = unsafe { check::shown(plugin.name, "name") }.map_err(broken)?;
        // SAFETY: as above.
        let version = unsafe { check::shown(plugin.version, "version") }.map_err(broken)?;
        Ok(Self { path: path.into(), entry, name, version, sources })
    }

    /// Name of the plugin, for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Version of the plugin, for people.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Descriptions of its sources.
    pub fn sources(&self) -> impl Iterator<Item = &Descriptor> {
        self.sources.iter().map(|source| &source.descriptor)
    }

    /// Returns the function that the library exports.
    #[cfg(target_os = "linux")]
    pub(crate) fn entry(&self) -> abi::PluginEntry {
        self.entry
    }

    /// Returns the table and the description of the source at `index`.
    #[cfg(target_os = "linux")]
    pub(crate) fn source(&self, index: usize) -> Option<(abi::Source, Descriptor)> {
        self.sources.get(index).map(|source| (source.table, source.descriptor.clone()))
    }

    /// Returns a factory for each source, whose sources run in this process.
    pub fn factories(&self) -> Vec<Box<dyn SourceFactory>> {
        let factory = |source: &Loaded| -> Box<dyn SourceFactory> {
            Box::new(LoadedFactory { path: Arc::clone(&self.path), source: source.clone() })
        };
        self.sources.iter().map(factory).collect()
    }

    /// Opens the source at `index`.
    ///
    /// # Errors
    /// The plugin's, or the rule that it broke.
    #[cfg(target_os = "linux")]
    pub(crate) fn open(&self, index: usize, values: &OptionValues) -> Result<Instance, Error> {
        let source = self
            .sources
            .get(index)
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no such source"))?;
        Instance::create(source.table, values)
    }
}

impl Loaded {
    /// # Safety
    /// `table` and all that it leads to are as the interface says.
    unsafe fn read(table: *const abi::Source) -> Result<Self, Broken> {
        // SAFETY: the caller's promise, here and below.
        let table = unsafe { check::table(table, "ls_source", size_of::<abi::Source>())? };
        // SAFETY: as above.
        Ok(Self { descriptor: unsafe { check::descriptor(&table)? }, table })
    }
}

/// Returns the loader's own words on why it refused a library.
fn reason_of(error: &libloading::Error) -> String {
    let words = std::error::Error::source(error);
    words.map_or_else(|| error.to_string(), ToString::to_string)
}

/// Factory of a source that runs in this process.
struct LoadedFactory {
    path: Arc<Path>,
    source: Loaded,
}

impl SourceFactory for LoadedFactory {
    fn descriptor(&self) -> Descriptor {
        self.source.descriptor.clone()
    }

    fn configure(&self, values: &OptionValues, _listener: Listener) -> Result<Configured, OptionError> {
        let (path, table, values) = (Arc::clone(&self.path), self.source.table, values.clone());
        let name = self.source.descriptor.name.clone();
        Ok(Configured::new(Box::new(move || {
            let named = |error: Error| {
                Error::new(error.kind, format!("plugin {name} ({}): {}", path.display(), error.message))
            };
            let source: Box<dyn Source> =
                Box::new(LoadedSource::new(Instance::create(table, &values).map_err(named)?).map_err(named)?);
            Ok(source)
        })))
    }
}
