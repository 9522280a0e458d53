//! The options of the source.

use lanstream_plugin::core::options::{OptionError, OptionSpec, OptionValues};

/// What the user asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) kind: Kind,
    pub(crate) pointer: Pointer,
    /// Most frames a second.
    pub(crate) fps_max: Option<u32>,
    /// What was picked before is forgotten.
    pub(crate) forget: bool,
}

/// What the dialog offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Any,
    Monitor,
    Window,
}

/// How the pointer is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pointer {
    /// Apart from the pixels where the portal can do that, else in them.
    Shown,
    /// In the pixels.
    Drawn,
    Hidden,
}

const KINDS: [(&str, &str); 3] =
    [("any", "Monitors and windows"), ("monitor", "Monitors alone"), ("window", "Windows alone")];
const CURSORS: [(&str, &str); 3] = [
    ("on", "Apart from the pixels where the desktop can do that, else in them"),
    ("drawn", "In the pixels"),
    ("off", ""),
];
/// Most captures a second that can be asked for: the fastest displays that people have.
const FPS_MAX: i64 = 240;

pub(crate) fn specs() -> Vec<OptionSpec> {
    vec![
        OptionSpec::choice("kind", KINDS, "What the dialog offers").default("any"),
        OptionSpec::choice("cursor", CURSORS, "Whether and how the pointer is shown").default("on"),
        OptionSpec::integer("fps", 1, FPS_MAX, "Most frames a second [default: as many as there are]"),
        OptionSpec::switch("forget", "Forget what was picked before, and open the dialog"),
    ]
}

impl Options {
    pub(crate) fn read(values: &OptionValues) -> Result<Self, OptionError> {
        let kind = match values.text("kind") {
            Some("monitor") => Kind::Monitor,
            Some("window") => Kind::Window,
            _ => Kind::Any,
        };
        let pointer = match values.text("cursor") {
            Some("off") => Pointer::Hidden,
            Some("drawn") => Pointer::Drawn,
            _ => Pointer::Shown,
        };
        Ok(Self { kind, pointer, fps_max: values.parse("fps")?, forget: values.is_set("forget") })
    }
}

impl Kind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Monitor => "monitor",
            Self::Window => "window",
        }
    }
}
