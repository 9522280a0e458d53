//! Video through FFmpeg as [`Source`](lanstream_core::source::Source)s: files and URLs ([`Play`]), anything that FFmpeg
//! reads, filters or makes ([`Run`]), and frames from other programs ([`FramePipe`]).
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

mod alterations;
mod builder;
mod contents;
mod factory;
mod film;
mod frame_info;
mod frame_reader;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod input;
mod interrupt;
mod log;
mod mix;
mod output;
mod pace;
mod pipe;
mod pixel;
mod play;
mod player;
pub mod program;
mod redact;
mod run;
mod seek;
mod sound;
mod stream;
mod track;

pub use factory::{PipeFactory, PlayFactory, RunFactory};
pub use pace::{Pacing, ParseSpeedError, Speed};
pub use pipe::{Content, FramePipe};
pub use pixel::{Packed, Pixels, UnknownPixelsError, Veiled};
pub use play::Play;
pub use redact::Hidden;
pub use run::Run;
pub use stream::nut::NutWriter;
pub use track::{ParseTrackError, Track};
