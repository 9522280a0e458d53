//! What is captured: a part of the screen or a window. It knows where its pixels are and follows them.

use lanstream_core::source::{Error, ErrorKind};
use lanstream_core::{Rect, Size};

use super::captured_window::CapturedWindow;
use super::monitor::{self, Monitor, Screen};
use super::target_change::TargetChange;
use super::view::View;
use crate::target::part_name;
use crate::{Listed, Options, RegionChoice, Target};

/// What is captured.
pub(super) enum CaptureTarget {
    Part(ScreenPart),
    Window(CapturedWindow),
}

/// A part of the screen.
pub(super) struct ScreenPart {
    /// `None` for a part that the user drew, which stays where it is.
    monitor: Option<String>,
    screen: Screen,
    rect: Rect,
}

impl CaptureTarget {
    pub(super) fn open(target: &Target, options: &Options) -> Result<Self, Error> {
        match target {
            Target::Window(choice) => CapturedWindow::open(choice, options).map(Self::Window),
            Target::Monitor(choice) => {
                let screen = Screen::now()?;
                let Monitor { name, rect, .. } = monitor::find(screen, choice)?;
                Ok(Self::Part(ScreenPart { monitor: Some(name), screen, rect }))
            }
            Target::Region(RegionChoice(rect)) => ScreenPart::region(*rect).map(Self::Part),
        }
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Window(window) => format!("window {}", window.title()),
            Self::Part(ScreenPart { monitor, rect, .. }) => part_name(monitor.as_deref(), *rect),
        }
    }

    /// Why no new pictures come, although it is open.
    pub(super) fn stalled(&self) -> Option<&'static str> {
        match self {
            Self::Part(_) => None,
            Self::Window(window) => window.stalled(),
        }
    }

    pub(super) fn size(&self) -> Size {
        match self {
            Self::Part(part) => Size { width: part.rect.width, height: part.rect.height },
            Self::Window(window) => window.size(),
        }
    }

    /// Returns `None` while there are no pixels.
    pub(super) fn view(&self) -> Option<View> {
        match self {
            Self::Part(part) => {
                let (x, y) = part.corner();
                Some(View { window: None, x, y })
            }
            Self::Window(window) => window.view(),
        }
    }

    /// Returns where the picture begins, where the primary monitor begins at 0,0.
    pub(super) fn corner(&self) -> (i32, i32) {
        match self {
            Self::Part(part) => part.corner(),
            Self::Window(window) => window.window.place(),
        }
    }

    /// Whether a window is in the picture, or would be if nothing covered it.
    pub(super) fn shows(&self, listed: &Listed) -> bool {
        match self {
            Self::Part(ScreenPart { rect, .. }) => {
                let (x, y) = (listed.x - rect.x.cast_signed(), listed.y - rect.y.cast_signed());
                Rect::clipped(x, y, listed.width, listed.height, self.size()).is_some()
            }
            Self::Window(own) => listed.words == own.window.words(),
        }
    }

    /// Whether it has still the size and the place that it had at the last look.
    pub(super) fn is_unchanged(&self) -> bool {
        match self {
            Self::Part(part) => part.now().is_ok_and(|now| now == Some((part.screen, part.rect))),
            Self::Window(window) => window.is_unchanged(),
        }
    }

    /// Learns what it is now. Returns `None` if nothing is different.
    ///
    /// # Errors
    /// [`ErrorKind::Lost`] if the monitor or the region is gone, and as [`CapturedWindow::follow`].
    pub(super) fn follow(&mut self) -> Result<Option<TargetChange>, Error> {
        match self {
            Self::Part(part) => part.follow(),
            Self::Window(window) => window.follow(),
        }
    }
}

impl ScreenPart {
    fn region(rect: Rect) -> Result<Self, Error> {
        let screen = Screen::now()?;
        if !screen.size.bounds().contains(rect) {
            let Rect { x, y, width, height } = rect;
            let message = format!(
                "the region {x},{y},{width}x{height} reaches past the screen, which is {}",
                screen.size
            );
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        Ok(Self { monitor: None, screen, rect })
    }

    fn corner(&self) -> (i32, i32) {
        (self.screen.x + self.rect.x.cast_signed(), self.screen.y + self.rect.y.cast_signed())
    }

    /// Returns the screen as it is now, and where the part lies in it, if it is still there.
    fn now(&self) -> Result<Option<(Screen, Rect)>, Error> {
        let screen = Screen::now()?;
        let rect = match &self.monitor {
            Some(name) => {
                let mut monitors = monitor::all(screen).into_iter();
                monitors.find(|monitor| monitor.name == *name).map(|found| found.rect)
            }
            None => Some(self.rect).filter(|rect| screen.size.bounds().contains(*rect)),
        };
        Ok(rect.map(|rect| (screen, rect)))
    }

    fn follow(&mut self) -> Result<Option<TargetChange>, Error> {
        let now = self.now()?.ok_or_else(|| self.gone())?;
        let is_same = now == (self.screen, self.rect);
        (self.screen, self.rect) = now;
        Ok((!is_same).then_some(TargetChange::Resized))
    }

    fn gone(&self) -> Error {
        let message = match &self.monitor {
            Some(name) => format!("the monitor {name} is gone"),
            None => "the screen became smaller than the region that was captured".into(),
        };
        Error::new(ErrorKind::Lost, message)
    }
}
