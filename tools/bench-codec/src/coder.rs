//! What is measured: something that makes a group of pixels smaller, and the same pixels of that again.

mod lz4;
mod own;
mod png;
mod qoi;
mod zstd;

use lanstream_bench_codec::image::Group;
use lanstream_codec::Code;

/// What a coder's crate says went wrong. It is only shown.
pub(crate) type Fault = Box<dyn std::error::Error + Send + Sync>;

/// A lossless coder with the memory that it needs, kept from group to group as a session would keep it.
pub(crate) trait Coder {
    fn name(&self) -> &'static str;

    /// The group's code. `None`: it would not be smaller than the pixels.
    fn encode(&mut self, group: &Group) -> Result<Option<&[u8]>, Fault>;

    /// Fills `pixels`, rows of `width`, with what was encoded.
    fn decode(&mut self, code: &[u8], width: usize, pixels: &mut [u32]) -> Result<(), Fault>;
}

/// Our codes.
pub(crate) fn ours() -> Vec<Box<dyn Coder>> {
    Code::ALL.into_iter().map(|code| Box::new(own::Own::new(code)) as Box<dyn Coder>).collect()
}

/// What others would take.
pub(crate) fn others() -> Vec<Box<dyn Coder>> {
    vec![
        Box::<lz4::Lz4>::default(),
        Box::<zstd::Zstd>::default(),
        Box::<qoi::Qoi>::default(),
        Box::<png::Png>::default(),
    ]
}

/// A code, where it is worth something.
fn smaller<'a>(code: &'a [u8], group: &Group) -> Option<&'a [u8]> {
    (code.len() < group.bytes().len()).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pixels: Vec<u32>, width: usize) {
        let group = Group { width, pixels };
        for coder in ours().iter_mut().chain(&mut others()) {
            let Some(code) = coder.encode(&group).unwrap().map(<[u8]>::to_vec) else { continue };
            let mut decoded = vec![0; group.pixels.len()];
            coder.decode(&code, width, &mut decoded).unwrap();
            assert!(decoded == group.pixels, "{} on {width} wide", coder.name());
        }
    }

    fn pixel(place: u32) -> u32 {
        let [red, green, blue, _] = place.wrapping_mul(0x9E37_79B1).to_le_bytes();
        u32::from_ne_bytes([red, green, blue, 255])
    }

    #[test]
    fn every_coder_gives_back_what_it_took() {
        check(vec![pixel(1)], 1);
        check(vec![pixel(1); 64 * 64], 64);
        check((0..64 * 64).map(|place| pixel(place / 5 % 40)).collect(), 64);
        check((0..64 * 64).map(pixel).collect(), 64);
    }

    #[test]
    fn noise_is_given_up_by_what_can_only_repeat() {
        let group = Group { width: 64, pixels: (0..64 * 64).map(pixel).collect() };
        let noise =
            others().iter_mut().map(|coder| coder.encode(&group).unwrap().is_none()).collect::<Vec<_>>();
        assert!(noise[0], "lz4");
    }
}
