//! Monitors, windows and parts of the screen as [`Source`]s. It is the same on every system; how a system gives its
//! pixels away is the backend's business, which is known here as `imp`.
//!
//! ```no_run
//! use lanstream_screen::{Options, Target, open};
//!
//! let target = Target::Monitor("0".parse()?);
//! let source = open(&target, &Options::default())?;
//! println!("{} of {}", source.description().name, source.layout().size);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::path::PathBuf;

#[cfg(any(target_os = "linux", target_os = "freebsd", windows))]
use lanstream_core::Size;
use lanstream_core::source::{Error, Source};

#[cfg(any(target_os = "linux", target_os = "freebsd"))]
mod conversion;
#[cfg(any(target_os = "linux", target_os = "freebsd"))]
mod desktop;
mod factory;
#[cfg(not(any(target_os = "linux", target_os = "freebsd", windows)))]
mod fallback;
#[cfg(any(windows, test))]
mod icon;
#[cfg(any(windows, test))]
mod inside;
#[cfg(any(windows, test))]
mod looks;
#[cfg(any(target_os = "linux", target_os = "freebsd"))]
mod mapping;
#[cfg(any(target_os = "linux", target_os = "freebsd", windows))]
mod pending;
#[cfg(any(target_os = "linux", target_os = "freebsd", windows))]
mod shape_serial;
#[cfg(any(target_os = "linux", target_os = "freebsd", windows))]
mod successor;
mod target;
#[cfg(any(target_os = "linux", target_os = "freebsd", windows))]
mod titles;
#[cfg(any(target_os = "linux", target_os = "freebsd", windows))]
mod visibility;
#[cfg(any(target_os = "linux", target_os = "freebsd"))]
mod wayland;
#[cfg(windows)]
mod windows;
#[cfg(any(target_os = "linux", target_os = "freebsd"))]
mod x11;

#[cfg(any(target_os = "linux", target_os = "freebsd"))]
use desktop as imp;
#[cfg(not(any(target_os = "linux", target_os = "freebsd", windows)))]
use fallback as imp;
#[cfg(windows)]
use windows as imp;

pub use factory::{ScreenFactory, opener};
pub use target::{MonitorChoice, ParseTargetError, RegionChoice, Target, WindowChoice};

/// How to capture, whatever the target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether to tell where the pointer is and what it looks like.
    pub cursor: bool,
    /// Whether menus and other pop-ups of a captured window are shown where they lie over it.
    pub popups: bool,
    /// Whether a window that was chosen by its title and is closed ends the source for good. Else it is
    /// [lost](lanstream_core::source::ErrorKind::Lost) until there is another with that title.
    pub once: bool,
    /// What the screen is captured through.
    pub backend: Backend,
    /// The X display to capture, such as `:1`; `None` for the one that `$DISPLAY` names.
    pub x_display: Option<String>,
    /// The socket of the Wayland compositor; `None` for the one that `$WAYLAND_DISPLAY` names.
    pub wayland_display: Option<PathBuf>,
    /// Most captures a second that the source will be asked for. A backend that has to ask ahead for pictures asks for
    /// no more.
    pub fps_max: Option<u32>,
}

/// What the screen of a desktop is captured through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// The compositor in a Wayland session, else the X server.
    #[default]
    Auto,
    /// The X server. In a Wayland session it has the windows of X programs alone.
    X11,
    /// The Wayland compositor.
    Wayland,
}

/// A monitor or a window that is there now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Whether it is a monitor or a window.
    pub kind: Kind,
    /// A monitor's name or a window's title. Titles are what other programs make of them: in one line and
    /// [harmless](lanstream_core::text::harmless), but otherwise not to be trusted.
    pub name: String,
    /// Column of its left edge on the screen.
    pub x: i32,
    /// Row of its top edge on the screen.
    pub y: i32,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// The command line's words that select it: `--display 0`, `--window 0x3a00007`.
    pub words: String,
    /// Why it can't be captured; `None` if it can.
    pub refusal: Option<String>,
}

#[cfg(any(target_os = "linux", target_os = "freebsd", windows))]
impl Listed {
    /// Returns a monitor with the words that select it by its number.
    pub(crate) fn monitor(
        number: usize,
        name: &str,
        (x, y): (i32, i32),
        Size { width, height }: Size,
        refusal: Option<String>,
    ) -> Self {
        let (name, words) = (name.to_owned(), format!("--display {number}"));
        Self { kind: Kind::Monitor, name, x, y, width, height, words, refusal }
    }
}

/// What a [`Listed`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// All that a monitor shows.
    Monitor,
    /// One window, whatever covers it.
    Window,
}

/// Opens what `target` names.
///
/// # Errors
/// [`NotFound`](lanstream_core::source::ErrorKind::NotFound) where there is no such display, monitor, window or part of
/// the screen; [`Unsupported`](lanstream_core::source::ErrorKind::Unsupported) where there is no way to capture it;
/// [`Lost`](lanstream_core::source::ErrorKind::Lost) where the display went away meanwhile.
pub fn open(target: &Target, options: &Options) -> Result<Box<dyn Source>, Error> {
    imp::open(target, options)
}

/// Monitors in the system's order, then windows from the topmost down.
///
/// # Errors
/// As for [`open`].
pub fn list(options: &Options) -> Result<Vec<Listed>, Error> {
    imp::list(options)
}
