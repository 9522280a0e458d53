//! `lanstream plugin check`: tries the rules of the interface on a plugin, and says which are kept.

use std::process::ExitCode;
use std::time::Duration;

use lanstream_core::text::harmless;
use lanstream_plugin_host::conformance::{CheckResult, Checked, DOCUMENT, Kind, Rule, Suite, Verdict};
use lanstream_plugin_host::{Folders, Sandbox, Trust, forget};
use serde::Serialize;

use crate::cli::CheckOptions;
use crate::{plugin_flags, report};

/// Exit status where a rule is broken.
const BROKEN: u8 = 1;
/// Exit status where the file cannot be checked: it is no plugin, or the command line names an unknown rule.
const NOT_CHECKED: u8 = 2;

/// Checks a plugin. Says what is tried on stderr, and what was found on stdout.
pub(super) fn run(options: &CheckOptions, json: bool) -> Result<ExitCode, String> {
    let limit = Duration::from_secs(options.time_limit);
    let suite = Suite::new(&plugin_flags::program()?, &options.file).time_limit(limit);
    let suite = suite.only(options.rules.iter().cloned());
    let set = |suite: Suite, (name, value): &(String, String)| suite.value(name, value);
    let suite = options.settings.iter().fold(suite, set);
    if let Ok(sandbox) = Sandbox::of(&options.file, Trust::Named) {
        report::write_error(&format!("the sandbox of the plugin {}\n", harmless(&sandbox.to_string())));
    }
    let tell = |result: &CheckResult| {
        if json {
            report::print_line(&Line::from(result).json());
        }
    };
    match suite.run(announce, tell) {
        Err(error) => {
            report::write_error(&format!("lanstream: error: {}\n", harmless(&error.to_string())));
            Ok(ExitCode::from(NOT_CHECKED))
        }
        Ok(checked) => Ok(conclude(options, &checked, json)),
    }
}

/// Says what is about to be tried: if it takes this program down, that is the last thing it said.
fn announce(rule: &Rule, name: &str) {
    let subject = if name.is_empty() { "the plugin" } else { name };
    report::write_error(&format!("trying {}: {subject} {}\n", rule.id, rule.title));
}

fn conclude(options: &CheckOptions, checked: &Checked, json: bool) -> ExitCode {
    if !json {
        checked.results.iter().for_each(print);
        let count = |word| checked.results.iter().filter(|result| word_of(&result.verdict) == word).count();
        let (kept, broken, skipped) = (count("kept"), count("broken"), count("skipped"));
        report::print_line(&format!("{kept} rules kept, {broken} broken, {skipped} not tried"));
    }
    if !checked.is_kept() {
        return ExitCode::from(BROKEN);
    }
    if options.rules.is_empty()
        && let Some(folders) = Folders::of_user()
    {
        forget(&folders, &options.file);
    }
    ExitCode::SUCCESS
}

fn word_of(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Kept => "kept",
        Verdict::Broken(_) => "broken",
        Verdict::Skipped(_) => "skipped",
    }
}

fn reason_of(verdict: &Verdict) -> Option<&str> {
    match verdict {
        Verdict::Kept => None,
        Verdict::Broken(reason) | Verdict::Skipped(reason) => Some(reason),
    }
}

/// Prints a row of the table: the verdict, the place that explains the rule, and what a plugin that keeps it does.
fn print(result: &CheckResult) {
    let CheckResult { rule, name, verdict } = result;
    let subject = if name.is_empty() { "the plugin" } else { name };
    let place = format!("{DOCUMENT}#{}", rule.id);
    let row = format!("{:<8} {place:<36} {subject} {}", word_of(verdict), rule.title);
    report::print_line(&harmless(&row));
    if let Some(reason) = reason_of(verdict) {
        report::print_line(&format!("{:9}{}", "", harmless(reason).replace('\n', " ")));
    }
}

/// A result as an object.
#[derive(Debug, Serialize)]
struct Line<'a> {
    rule: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    source: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    sink: &'a str,
    verdict: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    docs: String,
}

impl<'a> From<&'a CheckResult> for Line<'a> {
    fn from(result: &'a CheckResult) -> Self {
        let (source, sink) = match result.rule.kind() {
            Kind::Source => (result.name.as_str(), ""),
            Kind::Sink => ("", result.name.as_str()),
        };
        Self {
            rule: result.rule.id,
            title: result.rule.title,
            source,
            sink,
            verdict: word_of(&result.verdict),
            reason: reason_of(&result.verdict),
            docs: format!("{DOCUMENT}#{}", result.rule.id),
        }
    }
}

impl Line<'_> {
    fn json(&self) -> String {
        report::escaped(&serde_json::to_string(self).unwrap_or_default())
    }
}
