//! A picture's size, and how it is written.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use anyhow::Context;
use png::{BitDepth, ColorType, Encoder};

/// Of every picture: what most monitors show.
pub(crate) const WIDTH: u16 = 1920;
pub(crate) const HEIGHT: u16 = 1080;
/// Bytes of a pixel in a file: red, green, blue.
pub(crate) const PIXEL_BYTES: usize = 3;

/// Writes rows of pixels, without a gap, as a PNG.
pub(crate) fn write(path: &Path, pixels: &[u8]) -> anyhow::Result<()> {
    let file = File::create(path).with_context(|| format!("can't write {}", path.display()))?;
    let mut encoder = Encoder::new(BufWriter::new(file), WIDTH.into(), HEIGHT.into());
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    Ok(writer.finish()?)
}
