//! Which patterns there are, by name.

use std::fmt;
use std::str::FromStr;

/// What a pattern shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Colour bars with a moving marker: little changes.
    #[default]
    Bars,
    /// Gradients and shapes that move: every pixel changes, smoothly.
    Motion,
    /// Lines of text that scroll by one line a frame.
    Text,
    /// Every pixel random: nothing can be packed.
    Noise,
    /// One colour, another one each frame: everything can be packed.
    Solid,
}

impl Kind {
    /// All of them, in the order in which they are listed for people.
    pub const ALL: [Self; 5] = [Self::Bars, Self::Motion, Self::Text, Self::Noise, Self::Solid];

    /// Returns a few words on it.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Bars => "Colour bars with a moving marker: little changes",
            Self::Motion => "Gradients and shapes that move: every pixel changes, smoothly",
            Self::Text => "Lines of text that scroll by one line a frame",
            Self::Noise => "Every pixel random",
            Self::Solid => "One colour, another one each frame",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bars => "bars",
            Self::Motion => "motion",
            Self::Text => "text",
            Self::Noise => "noise",
            Self::Solid => "solid",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Kind {
    type Err = UnknownKindError;

    fn from_str(name: &str) -> Result<Self, UnknownKindError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| UnknownKindError(name.to_owned()))
    }
}

/// A name that no pattern has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no pattern is called {0:?}: there are bars, motion, text, noise and solid")]
pub struct UnknownKindError(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_the_error_lists_them() {
        let error = "stripes".parse::<Kind>().unwrap_err().to_string();
        for kind in Kind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert!(error.contains(kind.name()));
        }
    }
}
