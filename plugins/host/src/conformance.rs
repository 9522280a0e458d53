//! The conformance suite: tries whether a plugin keeps the rules of the interface, as `lanstream plugin check` does.
//!
//! [`Suite::run`] tries each rule in a process of its own with a time limit, so a plugin that crashes, hangs or exits
//! breaks one rule and ends nothing else. The process is this program, started with [`TRIAL_COMMAND`], and calls the
//! functions of the plugin's tables as the host does, or as the interface allows a host to.
//!
//! ```text
//! Suite ── starts ──▶ try_rule ── loads ──▶ plugin
//!   ▲                    │ rule's function
//!   └── Report (memfd) ──┘ what is being called, and the verdict
//! ```

mod buffer;
mod host_table;
mod instance;
mod picture;
mod process_state;
mod report;
mod rules;
mod sink_subject;
mod subject;
mod suite;
mod trial;

pub use rules::{Kind, RULES, Rule, SINK_RULES};
pub use suite::{CheckResult, Checked, Suite, SuiteError};
pub use trial::try_rule;

/// Command of this program that tries one rule. The suite's process, what the rule is about, the rule, the number of
/// the source or sink, the number of paths that the user gave, each with its option, the plugin's path, and names and
/// values of options follow.
pub const TRIAL_COMMAND: &str = "plugin-trial";

/// Page of the documentation that explains each rule under the heading of its name.
pub const DOCUMENT: &str = "docs/plugins.md";

/// How the trial of a rule ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The plugin keeps the rule.
    Kept,
    /// The plugin breaks the rule, in this way.
    Broken(String),
    /// The rule does not concern the plugin, or could not be tried, for this reason.
    Skipped(String),
}
