//! Plugins that the command line names, and the process that this program is when it serves one.

use std::ffi::{OsStr, OsString};
#[cfg(target_os = "linux")]
use std::io;
use std::path::{Path, PathBuf};
#[cfg(target_os = "linux")]
use std::process::ExitCode;

use lanstream::{Registries, plugins};
use lanstream_core::registry::Descriptor;
#[cfg(target_os = "linux")]
use lanstream_plugin_host::HOST_COMMAND;
#[cfg(target_os = "linux")]
use lanstream_plugin_host::conformance::{self, TRIAL_COMMAND};

use crate::cli;

/// Flag that names a plugin. It is read before all others, since the plugin's sources are commands.
const PLUGIN: &str = "--plugin";
/// Flag that loads plugins into this process.
const IN_PROCESS: &str = "--in-process";

/// Flag that has events written as JSON, which is needed before the command line can be read as a whole.
const JSON: &str = "--json";

/// Serves a plugin or tries a rule on it, if this process was started to do that.
#[cfg(target_os = "linux")]
pub(crate) fn serve() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let command = arguments.next()?;
    let done = if command == HOST_COMMAND {
        serve_plugin(arguments.collect())
    } else if command == TRIAL_COMMAND {
        try_rule(arguments.collect())
    } else {
        return None;
    };
    Some(if done.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "a plugin is loaded")]
fn serve_plugin(arguments: Vec<OsString>) -> io::Result<()> {
    // SAFETY: the user named or installed the library, and this process does nothing else.
    unsafe { lanstream_plugin_host::serve(arguments) }
}

#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "a plugin is loaded")]
fn try_rule(arguments: Vec<OsString>) -> io::Result<()> {
    // SAFETY: the user named the library, and this process does nothing else.
    unsafe { conformance::try_rule(arguments) }
}

/// Returns whether events are to be written as JSON.
pub(crate) fn wants_json() -> bool {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    before_rest(&arguments).any(|argument| argument == JSON)
}

/// Registers the sources and sinks of the plugins that the command line names.
pub(crate) fn register(registries: &mut Registries) -> Result<(), String> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let is_in_process = before_rest(&arguments).any(|argument| argument == IN_PROCESS);
    let mut files = named(&arguments);
    files.try_for_each(|file| {
        let before = registries.sources.iter().count();
        register_one(registries, &file, is_in_process)?;
        let added: Vec<_> =
            registries.sources.iter().skip(before).map(|factory| factory.descriptor()).collect();
        check_names(&file, &added)
    })
}

/// Returns an error if a source of the plugin at `file` has a name that lanstream itself uses.
pub(crate) fn check_names(file: &Path, sources: &[Descriptor]) -> Result<(), String> {
    let check =
        |source| cli::check_names(source).map_err(|error| format!("plugin {}: {error}", file.display()));
    sources.iter().try_for_each(check)
}

/// Returns the file of this program, which is started again for each plugin.
#[cfg(target_os = "linux")]
pub(crate) fn program() -> Result<PathBuf, String> {
    std::env::current_exe().map_err(|error| format!("this program's file is unknown: {error}"))
}

#[cfg(target_os = "linux")]
fn register_one(registries: &mut Registries, file: &Path, is_in_process: bool) -> Result<(), String> {
    if is_in_process {
        return register_in_process(registries, file);
    }
    plugins::register(registries, &program()?, file).map_err(|error| error.to_string())
}

#[cfg(not(target_os = "linux"))]
fn register_one(registries: &mut Registries, file: &Path, _is_in_process: bool) -> Result<(), String> {
    register_in_process(registries, file)
}

#[allow(unsafe_code, reason = "a plugin is loaded")]
fn register_in_process(registries: &mut Registries, file: &Path) -> Result<(), String> {
    // SAFETY: the user named the library.
    unsafe { plugins::register_in_process(registries, file) }.map_err(|error| error.to_string())
}

/// Returns the arguments before `--`, after which all is a source's own.
fn before_rest(arguments: &[OsString]) -> impl Iterator<Item = &OsStr> {
    arguments.iter().map(OsString::as_os_str).take_while(|argument| *argument != "--")
}

/// Returns the files that `--plugin FILE` and `--plugin=FILE` name.
fn named(arguments: &[OsString]) -> impl Iterator<Item = PathBuf> {
    let followers = before_rest(arguments).skip(1).map(Some).chain([None]);
    before_rest(arguments).zip(followers).filter_map(|(argument, follower)| {
        if argument == PLUGIN {
            return follower.map(PathBuf::from);
        }
        let text = argument.as_encoded_bytes().strip_prefix(PLUGIN.as_bytes())?.strip_prefix(b"=")?;
        std::str::from_utf8(text).ok().map(PathBuf::from)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_are_named_before_the_rest() {
        let line = ["--plugin", "a.so", "x", "--plugin=b.so", "--", "--plugin", "c.so"].map(OsString::from);
        assert_eq!(named(&line).collect::<Vec<_>>(), [PathBuf::from("a.so"), PathBuf::from("b.so")]);
        assert_eq!(named(&["--plugin".into()]).count(), 0);
    }
}
