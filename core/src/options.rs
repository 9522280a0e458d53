//! Typed options that describe themselves. The command line, its help and all checks are made of the same table, for
//! built-in sources and for plugins.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::str::FromStr;

/// Text that is constant in a built-in source and owned in a plugin.
pub type CowStr = Cow<'static, str>;

/// Checks the text of a value. The error says what a value must be.
pub type Check = fn(&str) -> Result<(), String>;

/// One option: its name, the type of its value, and what it means.
#[derive(Clone, Debug)]
pub struct OptionSpec {
    /// Name without dashes.
    pub name: CowStr,
    /// Type of the value.
    pub kind: OptionKind,
    /// One line of help.
    pub help: CowStr,
    /// Name of the value in help and errors: `WxH`.
    pub value_name: CowStr,
    /// Value if it is not given.
    pub default: Option<CowStr>,
    /// Whether it is a word without `--name` before it, and required.
    pub is_positional: bool,
    /// Options that cannot be given with it.
    pub conflicts_with: Vec<CowStr>,
    /// Options that must be given with it.
    pub requires: Vec<CowStr>,
}

/// Type of an option's value.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum OptionKind {
    /// No value: it is given or not.
    Switch,
    /// A whole number in a range, both ends included.
    Integer {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
    },
    /// UTF-8 text.
    Text {
        /// Check of the text.
        check: Option<Check>,
    },
    /// A path or URL in the system's encoding.
    Path,
    /// One of several words.
    Choice(Vec<Choice>),
    /// All words after `--`, in the system's encoding; at least one.
    Arguments,
}

/// One of the words of a [`OptionKind::Choice`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The word.
    pub name: CowStr,
    /// What it means; empty if the word says it.
    pub help: CowStr,
}

impl OptionSpec {
    fn new(
        name: impl Into<CowStr>,
        kind: OptionKind,
        value_name: impl Into<CowStr>,
        help: impl Into<CowStr>,
    ) -> Self {
        Self {
            name: name.into(),
            kind,
            help: help.into(),
            value_name: value_name.into(),
            default: None,
            is_positional: false,
            conflicts_with: Vec::new(),
            requires: Vec::new(),
        }
    }

    /// Returns an option without a value.
    pub fn switch(name: impl Into<CowStr>, help: impl Into<CowStr>) -> Self {
        Self::new(name, OptionKind::Switch, "", help)
    }

    /// Returns an option whose value is a whole number from `min` to `max`.
    pub fn integer(name: impl Into<CowStr>, min: i64, max: i64, help: impl Into<CowStr>) -> Self {
        Self::new(name, OptionKind::Integer { min, max }, "N", help)
    }

    /// Returns an option whose value is text.
    pub fn text(name: impl Into<CowStr>, value_name: impl Into<CowStr>, help: impl Into<CowStr>) -> Self {
        Self::new(name, OptionKind::Text { check: None }, value_name, help)
    }

    /// Returns an option whose value is text that `T` is parsed from.
    pub fn parsed<T: FromStr<Err: Display>>(
        name: impl Into<CowStr>,
        value_name: impl Into<CowStr>,
        help: impl Into<CowStr>,
    ) -> Self {
        Self::checked(name, value_name, |text| parse::<T>(text).map(drop), help)
    }

    /// Returns an option whose value is text that `check` accepts.
    pub fn checked(
        name: impl Into<CowStr>,
        value_name: impl Into<CowStr>,
        check: Check,
        help: impl Into<CowStr>,
    ) -> Self {
        Self::new(name, OptionKind::Text { check: Some(check) }, value_name, help)
    }

    /// Returns an option whose value is a path or URL.
    pub fn path(name: impl Into<CowStr>, value_name: impl Into<CowStr>, help: impl Into<CowStr>) -> Self {
        Self::new(name, OptionKind::Path, value_name, help)
    }

