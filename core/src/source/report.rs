//! Reports of a source while it opens and runs, for people and programs beside the viewers.

use std::fmt;
use std::sync::Arc;

/// Report of a source.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Report {
    /// Progress of a program that produces the frames.
    Progress {
        /// Frames produced so far.
        frames: u32,
        /// Frames produced per second.
        fps: f32,
        /// Position in the output: `HH:MM:SS.ss`.
        time: String,
        /// Speed in multiples of real time.
        speed: f32,
    },
    /// Line of a log, without addresses, control characters and the secrets of URLs.
    Line {
        /// Whether it reports an error.
        is_error: bool,
        /// The line, beginning with the component that wrote it.
        text: String,
    },
}

/// Receiver of reports. It is called on the source's thread, and must not block.
#[derive(Clone)]
pub struct Listener(Arc<dyn Fn(Report) + Send + Sync>);

impl Listener {
    /// Returns a listener that calls `receive` with each report.
    pub fn new(receive: impl Fn(Report) + Send + Sync + 'static) -> Self {
        Self(Arc::new(receive))
    }

    /// Delivers a report.
    pub fn report(&self, report: Report) {
        (self.0)(report);
    }
}

/// The listener that ignores all reports.
impl Default for Listener {
    fn default() -> Self {
        Self::new(|_| {})
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").finish_non_exhaustive()
    }
}

impl PartialEq for Listener {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
