//! The built-in test pattern as a plugin: a built-in source and a plugin's are the same code. It has a name of its own,
//! so that both can be had in one run.

use lanstream_pattern::PatternFactory;
use lanstream_plugin::core::options::{OptionError, OptionValues};
use lanstream_plugin::core::registry::{Configured, Descriptor, SourceFactory};
use lanstream_plugin::core::source::Listener;

/// The source `pattern-plugin`.
#[derive(Clone, Copy, Debug, Default)]
struct PatternPlugin;

impl SourceFactory for PatternPlugin {
    fn descriptor(&self) -> Descriptor {
        Descriptor { name: "pattern-plugin".into(), examples: "".into(), ..PatternFactory.descriptor() }
    }

    fn configure(&self, values: &OptionValues, listener: Listener) -> Result<Configured, OptionError> {
        PatternFactory.configure(values, listener)
    }
}

lanstream_plugin::export!(PatternPlugin);
// It needs nothing but the processor.
lanstream_plugin::manifest!("");
