//! What is captured: a part of the screen or a window. It knows where its pixels are and follows them.

use lanstream_core::source::{Error, ErrorKind};
use lanstream_core::{Rect, Region, Size};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::damage::Damage;
use x11rb::protocol::xproto::{Rectangle, Window};

use super::connect::DisplayConnection;
use super::cursor::Place;
use super::monitor::{self, Monitor};
use super::pixel::Pixels;
use super::popups::Popups;
use super::reader::View;
use super::target_change::TargetChange;
use super::window::CapturedWindow;
use super::windows;
use crate::target::part_name;
use crate::{Listed, Options, RegionChoice, Target, WindowChoice};

/// What is captured.
pub(super) enum CaptureTarget {
    Part(ScreenPart),
    Window(Box<CapturedWindow>),
}

/// A part of the screen.
pub(super) struct ScreenPart {
    /// `None` for a part that the user drew, which stays where it is.
    monitor: Option<String>,
    rect: Rect,
    outdated: bool,
}

impl CaptureTarget {
    pub(super) fn open(
        link: &DisplayConnection,
        target: &Target,
        options: &Options,
    ) -> Result<(Self, Pixels), Error> {
        match target {
            Target::Window(choice) => Self::open_window(link, choice, options),
            Target::Monitor(choice) => {
                Self::open_part(link, || monitor::find(link, choice).map(ScreenPart::from))
            }
            Target::Region(RegionChoice(rect)) => Self::open_part(link, || ScreenPart::region(link, *rect)),
        }
    }

    fn open_window(
        link: &DisplayConnection,
        choice: &WindowChoice,
        options: &Options,
    ) -> Result<(Self, Pixels), Error> {
        let (window, format) = CapturedWindow::open(link, choice, options)?;
        let pixels = Pixels::new(link.conn.setup(), format.depth, format.visual)?;
        Ok((Self::Window(Box::new(window)), pixels))
    }

    /// Changes are asked for before the part is found, so that none between the two is missed.
    fn open_part(
        link: &DisplayConnection,
        find: impl FnOnce() -> Result<ScreenPart, Error>,
    ) -> Result<(Self, Pixels), Error> {
        let pixels = Pixels::new(link.conn.setup(), link.screen().root_depth, link.screen().root_visual)?;
        monitor::select_changes(link)?;
        Ok((Self::Part(find()?), pixels))
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

    /// Where its pixels are, or `None` for a window that has not been on the screen yet.
    pub(super) fn view(&self, link: &DisplayConnection) -> Option<View> {
        match self {
            Self::Part(ScreenPart { rect, .. }) => Some(View {
                drawable: link.root,
                x: rect.x.cast_signed(),
                y: rect.y.cast_signed(),
                size: self.size(),
            }),
            Self::Window(window) => window.view(),
        }
    }

    /// The window whose damage and whose pointer are its own.
    pub(super) fn window(&self, link: &DisplayConnection) -> Window {
        match self {
            Self::Part(_) => link.root,
            Self::Window(window) => window.id(),
        }
    }

    /// Where the picture lies in that window.
    pub(super) fn place(&self) -> Place {
        let (x, y) = match self {
            Self::Part(part) => (part.rect.x.cast_signed(), part.rect.y.cast_signed()),
            Self::Window(_) => (0, 0),
        };
        Place { x, y, size: self.size() }
    }

    /// The part of the picture that damage of that window is about.
    pub(super) fn damaged(&self, area: Rectangle) -> Option<Rect> {
        let Place { x, y, size } = self.place();
        let (x, y) = (i32::from(area.x) - x, i32::from(area.y) - y);
        Rect::clipped(x, y, area.width.into(), area.height.into(), size)
    }

    /// The part of the picture that damage of a pop-up is about, if it is of one.
    pub(super) fn damaged_popup(&self, damage: Damage, area: Rectangle) -> Option<Rect> {
        self.popups()?.damaged(damage, area, self.size())
    }

    /// Forgets what was told of pop-ups, as [`Watch::forget`](super::damage::Watch::forget) does.
    pub(super) fn forget_damage_of_popups(&self, link: &DisplayConnection) -> Result<(), Error> {
        self.popups().map_or(Ok(()), |popups| popups.forget_damage(link))
    }

    /// Has the server draw what `region` shows where that is more than the window; see [`Popups::draw`].
    pub(super) fn draw(
        &mut self,
        link: &DisplayConnection,
        view: View,
        region: &Region,
    ) -> Result<View, Error> {
        match self {
            Self::Part(_) => Ok(view),
            Self::Window(window) => {
                window.popups_mut().map_or(Ok(view), |popups| popups.draw(link, view, region))
            }
        }
    }

    /// Looks where pop-ups are now; see [`CapturedWindow::follow_popups`].
    pub(super) fn follow_popups(&mut self, link: &DisplayConnection) -> Result<Option<Region>, Error> {
        match self {
            Self::Part(_) => Ok(None),
            Self::Window(window) => window.follow_popups(link),
        }
    }

    fn popups(&self) -> Option<&Popups> {
        match self {
            Self::Part(_) => None,
            Self::Window(window) => window.popups(),
        }
    }

    /// In what the picture differs from what is on the screen.
    pub(super) fn alteration(&self) -> Option<&'static str> {
        match self {
            Self::Part(_) => None,
            Self::Window(window) => window.alteration(),
        }
    }

