//! Frame sinks on the command line: `--sink NAME`, each sink's own options as `--NAME.option`, and words after `--`.

use std::ffi::OsString;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use lanstream_core::options::{OptionKind, OptionSpec, OptionValues};
use lanstream_core::registry::{Descriptor, SinkRegistry};

use super::option;

/// Flag that names a sink.
const SINK: &str = "sink";
/// Words after `--` of a source that takes none.
const WORDS: &str = "sink-words";
/// What separates the words of several that take them.
const SEPARATOR: &str = "--";
/// Heading of the flags in the help.
const HEADING: &str = "Recording and streaming";

/// A frame sink that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChosenSink {
    pub(crate) name: String,
    pub(crate) values: OptionValues,
}

/// Adds the flags of sinks, which all commands share.
pub(super) fn with_flags(command: Command, sinks: &SinkRegistry) -> Command {
    let listed = |sink: Descriptor| PossibleValue::new(sink.name.into_owned()).help(sink.about.into_owned());
    let names = sinks.iter().map(|factory| listed(factory.descriptor()));
    let flag = Arg::new(SINK)
        .long(SINK)
        .value_name("NAME")
        .help("Give every frame to this sink as well; may be given for several")
        .value_parser(PossibleValuesParser::new(names))
        .action(ArgAction::Append);
    let options = sinks.iter().flat_map(|factory| own_options(&factory.descriptor())).map(option::arg);
    let flags = std::iter::once(flag).chain(options);
    command.args(flags.map(|flag| flag.global(true).help_heading(HEADING)))
}

/// Adds the words after `--` to a command that takes none itself.
pub(super) fn with_words(command: Command) -> Command {
    let words = Arg::new(WORDS).value_name("SINK ARGUMENTS").help("The words of the sink that takes some");
    command.arg(words.help_heading(HEADING).value_parser(value_parser!(OsString)).last(true).num_args(1..))
}

/// Returns whether arguments name a sink that is not registered.
pub(super) fn names_unknown(sinks: &SinkRegistry, arguments: &[OsString]) -> bool {
    let own: Vec<_> = arguments.iter().take_while(|word| *word != SEPARATOR).collect();
    let flag = format!("--{SINK}");
    let apart = own.windows(2).filter(|pair| *pair[0] == *flag).filter_map(|pair| pair[1].to_str());
    let joined = own.iter().filter_map(|word| word.to_str()?.strip_prefix(&flag)?.strip_prefix('='));
    apart.chain(joined).any(|name| sinks.get(name).is_none())
}

/// Whether a source takes the words after `--` itself.
pub(super) fn takes_words(options: &[OptionSpec]) -> bool {
    words_option(options).is_some()
}

fn words_option(options: &[OptionSpec]) -> Option<&OptionSpec> {
    options.iter().find(|option| matches!(option.kind, OptionKind::Arguments))
}

/// A sink's options but for its words, with its name before theirs.
fn own_options(sink: &Descriptor) -> Vec<OptionSpec> {
    let prefixed = |name: &str| format!("{}.{name}", sink.name).into();
    let all = sink.options.iter().filter(|option| !matches!(option.kind, OptionKind::Arguments));
    let own = all.cloned().map(|option| OptionSpec {
        name: prefixed(&option.name),
        conflicts_with: option.conflicts_with.iter().map(|name| prefixed(name)).collect(),
        requires: option.requires.iter().map(|name| prefixed(name)).collect(),
        ..option
    });
    own.collect()
}

/// Refuses sinks beside no command: a command line without one takes no words, so that a word is an unknown command.
pub(super) fn refuse_without_source(matches: &ArgMatches) -> Result<(), clap::Error> {
    match matches.value_source(SINK) {
        Some(_) => {
            Err(wrong("a sink needs a source before it: lanstream capture --sink ffmpeg -- …".to_owned()))
        }
        None => Ok(()),
    }
}

