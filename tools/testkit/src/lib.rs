//! What tests and benches share: X displays, Wayland compositors and what is drawn and seen on them, browsers, programs
//! that end with their value, peers that speak HTTP and WebSocket, and paths between two ends that can be slow, lossy
//! or cut. With the feature `client` also viewers: over HTTP, WebSocket and WebTransport, with the wire's own messages.
//!
//! Everything here panics where it fails: what fails in a helper fails the test.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "what fails in a helper fails the test, and without it nothing can be measured"
)]

pub mod browser;
pub mod compositor;
pub mod desktop_session;
pub mod display;
pub mod dmabuf_claim;
#[cfg(feature = "client")]
pub mod door;
pub mod http;
#[cfg(feature = "client")]
pub mod http3;
pub mod library;
pub mod machine;
pub mod painter;
pub mod picture;
#[cfg(feature = "client")]
pub mod pixels;
pub mod process;
pub mod relay;
pub mod screen;
pub mod scripted_compositor;
pub mod toplevel;
pub mod udp;
#[cfg(feature = "client")]
pub mod viewer;
pub mod wait;
pub mod wayland_painter;
pub mod websocket;
#[cfg(feature = "client")]
pub mod webtransport;
pub mod wlr_portal;
