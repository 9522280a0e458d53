//! What is captured: a monitor or a window, as xcap names it.

use lanstream_plugin::core::source::{Error, ErrorKind};
use xcap::image::RgbaImage;
use xcap::{Monitor, Window, XCapResult};

/// A monitor or a window.
pub(crate) enum Target {
    Monitor(Monitor),
    Window(Window),
}

impl Target {
    /// Finds a monitor by its number.
    pub(crate) fn monitor(number: usize) -> Result<Self, Error> {
        let monitors =
            Monitor::all().map_err(|error| unsupported("the monitors cannot be listed", &error))?;
        let count = monitors.len();
        let monitor = monitors.into_iter().nth(number);
        monitor.map(Self::Monitor).ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                format!("there is no monitor {number}: xcap finds {count}, from 0"),
            )
        })
    }

    /// Finds the first window whose title contains `title`.
    pub(crate) fn window(title: &str) -> Result<Self, Error> {
        let windows = Window::all().map_err(|error| {
            unsupported(
                "the windows cannot be listed (on X11, xcap needs a window manager that lists them)",
                &error,
            )
        })?;
        let has_title = |window: &Window| window.title().is_ok_and(|found| found.contains(title));
        windows.into_iter().find(has_title).map(Self::Window).ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("xcap finds no window with {title:?} in its title"))
        })
    }

    pub(crate) fn name(&self) -> String {
        match self {
            Self::Monitor(monitor) => format!("monitor {}", monitor.name().unwrap_or_default()),
            Self::Window(window) => format!("window {}", window.title().unwrap_or_default()),
        }
    }

    /// Captures all of it.
    pub(crate) fn capture(&self) -> XCapResult<RgbaImage> {
        match self {
            Self::Monitor(monitor) => monitor.capture_image(),
            Self::Window(window) => window.capture_image(),
        }
    }
}

fn unsupported(what: &str, error: &xcap::XCapError) -> Error {
    Error::new(ErrorKind::Unsupported, format!("{what}: {error}"))
}
