//! A plugin that is loaded into this process.
#![allow(unsafe_code, reason = "a library is loaded and its symbol called")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lanstream_core::frame_sink::{FrameSink, SinkOpener};
use lanstream_core::options::{OptionError, OptionValues};
use lanstream_core::registry::{Configured, Descriptor, FrameSinkFactory, SourceFactory};
#[cfg(target_os = "linux")]
use lanstream_core::source::ErrorKind;
use lanstream_core::source::{Error, Listener, Source};
use lanstream_plugin_abi as abi;

use crate::check::{self, Broken};
use crate::error::LoadError;
use crate::instance::{Instance, LoadedSource};
use crate::interrupt::Interrupt;
use crate::sink::{LoadedSink, SinkInstance, error_to_sink};
use crate::trust::{CheckedFile, Trust};

/// Maximum number of sources of a plugin, and of its sinks.
const FACTORIES_MAX: u32 = 64;
/// First minor version of the interface that has sinks: a plugin of an older one is not asked for any.
const SINKS_MINOR: u32 = 1;

/// A plugin in this process. It stays loaded as long as the process lives, since its code may run at any time.
#[derive(Clone, Debug)]
pub struct LoadedPlugin {
    path: Arc<Path>,
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "the conformance suite calls it"))]
    entry: abi::PluginEntry,
    name: String,
    version: String,
    sources: Vec<Loaded<abi::Source>>,
    sinks: Vec<Loaded<abi::Sink>>,
    /// It has a manifest, which confines only a process of its own.
    has_manifest: bool,
}

/// A source or sink of a plugin: its table, and what that says.
#[derive(Clone, Debug)]
struct Loaded<T> {
    table: T,
    descriptor: Descriptor,
}

