//! Real FFmpeg, real pipes: pictures that are exact, in time, and what happens when something is wrong.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

mod cases;
mod clip;
mod control;
mod exact;
mod fidelity;
mod heard;
mod pace;
mod pipes;
mod times;
mod trouble;
mod watch;
