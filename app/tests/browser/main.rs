//! Real browsers on displays of their own, and the built binary before them: what they show, prove and say.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

mod bundled;
mod busy;
mod codes;
mod desktop;
mod electron;
mod element;
mod embedding;
mod errors;
#[cfg(feature = "ffmpeg")]
mod film;
mod foreign;
mod inset;
mod leaks;
mod page;
#[cfg(feature = "plugins")]
mod plugins;
mod program;
mod proxy;
#[cfg(feature = "push")]
mod push;
mod site;
#[cfg(feature = "ffmpeg")]
mod sound;
mod trouble;
mod verify;
#[cfg(feature = "ffmpeg")]
mod video;
mod wayland;
mod webtransport;
