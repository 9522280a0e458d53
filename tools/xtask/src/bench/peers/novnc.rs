//! TigerVNC's own X server with noVNC: it knows what was drawn without looking at the screen.
//!
//! noVNC always offers a quality of JPEG, which makes the server lossy; without the offer it is exact.

use std::process::Command;

use super::super::server::free_port;
use super::cache::{self, debian_version};
use super::peer::Peer;
use super::testbed::Testbed;
use crate::patience::Patience;

/// What comes out of npm.
const PACKAGE: &str = "@novnc/novnc";
const VERSION: &str = "1.7.0";
/// Leaves out of what noVNC offers to decode.
const PAGE: &str = r#"<!doctype html>
<title>noVNC</title>
<style>html, body, #screen { margin: 0; width: 100%; height: 100%; overflow: hidden }</style>
<div id="screen"></div>
<script type="module">
import RFB from './novnc/core/rfb.js'

// Encodings of the protocol: the qualities of JPEG, and all that pack pixels.
const isQuality = (encoding) => encoding >= -32 && encoding <= -23
const isPacked = (encoding) => encoding > 1
const leftOut = { lossless: isQuality, raw: (it) => isQuality(it) || isPacked(it), jpeg: () => false }['{mode}']
const offer = RFB.messages.clientEncodings
RFB.messages.clientEncodings = (socket, encodings) => offer(socket, encodings.filter((it) => !leftOut(it)))
const rfb = new RFB(document.getElementById('screen'), 'ws://127.0.0.1:{port}/')
rfb.viewOnly = true
</script>
"#;

/// How pixels travel.
pub(super) struct Novnc {
    mode: Mode,
}

/// What the viewer offers to decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Tight without JPEG.
    Lossless,
    /// Pixels as they are.
    Raw,
    /// All that noVNC knows, as it comes.
    Jpeg,
}

impl Novnc {
    pub(super) fn new(mode: Mode) -> Self {
        Self { mode }
    }
}

impl Mode {
    fn word(self) -> &'static str {
        match self {
            Self::Lossless => "lossless",
            Self::Raw => "raw",
            Self::Jpeg => "jpeg",
        }
    }
}

impl Peer for Novnc {
    fn name(&self) -> &str {
        match self.mode {
            Mode::Lossless => "noVNC, Tight without JPEG",
            Mode::Raw => "noVNC, raw",
            Mode::Jpeg => "noVNC, as it comes",
        }
    }

    fn install(&self, patience: &Patience) -> anyhow::Result<()> {
        cache::debian(&[("Xvnc", "tigervnc-standalone-server"), ("websockify", "websockify")])?;
        cache::npm(PACKAGE, VERSION, patience)
    }

    fn versions(&self) -> Vec<String> {
        vec![
            format!("TigerVNC {}", debian_version("tigervnc-standalone-server")),
            format!("websockify {}", debian_version("websockify")),
            format!("noVNC {}", cache::npm_version(PACKAGE)),
        ]
    }

    fn start(&self, testbed: &mut Testbed<'_>) -> anyhow::Result<()> {
        // Between the two no bytes go through the loopback interface, where they would be counted twice.
        let socket = testbed.folder().join("rfb");
        start_x(testbed, &socket)?;
        testbed.until("socket of the X server", || Ok(socket.exists().then_some(())))?;
        let port = free_port()?;
        let mut bridge = Command::new("websockify");
        bridge.arg("--unix-target").arg(&socket).arg(format!("127.0.0.1:{port}"));
        testbed.start(&mut bridge)?;
        testbed.until_listening(port)?;
        let page = PAGE.replace("{mode}", self.mode.word()).replace("{port}", &port.to_string());
        let url = testbed.serve(&[("index.html", &page)], &[("novnc", cache::npm_folder(PACKAGE))])?;
        testbed.open(&url);
        Ok(())
    }
}

/// Starts the X server, whose display is the one to be mirrored.
fn start_x(testbed: &mut Testbed<'_>, socket: &std::path::Path) -> anyhow::Result<()> {
    let (width, height) = testbed.size;
    let mut server = Command::new("Xvnc");
    server.args(["-displayfd", "1", "-nolisten", "tcp", "-SecurityTypes", "None", "-depth", "24"]);
    server.args(["-geometry", &format!("{width}x{height}"), "-AcceptSetDesktopSize=0", "-rfbport", "-1"]);
    let lines = testbed.start_talking(server.arg("-rfbunixpath").arg(socket))?;
    let number = testbed.line("number of the X server", &lines, |line| line.trim().parse::<u32>().ok())?;
    testbed.set_source(format!(":{number}"));
    Ok(())
}
