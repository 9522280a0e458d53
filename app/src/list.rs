//! `lanstream sources`: what can be shown, and the words that select it.

use lanstream::SourceError;
use lanstream_core::text::harmless;
use lanstream_screen::{Kind, Listed};
use serde::Serialize;

use crate::report;

/// One line of the list.
#[derive(Debug, Serialize)]
struct Line {
    kind: &'static str,
    name: String,
    select: String,
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
    refusal: Option<String>,
}

/// Prints the list; without a display the patterns remain, and why there is nothing else goes to stderr.
pub(crate) fn print(json: bool) -> Result<(), SourceError> {
    let mut lines = Vec::new();
    match lanstream_screen::list(&lanstream_screen::Options::default()) {
        Ok(listed) => lines.extend(listed.into_iter().map(Line::from)),
        Err(error) => report::write_error(&format!("lanstream: {}\n", harmless(&error.message))),
    }
    lines.extend(lanstream_pattern::Kind::ALL.map(Line::from));
    for line in &lines {
        report::print_line(&if json { line.json() } else { line.text() });
    }
    Ok(())
}

impl Line {
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

impl From<Listed> for Line {
    fn from(listed: Listed) -> Self {
        let kind = match listed.kind {
            Kind::Monitor => "monitor",
            Kind::Window => "window",
        };
        Self {
            kind,
            name: listed.name,
            select: format!("capture {}", listed.words),
            width: Some(listed.width),
            height: Some(listed.height),
            x: Some(listed.x),
            y: Some(listed.y),
            refusal: listed.refusal,
        }
    }
}

impl From<lanstream_pattern::Kind> for Line {
    fn from(kind: lanstream_pattern::Kind) -> Self {
        let select = format!("pattern --kind {kind}");
        Self {
            kind: "pattern",
            name: kind.to_string(),
            select,
            width: None,
            height: None,
            x: None,
            y: None,
            refusal: None,
        }
    }
}
