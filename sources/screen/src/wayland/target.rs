//! What is captured: a monitor, or a part of the compositor's layout that lies on one.

use lanstream_core::source::{Error, ErrorKind};
use lanstream_core::{Rect, Size};

use super::output::{Monitor, Outputs};
use crate::{MonitorChoice, Target};

/// What is captured, on the monitor of a name.
pub(super) struct CaptureTarget {
    monitor: String,
    /// In the compositor's layout; `None` for all of the monitor.
    part: Option<Rect>,
}

impl CaptureTarget {
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is no such monitor or part, [`ErrorKind::Unsupported`] for windows.
    pub(super) fn find(outputs: &Outputs, target: &Target) -> Result<(Self, Monitor), Error> {
        match target {
            Target::Monitor(choice) => {
                let monitor = outputs.find(choice)?;
                Ok((Self { monitor: monitor.name.clone(), part: None }, monitor))
            }
            Target::Region(region) => {
                let monitor = outputs.monitors().into_iter().find(|monitor| monitor.part(region.0).is_some());
                let monitor = monitor.ok_or_else(|| on_no_monitor(region.0, outputs))?;
                Ok((Self { monitor: monitor.name.clone(), part: Some(region.0) }, monitor))
            }
            Target::Window(_) => Err(no_windows()),
        }
    }

    /// Its monitor as it is now, if it is there.
    pub(super) fn follow(&self, outputs: &Outputs) -> Option<Monitor> {
        outputs.find(&MonitorChoice::Name(self.monitor.clone())).ok()
    }

    /// The part of the monitor's picture, of `size`, that is captured.
    pub(super) fn part(&self, monitor: &Monitor, size: Size) -> Result<Rect, Error> {
        let Some(part) = self.part else { return Ok(size.bounds()) };
        // A compositor may say that its buffers are of another size before it says so of the output.
        let part = monitor.part(part).and_then(|part| part.intersection(size.bounds()));
        part.ok_or_else(|| {
            let message = format!("the monitor {} no longer has the region that was captured", self.monitor);
            Error::new(ErrorKind::Lost, message)
        })
    }

    pub(super) fn name(&self) -> String {
        match self.part {
            None => format!("monitor {}", self.monitor),
            Some(Rect { x, y, width, height }) => format!("region {width}x{height} at {x},{y}"),
        }
    }

    /// Why there are no new pictures while its monitor is gone.
    pub(super) fn gone(&self) -> String {
        format!("the monitor {} is gone", self.monitor)
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

fn no_windows() -> Error {
    let message = "windows of a Wayland session can't be captured by themselves: capture the monitor that the window \
                   is on (`--display`), or a part of it (`--region`)";
    Error::new(ErrorKind::Unsupported, message)
}
