//! `lanstream sources`: what can be shown, and the words that select it. `lanstream sinks`: what can get frames besides
//! viewers, and its options.

use lanstream_core::options::{OptionKind, OptionSpec};
use lanstream_core::registry::{Descriptor, ListedSource, Registry, SinkRegistry};
use lanstream_core::text::harmless;
use serde::Serialize;

use crate::report;

/// One line of the list.
#[derive(Debug, Serialize)]
struct Line<'a> {
    kind: &'a str,
    name: &'a str,
    select: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<i32>,
    /// Why it can't be captured.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<&'a str>,
}

/// Prints the list. Why a kind of source cannot be listed, such as the screen without a display, goes to stderr.
pub(crate) fn print(registry: &Registry, json: bool) {
    for factory in registry.iter() {
        match factory.list() {
            Ok(listed) => listed.iter().map(Line::from).for_each(|line| {
                report::print_line(&if json { line.json() } else { line.text() });
            }),
            Err(error) => report::write_error(&format!("lanstream: {}\n", harmless(&error.message))),
        }
    }
}

/// A frame sink.
#[derive(Debug, Serialize)]
struct SinkLine<'a> {
    name: &'a str,
    about: &'a str,
    options: Vec<SinkOption<'a>>,
}

/// An option of a frame sink.
#[derive(Debug, Serialize)]
struct SinkOption<'a> {
    name: &'a str,
    help: &'a str,
    /// Of words after `--`: what they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'a str>,
}

/// Prints the frame sinks.
pub(crate) fn print_sinks(registry: &SinkRegistry, json: bool) {
    for descriptor in registry.iter().map(|factory| factory.descriptor()) {
        let line = SinkLine::from(&descriptor);
        let text = if json {
            report::escaped(&serde_json::to_string(&line).unwrap_or_default())
        } else {
            format!("{}\n{}", line.text(), harmless(&descriptor.examples))
        };
        report::print_line(&text);
    }
}

impl SinkLine<'_> {
    fn text(&self) -> String {
        let mut text = format!("--sink {:<15} {}", self.name, self.about);
        for option in &self.options {
            let named = || format!("--{}.{}", self.name, option.name);
            let name = option.words.map_or_else(named, |words| format!("-- {words}"));
            let default = option.default.map_or(String::new(), |value| format!(" [default: {value}]"));
            text.push_str(&format!("\n  {name:<20} {}{default}", option.help));
        }
        harmless(&text).into_owned()
    }
}

impl<'a> From<&'a Descriptor> for SinkLine<'a> {
    fn from(descriptor: &'a Descriptor) -> Self {
        let option = |option: &'a OptionSpec| SinkOption {
            name: &option.name,
            help: &option.help,
            words: matches!(option.kind, OptionKind::Arguments).then_some(&*option.value_name),
            default: option.default.as_deref(),
        };
        Self {
            name: &descriptor.name,
            about: &descriptor.about,
            options: descriptor.options.iter().map(option).collect(),
        }
    }
}

impl Line<'_> {
    fn json(&self) -> String {
        report::escaped(&serde_json::to_string(self).unwrap_or_default())
    }

    fn text(&self) -> String {
        let size =
            self.width.zip(self.height).map_or(String::new(), |(width, height)| format!("{width}x{height}"));
        let refusal = self.refusal.as_ref().map_or(String::new(), |reason| format!("  ({reason})"));
        let line = format!("{:<8} {:<34} {:>11}  {}{refusal}", self.kind, self.select, size, self.name);
        harmless(&line).into_owned()
    }
}

impl<'a> From<&'a ListedSource> for Line<'a> {
    fn from(listed: &'a ListedSource) -> Self {
        Self {
            kind: &listed.kind,
            name: &listed.name,
            select: &listed.select,
            width: listed.size.map(|size| size.width),
            height: listed.size.map(|size| size.height),
            x: listed.position.map(|(x, _)| x),
            y: listed.position.map(|(_, y)| y),
            refusal: listed.refusal.as_deref(),
        }
    }
}
