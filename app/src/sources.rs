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

/// Why sources that read FFmpeg's pipes are not on this system, if they are not.
const NO_PIPES: Option<&str> =
    if cfg!(unix) { None } else { Some("it reads FFmpeg's pipes, which is for Unix alone so far") };

/// Sources that builds may lack: the command, the feature, and why it is not on this system, if it is not.
const OPTIONAL: [(&str, &str, Option<&str>); 5] = [
    ("capture", "screen", None),
    ("pattern", "pattern", None),
    ("play", "ffmpeg", NO_PIPES),
    ("ffmpeg", "ffmpeg", NO_PIPES),
    ("pipe", "ffmpeg", NO_PIPES),
];

/// Reason why a build lacks a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// The build was made without this feature.
    Feature(&'static str),
    /// The source is not on this system, for this reason.
    System(&'static str),
}

/// Returns why a build that lacks the source `name` does, if there is such a source.
pub fn absence_of(name: &str) -> Option<Absence> {
    let (_, feature, reason) = OPTIONAL.into_iter().find(|(source, ..)| *source == name)?;
    Some(reason.map_or(Absence::Feature(feature), Absence::System))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_without_a_built_in_source_knows_its_feature() {
        for factory in registry().iter() {
            let name = factory.descriptor().name;
            let absence = absence_of(&name);
            assert!(matches!(absence, Some(Absence::Feature(_))), "without {name}: {absence:?}");
        }
    }
}
