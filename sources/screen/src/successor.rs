//! What takes the place of a captured window that was closed: another window whose title has the same words.

use lanstream_core::source::{Error, ErrorKind};

use crate::{Options, WindowChoice};

/// Words in the title of the window that takes the place of a captured one.
pub(crate) struct Successor(Option<String>);

impl Successor {
    /// Only a window that was chosen by its title has a successor: an id is one window's.
    pub(crate) fn of(choice: &WindowChoice, options: &Options) -> Self {
        match choice {
            WindowChoice::Title(part) | WindowChoice::Topmost(part) if !options.once => {
                Self(Some(part.clone()))
            }
            _ => Self::NONE,
        }
    }

    /// Nothing takes its place.
    pub(crate) const NONE: Self = Self(None);

    /// Returns the error of a source whose window was closed: [`ErrorKind::Lost`] where another may take its place,
    /// else [`ErrorKind::Ended`].
    pub(crate) fn closed(&self, title: &str) -> Error {
        let ended = format!("the window `{title}` was closed");
        match &self.0 {
            None => Error::new(ErrorKind::Ended, ended),
            Some(part) => {
                let message = format!("{ended}; waiting for a window with `{part}` in its title");
                Error::new(ErrorKind::Lost, message)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_was_chosen_by_its_title_has_a_successor() {
        let kind = |choice: &WindowChoice, once| {
            Successor::of(choice, &Options { once, ..Options::default() }).closed("notes").kind
        };
        for choice in [WindowChoice::Title("no".into()), WindowChoice::Topmost("no".into())] {
            assert_eq!((kind(&choice, false), kind(&choice, true)), (ErrorKind::Lost, ErrorKind::Ended));
        }
        assert_eq!(kind(&WindowChoice::Id(7), false), ErrorKind::Ended);
    }
}
