//! Registration of the pattern as a source with options.

use lanstream_core::options::{OptionError, OptionSpec, OptionValues};
use lanstream_core::registry::{Configured, Descriptor, ListedSource, SourceFactory};
use lanstream_core::source::{Error, Listener, Opener};

use crate::{FPS_MAX, FPS_MIN, Kind, Options, Pattern};

const EXAMPLES: &str = "Examples:
  lanstream pattern
  lanstream pattern --kind text --size 1280x720 --fps 30";

/// The source `pattern`.
#[derive(Clone, Copy, Debug, Default)]
pub struct PatternFactory;

impl SourceFactory for PatternFactory {
    fn descriptor(&self) -> Descriptor {
        let Options { size, fps, kind } = Options::default();
        let kinds = Kind::ALL.map(|kind| (kind.name(), kind.about()));
        Descriptor {
            name: "pattern".into(),
            about: "Show a test pattern; it needs no display".into(),
            examples: EXAMPLES.into(),
            options: vec![
                OptionSpec::choice("kind", kinds, "What it shows").default(kind.name()),
                OptionSpec::parsed::<lanstream_core::Size>("size", "WxH", "Its size in pixels")
                    .default(size.to_string()),
                OptionSpec::integer("fps", FPS_MIN.into(), FPS_MAX.into(), "Frames a second")
                    .default(fps.to_string()),
            ],
        }
    }

    fn configure(&self, values: &OptionValues, _listener: Listener) -> Result<Configured, OptionError> {
        let default = Options::default();
        Ok(Configured::new(opener(Options {
            kind: values.parse("kind")?.unwrap_or(default.kind),
            size: values.parse("size")?.unwrap_or(default.size),
            fps: values.parse("fps")?.unwrap_or(default.fps),
        })))
    }

    fn list(&self) -> Result<Vec<ListedSource>, Error> {
        let listed = |kind: Kind| ListedSource {
            kind: "pattern".into(),
            name: kind.to_string(),
            select: format!("pattern --kind {kind}"),
            size: None,
            position: None,
            refusal: None,
        };
        Ok(Kind::ALL.into_iter().map(listed).collect())
    }
}

/// Returns an opener of a pattern.
pub fn opener(options: Options) -> Opener {
    Box::new(move || Ok(Box::new(Pattern::new(options)?)))
}
