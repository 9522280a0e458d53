//! `lanstream sources`: what can be shown, and the words that select it.

use lanstream_core::registry::{ListedSource, Registry};
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
