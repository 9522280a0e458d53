//! The rules, in the order in which they are tried.

mod audio;
mod capture;
mod cursor;
mod life;
mod loading;
mod manners;
mod playback;
mod sink;
mod sink_frames;

use super::sink_subject::SinkSubject;
use super::subject::{Outcome, Subject};

/// A rule of the interface, and how it is tried.
pub struct Rule {
    /// Name, which is the heading that explains it in [`DOCUMENT`](super::DOCUMENT).
    pub id: &'static str,
    /// What a plugin that keeps it does.
    pub title: &'static str,
    /// What has to work before.
    pub(super) stage: Stage,
    pub(super) attempt: Attempt,
}

/// Function that tries a rule.
#[derive(Clone, Copy)]
pub(super) enum Attempt {
    Source(fn(&Subject) -> Outcome),
    Sink(fn(&SinkSubject) -> Outcome),
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A source, or the plugin.
    Source,
    /// A sink.
    Sink,
}

impl Kind {
    /// Its name.
    pub fn word(self) -> &'static str {
        if self == Self::Source { "source" } else { "sink" }
    }
}

impl Rule {
    /// Returns what it is about.
    pub fn kind(&self) -> Kind {
        match self.attempt {
            Attempt::Source(_) => Kind::Source,
            Attempt::Sink(_) => Kind::Sink,
        }
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rule").field("id", &self.id).field("title", &self.title).finish_non_exhaustive()
    }
}

/// What a rule needs. The first rule of each stage shows whether the later stages can be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// The library.
    Library,
    /// A loaded plugin.
    Plugin,
    /// A source or sink that can be opened.
    Open,
    /// A source that can be captured, or a sink that takes frames.
    Captured,
}

const fn rule(stage: Stage, id: &'static str, title: &'static str, attempt: fn(&Subject) -> Outcome) -> Rule {
    Rule { id, title, stage, attempt: Attempt::Source(attempt) }
}

const fn sink_rule(
    stage: Stage,
    id: &'static str,
    title: &'static str,
    attempt: fn(&SinkSubject) -> Outcome,
) -> Rule {
    Rule { id, title, stage, attempt: Attempt::Sink(attempt) }
}

/// Returns all rules: of loading, of sources and of sinks.
pub(super) fn all_rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().chain(SINK_RULES)
}

/// The rule of loading, and those of sources.
pub static RULES: &[Rule] = &[
    // Loading it is the trial: it is done before any function of a rule is called.
    rule(Stage::Library, "load", "is loaded, and its tables and texts are whole", |_| Ok(())),
    rule(Stage::Plugin, "create", "opens a source and describes it", life::create),
    rule(Stage::Open, "capture", "waits and captures 100 times", capture::capture),
    rule(
        Stage::Plugin,
        "factories",
        "describes the same sources each time, and none of another kind",
        loading::factories,
    ),
    rule(
        Stage::Plugin,
        "other-major",
        "refuses a host of another major version, or says its own",
        loading::other_major,
    ),
    rule(Stage::Open, "newer-minor", "works with a host of a newer minor version", loading::newer_minor),
    rule(Stage::Open, "extension", "has no extension of an unknown id", loading::extension),
    rule(Stage::Open, "create-destroy", "is created and destroyed 100 times", life::create_destroy),
    rule(
        Stage::Open,
        "destroy-early",
        "is destroyed without having been waited for or captured",
        life::destroy_early,
    ),
    rule(
        Stage::Captured,
        "two-instances",
        "runs twice at the same time, on two threads",
        life::two_instances,
    ),
    rule(Stage::Open, "options", "survives option values that mean nothing", life::options),
    rule(Stage::Open, "errors", "says of each failure of what kind it is and why", life::errors),
    rule(
        Stage::Open,
        "descriptor-limit",
        "survives a process without free descriptors",
        life::descriptor_limit,
    ),
    rule(Stage::Open, "timeout", "returns from wait when the timeout has passed", life::timeout),
    rule(Stage::Open, "wake", "returns from wait when another thread wakes it", life::wake),
    rule(Stage::Captured, "events", "changes its description and layout only with an event", life::events),
    rule(Stage::Captured, "bounds", "writes nothing outside of the host's buffer", capture::bounds),
    rule(
        Stage::Captured,
        "stride",
        "writes all pixels of rows that are longer than its own, and nothing between",
        capture::stride,
    ),
    rule(Stage::Captured, "sizes", "captures in odd sizes, if it has an option for its size", capture::sizes),
    rule(Stage::Captured, "damage", "reports no less damage than there is", capture::damage),
    rule(Stage::Captured, "updated", "reports all that it writes", capture::updated),
    rule(Stage::Captured, "lent", "keeps the pixels that it lends until they are released", capture::lent),
    rule(
        Stage::Captured,
        "cursor",
        "tells of a cursor that can be, and of each shape with a serial of its own",
        cursor::cursor,
    ),
    rule(Stage::Captured, "audio", "hands over sound that can be", audio::audio),
    rule(
        Stage::Captured,
        "playback",
        "carries out each command, and tells of a playback that can be",
        playback::playback,
    ),
    rule(Stage::Captured, "idle", "computes little while nobody captures", capture::idle),
    rule(Stage::Captured, "silence", "leaves the host alone after destroy", manners::silence),
    rule(Stage::Captured, "threads", "has few threads, and ends them in destroy", manners::threads),
    rule(Stage::Captured, "descriptors", "closes its descriptors", manners::descriptors),
    rule(
        Stage::Captured,
        "foreign-descriptors",
        "closes no descriptors of others",
        manners::foreign_descriptors,
    ),
    rule(Stage::Captured, "memory", "releases its memory", manners::memory),
    rule(Stage::Captured, "processes", "leaves no process behind", manners::run_once),
    rule(Stage::Captured, "stdout", "prints nothing on standard output", manners::run_once),
    rule(
        Stage::Captured,
        "process-state",
        "leaves signals, locale, folder and environment as they are",
        manners::process_state,
    ),
];

