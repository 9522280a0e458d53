//! The Wayland backend against a real compositor: each test starts a sway of its own and draws to it as a second
//! client. What it shows is compared with what `grim` sees.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

mod capture;
mod compositor;
mod monitor;
mod scripted;
mod session;
mod window;
