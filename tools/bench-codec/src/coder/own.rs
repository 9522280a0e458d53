//! One of our codes.

use lanstream_codec::Code;

use super::{Coder, Fault};
use lanstream_bench_codec::image::Group;

/// A code and its output.
pub(crate) struct Own {
    code: Code,
    out: Vec<u8>,
}

impl Own {
    pub(crate) fn new(code: Code) -> Self {
        Self { code, out: Vec::new() }
    }
}

impl Coder for Own {
    fn name(&self) -> &'static str {
        match self.code {
            Code::Palette => "palette",
            Code::Predict => "predict",
            Code::Lz => "lz",
            Code::Packed => "packed",
        }
    }

    fn encode(&mut self, group: &Group) -> Result<Option<&[u8]>, Fault> {
        let limit = group.bytes().len() - 1;
        self.out.clear();
        let is_coded = lanstream_codec::encode(self.code, &group.pixels, group.width, limit, &mut self.out);
        Ok(is_coded.then_some(&self.out))
    }

    fn decode(&mut self, code: &[u8], width: usize, pixels: &mut [u32]) -> Result<(), Fault> {
        Ok(lanstream_codec::decode(self.code, code, width, pixels)?)
    }
}
