//! MJPEG over HTTP: one JPEG after the other in a response without end, which an image element shows. The bench serves
//! them itself, since FFmpeg's own server lets a page fall behind by as many as the kernel holds.

use super::capture;
use super::peer::Peer;
use super::testbed::Testbed;
use crate::patience::Patience;

/// The quality of a JPEG, of which 2 is the best and 31 the worst: hardly anybody sees that it is one.
const QUALITY: &str = "3";
const PAGE: &str = r#"<!doctype html>
<title>MJPEG</title>
<style>html, body { margin: 0; overflow: hidden } img { display: block }</style>
<img src="stream" alt="">
"#;

/// FFmpeg, and the newest of its pictures.
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

    fn start(&self, testbed: &mut Testbed<'_>) -> anyhow::Result<()> {
        let url = testbed.serve(&[("index.html", PAGE)], &[])?;
        let mut ffmpeg = capture::command(testbed);
        // Pictures that are encoded beside each other would wait for each other.
        ffmpeg.args(["-c:v", "mjpeg", "-q:v", QUALITY, "-thread_type", "slice"]);
        ffmpeg.args(["-f", "mpjpeg", "-flush_packets", "1", "pipe:1"]);
        testbed.start_pictures(&mut ffmpeg)?;
        testbed.open(&url);
        Ok(())
    }
}
