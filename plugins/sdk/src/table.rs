//! Tables of the exported sources and sinks. They are made once, when the host asks for them, and never released: a
//! plugin is never unloaded.
#![allow(unsafe_code, reason = "text that the host passes is read through its pointer")]

use std::ffi::c_void;

use lanstream_core::options::{OptionKind, OptionSpec};
use lanstream_core::registry::{FrameSinkFactory, SourceFactory};
use lanstream_plugin_abi as abi;

use crate::{extension, instance, sink_instance};

/// Everything that a plugin exports.
pub struct Exports {
    plugin: abi::Plugin,
    sources: Vec<&'static abi::Source>,
    sinks: Vec<&'static abi::Sink>,
}

impl Exports {
    /// Returns the exports of a plugin without sources and sinks. `factory` has to call [`factory`](Self::factory).
    pub fn new(
        name: &'static str,
        version: &'static str,
        factory: unsafe extern "C" fn(abi::Str, u32) -> *const c_void,
    ) -> Self {
        let plugin = abi::Plugin {
            struct_size: abi::struct_size::<abi::Plugin>(),
            abi_major: abi::ABI_MAJOR,
            abi_minor: abi::ABI_MINOR,
            reserved: 0,
            name: abi::Str::new(name),
            version: abi::Str::new(version),
            factory: Some(factory),
        };
        Self { plugin, sources: Vec::new(), sinks: Vec::new() }
    }

    /// Adds a source.
    #[must_use]
    pub fn source<F: SourceFactory + Default>(mut self) -> Self {
        self.sources.push(leaked(source_table::<F>()));
        self
    }

    /// Adds a sink.
    #[must_use]
    pub fn sink<F: FrameSinkFactory + Default + 'static>(mut self) -> Self {
        self.sinks.push(leaked(sink_table::<F>()));
        self
    }

    /// Returns the plugin's table, or null for a host of another major version.
    pub fn entry(&'static self, host_major: u32) -> *const abi::Plugin {
        if host_major == abi::ABI_MAJOR { &raw const self.plugin } else { std::ptr::null() }
    }

    /// Returns the table of a factory, or null after the last.
    pub fn factory(&self, id: abi::Str, index: u32) -> *const c_void {
        // SAFETY: the host passes text that is valid during the call.
        let id = unsafe { instance::slice(id.data, id.len) };
        let index = index as usize;
        if id == abi::SOURCE_ID.as_bytes() {
            self.sources.get(index).map_or(std::ptr::null(), |source| std::ptr::from_ref(*source).cast())
        } else if id == abi::SINK_ID.as_bytes() {
            self.sinks.get(index).map_or(std::ptr::null(), |sink| std::ptr::from_ref(*sink).cast())
        } else {
            std::ptr::null()
        }
    }
}

fn source_table<F: SourceFactory + Default>() -> abi::Source {
    let descriptor = F::default().descriptor();
    let options: Vec<_> = descriptor.options.into_iter().map(option).collect();
    let options: &'static [abi::OptionSpec] = options.leak();
    abi::Source {
        struct_size: abi::struct_size::<abi::Source>(),
        reserved: 0,
        name: text(descriptor.name),
        about: text(descriptor.about),
        examples: text(descriptor.examples),
        options: options.as_ptr(),
        options_len: options.len() as u64,
        create: Some(instance::create::<F>),
        destroy: Some(instance::destroy),
        describe: Some(instance::describe),
        wait: Some(instance::wait),
        capture: Some(instance::capture),
        wake: Some(instance::wake),
        extension: Some(extension::extension),
    }
}

fn sink_table<F: FrameSinkFactory + Default + 'static>() -> abi::Sink {
    let descriptor = F::default().descriptor();
    let options: Vec<_> = descriptor.options.into_iter().map(option).collect();
    let options: &'static [abi::OptionSpec] = options.leak();
    abi::Sink {
        struct_size: abi::struct_size::<abi::Sink>(),
        reserved: 0,
        name: text(descriptor.name),
        about: text(descriptor.about),
        examples: text(descriptor.examples),
        options: options.as_ptr(),
        options_len: options.len() as u64,
        create: Some(sink_instance::create::<F>),
        destroy: Some(sink_instance::destroy),
        delivery: Some(sink_instance::delivery),
        begin: Some(sink_instance::begin),
        frame: Some(sink_instance::frame),
        audio: Some(sink_instance::audio),
        finish: Some(sink_instance::finish),
        interrupt: Some(sink_instance::interrupt),
        extension: None,
    }
}

fn option(spec: OptionSpec) -> abi::OptionSpec {
    let (kind, (min, max), choices) = kind(spec.kind);
    let positional = if spec.is_positional { abi::option_flag::POSITIONAL } else { 0 };
    let has_default = if spec.default.is_some() { abi::option_flag::HAS_DEFAULT } else { 0 };
    let (conflicts, conflicts_len) = texts(spec.conflicts_with);
    let (requires, requires_len) = texts(spec.requires);
    abi::OptionSpec {
        struct_size: abi::struct_size::<abi::OptionSpec>(),
        kind,
        flags: positional | has_default,
        reserved: 0,
        name: text(spec.name),
        value_name: text(spec.value_name),
        help: text(spec.help),
        default_value: spec.default.map_or(abi::Str::EMPTY, text),
        min,
        max,
        choices: choices.as_ptr(),
        choices_len: choices.len() as u64,
        conflicts,
        conflicts_len,
        requires,
        requires_len,
    }
}

/// Returns the number of a kind, its range and its words.
fn kind(kind: OptionKind) -> (u32, (i64, i64), &'static [abi::Choice]) {
    use abi::option_kind::{ARGUMENTS, CHOICE, INTEGER, PATH, SWITCH, TEXT};
    match kind {
        OptionKind::Switch => (SWITCH, (0, 0), &[]),
        OptionKind::Integer { min, max } => (INTEGER, (min, max), &[]),
        OptionKind::Path => (PATH, (0, 0), &[]),
        OptionKind::Arguments => (ARGUMENTS, (0, 0), &[]),
        OptionKind::Choice(choices) => {
            let choice = |choice: lanstream_core::options::Choice| abi::Choice {
                name: text(choice.name),
                help: text(choice.help),
            };
            let choices: Vec<_> = choices.into_iter().map(choice).collect();
            (CHOICE, (0, 0), choices.leak())
        }
        // The source checks the text itself when it is created.
        _ => (TEXT, (0, 0), &[]),
    }
}

fn text(text: impl Into<String>) -> abi::Str {
    abi::Str::new(text.into().leak())
}

fn texts(names: Vec<lanstream_core::options::CowStr>) -> (*const abi::Str, u64) {
    let names: &'static [abi::Str] = names.into_iter().map(text).collect::<Vec<_>>().leak();
    (names.as_ptr(), names.len() as u64)
}

fn leaked<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}
