//! One captured window: its size, what it is called, whether it can be seen, and what happens when it is closed.

use lanstream_core::Size;
use lanstream_core::source::Error;

use super::target_change::TargetChange;
use super::view::View;
use super::window_id::WindowId;
use super::window_list::{self, WindowInfo};
use crate::successor::Successor;
use crate::titles::or_untitled;
use crate::visibility::Visibility;
use crate::{Options, WindowChoice};

/// Why no new pictures come of a window that is shown.
const EMPTY: &str = "the window has no pixels";

/// A window that is captured.
pub(super) struct CapturedWindow {
    pub(super) window: WindowId,
    title: String,
    /// Its last size while it has no pixels.
    size: Size,
    has_pixels: bool,
    visibility: Visibility,
    successor: Successor,
}

impl CapturedWindow {
    pub(super) fn open(choice: &WindowChoice, options: &Options) -> Result<Self, Error> {
        let WindowInfo { window, title } = window_list::find(choice)?;
        let successor = Successor::of(choice, options);
        let (title, visibility) = (or_untitled(title), window.visibility());
        let has_pixels = visibility == Visibility::Shown;
        Ok(Self { size: window.capturable()?, has_pixels, window, title, visibility, successor })
    }

    pub(super) fn title(&self) -> &str {
        &self.title
    }

    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// Why no new pictures come, although it is open.
    pub(super) fn stalled(&self) -> Option<&'static str> {
        self.visibility.stalled().or_else(|| (!self.has_pixels).then_some(EMPTY))
    }

    /// Returns `None` while it has no pixels.
    pub(super) fn view(&self) -> Option<View> {
        self.has_pixels.then_some(View { window: Some(self.window), x: 0, y: 0 })
    }

    /// Whether it has still the size that it had at the last look, and can be seen.
    pub(super) fn is_unchanged(&self) -> bool {
        self.window.visibility() == Visibility::Shown && self.window.size() == Ok(Some(self.size))
    }

    /// Learns what it is now. Returns `None` if nothing is different.
    ///
    /// # Errors
    /// Once it was closed: see [`Successor::closed`]. `Unsupported` where it has become larger than a frame.
    pub(super) fn follow(&mut self) -> Result<Option<TargetChange>, Error> {
        let (title, visibility) = (or_untitled(self.window.title()), self.window.visibility());
        // Its size says nothing while it is minimised, which it may become between the two questions.
        let inside = if visibility == Visibility::Shown { self.window.size() } else { Ok(None) };
        if !self.window.exists() {
            return Err(self.successor.closed(&self.title));
        }
        let inside = inside?;
        let has_pixels = inside.is_some();
        let is_reworded = (&title, visibility, has_pixels) != (&self.title, self.visibility, self.has_pixels);
        (self.title, self.visibility, self.has_pixels) = (title, visibility, has_pixels);
        let size = inside.unwrap_or(self.size);
        if std::mem::replace(&mut self.size, size) != size {
            return Ok(Some(TargetChange::Resized));
        }
        Ok(is_reworded.then_some(TargetChange::Reworded))
    }
}
