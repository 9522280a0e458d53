//! LZ4 blocks by lz4_flex, with its unsafe encoder and its checked decoder: as fast as a session could use it.

use lz4_flex::block::{compress_into, decompress_into, get_maximum_output_size};

use super::{Coder, Fault, smaller};
use lanstream_bench_codec::image::Group;

/// LZ4's output.
#[derive(Default)]
pub(crate) struct Lz4 {
    out: Vec<u8>,
}

impl Coder for Lz4 {
    fn name(&self) -> &'static str {
        "lz4"
    }

    fn encode(&mut self, group: &Group) -> Result<Option<&[u8]>, Fault> {
        // It stays as long as the longest was: only the first round pays for zeros.
        let room = get_maximum_output_size(group.bytes().len());
        self.out.resize(room.max(self.out.len()), 0);
        let len = compress_into(group.bytes(), &mut self.out)?;
        Ok(smaller(&self.out[..len], group))
    }

    fn decode(&mut self, code: &[u8], _: usize, pixels: &mut [u32]) -> Result<(), Fault> {
        decompress_into(code, bytemuck::cast_slice_mut(pixels))?;
        Ok(())
    }
}