/// The rules of sinks. Those that sources have too have the same names.
pub static SINK_RULES: &[Rule] = &[
    sink_rule(Stage::Plugin, "create", "opens a sink and says which frames it gets", sink::create),
    sink_rule(Stage::Open, "frames", "takes 100 frames and finishes", sink_frames::frames),
    sink_rule(
        Stage::Plugin,
        "factories",
        "describes the same sinks each time, and none of another kind",
        sink::factories,
    ),
    sink_rule(
        Stage::Plugin,
        "other-major",
        "refuses a host of another major version, or says its own",
        loading::other_major,
    ),
    sink_rule(Stage::Open, "newer-minor", "works with a host of a newer minor version", sink::newer_minor),
    sink_rule(Stage::Open, "extension", "has no extension of an unknown id", sink::extension),
    sink_rule(Stage::Open, "create-destroy", "is created and destroyed 100 times", sink::create_destroy),
    sink_rule(Stage::Open, "destroy-early", "is destroyed without having finished", sink::destroy_early),
    sink_rule(
        Stage::Captured,
        "two-instances",
        "runs twice at the same time, on two threads",
        sink::two_instances,
    ),
    sink_rule(Stage::Open, "options", "survives option values that mean nothing", sink::options),
    sink_rule(Stage::Open, "errors", "says of each failure of what kind it is and why", sink::errors),
    sink_rule(
        Stage::Open,
        "descriptor-limit",
        "survives a process without free descriptors",
        sink::descriptor_limit,
    ),
    sink_rule(
        Stage::Captured,
        "read-bounds",
        "reads nothing outside of a frame, and writes nothing into it",
        sink_frames::read_bounds,
    ),
    sink_rule(
        Stage::Captured,
        "kept-frame",
        "reads a frame only while it is given it",
        sink_frames::kept_frame,
    ),
    sink_rule(Stage::Captured, "resize", "begins again with frames of another size", sink_frames::resize),
    sink_rule(Stage::Captured, "audio", "takes sound, and reads nothing outside of it", sink_frames::audio),
    sink_rule(Stage::Captured, "finish-empty", "finishes without a frame", sink_frames::finish_empty),
    sink_rule(
        Stage::Captured,
        "interrupt",
        "returns soon after another thread has interrupted it",
        sink_frames::interrupt,
    ),
    sink_rule(Stage::Captured, "silence", "leaves the host alone after destroy", sink::silence),
    sink_rule(Stage::Captured, "threads", "has few threads, and ends them in destroy", sink::threads),
    sink_rule(Stage::Captured, "descriptors", "closes its descriptors", sink::descriptors),
    sink_rule(
        Stage::Captured,
        "foreign-descriptors",
        "closes no descriptors of others",
        sink::foreign_descriptors,
    ),
    sink_rule(Stage::Captured, "memory", "releases its memory", sink::memory),
    sink_rule(Stage::Captured, "processes", "leaves no process behind", sink::run_once),
    sink_rule(Stage::Captured, "stdout", "prints nothing on standard output", sink::run_once),
    sink_rule(
        Stage::Captured,
        "process-state",
        "leaves signals, locale, folder and environment as they are",
        sink::process_state,
    ),
];

/// Name of the rule that a plugin breaks by processes that go on after its own has ended.
pub(super) const PROCESSES: &str = "processes";
/// Name of the rule that a plugin breaks by what it prints.
pub(super) const STDOUT: &str = "stdout";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::DOCUMENT;
    use super::*;

    #[test]
    fn each_rule_is_explained_under_its_name() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
        let document = std::fs::read_to_string(format!("{root}/{DOCUMENT}")).unwrap();
        let ids: BTreeSet<_> = all_rules().map(|rule| rule.id).collect();
        for id in &ids {
            let heading = format!("### {id}");
            assert_eq!(document.lines().filter(|line| *line == heading).count(), 1, "{heading}");
        }
        let headings = document.lines().filter(|line| line.starts_with("### ")).count();
        assert_eq!(headings, ids.len(), "each heading of this level is a rule");
    }

    #[test]
    fn each_stage_begins_with_the_rule_that_shows_whether_it_is_reached() {
        let gates: Vec<_> = RULES.iter().take(3).map(|rule| (rule.id, rule.stage)).collect();
        let expected = [("load", Stage::Library), ("create", Stage::Plugin), ("capture", Stage::Open)];
        assert_eq!(gates, expected);
        let gates: Vec<_> = SINK_RULES.iter().take(2).map(|rule| (rule.id, rule.stage)).collect();
        assert_eq!(gates, [("create", Stage::Plugin), ("frames", Stage::Open)]);
    }
}
