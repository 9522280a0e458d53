//! What FFmpeg says while it runs, for anyone who shows its sources.

use std::fmt;
use std::sync::Arc;

/// Something that FFmpeg said.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Report {
    /// How far it is, about twice a second.
    Progress {
        /// Pictures that it has put out.
        frames: u32,
        /// How many of them in a second.
        fps: f32,
        /// Where in its output it stands: `HH:MM:SS.ss`.
        time: String,
        /// How many times as fast as real time.
        speed: f32,
    },
    /// A line of its log, without addresses, control characters and the secrets of URLs.
    Line {
        /// Whether it says that something is wrong.
        is_error: bool,
        /// What it says, beginning with what says it.
        text: String,
    },
}

/// Hears what FFmpeg says, on the source's thread: it must not wait for anything.
#[derive(Clone)]
pub struct Listener(Arc<dyn Fn(Report) + Send + Sync>);

impl Listener {
    /// Calls `hear` with each report.
    pub fn new(hear: impl Fn(Report) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }

    pub(crate) fn tell(&self, report: Report) {
        (self.0)(report);
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
