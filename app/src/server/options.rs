//! Options of a server.

use std::net::IpAddr;
use std::time::SystemTime;

use lanstream_core::admission::Secret;

use super::NamedSink;
use crate::sinks::factory::{SinkFactory, TlsFiles};

/// How to serve.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The address to listen on; `None` means loopback, both families.
    pub bind: Option<IpAddr>,
    /// The port; 0: a free one.
    pub port: u16,
    /// Secret in the URL; `None` means a new one. [`token_file`](crate::token_file) keeps one for later runs.
    pub token: Option<Secret>,
    /// How pixels may travel.
    pub transport: TransportChoice,
    /// Sinks besides those that are built in.
    pub sinks: Vec<SinkFactory>,
    /// What gets frames besides viewers. With a frame sink the source is captured from the start.
    pub frame_sinks: Vec<NamedSink>,
    /// The certificate of WebTransport sessions; `None` means one of our own making, which browsers accept by its hash.
    pub tls: Option<TlsFiles>,
    /// Names the server answers to besides its own, `name` or `name:port`.
    pub allow_hosts: Vec<String>,
    /// Pages that may connect besides its own, `scheme://host[:port]`.
    pub allow_origins: Vec<String>,
    /// Most frames a second; `None` means as many as the source has.
    pub fps_max: Option<u32>,
    /// What tells the time to certificates; `None` means the system.
    pub wall_clock: Option<fn() -> SystemTime>,
}

/// How pixels may travel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TransportChoice {
    /// By whatever the viewer finds to be best.
    #[default]
    Auto,
    /// By the transport of this name; by the others too if some viewers can't have it.
    Named(String),
}