    /// Returns an option whose value is one of `choices`, each a word and its help.
    pub fn choice(
        name: impl Into<CowStr>,
        choices: impl IntoIterator<Item = (&'static str, &'static str)>,
        help: impl Into<CowStr>,
    ) -> Self {
        let choices = choices.into_iter().map(|(name, help)| Choice { name: name.into(), help: help.into() });
        let name = name.into();
        let value_name = name.to_uppercase();
        Self::new(name, OptionKind::Choice(choices.collect()), value_name, help)
    }

    /// Returns the option that stands for all words after `--`.
    pub fn arguments(
        name: impl Into<CowStr>,
        value_name: impl Into<CowStr>,
        help: impl Into<CowStr>,
    ) -> Self {
        Self::new(name, OptionKind::Arguments, value_name, help)
    }

    /// Sets the value that it has if it is not given.
    #[must_use]
    pub fn default(mut self, value: impl Into<CowStr>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// Makes it a required word without `--name` before it.
    #[must_use]
    pub fn positional(mut self) -> Self {
        self.is_positional = true;
        self
    }

    /// Refuses it beside `other`.
    #[must_use]
    pub fn conflicts(mut self, other: impl Into<CowStr>) -> Self {
        self.conflicts_with.push(other.into());
        self
    }

    /// Refuses it without `other`.
    #[must_use]
    pub fn requires(mut self, other: impl Into<CowStr>) -> Self {
        self.requires.push(other.into());
        self
    }

    /// Checks one value of this option.
    ///
    /// # Errors
    /// If the value is not of its type.
    pub fn check(&self, value: &OsStr) -> Result<(), OptionError> {
        self.accepts(value).map_err(|message| OptionError { option: self.name.to_string(), message })
    }

    fn accepts(&self, value: &OsStr) -> Result<(), String> {
        let text = || value.to_str().ok_or_else(|| "the value is not UTF-8".to_owned());
        match &self.kind {
            OptionKind::Switch | OptionKind::Path | OptionKind::Arguments => Ok(()),
            OptionKind::Text { check } => check.map_or(Ok(()), |check| check(text()?)),
            OptionKind::Integer { min, max } => {
                let text = text()?;
                let is_inside = text.parse().is_ok_and(|number: i64| (*min..=*max).contains(&number));
                if is_inside { Ok(()) } else { Err(format!("{text} is not in {min}..={max}")) }
            }
            OptionKind::Choice(choices) => {
                let text = text()?;
                let names: Vec<_> = choices.iter().map(|choice| &*choice.name).collect();
                let known = || format!("`{text}` is none of {}", names.join(", "));
                names.contains(&text).then_some(()).ok_or_else(known)
            }
        }
    }
}

/// Values of options, by name. A switch that is given has one empty value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OptionValues(BTreeMap<String, Vec<OsString>>);

impl OptionValues {
    /// Adds a value.
    pub fn add(&mut self, name: impl Into<String>, value: impl Into<OsString>) {
        self.0.entry(name.into()).or_default().push(value.into());
    }

    /// Sets all values of an option.
    pub fn set(&mut self, name: impl Into<String>, values: impl IntoIterator<Item = OsString>) {
        self.0.insert(name.into(), values.into_iter().collect());
    }

    /// Adds a value, and returns all.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<OsString>) -> Self {
        self.add(name, value);
        self
    }

