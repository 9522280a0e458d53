//! The server without a browser: the built binary, and servers in this process, before peers that speak the protocol
//! well or badly.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

mod certificate;
mod command_line;
#[cfg(feature = "plugins")]
mod conformance;
#[cfg(feature = "plugins")]
mod contained;
mod end;
mod examples;
#[cfg(feature = "plugins")]
mod extensions;
mod garbage;
mod guard;
#[cfg(feature = "plugins")]
mod installed;
mod latency;
mod listing;
#[cfg(feature = "plugins")]
mod new_plugin;
#[cfg(feature = "plugins")]
mod plugins;
#[cfg(feature = "plugins")]
mod portal;
#[cfg(feature = "push")]
mod push;
#[cfg(feature = "ffmpeg")]
mod recording;
mod routes;
mod run;
mod running;
#[cfg(feature = "plugins")]
mod sandbox;
#[cfg(feature = "plugins")]
mod sanitizers;
mod serving;
mod sink;
#[cfg(feature = "plugins")]
mod sink_plugins;
mod slow;
mod strangers;
mod tickets;
mod token_file;
mod unread;
#[cfg(feature = "ffmpeg")]
mod video;
mod wayland;
mod webtransport_garbage;
mod webtransport_guard;
mod webtransport_routes;
mod webtransport_run;
mod window;
#[cfg(feature = "plugins")]
mod workspaces;
mod x_server;
