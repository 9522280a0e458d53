//! Frame sink that gives frames and sound to FFmpeg, which records them or hands them to a media server.
//!
//! FFmpeg runs as a program of its own and is told its output in its own words. It gets raw pictures with whole
//! timestamps through a pipe, each as it is: what it makes of them is up to the words.

#![cfg(unix)]
#![forbid(unsafe_code)]

mod factory;
mod feeder;
mod interrupt;
mod sink;
mod timeline;

pub use factory::FfmpegSinkFactory;
pub use sink::{FfmpegSink, Recording};
