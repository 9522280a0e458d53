//! Whether a captured window can be seen.

/// Whether a window can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visibility {
    Shown,
    Minimised,
    Hidden,
}

impl Visibility {
    /// Returns why no new pictures come of the window, or `None` while they do.
    pub(crate) fn stalled(self) -> Option<&'static str> {
        match self {
            Self::Shown => None,
            Self::Minimised => Some("the window is minimised"),
            Self::Hidden => Some("the window is hidden"),
        }
    }
}
