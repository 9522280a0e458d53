//! Sources that are built in: one line each, under its feature.

use lanstream_core::registry::{Registry, RegistryError};

/// Returns the registry of the built-in sources.
pub fn registry() -> Registry {
    let mut registry = Registry::default();
    register(&mut registry)
        .unwrap_or_else(|error| unreachable!("built-in sources have names of their own: {error}"));
    registry
}

/// Sources that builds may leave out: the command and the feature.
const FEATURES: [(&str, &str); 5] = [
    ("capture", "screen"),
    ("pattern", "pattern"),
    ("play", "ffmpeg"),
    ("ffmpeg", "ffmpeg"),
    ("pipe", "ffmpeg"),
];

/// Returns the feature that a build needs for the source `name`, if there is such a source.
pub fn feature_of(name: &str) -> Option<&'static str> {
    FEATURES.into_iter().find(|(source, _)| *source == name).map(|(_, feature)| feature)
}

fn register(registry: &mut Registry) -> Result<(), RegistryError> {
    #[cfg(feature = "screen")]
    registry.register(lanstream_screen::ScreenFactory)?;
    #[cfg(feature = "pattern")]
    registry.register(lanstream_pattern::PatternFactory)?;
    #[cfg(all(feature = "ffmpeg", unix))]
    registry.register(lanstream_ffmpeg::PlayFactory)?;
    #[cfg(all(feature = "ffmpeg", unix))]
    registry.register(lanstream_ffmpeg::RunFactory)?;
    #[cfg(all(feature = "ffmpeg", unix))]
    registry.register(lanstream_ffmpeg::PipeFactory)?;
    let _ = &registry;
    Ok(())
}
