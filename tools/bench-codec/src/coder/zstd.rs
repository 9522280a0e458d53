//! Zstandard at its first level, by its own C library.

use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::compress_bound;

use super::{Coder, Fault, smaller};
use lanstream_bench_codec::image::Group;

/// The fastest level that is not negative: what `zstd -1` does.
const LEVEL: i32 = 1;

/// Its contexts, which are there from the first group on, and its output.
#[derive(Default)]
pub(crate) struct Zstd {
    encoder: Option<Compressor<'static>>,
    decoder: Option<Decompressor<'static>>,
    out: Vec<u8>,
}

impl Coder for Zstd {
    fn name(&self) -> &'static str {
        "zstd -1"
    }

    fn encode(&mut self, group: &Group) -> Result<Option<&[u8]>, Fault> {
        let encoder = match &mut self.encoder {
            Some(encoder) => encoder,
            none => none.insert(Compressor::new(LEVEL)?),
        };
        self.out.clear();
        self.out.reserve(compress_bound(group.bytes().len()));
        encoder.compress_to_buffer(group.bytes(), &mut self.out)?;
        Ok(smaller(&self.out, group))
    }

    fn decode(&mut self, code: &[u8], _: usize, pixels: &mut [u32]) -> Result<(), Fault> {
        let decoder = match &mut self.decoder {
            Some(decoder) => decoder,
            none => none.insert(Decompressor::new()?),
        };
        decoder.decompress_to_buffer(code, bytemuck::cast_slice_mut::<_, u8>(pixels))?;
        Ok(())
    }
}
