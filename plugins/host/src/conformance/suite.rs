//! The suite: starts a process for each rule, ends what goes on for too long, and collects the verdicts.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use lanstream_wakeup::poll_until;
use rustix::fd::{AsFd as _, OwnedFd};
use rustix::fs::{MemfdFlags, fstat, memfd_create};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, getpid, kill_process, kill_process_group, pidfd_open,
    set_child_subreaper, waitid,
};

use super::report::{Report, Told, ToldFactory};
use super::rules::{PROCESSES, RULES, Rule, SINK_RULES, STDOUT, Stage, all_rules};
use super::{TRIAL_COMMAND, Verdict};

/// Time that the trial of a rule may take. Those that wait for a hundred frames take the most.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// A check of one plugin by all rules.
#[derive(Clone, Debug)]
pub struct Suite {
    program: PathBuf,
    path: PathBuf,
    values: Vec<(String, String)>,
    only: Vec<String>,
    time_limit: Duration,
}

/// What was found about one rule and one source or sink.
#[derive(Clone, Debug)]
pub struct CheckResult {
    /// The rule.
    pub rule: &'static Rule,
    /// Name of the source or sink; empty for a rule about the plugin.
    pub name: String,
    /// How it went.
    pub verdict: Verdict,
}

/// All that was found.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// Results in the order in which they were made.
    pub results: Vec<CheckResult>,
}

/// Reason why a plugin cannot be checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SuiteError {
    /// The file is no plugin.
    #[error("{0}")]
    NoPlugin(String),
    /// There is no such rule.
    #[error("there is no rule named {name}: there are {known}")]
    UnknownRule {
        /// The name.
        name: String,
        /// All names.
        known: String,
    },
    /// The process of a trial cannot be started or watched.
    #[error("the rule {rule} cannot be tried: {error}")]
    Process {
        /// The rule.
        rule: &'static str,
        /// The system's reason.
        error: io::Error,
    },
}

impl Checked {
    /// Returns whether no rule is broken.
    pub fn is_kept(&self) -> bool {
        !self.results.iter().any(|result| matches!(result.verdict, Verdict::Broken(_)))
    }
}

impl Suite {
    /// Checks the plugin at `path`. Trials run in processes of `program`, which is the lanstream command.
    pub fn new(program: &Path, path: &Path) -> Self {
        let (program, path) = (program.to_owned(), path.to_owned());
        Self { program, path, values: Vec::new(), only: Vec::new(), time_limit: TIME_LIMIT }
    }

    /// Gives sources and sinks that have this option a value.
    #[must_use]
    pub fn value(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.values.push((name.into(), value.into()));
        self
    }

    /// Tries only these rules, after loading the plugin.
    #[must_use]
    pub fn only(mut self, rules: impl IntoIterator<Item = String>) -> Self {
        self.only.extend(rules);
        self
    }

    /// Sets the time that a trial may take, in place of 20 seconds.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Tries all rules on all sources and sinks. `begin` hears of each before it is tried, with the name of the source
    /// or sink, and `end` what was found.
    ///
    /// This process adopts what trials leave behind, and ends it: it must not start other processes meanwhile.
    ///
    /// # Errors
    /// If the file is no plugin, or trials cannot be started.
    pub fn run(
        &self,
        mut begin: impl FnMut(&'static Rule, &str),
        mut end: impl FnMut(&CheckResult),
    ) -> Result<Checked, SuiteError> {
        self.check_names()?;
        let mut checked = Checked::default();
        let mut found = |rule, name: &str, verdict| {
            let result = CheckResult { rule, name: name.to_owned(), verdict };
            end(&result);
            checked.results.push(result);
        };
        let load = &RULES[0];
        begin(load, "");
        let (sources, sinks) = match self.attempt(load, 0, &[])? {
            Told::NoPlugin(reason) => return Err(SuiteError::NoPlugin(reason)),
            Told::Loaded { sources, sinks } => (sources, sinks),
            Told::Verdict(verdict) => {
                found(load, "", verdict);
                return Ok(checked);
            }
        };
        found(load, "", Verdict::Kept);
        let sources = sources.iter().enumerate().map(|(index, source)| (&RULES[1..], index, source));
        let sinks = sinks.iter().enumerate().map(|(index, sink)| (SINK_RULES, index, sink));
        for (rules, index, factory) in sources.chain(sinks) {
            let name = factory.name.as_str();
            let mut reached = Stage::Captured;
            for rule in rules.iter().filter(|rule| self.is_chosen(rule)) {
                if rule.stage > reached {
                    let reason = format!("it needs {}, which is not kept", gate(rules, reached).id);
                    found(rule, name, Verdict::Skipped(reason));
                    continue;
                }
                begin(rule, name);
                let verdict = match self.attempt(rule, index, &self.given(factory))? {
                    Told::Verdict(verdict) => verdict,
                    _ => Verdict::Broken("it is another plugin each time it is loaded".to_owned()),
                };
                if !matches!(verdict, Verdict::Kept) && rule.id == gate(rules, rule.stage).id {
                    reached = reached.min(rule.stage);
                }
                found(rule, name, verdict);
            }
        }
        Ok(checked)
    }

    fn check_names(&self) -> Result<(), SuiteError> {
        let is_unknown = |name: &&String| !all_rules().any(|rule| rule.id == **name);
        match self.only.iter().find(is_unknown) {
            None => Ok(()),
            Some(name) => {
                let mut known: Vec<_> = all_rules().map(|rule| rule.id).collect();
                let mut seen = BTreeSet::new();
                known.retain(|id| seen.insert(*id));
                Err(SuiteError::UnknownRule { name: name.clone(), known: known.join(", ") })
            }
        }
    }

    fn is_chosen(&self, rule: &'static Rule) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| *name == rule.id)
    }

    /// Tries a rule in a process of its own.
    fn attempt(&self, rule: &'static Rule, index: usize, given: &[Given<'_>]) -> Result<Told, SuiteError> {
        self.run_trial(rule, index, given).map_err(|error| SuiteError::Process { rule: rule.id, error })
    }

