//! What happens while a server runs, for programs and people.

use std::sync::atomic::Ordering;

use lanstream_core::Size;
use lanstream_core::admission::{Farewell, ViewerEvent};
use lanstream_core::pipeline::Observation;
use lanstream_core::protocol::GoodbyeCode;
use lanstream_core::source::Description;
use serde::Serialize;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// Viewers may come. The first event.
    Ready {
        /// Where, with the token.
        url: String,
        /// What is shown.
        source: String,
        /// Its width and height in pixels.
        size: [u32; 2],
    },
    /// A viewer came.
    ViewerJoined {
        /// Counts viewers from 1.
        viewer: u64,
        /// How many there are.
        viewers: usize,
    },
    /// A viewer left or was sent away.
    ViewerLeft {
        /// The same number.
        viewer: u64,
        /// How many there are.
        viewers: usize,
        /// Updates it acknowledged.
        updates: u64,
        /// Bytes of updates sent.
        bytes: u64,
        /// Milliseconds from its token until the first picture had arrived; 0 where none did.
        first_ms: f64,
        /// Why the server ended it, where it did.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The source changed its state.
    Source {
        /// `live`, `lost`, `back` or `ended`.
        state: &'static str,
        /// What it shows, or why not.
        text: String,
    },
    /// What must be known about the source besides its pictures, at the start and whenever it changes.
    Description {
        /// What it shows.
        name: String,
        /// Why no new pictures come although it is open.
        #[serde(skip_serializing_if = "Option::is_none")]
        stalled: Option<String>,
        /// In what the pictures differ from what the source has.
        alterations: Vec<String>,
    },
    /// The pictures have another size from now on.
    Resized {
        /// Width and height in pixels.
        size: [u32; 2],
    },
    /// A frame sink changed its state.
    Sink {
        /// Its name.
        sink: String,
        /// `finishing`, `finished` or `failed`.
        state: &'static str,
        /// What it waits for, or what went wrong.
        text: String,
    },
    /// Numbers of a frame sink, once a second.
    SinkStats(SinkStats),
    /// How far FFmpeg is, about twice a second.
    Progress {
        /// Name of the frame sink whose FFmpeg it is; that of the source where there is none.
        #[serde(skip_serializing_if = "Option::is_none")]
        sink: Option<String>,
        /// Pictures that it has put out.
        frames: u32,
        /// How many of them in a second.
        fps: f32,
        /// Where in its output it stands: `HH:MM:SS.ss`.
        time: String,
        /// How many times as fast as real time.
        speed: f32,
    },
    /// A line of FFmpeg's log.
    Log {
        /// Name of the frame sink whose FFmpeg it is; that of the source where there is none.
        #[serde(skip_serializing_if = "Option::is_none")]
        sink: Option<String>,
        /// Whether it says that something is wrong.
        is_error: bool,
        /// What it says.
        text: String,
    },
    /// Numbers, once a second.
    Stats(Stats),
    /// Lines are missing here, since whoever reads them was too slow. `lanstream` says so on its standard output.
    Dropped {
        /// How many.
        lines: u64,
    },
    /// The run is over, and viewers were told why. Only an error may come after it.
    Ended {
        /// `stopped`, `source-ended` or `sinks-ended`.
        code: &'static str,
        /// What viewers were told.
        reason: String,
    },
    /// Something went wrong.
    Error {
        /// What, and what to do.
        message: String,
    },
}

/// The numbers of the last second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Stats {
    /// Viewers now.
    pub viewers: usize,
    /// Frames that differed from the previous one.
    pub fps: f64,
    /// Updates that a viewer painted, of all viewers the mean, per second.
    pub painted: f64,
    /// Megabits of updates sent to all viewers, per second.
    pub mbps: f64,
    /// From capture until a viewer had painted it: half of all updates took no longer.
    pub latency_ms: f64,
    /// The same: 99 of 100 took no longer.
    pub latency_p99_ms: f64,
    /// Microseconds of the last capture.
    pub capture_us: u32,
    /// Microseconds of the last comparison.
    pub compare_us: u32,
    /// Tiles so far that changed although the system did not tell.
    pub missed_damage: u64,
    /// Updates so far that viewers proved to show exactly, also viewers that have left.
    pub proven: u64,
    /// Updates so far that viewers, also those that have left, showed otherwise.
    pub refuted: u64,
}

/// The numbers of a frame sink since it began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SinkStats {
    /// Its name.
    pub sink: String,
    /// Frames that it took.
    pub frames: u64,
    /// Frames that newer ones replaced; always 0 for a sink of every frame.
    pub skipped: u64,
    /// Frames that wait for it now.
    pub waiting: usize,
    /// Milliseconds in which nothing was captured because too many frames waited.
    pub held_ms: u64,
}

impl From<Observation<'_>> for Event {
    fn from(observation: Observation<'_>) -> Self {
        match observation {
            Observation::Described(description) => {
                let Description { name, stalled, alterations } = description.clone();
                Self::Description { name, stalled, alterations }
            }
            Observation::Resized(Size { width, height }) => Self::Resized { size: [width, height] },
        }
    }
}

impl From<ViewerEvent> for Event {
    fn from(event: ViewerEvent) -> Self {
        match event {
            ViewerEvent::Joined { viewer, viewers } => Self::ViewerJoined { viewer, viewers },
            ViewerEvent::Left { viewer, viewers, counters, reason } => Self::ViewerLeft {
                viewer,
                viewers,
                updates: counters.updates.load(Ordering::Relaxed),
                bytes: counters.bytes.load(Ordering::Relaxed),
                first_ms: f64::from(counters.first_us.load(Ordering::Relaxed)) / 1e3,
                reason,
            },
        }
    }
}

impl Event {
    /// Returns the end of a run whose frame sinks have ended while nobody watched.
    pub(crate) fn sinks_ended() -> Self {
        Self::Ended { code: "sinks-ended", reason: "every sink has ended, and nobody watches".to_owned() }
    }
}

impl From<Farewell> for Event {
    fn from(farewell: Farewell) -> Self {
        let code = if farewell.code == GoodbyeCode::Ended { "source-ended" } else { "stopped" };
        Self::Ended { code, reason: farewell.text }
    }
}
