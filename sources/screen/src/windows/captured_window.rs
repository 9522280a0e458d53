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

/// A window that is captured.
pub(super) struct CapturedWindow {
    pub(super) window: WindowId,
    title: String,
    size: Size,
    visibility: Visibility,
    successor: Successor,
}

impl CapturedWindow {
    pub(super) fn open(choice: &WindowChoice, options: &Options) -> Result<Self, Error> {
        let WindowInfo { window, title } = window_list::find(choice)?;
        let successor = Successor::of(choice, options);
        let (title, visibility) = (or_untitled(title), window.visibility());
        Ok(Self { size: window.capturable()?, window, title, visibility, successor })
    }

    pub(super) fn title(&self) -> &str {
        &self.title
    }

    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// Why no new pictures come, although it is open.
    pub(super) fn stalled(&self) -> Option<&'static str> {
        self.visibility.stalled()
    }

    /// Returns `None` while it has no pixels.
    pub(super) fn view(&self) -> Option<View> {
        (self.visibility == Visibility::Shown).then_some(View { window: Some(self.window), x: 0, y: 0 })
    }

    /// Whether it has still the size that it had at the last look, and can be seen.
    pub(super) fn is_unchanged(&self) -> bool {
        self.window.visibility() == Visibility::Shown && self.window.size() == Some(self.size)
    }

    /// Learns what it is now. Returns `None` if nothing is different.
    ///
    /// # Errors
    /// Once it was closed: see [`Successor::closed`]. `Unsupported` where it has become larger than a frame.
    pub(super) fn follow(&mut self) -> Result<Option<TargetChange>, Error> {
        let (title, visibility) = (or_untitled(self.window.title()), self.window.visibility());
        // Its size says nothing while it is minimised.
        let size = if visibility == Visibility::Shown { self.window.capturable() } else { Ok(self.size) };
        if !self.window.exists() {
            return Err(self.successor.closed(&self.title));
        }
        let is_reworded = (&title, visibility) != (&self.title, self.visibility);
        (self.title, self.visibility) = (title, visibility);
        let size = size?;
        if std::mem::replace(&mut self.size, size) != size {
            return Ok(Some(TargetChange::Resized));
        }
        Ok(is_reworded.then_some(TargetChange::Reworded))
    }
}
