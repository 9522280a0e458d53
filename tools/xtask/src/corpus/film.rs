//! A frame of a film, by FFmpeg.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

/// Flat colours, a gradient and moving bars: graphics rather than a camera's picture.
pub(crate) const TEST: &str = "testsrc2=size=1920x1080,select=eq(n\\,90)";
/// Smooth areas and fine detail with a camera's noise, its colours at half the resolution as films have them.
pub(crate) const ZOOM: &str =
    "mandelbrot=size=1920x1080,select=eq(n\\,60),noise=all_seed=7:alls=4,format=yuv420p";

/// Writes the first frame that comes out of a description of sources and filters. It is the same in every run.
pub(crate) fn make(source: &str, picture: &Path) -> anyhow::Result<()> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", source]);
    command.args(["-frames:v", "1", "-pix_fmt", "rgb24"]).arg(picture);
    let status = command.status().context("can't run ffmpeg")?;
    ensure!(status.success() && picture.exists(), "ffmpeg ended with {status}");
    Ok(())
}
