//! A plugin in another process, as factories like any other.

use std::sync::Arc;
use std::time::Instant;

use lanstream_core::options::{OptionError, OptionValues};
use lanstream_core::registry::{Configured, Descriptor, SourceFactory};
use lanstream_core::source::{Error, ErrorKind, Listener, Source};

use super::launch::Launch;
use super::link::Link;
use super::message::{Reply, Request};
use super::restart::Restart;
use super::source::RemoteSource;
use crate::error::LoadError;

/// A plugin that runs in a process of its own: one for each open source.
#[derive(Clone, Debug)]
pub struct RemotePlugin {
    launch: Arc<Launch>,
    name: String,
    version: String,
    sources: Vec<Descriptor>,
}

impl RemotePlugin {
    /// Starts the process, asks what the plugin has, and ends the process.
    ///
    /// # Errors
    /// If it is no plugin, breaks a rule that can be checked, crashes or does not answer.
    pub fn load(launch: Launch) -> Result<Self, LoadError> {
        let path = launch.path().to_owned();
        let mut link = Link::start(&launch)
            .map_err(|error| LoadError::Process { path: path.clone(), reason: error.message })?;
        match link.ask(&Request::Describe) {
            Ok(Reply::Plugin { name, version, sources }) => Ok(Self::known(launch, name, version, sources)),
            Ok(_) => Err(LoadError::Process { path, reason: link.out_of_order().message }),
            Err(error) if error.kind == ErrorKind::Unsupported => Err(LoadError::Reported(error.message)),
            Err(error) => Err(LoadError::Died { path, reason: error.message }),
        }
    }

    /// Returns a plugin of which everything is known from before.
    pub(crate) fn known(launch: Launch, name: String, version: String, sources: Vec<Descriptor>) -> Self {
        Self { launch: Arc::new(launch), name, version, sources }
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
    pub fn sources(&self) -> &[Descriptor] {
        &self.sources
    }

    /// Returns a factory for each of its sources.
    pub fn factories(&self) -> Vec<Box<dyn SourceFactory>> {
        let factory = |(index, descriptor): (u32, &Descriptor)| -> Box<dyn SourceFactory> {
            Box::new(RemoteFactory {
                launch: Arc::clone(&self.launch),
                index,
                descriptor: descriptor.clone(),
            })
        };
        (0..).zip(&self.sources).map(factory).collect()
    }
}

/// Factory of a source of a plugin.
#[derive(Debug)]
struct RemoteFactory {
    launch: Arc<Launch>,
    index: u32,
    descriptor: Descriptor,
}

impl SourceFactory for RemoteFactory {
    fn descriptor(&self) -> Descriptor {
        self.descriptor.clone()
    }

    fn configure(&self, values: &OptionValues, _listener: Listener) -> Result<Configured, OptionError> {
        if let Some((option, _)) = values.iter().find(|(_, value)| value.to_str().is_none()) {
            let message = "its value is not UTF-8, which plugins need".to_owned();
            return Err(OptionError { option: option.to_owned(), message });
        }
        let launch = Arc::clone(&self.launch);
        let (name, open) =
            (self.descriptor.name.clone(), Request::Open { index: self.index, values: values.clone() });
        let mut restart = Restart::default();
        Ok(Configured::new(Box::new(move || {
            restart.begin(Instant::now())?;
            let opened = RemoteSource::open(&launch, &open);
            let source = opened.map_err(|error| {
                Error::new(error.kind, format!("plugin source {name}: {}", error.message))
            })?;
            Ok(Box::new(source) as Box<dyn Source>)
        })))
    }
}
