//! FFmpeg as all peers have it that encode with it: it looks at the screen so many times a second.

use std::process::Command;

use super::cache::{self, debian_version};
use super::testbed::Testbed;

/// Looks a second: what most instructions for screens have, and more than a core encodes of some of these codecs.
pub(super) const FPS: &str = "30";

/// Installs FFmpeg.
pub(super) fn install() -> anyhow::Result<()> {
    cache::debian(&[("ffmpeg", "ffmpeg")])
}

/// Returns its name and version.
pub(super) fn version() -> String {
    format!("FFmpeg {}", debian_version("ffmpeg"))
}

/// Returns a command that looks at the display to be mirrored. What becomes of the pictures is to be added.
pub(super) fn command(testbed: &mut Testbed<'_>) -> Command {
    let (width, height) = testbed.size;
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-hide_banner", "-nostdin", "-loglevel", "warning", "-fflags", "nobuffer"]);
    ffmpeg.args(["-f", "x11grab", "-draw_mouse", "0", "-framerate", FPS]);
    ffmpeg.args(["-video_size", &format!("{width}x{height}"), "-i", &testbed.source()]);
    ffmpeg
}
