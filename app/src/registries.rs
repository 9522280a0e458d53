//! The registries of a program: what is built in, to which plugins add.

use lanstream_core::registry::{Registry, SinkRegistry};

use crate::{frame_sinks, sources};

/// Sources and frame sinks that a program offers.
#[derive(Debug, Default)]
pub struct Registries {
    /// Sources.
    pub sources: Registry,
    /// Frame sinks.
    pub sinks: SinkRegistry,
}

impl Registries {
    /// Returns the registries of what is built in.
    pub fn built_in() -> Self {
        Self { sources: sources::registry(), sinks: frame_sinks::registry() }
    }
}
