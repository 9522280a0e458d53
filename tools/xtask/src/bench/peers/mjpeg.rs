//! MJPEG over HTTP: one JPEG after the other in a response without end, which an image element shows.

use super::super::server::free_port;
use super::capture;
use super::peer::Peer;
use super::stage::Stage;
use crate::patience::Patience;

/// The quality of a JPEG, of which 2 is the best and 31 the worst: hardly anybody sees that it is one.
const QUALITY: &str = "3";
/// What FFmpeg sends, with the boundary that it writes.
const KIND: &str = "multipart/x-mixed-replace;boundary=ffmpeg";
const PAGE: &str = r#"<!doctype html>
<title>MJPEG</title>
<style>html, body { margin: 0; overflow: hidden } img { display: block }</style>
<img src="{stream}" alt="">
"#;

/// FFmpeg's own server.
pub(super) struct Mjpeg;

impl Peer for Mjpeg {
    fn name(&self) -> &str {
        "MJPEG over HTTP"
    }

    fn install(&self, _: &Patience) -> anyhow::Result<()> {
        capture::install()
    }

    fn versions(&self) -> Vec<String> {
        vec![capture::version()]
    }

    fn start(&self, stage: &mut Stage<'_>) -> anyhow::Result<()> {
        let port = free_port()?;
        let stream = format!("http://127.0.0.1:{port}/");
        let mut ffmpeg = capture::command(stage);
        ffmpeg.args([
            "-c:v",
            "mjpeg",
            "-q:v",
            QUALITY,
            "-thread_type",
            "slice",
            "-f",
            "mpjpeg",
            "-flush_packets",
            "1",
        ]);
        stage.start(ffmpeg.args(["-listen", "1", "-content_type", KIND, &stream]))?;
        stage.until_listening(port)?;
        let url = stage.serve(&[("index.html", &PAGE.replace("{stream}", &stream))], &[])?;
        stage.open(&url);
        Ok(())
    }
}
