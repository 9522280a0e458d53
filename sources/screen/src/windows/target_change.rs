//! Change of what is captured, as looking at it finds it.

/// What looking at it brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TargetChange {
    /// Its pixels are of another size or from another place.
    Resized,
    /// They are the same; what must be said of them may be something else.
    Reworded,
}
