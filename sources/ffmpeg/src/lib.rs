//! Video through FFmpeg as [`Source`](lanstream_core::source::Source)s: files and URLs ([`Play`]), anything that FFmpeg
//! reads, filters or makes ([`Run`]), and frames from other programs ([`Pipe`]).
//!
//! FFmpeg runs as a program of its own. Its pixels come through a pipe into the memory that a frame is made of; its
//! timestamps come with them.
//!
//! ```no_run
//! let source = lanstream_ffmpeg::Play::new("film.mp4").open()?;
//! println!("{} of {}", source.description().name, source.layout().size);
//! # Ok::<(), lanstream_core::source::Error>(())
//! ```

#![cfg(unix)]
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::time::Duration;

mod alterations;
mod contents;
mod factory;
mod film;
mod frame_info;
mod frame_reader;
mod input;
mod interrupt;
mod log;
mod pace;
mod pipe;
mod pixel;
mod play;
mod program;
mod run;
mod sound;
mod stream;
mod video;
mod wakeup;

pub use factory::{PipeFactory, PlayFactory, RunFactory};
pub use pace::{Pace, ParseSpeedError, Speed};
pub use pipe::{Content, Pipe};
pub use pixel::{Packed, Pixels, UnknownPixels, Veiled};
pub use play::{ParseTrackError, Play, Track};
pub use run::Run;

/// How long a stream may take to begin: a camera on a slow network takes seconds.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// The output that FFmpeg is given: pictures as they are with exact timestamps, each as soon as it is there.
fn output() -> impl Iterator<Item = OsString> {
    const OUTPUT: [&str; 15] = [
        // Whatever was asked for before: its log says what pictures are like.
        "-loglevel",
        "level+info",
        "-an",
        "-sn",
        "-dn",
        "-c:v",
        "rawvideo",
        "-enc_time_base",
        "1:1000000",
        "-flush_packets",
        "1",
        "-write_index",
        "0",
        "-f",
        "nut",
    ];
    OUTPUT.into_iter().chain(["pipe:1"]).map(OsString::from)
}