    /// Whether a window is in the picture, or would be if nothing covered it.
    pub(super) fn shows(&self, window: &Listed) -> bool {
        match self {
            Self::Part(ScreenPart { rect, .. }) => {
                let (x, y) = (window.x - rect.x.cast_signed(), window.y - rect.y.cast_signed());
                Rect::clipped(x, y, window.width, window.height, self.size()).is_some()
            }
            Self::Window(own) => window.words == windows::words(own.id()),
        }
    }

    /// All of the picture, or nothing while there is none.
    pub(super) fn everything(&self, link: &DisplayConnection) -> Region {
        self.view(link).map_or(Region::EMPTY, |view| Region::full(view.size))
    }

    pub(super) fn note(&mut self, link: &DisplayConnection, event: &Event) {
        match self {
            Self::Part(part) => part.note(link.root, event),
            Self::Window(window) => window.note(link, event),
        }
    }

    /// # Errors
    /// Once its window was closed.
    pub(super) fn check_open(&self) -> Result<(), Error> {
        match self {
            Self::Part(_) => Ok(()),
            Self::Window(window) => window.check_open(),
        }
    }

    /// Follows the pixels, and what must be said of them, where they may have changed. Returns `None` if nothing says
    /// that they did.
    pub(super) fn follow(&mut self, link: &DisplayConnection) -> Result<Option<TargetChange>, Error> {
        match self {
            Self::Part(part) if part.outdated => part.follow(link).map(Some),
            Self::Window(window) => window.follow(link),
            Self::Part(_) => Ok(None),
        }
    }
}

impl ScreenPart {
    fn region(link: &DisplayConnection, rect: Rect) -> Result<Self, Error> {
        let screen = monitor::screen_size(link)?;
        if !screen.bounds().contains(rect) {
            let Rect { x, y, width, height } = rect;
            let message =
                format!("the region {x},{y},{width}x{height} reaches past the screen, which is {screen}");
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        Ok(Self { monitor: None, rect, outdated: false })
    }

    fn note(&mut self, root: Window, event: &Event) {
        self.outdated |= match event {
            Event::RandrScreenChangeNotify(_) | Event::RandrNotify(_) => true,
            Event::ConfigureNotify(event) => event.window == root,
            _ => false,
        };
    }

    fn follow(&mut self, link: &DisplayConnection) -> Result<TargetChange, Error> {
        self.outdated = false;
        let now = match &self.monitor {
            Some(name) => {
                monitor::all(link)?.into_iter().find(|monitor| monitor.name == *name).map(|found| found.rect)
            }
            None => Some(self.rect)
                .filter(|rect| monitor::screen_size(link).is_ok_and(|size| size.bounds().contains(*rect))),
        };
        let rect = now.ok_or_else(|| self.gone())?;
        let moved = std::mem::replace(&mut self.rect, rect) != rect;
        Ok(if moved { TargetChange::Resized } else { TargetChange::Redrawn })
    }

    fn gone(&self) -> Error {
        let message = match &self.monitor {
            Some(name) => format!("the monitor {name} is gone"),
            None => "the screen became smaller than the region that was captured".into(),
        };
        Error::new(ErrorKind::Lost, message)
    }
}

impl From<Monitor> for ScreenPart {
    fn from(monitor: Monitor) -> Self {
        Self { monitor: Some(monitor.name), rect: monitor.rect, outdated: false }
    }
}
