//! PNG as fast as the `png` crate advises, with four channels as the pixels have them.

use std::io::Cursor;

use png::{BitDepth, ColorType, Compression, Decoder, Encoder};

use super::{Coder, Fault, smaller};
use lanstream_bench_codec::image::Group;

/// PNG's output.
#[derive(Default)]
pub(crate) struct Png {
    out: Vec<u8>,
}

impl Coder for Png {
    fn name(&self) -> &'static str {
        "png fast"
    }

    fn encode(&mut self, group: &Group) -> Result<Option<&[u8]>, Fault> {
        self.out.clear();
        let (width, height) = (u32::try_from(group.width)?, u32::try_from(group.height())?);
        let mut encoder = Encoder::new(&mut self.out, width, height);
        encoder.set_color(ColorType::Rgba);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(Compression::Fast);
        encoder.write_header()?.write_image_data(group.bytes())?;
        Ok(smaller(&self.out, group))
    }

    fn decode(&mut self, code: &[u8], _: usize, pixels: &mut [u32]) -> Result<(), Fault> {
        let mut reader = Decoder::new(Cursor::new(code)).read_info()?;
        reader.next_frame(bytemuck::cast_slice_mut(pixels))?;
        Ok(())
    }
}
