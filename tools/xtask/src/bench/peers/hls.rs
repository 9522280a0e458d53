//! HLS: FFmpeg writes files of a second, and hls.js fetches them.

use std::time::Duration;

use super::cache;
use super::capture;
use super::peer::Peer;
use super::testbed::Testbed;
use crate::patience::Patience;

const PACKAGE: &str = "hls.js";
const VERSION: &str = "1.7.4";
/// Seconds of a file: the least that players take.
const SEGMENT_SECONDS: &str = "1";
/// A picture waits until its file is written and until the player, a file behind, comes to it.
const SETTLE_LIMIT: Duration = Duration::from_secs(5);
const PAGE: &str = r#"<!doctype html>
<title>HLS</title>
<style>html, body { margin: 0; overflow: hidden } video { display: block }</style>
<video muted autoplay playsinline></video>
<script src="hls/dist/hls.min.js"></script>
<script>
const hls = new Hls({ lowLatencyMode: true, liveSyncDurationCount: 1, maxLiveSyncPlaybackRate: 1.5 })
hls.loadSource('live/index.m3u8')
hls.attachMedia(document.querySelector('video'))
</script>
"#;

/// FFmpeg and a web server.
pub(super) struct Hls;

impl Peer for Hls {
    fn name(&self) -> &str {
        "HLS"
    }

    fn install(&self, patience: &Patience) -> anyhow::Result<()> {
        capture::install()?;
        cache::npm(PACKAGE, VERSION, patience)
    }

    fn versions(&self) -> Vec<String> {
        vec![capture::version(), format!("hls.js {}", cache::npm_version(PACKAGE))]
    }

    fn start(&self, testbed: &mut Testbed<'_>) -> anyhow::Result<()> {
        let live = testbed.folder().join("live");
        std::fs::create_dir(&live)?;
        let list = live.join("index.m3u8");
        let mut ffmpeg = capture::command(testbed);
        ffmpeg.args(["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-crf", "18"]);
        ffmpeg.args(["-pix_fmt", "yuv420p", "-g", capture::FPS, "-f", "hls", "-hls_time", SEGMENT_SECONDS]);
        ffmpeg.args(["-hls_list_size", "6", "-hls_flags", "delete_segments"]);
        testbed.start(ffmpeg.arg(&list))?;
        testbed.until("list of segments", || Ok(list.exists().then_some(())))?;
        let packages = [("live", live), ("hls", cache::npm_folder(PACKAGE))];
        let url = testbed.serve(&[("index.html", PAGE)], &packages)?;
        testbed.open(&url);
        Ok(())
    }

    fn settle(&self) -> Duration {
        SETTLE_LIMIT
    }
}
