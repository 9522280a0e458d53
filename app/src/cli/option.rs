//! Options of sources and sinks as arguments of the command line, and the values that were given for them.

use std::ffi::OsString;

use clap::builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser as _};
use clap::{Arg, ArgAction, ArgMatches, value_parser};
use lanstream_core::options::{Check, OptionKind, OptionSpec, OptionValues};

/// Returns the values that were given on the command line or are defaults.
pub(super) fn values(options: &[OptionSpec], matches: &ArgMatches) -> OptionValues {
    let mut values = OptionValues::default();
    for option in options {
        let name = option.name.as_ref();
        match option.kind {
            OptionKind::Switch => {
                if matches.get_flag(name) {
                    values.add(name, "");
                }
            }
            OptionKind::Path | OptionKind::Arguments => {
                let given = matches.get_many::<OsString>(name).into_iter().flatten();
                given.for_each(|value| values.add(name, value));
            }
            _ => {
                let given = matches.get_many::<String>(name).into_iter().flatten();
                given.for_each(|value| values.add(name, value));
            }
        }
    }
    values
}

/// Returns the argument of an option.
pub(super) fn arg(option: OptionSpec) -> Arg {
    let names = |names: Vec<_>| names.into_iter().map(std::borrow::Cow::into_owned).collect::<Vec<String>>();
    let name = option.name.into_owned();
    let arg = Arg::new(name.clone())
        .help(option.help.into_owned())
        .conflicts_with_all(names(option.conflicts_with))
        .required(option.is_positional);
    let arg = names(option.requires).into_iter().fold(arg, |arg, other| arg.requires(other));
    let arg = match option.default {
        Some(value) => arg.default_value(value.into_owned()),
        None => arg,
    };
    let is_word = option.is_positional || matches!(option.kind, OptionKind::Arguments);
    let arg = if is_word { arg } else { arg.long(name) };
    typed(arg, option.kind, option.value_name.into_owned())
}

fn typed(arg: Arg, kind: OptionKind, value_name: String) -> Arg {
    let arg = match kind {
        OptionKind::Switch => return arg.action(ArgAction::SetTrue),
        OptionKind::Integer { min, max } => arg
            .allow_negative_numbers(true)
            .value_parser(value_parser!(i64).range(min..=max).map(|number| number.to_string())),
        OptionKind::Text { check } => arg
            .allow_hyphen_values(check.is_some())
            .value_parser(StringValueParser::new().try_map(move |text| checked(text, check))),
        OptionKind::Path => arg.value_parser(value_parser!(OsString)),
        OptionKind::Arguments => {
            arg.value_parser(value_parser!(OsString)).last(true).required(true).num_args(1..)
        }
        OptionKind::Choice(choices) => {
            arg.value_parser(PossibleValuesParser::new(choices.into_iter().map(|choice| {
                let value = PossibleValue::new(choice.name.into_owned());
                if choice.help.is_empty() { value } else { value.help(choice.help.into_owned()) }
            })))
        }
        // A kind that a newer core knows: its source checks the value.
        _ => arg.value_parser(StringValueParser::new()),
    };
    arg.value_name(value_name)
}

/// Returns `text` if it passes `check`. Texts may begin with a hyphen, but not stand for another option.
fn checked(text: String, check: Option<Check>) -> Result<String, String> {
    if text.starts_with("--") {
        return Err(format!("a value is missing: {text} is another option"));
    }
    check.map_or(Ok(()), |check| check(&text)).map(|()| text)
}
