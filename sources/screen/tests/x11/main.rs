//! The X11 backend against real servers: each test starts an Xvfb of its own and draws to it as a second client.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "the tests' displays are small: a place on one fits whatever X has it in"
)]

mod capture;
mod cursor;
mod leftovers;
mod monitor;
mod popups;
mod server;
mod timing;
mod watch;
mod window;
