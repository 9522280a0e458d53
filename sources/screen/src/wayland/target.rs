//! What is captured: a monitor, a part of the compositor's layout that lies on one, or a window.

use lanstream_core::source::{Error, ErrorKind};
use lanstream_core::{Orientation, Rect, Size};
use wayland_client::WEnum;
use wayland_client::protocol::wl_shm::Format;
use wayland_protocols::ext::foreign_toplevel_list::v1::client::ext_foreign_toplevel_handle_v1::ExtForeignToplevelHandleV1;

use super::connect::Link;
use super::output::{Monitor, Outputs};
use super::view::Constraints;
use super::window::CapturedWindow;
use crate::target::part_name;
use crate::{MonitorChoice, Options, Target, WindowChoice};

/// What is captured.
pub(super) enum CaptureTarget {
    Monitor(MonitorPart),
    Window(CapturedWindow),
}

/// A part of the monitor of a name.
pub(super) struct MonitorPart {
    monitor: String,
    /// In the compositor's layout; `None` for all of the monitor.
    part: Option<Rect>,
}

/// What pictures are made of at present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Monitor(Monitor),
    Window(ExtForeignToplevelHandleV1),
}

impl CaptureTarget {
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is no such thing, [`ErrorKind::Unsupported`] for windows of compositors that
    /// hand out none.
    pub(super) fn find(
        link: &mut Link,
        target: &Target,
        options: &Options,
    ) -> Result<(Self, Subject), Error> {
        let outputs = link.outputs();
        let (monitor, part) = match target {
            Target::Window(choice) => return Self::find_window(link, choice, options),
            Target::Monitor(choice) => (outputs.find(choice)?, None),
            Target::Region(region) => {
                let monitor = outputs.monitors().into_iter().find(|monitor| monitor.part(region.0).is_some());
                (monitor.ok_or_else(|| on_no_monitor(region.0, outputs))?, Some(region.0))
            }
        };
        Ok((Self::Monitor(MonitorPart { monitor: monitor.name.clone(), part }), Subject::Monitor(monitor)))
    }

    fn find_window(
        link: &mut Link,
        choice: &WindowChoice,
        options: &Options,
    ) -> Result<(Self, Subject), Error> {
        let window = CapturedWindow::find(link.windows()?, choice, options)?;
        let handle = window.handle.clone();
        Ok((Self::Window(window), Subject::Window(handle)))
    }

    /// What there is of it now; nothing of a monitor that is gone.
    ///
    /// # Errors
    /// Once its window was closed.
    pub(super) fn follow(&mut self, link: &Link) -> Result<Option<Subject>, Error> {
        match self {
            Self::Monitor(MonitorPart { monitor, .. }) => {
                let monitor = link.outputs().find(&MonitorChoice::Name(monitor.clone()));
                Ok(monitor.ok().map(Subject::Monitor))
            }
            Self::Window(window) => {
                window.follow(link.known_windows())?;
                Ok(Some(Subject::Window(window.handle.clone())))
            }
        }
    }

    /// The part of a picture of `size` that is captured.
    pub(super) fn part(&self, subject: &Subject, size: Size) -> Result<Rect, Error> {
        let (Self::Monitor(MonitorPart { monitor: name, part: Some(part) }), Subject::Monitor(monitor)) =
            (self, subject)
        else {
            return Ok(size.bounds());
        };
        // A compositor may say that its buffers are of another size before it says so of the output.
        let part = monitor.part(*part).and_then(|part| part.intersection(size.bounds()));
        part.ok_or_else(|| {
            let message = format!("the monitor {name} no longer has the region that was captured");
            Error::new(ErrorKind::Lost, message)
        })
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Window(window) => format!("window {}", window.title()),
            Self::Monitor(MonitorPart { monitor, part: None }) => format!("monitor {monitor}"),
            Self::Monitor(MonitorPart { part: Some(rect), .. }) => part_name(None, *rect),
        }
    }

    /// Why there are no new pictures while nothing is there.
    pub(super) fn gone(&self) -> String {
        match self {
            Self::Window(window) => format!("the window {} is gone", window.title()),
            Self::Monitor(MonitorPart { monitor, .. }) => format!("the monitor {monitor} is gone"),
        }
    }

    /// Why there are no new pictures although it is there.
    pub(super) fn unseen(&self) -> &'static str {
        match self {
            Self::Window(_) => "the compositor has no picture of the window, which may be minimised",
            Self::Monitor(_) => "the compositor has no picture of the monitor, which may be off",
        }
    }
}

impl Subject {
    /// How the compositor's buffers are turned, unless they say so themselves.
    pub(super) fn orientation(&self) -> Orientation {
        match self {
            Self::Monitor(monitor) => monitor.orientation,
            Self::Window(_) => Orientation::default(),
        }
    }

    /// What buffers are like for nearly all compositors. Of a window that is not known.
    pub(super) fn usual_constraints(&self) -> Option<Constraints> {
        let Self::Monitor(Monitor { mode: Size { width, height }, .. }) = *self else { return None };
        Some(Constraints { format: WEnum::Value(Format::Xrgb8888), width, height, stride: width * 4 })
    }
}

fn on_no_monitor(Rect { x, y, width, height }: Rect, outputs: &Outputs) -> Error {
    let monitors = outputs.monitors();
    let there: Vec<_> =
        monitors.iter().map(|monitor| format!("  {}  {}", monitor.name, monitor.describe())).collect();
    let message = format!(
        "the region {x},{y},{width}x{height} does not lie on one monitor; there are:\n{}",
        there.join("\n")
    );
    Error::new(ErrorKind::NotFound, message)
}
