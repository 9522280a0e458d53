//! Change of what is captured, as following its pixels finds it.

/// What following the pixels brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TargetChange {
    /// They are others now, of the same size and in the same place.
    Redrawn,
    /// They are of another size or from another place.
    Resized,
    /// They are the same; what must be said of them may be something else.
    Reworded,
}
