//! The command `plugin`, and the names that a plugin's sources cannot have beside it.

#[cfg(target_os = "linux")]
use std::path::PathBuf;

use clap::{Args as _, Command, Subcommand};
use lanstream_core::registry::Descriptor;

use super::{SINKS, SOURCES, Serve, window};

/// Name of the command.
pub(super) const NAME: &str = "plugin";
/// Commands that are no sources.
const COMMANDS: [&str; 7] = [NAME, SOURCES, SINKS, window::VIEW, "help", "plugin-host", "plugin-trial"];
/// Flag that every command has.
const HELP: &str = "help";

/// What to do with plugins.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum PluginAction {
    /// List the installed plugins with their sources and sinks, and why one is not loaded
    List,
    /// Print the folder of installed plugins
    Path,
    /// Try whether a plugin keeps the rules of the interface, each in a process of its own
    #[cfg(target_os = "linux")]
    Check(CheckOptions),
    /// Write the project of a plugin into a new folder; it builds and works as it is
    New(NewOptions),
}

/// What to write.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct NewOptions {
    /// Name of the source or sink, and of the folder
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// What the plugin brings
    #[arg(long, value_enum, default_value_t = Kind::Source)]
    pub(crate) kind: Kind,
    /// Language that it is written in
    #[arg(long, value_enum, default_value_t = Language::Rust)]
    pub(crate) lang: Language,
}

/// What a plugin brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// It shows frames
    Source,
    /// It gets frames
    Sink,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if *self == Self::Source { "source" } else { "sink" })
    }
}

/// Language of a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Language {
    /// A library that depends on the SDK
    Rust,
    /// One file and the header
    C,
}

/// What to check, and how.
#[cfg(target_os = "linux")]
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct CheckOptions {
    /// The plugin's library
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Give an option of its sources and sinks a value
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = parse_setting)]
    pub(crate) settings: Vec<(String, String)>,
    /// Try only this rule
    #[arg(long = "rule", value_name = "RULE")]
    pub(crate) rules: Vec<String>,
    /// Time that a rule may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) time_limit: u64,
}

#[cfg(target_os = "linux")]
fn parse_setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it is NAME=VALUE, such as size=640x360")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Returns the command.
pub(super) fn command() -> Command {
    let command = PluginAction::augment_subcommands(Command::new(NAME));
    let command = command.about("List installed plugins, check plugins, and write new ones").long_about(None);
    command.subcommand_required(true).arg_required_else_help(true)
}

/// Returns why a source cannot be a command, if its name or that of an option is one that all builds use.
pub(crate) fn check_names(source: &Descriptor) -> Result<(), String> {
    let name = &source.name;
    if COMMANDS.contains(&name.as_ref()) {
        return Err(format!("its source {name} has the name of a command of lanstream: give it another one"));
    }
    let flags = Serve::augment_args(Command::new(""));
    let is_flag =
        |name: &str| name == HELP || flags.get_arguments().any(|flag| flag.get_long() == Some(name));
    match source.options.iter().find(|option| is_flag(&option.name)) {
        None => Ok(()),
        Some(option) => Err(format!(
            "the option {} of its source {name} has the name of a flag of lanstream: give it another one",
            option.name
        )),
    }
}

#[cfg(test)]
mod tests {
    use lanstream_core::options::OptionSpec;

    use super::*;

    #[test]
    fn names_of_commands_and_flags_are_taken() {
        let check = |name: &'static str, option: &'static str| {
            let options = vec![OptionSpec::switch(option, "")];
            check_names(&Descriptor { name: name.into(), about: "".into(), examples: "".into(), options })
        };
        assert_eq!(check("camera", "number"), Ok(()));
        for name in COMMANDS {
            assert!(check(name, "number").unwrap_err().contains("name of a command"), "{name}");
        }
        for option in ["help", "port", "json", "plugin", "verbose", "webview", "title"] {
            assert!(check("camera", option).unwrap_err().contains("name of a flag"), "{option}");
        }
    }
}