/// Function that returns the tables of factories.
type Factory = unsafe extern "C" fn(id: abi::Str, index: u32) -> *const std::ffi::c_void;
/// Function that reads what a table says.
type ReadTable<T> = unsafe fn(&T) -> Result<Descriptor, Broken>;

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
        #[cfg(target_os = "linux")]
        let has_manifest = crate::sandbox::has_manifest(&file);
        #[cfg(not(target_os = "linux"))]
        let has_manifest = false;
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
        Ok(Self { has_manifest, ..unsafe { Self::read(path, *entry) }? })
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
        // SAFETY: as above.
        let sources = unsafe { factories(factory, abi::SOURCE_ID, "ls_source", check::source) };
        let mut sources = sources.map_err(broken)?;
        if plugin.abi_minor < abi::EXTENSIONS_MINOR {
            sources.iter_mut().for_each(|source| source.table.extension = None);
        }
        let sinks = if plugin.abi_minor >= SINKS_MINOR {
            // SAFETY: as above.
            unsafe { factories(factory, abi::SINK_ID, "ls_sink", check::sink) }.map_err(broken)?
        } else {
            Vec::new()
        };
        // SAFETY: as above.
        let name = unsafe { check::shown(plugin.name, "name") }.map_err(broken)?;
        // SAFETY: as above.
        let version = unsafe { check::shown(plugin.version, "version") }.map_err(broken)?;
        Ok(Self { path: path.into(), entry, name, version, sources, sinks, has_manifest: false })
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

    /// Descriptions of its sinks.
    pub fn sinks(&self) -> impl Iterator<Item = &Descriptor> {
        self.sinks.iter().map(|sink| &sink.descriptor)
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

    /// Returns the table and the description of the sink at `index`.
    #[cfg(target_os = "linux")]
    pub(crate) fn sink(&self, index: usize) -> Option<(abi::Sink, Descriptor)> {
        self.sinks.get(index).map(|sink| (sink.table, sink.descriptor.clone()))
    }

    /// Returns a factory for each source, whose sources run in this process.
    pub fn factories(&self) -> Vec<Box<dyn SourceFactory>> {
        let factory = |source: &Loaded<abi::Source>| -> Box<dyn SourceFactory> {
            let (path, source) = (Arc::clone(&self.path), source.clone());
            Box::new(LoadedFactory { path, source, has_manifest: self.has_manifest })
        };
        self.sources.iter().map(factory).collect()
    }

    /// Returns a factory for each sink, whose sinks run in this process.
    pub fn sink_factories(&self) -> Vec<Box<dyn FrameSinkFactory>> {
        let factory = |sink: &Loaded<abi::Sink>| -> Box<dyn FrameSinkFactory> {
            let (path, sink) = (Arc::clone(&self.path), sink.clone());
            let (has_manifest, interrupt) = (self.has_manifest, Interrupt::default());
            Box::new(LoadedSinkFactory { path, sink, interrupt, has_manifest })
        };
        self.sinks.iter().map(factory).collect()
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

    /// Opens the sink at `index`.
    ///
    /// # Errors
    /// The plugin's, or the rule that it broke.
    #[cfg(target_os = "linux")]
    pub(crate) fn open_sink(&self, index: usize, values: &OptionValues) -> Result<SinkInstance, Error> {
        let sink =
            self.sinks.get(index).ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no such sink"))?;
        SinkInstance::create(sink.table, values)
    }
}

/// Reads the tables of all factories of a kind, whose table is called `name`.
///
/// # Safety
/// What `factory` returns and all that it leads to are as the interface says.
unsafe fn factories<T: Copy>(
    factory: Factory,
    id: &'static str,
    name: &str,
    read: ReadTable<T>,
) -> Result<Vec<Loaded<T>>, Broken> {
    let mut all = Vec::new();
    for index in 0..=FACTORIES_MAX {
        // SAFETY: the caller's promise, here and below.
        let table = unsafe { factory(abi::Str::new(id), index) };
        if table.is_null() {
            break;
        }
        if index == FACTORIES_MAX {
            let kind = name.trim_start_matches("ls_");
            return Err(format!("it has more than {FACTORIES_MAX} {kind}s"));
        }
        // SAFETY: as above.
        let table = unsafe { check::table(table.cast::<T>(), name, size_of::<T>())? };
        // SAFETY: as above.
        all.push(Loaded { descriptor: unsafe { read(&table)? }, table });
    }
    Ok(all)
}

/// Returns the loader's own words on why it refused a library.
fn reason_of(error: &libloading::Error) -> String {
    let words = std::error::Error::source(error);
    words.map_or_else(|| error.to_string(), ToString::to_string)
}

/// Says that nothing confines a plugin to its manifest here.
fn warn_of_freedom(plugin: &str) {
    tracing::warn!("{plugin}: in lanstream's own process it has no sandbox");
}

/// Factory of a source that runs in this process.
struct LoadedFactory {
    path: Arc<Path>,
    source: Loaded<abi::Source>,
    has_manifest: bool,
}

impl SourceFactory for LoadedFactory {
    fn descriptor(&self) -> Descriptor {
        self.source.descriptor.clone()
    }

    fn configure(&self, values: &OptionValues, _listener: Listener) -> Result<Configured, OptionError> {
        let (path, table, values) = (Arc::clone(&self.path), self.source.table, values.clone());
        let name = self.source.descriptor.name.clone();
        let has_manifest = self.has_manifest;
        Ok(Configured::new(Box::new(move || {
            if has_manifest {
                warn_of_freedom(&format!("plugin {name} ({})", path.display()));
            }
            let named = |error: Error| {
                Error::new(error.kind, format!("plugin {name} ({}): {}", path.display(), error.message))
            };
            let source: Box<dyn Source> =
                Box::new(LoadedSource::new(Instance::create(table, &values).map_err(named)?).map_err(named)?);
            Ok(source)
        })))
    }
}

/// Factory of a sink that runs in this process.
struct LoadedSinkFactory {
    path: Arc<Path>,
    sink: Loaded<abi::Sink>,
    interrupt: Interrupt,
    has_manifest: bool,
}

impl FrameSinkFactory for LoadedSinkFactory {
    fn descriptor(&self) -> Descriptor {
        self.sink.descriptor.clone()
    }

    fn configure(&self, values: &OptionValues, _listener: Listener) -> Result<SinkOpener, OptionError> {
        let (table, values, interrupt) = (self.sink.table, values.clone(), self.interrupt.clone());
        let name = format!("plugin {} ({})", self.sink.descriptor.name, self.path.display());
        let has_manifest = self.has_manifest;
        Ok(Arc::new(move || {
            if has_manifest {
                warn_of_freedom(&name);
            }
            let instance = SinkInstance::create(table, &values);
            let instance =
                instance.map_err(|error| error_to_sink(&name, error, interrupt.is_interrupted()))?;
            Ok(Box::new(LoadedSink::new(instance, name.clone(), &interrupt)) as Box<dyn FrameSink>)
        }))
    }

    fn interrupt(&self) {
        self.interrupt.interrupt();
    }
}
