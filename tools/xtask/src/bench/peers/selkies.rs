//! Selkies: the screen as H.264 over WebSocket, decoded by the browser's own decoder, in a page of its own.

use std::process::Command;

use super::super::server::{ask, free_port};
use super::cache;
use super::peer::Peer;
use super::testbed::Testbed;
use crate::patience::Patience;

const PACKAGE: &str = "selkies";
const VERSION: &str = "2.1.0";
/// Nothing but the screen, at constant quality instead of the 8 Mbit/s for a line that nobody has here, and nothing
/// over the picture.
const OPTIONS: [&str; 22] = [
    "--addr",
    "127.0.0.1",
    "--mode",
    "websockets",
    "--enable-https",
    "false",
    "--enable-basic-auth",
    "false",
    "--audio-enabled",
    "false",
    "--microphone-enabled",
    "false",
    "--gamepad-enabled",
    "false",
    "--ui-show-sidebar",
    "false",
    "--framerate",
    "60",
    "--rate-control-mode",
    "crf",
    "--manual-resolution",
    "true",
];

/// A Selkies by its encoder.
pub(super) struct Selkies {
    encoder: Encoder,
}

/// How it cuts the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoder {
    /// One stream.
    Whole,
    /// A stream for each stripe of the screen, which rests where nothing changes.
    Striped,
}

impl Selkies {
    pub(super) fn new(encoder: Encoder) -> Self {
        Self { encoder }
    }
}

impl Peer for Selkies {
    fn name(&self) -> &str {
        match self.encoder {
            Encoder::Whole => "Selkies, H.264",
            Encoder::Striped => "Selkies, H.264 in stripes",
        }
    }

    fn install(&self, patience: &Patience) -> anyhow::Result<()> {
        cache::pip(PACKAGE, VERSION, patience)
    }

    fn versions(&self) -> Vec<String> {
        ["selkies", "pixelflux"]
            .map(|package| format!("{package} {}", cache::pip_version(PACKAGE, package)))
            .to_vec()
    }

    fn start(&self, testbed: &mut Testbed<'_>) -> anyhow::Result<()> {
        let port = free_port()?.to_string();
        let (width, height) = testbed.size;
        let encoder = match self.encoder {
            Encoder::Whole => "h264enc",
            Encoder::Striped => "h264enc-striped",
        };
        let mut server = Command::new(cache::pip_program(PACKAGE, "selkies"));
        server.args(OPTIONS).args(["--port", &port, "--encoder", encoder]);
        server.args(["--manual-width", &width.to_string(), "--manual-height", &height.to_string()]);
        server.env("DISPLAY", testbed.source());
        testbed.start(&mut server)?;
        let url = format!("http://127.0.0.1:{port}/");
        testbed.until("answer from the server", || Ok(ask(&url).ok()))?;
        testbed.open(&url);
        Ok(())
    }
}