    /// Returns all values with the names of their options.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &OsStr)> {
        let values = self.0.iter();
        values.flat_map(|(name, values)| values.iter().map(move |value| (name.as_str(), value.as_os_str())))
    }

    /// Returns whether the option was given or has a default.
    pub fn is_set(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Returns all values of an option.
    pub fn all(&self, name: &str) -> &[OsString] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Returns the value of an option.
    pub fn os(&self, name: &str) -> Option<&OsStr> {
        self.all(name).first().map(OsString::as_os_str)
    }

    /// Returns the value of an option that is UTF-8 text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.os(name)?.to_str()
    }

    /// Parses the value of an option, if it has one.
    ///
    /// # Errors
    /// What the parser returns.
    pub fn parse<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Option<T>, OptionError> {
        self.parse_with(name, parse)
    }

    /// Parses the value of an option by `parser`, if it has one.
    ///
    /// # Errors
    /// What `parser` returns.
    pub fn parse_with<T>(
        &self,
        name: &str,
        parser: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, OptionError> {
        let parsed = self.text(name).map(parser).transpose();
        parsed.map_err(|message| OptionError { option: name.to_owned(), message })
    }

    /// Checks all values against `specs`, and adds the defaults of those that are missing.
    ///
    /// # Errors
    /// For the first option that is unknown, missing, wrong, or cannot stand with another.
    pub fn complete(mut self, specs: &[OptionSpec]) -> Result<Self, OptionError> {
        let error = |option: &str, message: String| OptionError { option: option.to_owned(), message };
        if let Some(name) = self.0.keys().find(|name| !specs.iter().any(|spec| spec.name == name.as_str())) {
            return Err(error(name, "there is no such option".to_owned()));
        }
        for spec in specs.iter().filter(|spec| self.is_set(&spec.name)) {
            self.all(&spec.name).iter().try_for_each(|value| spec.check(value))?;
            if let Some(other) = spec.conflicts_with.iter().find(|other| self.is_set(other)) {
                return Err(error(&spec.name, format!("it cannot be used with {other}")));
            }
            if let Some(other) = spec.requires.iter().find(|other| !self.is_set(other)) {
                return Err(error(&spec.name, format!("it needs {other} as well")));
            }
        }
        for spec in specs {
            if self.is_set(&spec.name) {
                continue;
            }
            if spec.is_positional || matches!(spec.kind, OptionKind::Arguments) {
                return Err(error(&spec.name, "it is required".to_owned()));
            }
            if let Some(value) = &spec.default {
                self.add(spec.name.as_ref(), value.as_ref());
            }
        }
        Ok(self)
    }
}

/// An option whose value is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("option {option}: {message}")]
pub struct OptionError {
    /// Name of the option.
    pub option: String,
    /// What is wrong with it.
    pub message: String,
}

fn parse<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    fn specs() -> Vec<OptionSpec> {
        vec![
            OptionSpec::parsed::<Size>("size", "WxH", "Its size").default("8x4"),
            OptionSpec::integer("fps", 1, 240, "Frames a second").requires("size"),
            OptionSpec::switch("once", "Once").conflicts("loop").requires("fps"),
            OptionSpec::switch("loop", "Again and again"),
            OptionSpec::choice("pace", [("auto", ""), ("newest", "")], "When"),
        ]
    }

    fn complete(values: &[(&str, &str)]) -> Result<OptionValues, String> {
        let mut given = OptionValues::default();
        values.iter().for_each(|(name, value)| given.add(*name, value));
        given.complete(&specs()).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_are_added_and_values_parsed() {
        let values = complete(&[("pace", "newest")]).unwrap();
        assert_eq!(values.parse("size"), Ok(Some(Size { width: 8, height: 4 })));
        assert_eq!(values.text("pace"), Some("newest"));
        assert_eq!(values.parse::<u32>("fps"), Ok(None));
        assert!(!values.is_set("once"));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_option() {
        let cases: [(&[(&str, &str)], &str); 7] = [
            (&[("speed", "1")], "option speed: there is no such option"),
            (&[("fps", "241"), ("size", "1x1")], "option fps: 241 is not in 1..=240"),
            (&[("fps", "x"), ("size", "1x1")], "option fps: x is not in 1..=240"),
            (&[("pace", "soon")], "option pace: `soon` is none of auto, newest"),
            (&[("loop", ""), ("once", "")], "option once: it cannot be used with loop"),
            (&[("once", "")], "option once: it needs fps as well"),
            (&[("size", "0x0")], "option size: a size is WIDTHxHEIGHT"),
        ];
        for (values, message) in cases {
            let error = complete(values).unwrap_err();
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn a_positional_option_is_required() {
        let specs = [OptionSpec::path("input", "FILE", "A file").positional()];
        assert_eq!(OptionValues::default().complete(&specs).unwrap_err().option, "input");
        assert!(OptionValues::default().with("input", "film.mp4").complete(&specs).is_ok());
    }
}
