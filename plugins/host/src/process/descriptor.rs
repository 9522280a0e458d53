//! What a plugin says of itself, its sources, its sinks and their options, as fields of a message.

use std::borrow::Cow;

use lanstream_core::options::{Choice, CowStr, OptionKind, OptionSpec};
use lanstream_core::registry::Descriptor;

use super::wire::{Fields, MalformedError, Write};

/// What a plugin says of itself.
#[derive(Clone, Debug)]
pub(crate) struct PluginInfo {
    /// Its name, for people.
    pub(crate) name: String,
    /// Its version, for people.
    pub(crate) version: String,
    pub(crate) sources: Vec<Descriptor>,
    pub(crate) sinks: Vec<Descriptor>,
}

impl PluginInfo {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.text(&self.name);
        out.text(&self.version);
        out.list(&self.sources, |out, source| write_descriptor(source, out));
        out.list(&self.sinks, |out, sink| write_descriptor(sink, out));
    }

    pub(crate) fn read(fields: &mut Fields<'_>) -> Result<Self, MalformedError> {
        Ok(Self {
            name: fields.text()?.to_owned(),
            version: fields.text()?.to_owned(),
            sources: fields.list(read_descriptor)?,
            sinks: fields.list(read_descriptor)?,
        })
    }
}

/// Writes what a plugin says of one of its sources or sinks.
fn write_descriptor(descriptor: &Descriptor, out: &mut Vec<u8>) {
    let Descriptor { name, about, examples, options } = descriptor;
    [name, about, examples].into_iter().for_each(|text| out.text(text));
    out.list(options, |out, option| write_option(option, out));
}

/// Reads what a plugin says of one of its sources or sinks.
fn read_descriptor(fields: &mut Fields<'_>) -> Result<Descriptor, MalformedError> {
    Ok(Descriptor {
        name: text(fields)?,
        about: text(fields)?,
        examples: text(fields)?,
        options: fields.list(read_option)?,
    })
}

fn write_option(option: &OptionSpec, out: &mut Vec<u8>) {
    [&option.name, &option.value_name, &option.help].into_iter().for_each(|text| out.text(text));
    out.u32(u32::from(option.is_positional));
    [option.default.as_slice(), &option.conflicts_with, &option.requires]
        .into_iter()
        .for_each(|texts| out.list(texts, |out, text| out.text(text)));
    match &option.kind {
        OptionKind::Switch => out.u32(1),
        OptionKind::Integer { min, max } => {
            out.u32(2);
            out.i64(*min);
            out.i64(*max);
        }
        OptionKind::Path => out.u32(4),
        OptionKind::Choice(choices) => {
            out.u32(5);
            out.list(choices, |out, choice| {
                out.text(&choice.name);
                out.text(&choice.help);
            });
        }
        OptionKind::Arguments => out.u32(6),
        _ => out.u32(3),
    }
}

fn read_option(fields: &mut Fields<'_>) -> Result<OptionSpec, MalformedError> {
    let (name, value_name, help) = (text(fields)?, text(fields)?, text(fields)?);
    let is_positional = fields.u32()? != 0;
    let default = fields.list(text)?.pop();
    let (conflicts_with, requires) = (fields.list(text)?, fields.list(text)?);
    let kind = match fields.u32()? {
        1 => OptionKind::Switch,
        2 => OptionKind::Integer { min: fields.i64()?, max: fields.i64()? },
        3 => OptionKind::Text { check: None },
        4 => OptionKind::Path,
        5 => {
            OptionKind::Choice(fields.list(|fields| Ok(Choice { name: text(fields)?, help: text(fields)? }))?)
        }
        6 => OptionKind::Arguments,
        _ => return Err(MalformedError),
    };
    Ok(OptionSpec { name, kind, help, value_name, default, is_positional, conflicts_with, requires })
}

fn text(fields: &mut Fields<'_>) -> Result<CowStr, MalformedError> {
    fields.text().map(|text| Cow::Owned(text.to_owned()))
}
