//! Frame sinks that are built in: one line each, under its feature.

use lanstream_core::registry::{RegistryError, SinkRegistry};

/// Returns the registry of the built-in frame sinks.
pub fn registry() -> SinkRegistry {
    built_in().unwrap_or_else(|error| unreachable!("built-in sinks have names of their own: {error}"))
}

fn built_in() -> Result<SinkRegistry, RegistryError> {
    #[allow(unused_mut, reason = "a build may have no sinks")]
    let mut registry = SinkRegistry::default();
    #[cfg(all(feature = "ffmpeg", unix))]
    registry.register(Box::new(lanstream_ffmpeg_sink::FfmpegSinkFactory::default()))?;
    Ok(registry)
}
