//! QOI, with four channels as the pixels have them: the fourth costs it no byte while it stays 255.

use qoi::{Channels, decode_to_buf, encode_max_len, encode_to_buf};

use super::{Coder, Fault, smaller};
use lanstream_bench_codec::image::Group;

/// QOI's output.
#[derive(Default)]
pub(crate) struct Qoi {
    out: Vec<u8>,
}

impl Coder for Qoi {
    fn name(&self) -> &'static str {
        "qoi"
    }

    fn encode(&mut self, group: &Group) -> Result<Option<&[u8]>, Fault> {
        let (width, height) = (u32::try_from(group.width)?, u32::try_from(group.height())?);
        // It stays as long as the longest was: only the first round pays for zeros.
        let room = encode_max_len(width, height, Channels::Rgba);
        self.out.resize(room.max(self.out.len()), 0);
        let len = encode_to_buf(&mut self.out, group.bytes(), width, height)?;
        Ok(smaller(&self.out[..len], group))
    }

    fn decode(&mut self, code: &[u8], _: usize, pixels: &mut [u32]) -> Result<(), Fault> {
        decode_to_buf(bytemuck::cast_slice_mut::<_, u8>(pixels), code)?;
        Ok(())
    }
}
