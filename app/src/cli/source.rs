//! The command of a source, made of its description in the registry.

use clap::Command;
use lanstream_core::registry::Descriptor;

use super::{option, sink};

/// Returns the command of a source.
pub(super) fn command(descriptor: Descriptor) -> Command {
    let has_words = sink::takes_words(&descriptor.options);
    let command = Command::new(descriptor.name.into_owned())
        .about(descriptor.about.into_owned())
        .after_help(descriptor.examples.into_owned())
        .args(descriptor.options.into_iter().map(option::arg));
    if has_words { command } else { sink::with_words(command) }
}
