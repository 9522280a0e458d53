//! Films that are played: made by FFmpeg once, and kept among what is built.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::ensure;

use crate::repository;

/// Picture with moving parts, a clock and many colours.
pub(crate) const TEST: &str = "testsrc2";
/// Film that takes little to decode.
pub(crate) const SMALL: Clip = Clip { picture: TEST, size: (640, 360), rate: 24 };
/// Seconds of a film, which is shown over and over.
const SECONDS: u32 = 10;

/// A film of a picture that FFmpeg makes.
pub(crate) struct Clip {
    /// Source of the picture in FFmpeg's words, without its size and rate.
    pub(crate) picture: &'static str,
    pub(crate) size: (u16, u16),
    /// Frames in a second.
    pub(crate) rate: u32,
}

impl Clip {
    /// Returns the source in FFmpeg's words, with its size and rate.
    pub(crate) fn source(&self) -> String {
        let (width, height) = self.size;
        let (name, rest) = self.picture.split_at(self.picture.find(['=', ',']).unwrap_or(self.picture.len()));
        let rest = rest.strip_prefix('=').map_or_else(|| rest.to_owned(), |options| format!(":{options}"));
        format!("{name}=size={width}x{height}:rate={}{rest}", self.rate)
    }

    /// Returns the path of the film, which is encoded where it is not there yet.
    pub(crate) fn path(&self) -> anyhow::Result<PathBuf> {
        let folder = repository::target().join("clips");
        std::fs::create_dir_all(&folder)?;
        let kind = self.picture.split(['=', ',']).next().unwrap_or_default();
        let path = folder.join(format!("{kind}-{}x{}-{}.mp4", self.size.0, self.size.1, self.rate));
        if !path.exists() {
            encode(&self.source(), &path)?;
        }
        Ok(path)
    }
}

fn encode(source: &str, path: &Path) -> anyhow::Result<()> {
    eprintln!("encoding {}", path.display());
    let unfinished = path.with_extension("part.mp4");
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", source]);
    command.args(["-t", &SECONDS.to_string(), "-c:v", "libx264", "-preset", "veryfast"]);
    let status = command.args(["-pix_fmt", "yuv420p"]).arg(&unfinished).status()?;
    ensure!(status.success(), "FFmpeg ended with {status}");
    Ok(std::fs::rename(unfinished, path)?)
}