    /// Returns the paths that the user gave for options of a source or sink, or that are their defaults.
    fn given<'a>(&'a self, factory: &'a ToldFactory) -> Vec<Given<'a>> {
        let path = |(name, default): &'a (String, String)| {
            let given = self.values.iter().find(|(given, _)| given == name);
            [name.as_str(), given.map_or(default, |(_, path)| path)]
        };
        factory.paths.iter().map(path).filter(|[_, path]| !path.is_empty()).collect()
    }

    fn run_trial(&self, rule: &'static Rule, index: usize, given: &[Given<'_>]) -> io::Result<Told> {
        set_child_subreaper(Some(getpid()))?;
        let before = children();
        let (report, output) = (Report::create()?, memfd_create(c"lanstream-output", MemfdFlags::CLOEXEC)?);
        let mut child = self.start(rule, (index, given), &report, &output)?;
        let end = wait(&mut child, self.time_limit);
        let left = end_adopted(&before);
        let (step, told) = report.read()?;
        let broken = |reason: String| Told::Verdict(Verdict::Broken(reason));
        let place = if step.is_empty() { "it".to_owned() } else { format!("`{step}`") };
        Ok(match (end?, told) {
            (None, _) => broken(format!("{place} did not return within {:?}", self.time_limit)),
            (Some(status), _) if !status.success() => broken(format!("{place} ended the process: {status}")),
            (Some(_), None) => broken(format!("{place} ended the process, or closed its descriptors")),
            (Some(_), Some(Told::Verdict(Verdict::Kept))) if rule.id == PROCESSES && left > 0 => {
                broken(format!("{left} processes that it started went on after destroy"))
            }
            (Some(_), Some(Told::Verdict(Verdict::Kept)))
                if rule.id == STDOUT && fstat(&output)?.st_size > 0 =>
            {
                broken(format!("it printed {} bytes on standard output", fstat(&output)?.st_size))
            }
            (Some(_), Some(told)) => told,
        })
    }

    fn start(
        &self,
        rule: &Rule,
        (index, given): (usize, &[Given<'_>]),
        report: &Report,
        output: &OwnedFd,
    ) -> io::Result<Child> {
        let mut command = Command::new(&self.program);
        command.arg(TRIAL_COMMAND).arg(getpid().as_raw_pid().to_string());
        command.arg(rule.kind().word()).arg(rule.id).arg(index.to_string());
        command.arg(given.len().to_string()).args(given.iter().flatten()).arg(&self.path);
        command.args(self.values.iter().flat_map(|(name, value)| [name, value]));
        command.stdin(Stdio::from(report.descriptor()?)).stdout(Stdio::from(output.try_clone()?));
        // An interrupt at the terminal is for this process, which then ends the trial.
        command.process_group(0).spawn()
    }
}

/// An option, and the path that the user gave for it.
type Given<'a> = [&'a str; 2];

/// Returns the rule that shows whether a stage can be left behind, of those after the first: `rules` begins with it for
/// each stage.
fn gate(rules: &'static [Rule], stage: Stage) -> &'static Rule {
    match stage {
        Stage::Library => &RULES[0],
        Stage::Plugin => &rules[0],
        Stage::Open | Stage::Captured => &rules[1],
    }
}

/// Waits for the end of a process, and ends it after `limit`, with its group. Returns `None` if it had to be ended.
fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let process = pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
    let has_ended = matches!(poll_until([process.as_fd()], Some(Instant::now() + limit)), Ok([true]));
    // It is not reaped yet, so no other group has its number.
    let _all_ended = kill_process_group(Pid::from_child(child), Signal::KILL);
    let status = child.wait()?;
    Ok(has_ended.then_some(status))
}

/// Returns the children of this process.
fn children() -> BTreeSet<i32> {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return BTreeSet::new() };
    let lists =
        threads.filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
        .collect()
}

/// Ends the processes that this one has adopted, and those that it adopts by that. Returns how many there were.
fn end_adopted(before: &BTreeSet<i32>) -> usize {
    let mut count = 0;
    loop {
        let adopted: Vec<_> = children().difference(before).filter_map(|id| Pid::from_raw(*id)).collect();
        if adopted.is_empty() {
            return count;
        }
        count += adopted.len();
        for id in adopted {
            let _ended = kill_process(id, Signal::KILL);
            let _reaped = waitid(WaitId::Pid(id), WaitIdOptions::EXITED);
        }
    }
}
