//! Which windows there are, and which of them a user means.

use lanstream_core::source::Error;

use super::monitor::Screen;
use super::window_id::WindowId;
use crate::titles::{self, Titled};
use crate::{Kind, Listed, WindowChoice};

/// A window and what it is called, if anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WindowInfo {
    pub(super) window: WindowId,
    pub(super) title: Option<String>,
}

impl Titled for WindowInfo {
    fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    fn words(&self) -> String {
        self.window.words()
    }
}

/// Returns the window that `choice` means.
pub(super) fn find(choice: &WindowChoice) -> Result<WindowInfo, Error> {
    match choice {
        WindowChoice::Id(number) => {
            let window = Some(WindowId(*number)).filter(|window| window.exists());
            window.map(info).ok_or_else(|| titles::not_found(&format!("no window {number:#x}"), &all()))
        }
        WindowChoice::Title(part) => titles::only(&all(), part).cloned(),
        WindowChoice::Topmost(part) => titles::topmost(&all(), part).cloned(),
    }
}

/// Returns the windows that a user would count, from the topmost down, and why one can't be captured.
pub(super) fn list(screen: Screen) -> Vec<Listed> {
    all().iter().map(|info| listed(info, screen)).collect()
}

fn all() -> Vec<WindowInfo> {
    super::window::top_level().into_iter().filter(|window| window.is_counted()).map(info).collect()
}

fn info(window: WindowId) -> WindowInfo {
    WindowInfo { window, title: window.title() }
}

fn listed(info: &WindowInfo, screen: Screen) -> Listed {
    let (width, height) = info.window.inside();
    let (x, y) = info.window.place();
    Listed {
        kind: Kind::Window,
        name: titles::or_untitled(info.title.clone()),
        x: x.saturating_sub(screen.x),
        y: y.saturating_sub(screen.y),
        width,
        height,
        words: info.window.words(),
        refusal: info.window.capturable().err().map(|error| error.message),
    }
}