/// Returns the chosen sinks with their options. The words after `--` go to whoever takes some, the source's `values`
/// among them.
pub(super) fn chosen(
    sinks: &SinkRegistry,
    matches: &ArgMatches,
    source: &[OptionSpec],
    values: &mut OptionValues,
) -> Result<Vec<ChosenSink>, clap::Error> {
    let names: Vec<&String> = matches.get_many(SINK).into_iter().flatten().collect();
    let mut chosen = Vec::new();
    let mut takers = Vec::new();
    for descriptor in sinks.iter().map(|factory| factory.descriptor()) {
        let options = own_options(&descriptor);
        let count = names.iter().filter(|name| **name == &*descriptor.name).count();
        check_count(count, &descriptor, &options, matches)?;
        if count == 0 {
            continue;
        }
        let mut own = OptionValues::default();
        let prefix = format!("{}.", descriptor.name);
        for (name, value) in option::values(&options, matches).iter() {
            own.add(name.strip_prefix(&prefix).unwrap_or(name), value);
        }
        let words = words_option(&descriptor.options).map(|option| option.name.to_string());
        takers.extend(words.map(|option| (chosen.len(), option)));
        chosen.push(ChosenSink { name: descriptor.name.into_owned(), values: own });
    }
    let source = words_option(source).map(|option| (option.name.to_string(), values));
    distribute(&mut chosen, &takers, matches, source)?;
    Ok(chosen)
}

/// Refuses a sink that is named twice, and options of one that is not named.
fn check_count(
    count: usize,
    sink: &Descriptor,
    options: &[OptionSpec],
    matches: &ArgMatches,
) -> Result<(), clap::Error> {
    let name = &sink.name;
    if count > 1 {
        return Err(wrong(format!("the sink {name} is named twice: each can be had once")));
    }
    let is_given =
        |option: &&OptionSpec| matches.value_source(&option.name) == Some(ValueSource::CommandLine);
    match options.iter().find(is_given).filter(|_| count == 0) {
        Some(option) => Err(wrong(format!("--{} needs --sink {name}", option.name))),
        None => Ok(()),
    }
}

/// Gives the words after `--` to the source and to the sinks that take some, in the order of the list of sinks.
fn distribute(
    chosen: &mut [ChosenSink],
    takers: &[(usize, String)],
    matches: &ArgMatches,
    source: Option<(String, &mut OptionValues)>,
) -> Result<(), clap::Error> {
    let words: Vec<OsString> = match &source {
        Some((option, values)) => values.all(option).to_vec(),
        None => matches.get_many(WORDS).into_iter().flatten().cloned().collect(),
    };
    let wanted = takers.len() + usize::from(source.is_some());
    let mut groups: Vec<_> = match wanted {
        0 | 1 => vec![words.as_slice()],
        _ => words.split(|word| word == SEPARATOR).collect(),
    };
    if wanted == 0 && !words.is_empty() {
        return Err(wrong(
            "the words after -- are a sink's, and no sink that takes any is named: add --sink".to_owned(),
        ));
    }
    if wanted > 1 && groups.len() != wanted {
        let sinks = takers.iter().map(|(index, _)| format!("the sink {}", chosen[*index].name));
        let all: Vec<_> = source.iter().map(|_| "the source".to_owned()).chain(sinks).collect();
        let message = format!(
            "the words after -- are for {}: separate them by another --, in this order",
            all.join(" and ")
        );
        return Err(wrong(message));
    }
    if let Some((option, values)) = source {
        values.set(option, groups.remove(0).iter().cloned());
    }
    for ((index, option), words) in takers.iter().zip(groups) {
        let sink = &mut chosen[*index];
        if words.is_empty() {
            let message = format!("the sink {} needs words after --: see `lanstream sinks`", sink.name);
            return Err(wrong(message));
        }
        sink.values.set(option, words.iter().cloned());
    }
    Ok(())
}

fn wrong(message: String) -> clap::Error {
    clap::Error::raw(ErrorKind::ArgumentConflict, message)
}
