//! A screenshot from a PNG file, cut into groups of rows as a session cuts a picture that has changed everywhere.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use png::{ColorType, Decoder, Transformations};

/// Rows of a group: eight rows of tiles, which at 1920 pixels a row are 1 MiB, as much as a session packs at a time.
const GROUP_ROWS: usize = 128;

/// Why a file is no image to measure on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file can't be read.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// What is in it is no PNG.
    #[error(transparent)]
    Png(#[from] png::DecodingError),
    /// Its pixels are more than an address can count.
    #[error("larger than memory")]
    Large,
}

/// An image's pixels.
pub struct Image {
    /// The file's name without its folder.
    pub name: String,
    /// The groups from the top down; the last may be lower.
    pub groups: Vec<Group>,
}

/// A rectangle of pixels that lie in memory as red, green, blue, 255.
pub struct Group {
    /// Pixels of a row.
    pub width: usize,
    /// The pixels row by row.
    pub pixels: Vec<u32>,
}

impl Image {
    /// Reads 8 bits a channel of any colour type; deeper ones lose what is below, and nothing is transparent on a
    /// screen.
    ///
    /// # Errors
    /// Where the file can't be read or is no PNG.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let mut decoder = Decoder::new(BufReader::new(File::open(path)?));
        decoder.set_transformations(Transformations::normalize_to_color8());
        let mut reader = decoder.read_info()?;
        let mut bytes = vec![0; reader.output_buffer_size().ok_or(Error::Large)?];
        let info = reader.next_frame(&mut bytes)?;
        let pixels = opaque(&bytes[..info.buffer_size()], info.color_type);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, groups: groups(&pixels, info.width as usize) })
    }
}

impl Group {
    /// Returns the pixels for coders of bytes.
    pub fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(&self.pixels)
    }

    /// Returns the number of rows.
    pub fn height(&self) -> usize {
        self.pixels.len() / self.width
    }
}

fn opaque(bytes: &[u8], colors: ColorType) -> Vec<u32> {
    let pixel = |red, green, blue| u32::from_ne_bytes([red, green, blue, u8::MAX]);
    let samples = bytes.chunks_exact(colors.samples());
    match colors {
        ColorType::Rgb | ColorType::Rgba => samples.map(|of| pixel(of[0], of[1], of[2])).collect(),
        // Palettes come expanded, as colours.
        ColorType::Grayscale | ColorType::GrayscaleAlpha | ColorType::Indexed => {
            samples.map(|of| pixel(of[0], of[0], of[0])).collect()
        }
    }
}

fn groups(pixels: &[u32], width: usize) -> Vec<Group> {
    let parts = pixels.chunks(GROUP_ROWS * width);
    parts.map(|pixels| Group { width, pixels: pixels.to_vec() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_type_becomes_opaque_pixels() {
        let grey = u32::from_ne_bytes([7, 7, 7, 255]);
        let color = u32::from_ne_bytes([1, 2, 3, 255]);
        assert_eq!(opaque(&[7, 7], ColorType::Grayscale), [grey, grey]);
        assert_eq!(opaque(&[7, 0], ColorType::GrayscaleAlpha), [grey]);
        assert_eq!(opaque(&[1, 2, 3, 1, 2, 3], ColorType::Rgb), [color, color]);
        assert_eq!(opaque(&[1, 2, 3, 0], ColorType::Rgba), [color]);
    }

    #[test]
    fn the_last_group_is_what_is_left() {
        let groups = groups(&[0; 3 * (2 * GROUP_ROWS + 5)], 3);
        let heights: Vec<_> = groups.iter().map(Group::height).collect();
        assert_eq!(heights, [GROUP_ROWS, GROUP_ROWS, 5]);
        assert_eq!(groups[2].bytes().len(), 5 * 3 * 4);
    }
}
