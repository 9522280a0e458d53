//! A plugin in another process, as factories like any other.

use std::sync::Arc;
use std::time::Instant;

use lanstream_core::frame_sink::{FrameSink, FrameSinkError, SinkOpener};
use lanstream_core::options::{OptionError, OptionValues};
use lanstream_core::registry::{Configured, Descriptor, FrameSinkFactory, SourceFactory};
use lanstream_core::source::{Error, ErrorKind, Listener, Source};

use super::descriptor::PluginInfo;
use super::launch::Launch;
use super::link::Link;
use super::message::{Reply, Request};
use super::restart::Restart;
use super::sink::RemoteSink;
use super::source::RemoteSource;
use crate::error::LoadError;
use crate::interrupt::Interrupt;
use crate::sandbox::Sandbox;

/// A plugin that runs in a process of its own: one for each open source and sink.
#[derive(Clone, Debug)]
pub struct RemotePlugin {
    launch: Arc<Launch>,
    sandbox: Arc<Sandbox>,
    info: PluginInfo,
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
            Ok(Reply::Plugin(info)) => Self::known(launch, info),
            Ok(_) => Err(LoadError::Process { path, reason: link.out_of_order().message }),
            Err(error) if error.kind == ErrorKind::Unsupported => Err(LoadError::Reported(error.message)),
            Err(error) => Err(LoadError::Died { path, reason: error.message }),
        }
    }

    /// Returns a plugin of which everything is known from before.
    pub(crate) fn known(launch: Launch, info: PluginInfo) -> Result<Self, LoadError> {
        let sandbox = Sandbox::of(launch.path(), launch.reason())?;
        Ok(Self { launch: Arc::new(launch), sandbox: Arc::new(sandbox), info })
    }

    /// The sandbox that its processes run in.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Returns all that the plugin says of itself.
    pub(crate) fn info(&self) -> &PluginInfo {
        &self.info
    }

    /// Name of the plugin, for people.
    pub fn name(&self) -> &str {
        &self.info.name
    }

    /// Version of the plugin, for people.
    pub fn version(&self) -> &str {
        &self.info.version
    }

    /// Descriptions of its sources.
    pub fn sources(&self) -> &[Descriptor] {
        &self.info.sources
    }

    /// Descriptions of its sinks.
    pub fn sinks(&self) -> &[Descriptor] {
        &self.info.sinks
    }

    /// Returns a factory for each of its sources.
    pub fn factories(&self) -> Vec<Box<dyn SourceFactory>> {
        let factory = |(index, descriptor): (u32, &Descriptor)| -> Box<dyn SourceFactory> {
            Box::new(RemoteFactory {
                launch: Arc::clone(&self.launch),
                sandbox: Arc::clone(&self.sandbox),
                index,
                descriptor: descriptor.clone(),
            })
        };
        (0..).zip(&self.info.sources).map(factory).collect()
    }

    /// Returns a factory for each of its sinks.
    pub fn sink_factories(&self) -> Vec<Box<dyn FrameSinkFactory>> {
        let factory = |(index, descriptor): (u32, &Descriptor)| -> Box<dyn FrameSinkFactory> {
            Box::new(RemoteSinkFactory {
                launch: Arc::clone(&self.launch),
                sandbox: Arc::clone(&self.sandbox),
                index,
                descriptor: descriptor.clone(),
                interrupt: Interrupt::default(),
            })
        };
        (0..).zip(&self.info.sinks).map(factory).collect()
    }
}

/// Factory of a source of a plugin.
#[derive(Debug)]
struct RemoteFactory {
    launch: Arc<Launch>,
    sandbox: Arc<Sandbox>,
    index: u32,
    descriptor: Descriptor,
}

impl SourceFactory for RemoteFactory {
    fn descriptor(&self) -> Descriptor {
        self.descriptor.clone()
    }

    fn configure(&self, values: &OptionValues, _listener: Listener) -> Result<Configured, OptionError> {
        check_text(values)?;
        let launch = self.launch.with_paths_of(&self.descriptor.options, values);
        let sandbox = Arc::clone(&self.sandbox);
        let (name, open) =
            (self.descriptor.name.clone(), Request::Open { index: self.index, values: values.clone() });
        let mut restart = Restart::default();
        Ok(Configured::new(Box::new(move || {
            restart.begin(Instant::now())?;
            let opened = RemoteSource::open(&launch, &open);
            let source = opened.map_err(|error| {
                let reason = sandbox.explain(&error.message);
                Error::new(error.kind, format!("plugin source {name}: {reason}"))
            })?;
            tell(&format!("plugin source {name} ({})", launch.path().display()), &sandbox);
            Ok(Box::new(source) as Box<dyn Source>)
        })))
    }
}

/// Factory of a sink of a plugin.
#[derive(Debug)]
struct RemoteSinkFactory {
    launch: Arc<Launch>,
    sandbox: Arc<Sandbox>,
    index: u32,
    descriptor: Descriptor,
    interrupt: Interrupt,
}

impl FrameSinkFactory for RemoteSinkFactory {
    fn descriptor(&self) -> Descriptor {
        self.descriptor.clone()
    }

    fn configure(&self, values: &OptionValues, _listener: Listener) -> Result<SinkOpener, OptionError> {
        check_text(values)?;
        let open = Request::OpenSink { index: self.index, values: values.clone() };
        let launch = self.launch.with_paths_of(&self.descriptor.options, values);
        let (sandbox, interrupt) = (Arc::clone(&self.sandbox), self.interrupt.clone());
        let name = format!("plugin {} ({})", self.descriptor.name, launch.path().display());
        Ok(Arc::new(move || {
            let opened = RemoteSink::open(&launch, &open, &name, &interrupt);
            let sink = opened
                .map_err(|error| FrameSinkError { message: sandbox.explain(&error.message), ..error })?;
            tell(&name, &sandbox);
            Ok(Box::new(sink) as Box<dyn FrameSink>)
        }))
    }

    fn interrupt(&self) {
        self.interrupt.interrupt();
    }
}

/// Writes into the log what was opened and what it may do; a warning where the kernel cannot refuse the rest.
fn tell(name: &str, sandbox: &Sandbox) {
    if sandbox.gaps().is_empty() {
        tracing::info!("{name}: its sandbox {sandbox}");
    } else {
        tracing::warn!("{name}: its sandbox {sandbox}");
    }
}

/// Returns an error if the value of an option is not UTF-8.
fn check_text(values: &OptionValues) -> Result<(), OptionError> {
    match values.iter().find(|(_, value)| value.to_str().is_none()) {
        Some((option, _)) => {
            let message = "its value is not UTF-8, which plugins need".to_owned();
            Err(OptionError { option: option.to_owned(), message })
        }
        None => Ok(()),
    }
}
