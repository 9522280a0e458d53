//! The process of a trial: loads the plugin, tries one rule and tells the verdict.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use lanstream_core::options::{OptionKind, OptionSpec, OptionValues};
use lanstream_core::registry::Descriptor;
use rustix::process::{
    Pid, Resource, Rlimit, Signal, getppid, getrlimit, set_parent_process_death_signal, setrlimit,
};

use super::Verdict;
use super::report::{Report, Told, ToldFactory};
use super::rules::{Attempt, Rule, Stage, all_rules};
use super::subject::{Fault, Outcome, Subject};
use crate::error::LoadError;
use crate::loaded::LoadedPlugin;
use crate::process::contain;
use crate::sandbox::{self, GivenPaths};
use crate::trust::Trust;

/// Tries the rule that `arguments` name, which follow [`TRIAL_COMMAND`](super::TRIAL_COMMAND), and tells the verdict to
/// the [`Suite`](super::Suite) that started this process.
///
/// # Safety
/// Code of the library runs in this process, which is meant to do nothing else. It need not be sound.
///
/// # Errors
/// If this process was not started by a suite.
#[allow(unsafe_code, reason = "a plugin is loaded")]
pub unsafe fn try_rule(arguments: impl IntoIterator<Item = OsString>) -> io::Result<()> {
    contain();
    let trial = RuleTrial::parse(arguments).ok_or(io::ErrorKind::InvalidInput)?;
    end_with(trial.suite)?;
    let no_dump = Rlimit { current: Some(0), ..getrlimit(Resource::Core) };
    let _dumps = setrlimit(Resource::Core, no_dump);
    let report = Arc::new(Report::from_standard_input()?);
    report.step("the loader");
    let confined = sandbox::enter(&trial.path, Trust::Named, &trial.paths);
    // SAFETY: the caller's promise.
    let plugin = confined.and_then(|()| unsafe { LoadedPlugin::load(&trial.path, Trust::Named) });
    let told = match plugin {
        Ok(plugin) if trial.rule.stage == Stage::Library => {
            Told::Loaded { sources: told(plugin.sources()), sinks: told(plugin.sinks()) }
        }
        Ok(plugin) => Told::Verdict(trial.run(&plugin, &report)),
        Err(
            error @ (LoadError::Rule { .. }
            | LoadError::Major { .. }
            | LoadError::Refused { .. }
            | LoadError::Manifest { .. }),
        ) => Told::Verdict(Verdict::Broken(error.to_string())),
        Err(error) => Told::NoPlugin(error.to_string()),
    };
    report.step("exit");
    report.finish(&told);
    Ok(())
}

/// Has the system end this process with the suite: one that is killed leaves no plugin behind that never returns. The
/// thread that started this process waits for it.
fn end_with(suite: Pid) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // No signal comes for a suite that ended before it was asked for.
    if getppid() == Some(suite) { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
}

/// What is to be tried.
struct RuleTrial {
    suite: Pid,
    rule: &'static Rule,
    /// Number of the source or sink.
    index: usize,
    /// Paths that the user gave.
    paths: GivenPaths,
    path: PathBuf,
    values: Vec<(String, String)>,
}

impl RuleTrial {
    fn parse(arguments: impl IntoIterator<Item = OsString>) -> Option<Self> {
        let mut arguments = arguments.into_iter();
        let suite = Pid::from_raw(arguments.next()?.to_str()?.parse().ok()?)?;
        let (kind, id) = (arguments.next()?, arguments.next()?);
        let rule = all_rules().find(|rule| id == rule.id && kind == rule.kind().word())?;
        let mut number = || arguments.next()?.to_str()?.parse().ok();
        let (index, paths): (usize, usize) = (number()?, number()?);
        let path = |_| Some((arguments.next()?.into_string().ok()?, arguments.next()?));
        let paths = (0..paths).map(path).collect::<Option<_>>()?;
        let path = arguments.next()?.into();
        let texts: Vec<String> = arguments.map(OsString::into_string).collect::<Result<_, _>>().ok()?;
        let values = texts.as_chunks().0.iter().map(|[name, value]| (name.clone(), value.clone()));
        Some(Self { suite, rule, index, paths, path, values: values.collect() })
    }

    fn run(&self, plugin: &LoadedPlugin, report: &Arc<Report>) -> Verdict {
        let gone = || Fault::Broken("it has fewer of them than before".to_owned());
        let (entry, report) = (plugin.entry(), Arc::clone(report));
        let tried = || -> Outcome {
            match self.rule.attempt {
                Attempt::Source(attempt) => {
                    let (table, descriptor) = plugin.source(self.index).ok_or_else(gone)?;
                    let (given, names) = (self.given(&descriptor), names(plugin.sources()));
                    attempt(&Subject::new(entry, (table, descriptor), names, given, report)?)
                }
                Attempt::Sink(attempt) => {
                    let (table, descriptor) = plugin.sink(self.index).ok_or_else(gone)?;
                    let (given, names) = (self.given(&descriptor), names(plugin.sinks()));
                    attempt(&Subject::new(entry, (table, descriptor), names, given, report)?)
                }
            }
        };
        match tried() {
            Ok(()) => Verdict::Kept,
            Err(Fault::Broken(reason)) => Verdict::Broken(reason),
            Err(Fault::Skipped(reason)) => Verdict::Skipped(reason),
        }
    }

    /// Returns those of the given values for which there is an option.
    fn given(&self, descriptor: &Descriptor) -> OptionValues {
        let mut given = OptionValues::default();
        for (name, value) in &self.values {
            if descriptor.options.iter().any(|option| option.name == name.as_str()) {
                given.add(name, value);
            }
        }
        given
    }
}

/// Returns what is told of sources or sinks.
fn told<'a>(all: impl Iterator<Item = &'a Descriptor>) -> Vec<ToldFactory> {
    let path = |option: &OptionSpec| {
        let default = option.default.as_deref().unwrap_or_default();
        (option.name.to_string(), default.to_owned())
    };
    let one = |one: &Descriptor| {
        let paths = one.options.iter().filter(|option| matches!(option.kind, OptionKind::Path));
        ToldFactory { name: one.name.to_string(), paths: paths.map(path).collect() }
    };
    all.map(one).collect()
}

fn names<'a>(all: impl Iterator<Item = &'a Descriptor>) -> Vec<String> {
    all.map(|one| one.name.to_string()).collect()
}
