//! Optional capabilities of sources: of those that capture a screen, and of those that skip frames.

use super::Error;

/// Capability of a source whose frames are still being written after [`capture`](super::Source::capture) has returned,
/// so that viewers are sent the first rows while the others are copied.
pub trait LateRows {
    /// Waits until more than the first `rows` rows of the last captured frame are up to date, and returns how many are;
    /// `u32::MAX` for all. Nothing reads the other rows before.
    ///
    /// # Errors
    /// As for `capture`; nothing writes into the frame any more.
    fn arrived(&mut self, rows: u32) -> Result<u32, Error>;
}

/// Capability of a source whose pixels may change without reported damage.
pub trait UnreliableDamage {
    /// Returns whether undamaged parts must be rescanned now.
    fn needs_rescan(&self) -> bool;
}

/// Capability of a source that knows which windows its picture shows.
pub trait TitleProbe {
    /// Returns whether a window with `part` in its title is visible in the picture.
    fn shows_title(&mut self, part: &str) -> bool;
}

/// Capability of a source that skips frames which are not captured in time: it can be told not to.
pub trait FlowControl {
    /// Sets what happens to frames that are not captured in time; [`Flow::Skip`] when the source begins.
    fn set_flow(&mut self, flow: Flow);
}

/// What happens to frames and to sound that are not taken in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flow {
    /// A newer frame takes the place of one that was not captured.
    #[default]
    Skip,
    /// Each frame waits until it is captured.
    Every,
    /// Nothing is taken now: what is stored stands still. What happens now goes on, and is skipped.
    Held,
}
