//! JSMpeg: MPEG-1 from FFmpeg through a WebSocket, decoded by a WebAssembly module in the page.

use std::process::Command;

use super::super::server::free_port;
use super::cache::{self, debian_version};
use super::capture;
use super::peer::Peer;
use super::testbed::Testbed;
use crate::patience::Patience;

const PACKAGE: &str = "@cycjimmy/jsmpeg-player";
const VERSION: &str = "6.1.2";
/// Bits a second: three times what its authors have for films of 1920x1080, since text takes more.
const BITRATE: &str = "30000k";
/// Bits that a picture may take at most: the player has room for hardly more, and never decodes a larger one.
const PICTURE: &str = "4000k";
const PAGE: &str = r#"<!doctype html>
<title>JSMpeg</title>
<style>html, body { margin: 0; overflow: hidden } canvas { display: block }</style>
<canvas></canvas>
<script src="jsmpeg/dist/jsmpeg-player.umd.min.js"></script>
<script>
const canvas = document.querySelector('canvas')
new JSMpeg.Player('ws://127.0.0.1:{port}/', { canvas, audio: false, pauseWhenHidden: false })
</script>
"#;

/// FFmpeg behind a bridge from WebSocket.
pub(super) struct Jsmpeg;

impl Peer for Jsmpeg {
    fn name(&self) -> &str {
        "JSMpeg"
    }

    fn install(&self, patience: &Patience) -> anyhow::Result<()> {
        capture::install()?;
        cache::debian(&[("websockify", "websockify")])?;
        cache::npm(PACKAGE, VERSION, patience)
    }

    fn versions(&self) -> Vec<String> {
        vec![
            capture::version(),
            format!("websockify {}", debian_version("websockify")),
            format!("JSMpeg Player {}", cache::npm_version(PACKAGE)),
        ]
    }

    fn start(&self, testbed: &mut Testbed<'_>) -> anyhow::Result<()> {
        // Between the two no bytes go through the loopback interface, where they would be counted twice.
        let socket = testbed.folder().join("stream");
        let mut ffmpeg = capture::command(testbed);
        ffmpeg.args(["-c:v", "mpeg1video", "-b:v", BITRATE, "-maxrate", BITRATE, "-bufsize", PICTURE]);
        ffmpeg.args(["-bf", "0", "-f", "mpegts", "-muxdelay", "0.001"]);
        ffmpeg.args(["-flush_packets", "1", "-listen", "1"]).arg(format!("unix:{}", socket.display()));
        testbed.start(&mut ffmpeg)?;
        testbed.until("socket of FFmpeg", || Ok(socket.exists().then_some(())))?;
        let port = free_port()?;
        let mut bridge = Command::new("websockify");
        testbed.start(bridge.arg("--unix-target").arg(&socket).arg(format!("127.0.0.1:{port}")))?;
        testbed.until_listening(port)?;
        let page = PAGE.replace("{port}", &port.to_string());
        let url = testbed.serve(&[("index.html", &page)], &[("jsmpeg", cache::npm_folder(PACKAGE))])?;
        testbed.open(&url);
        Ok(())
    }
}
