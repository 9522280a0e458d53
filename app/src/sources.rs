//! Sources that are built in: one line each, under its feature.

use lanstream_core::registry::{Registry, RegistryError};

/// Returns the registry of the built-in sources.
pub fn registry() -> Registry {
    built_in().unwrap_or_else(|error| unreachable!("built-in sources have names of their own: {error}"))
}

fn built_in() -> Result<Registry, RegistryError> {
    let registry = Registry::default();
    #[cfg(feature = "screen")]
    let registry = registry.with(lanstream_screen::ScreenFactory)?;
    #[cfg(feature = "pattern")]
    let registry = registry.with(lanstream_pattern::PatternFactory)?;
    #[cfg(all(feature = "ffmpeg", unix))]
    let registry = registry
        .with(lanstream_ffmpeg::PlayFactory)?
        .with(lanstream_ffmpeg::RunFactory)?
        .with(lanstream_ffmpeg::PipeFactory)?;
    Ok(registry)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feature_of_each_built_in_source_is_known() {
        for factory in registry().iter() {
            let name = factory.descriptor().name;
            assert!(feature_of(&name).is_some(), "a build without {name} could not say what it lacks");
        }
    }
}
