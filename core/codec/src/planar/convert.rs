//! From a block to pixels: row by row, and of each a stripe that vectors are made for.

use core::ops::Range;

use super::show::{STRIPE, Samples, colours, mixed};
use super::{Chroma, Depth, Matrix, Numbers, Planar};

/// Takes the samples of a stripe's pixels from the bytes from its first sample on, as many as there are.
type Load = fn(&[u8], &mut Samples);

/// A plane, and how its samples belong to pixels.
#[derive(Clone, Copy)]
struct Plane<'a> {
    bytes: &'a [u8],
    load: Load,
    /// Bytes of a row.
    row: usize,
    /// Bytes from one sample to the next.
    step: usize,
    /// Pixels that share a sample.
    across: usize,
    down: usize,
}

impl Planar {
    /// Fills `pixels` with what `rows` of a picture show, given all of its block.
    ///
    /// # Panics
    /// Where either slice is shorter than the size says.
    pub fn convert(self, size: (usize, usize), block: &[u8], rows: Range<usize>, pixels: &mut [u32]) {
        let numbers = self.numbers();
        let planes = self.planes(size, block);
        let mut samples = [[0; STRIPE]; 3];
        // Where there is no chroma, it stays what it is.
        samples[1..].fill([numbers.neutral; STRIPE]);
        for (y, row) in rows.zip(pixels.chunks_exact_mut(size.0)) {
            for (index, stripe) in row.chunks_mut(STRIPE).enumerate() {
                for (plane, samples) in planes.iter().zip(&mut samples) {
                    plane.iter().for_each(|plane| plane.load(index * STRIPE, y, samples));
                }
                self.show(&numbers, &samples, stripe);
            }
        }
    }

    fn show(self, numbers: &Numbers, samples: &[Samples; 3], pixels: &mut [u32]) {
        let is_colours = self.matrix == Matrix::Identity && self.chroma == Chroma::C444;
        let show = if is_colours { colours } else { mixed };
        if let Ok(stripe) = pixels.try_into() {
            return show(numbers, samples, stripe);
        }
        let mut stripe = [0; STRIPE];
        show(numbers, samples, &mut stripe);
        pixels.copy_from_slice(&stripe[..pixels.len()]);
    }

    /// The planes, in the order of the formula's samples.
    fn planes(self, (width, height): (usize, usize), block: &[u8]) -> [Option<Plane<'_>>; 3] {
        let bytes = self.depth.bytes();
        let (across, down) = self.chroma.block();
        let (chroma_width, chroma_height) = self.chroma_size(width, height);
        let (luma, chroma) = block.split_at(width * height * bytes);
        let chroma = &chroma[..2 * chroma_width * chroma_height * bytes];
        let (u, v) = chroma.split_at(chroma.len() / 2);
        let luma =
            Plane { bytes: luma, load: self.load(1), row: width * bytes, step: bytes, across: 1, down: 1 };
        let [u, v] = match self.chroma {
            Chroma::Mono => return [Some(luma), None, None],
            Chroma::Nv12 => self.load_by_turns().map(|load| (chroma, load, 2 * bytes)),
            _ => [u, v].map(|plane| (plane, self.load(across), bytes)),
        };
        let plane =
            |(plane, load, step)| Plane { bytes: plane, load, row: chroma_width * step, step, across, down };
        [Some(luma), Some(plane(u)), Some(plane(v))]
    }

    /// How samples are taken from a plane of their own.
    fn load(self, across: usize) -> Load {
        match self.depth {
            Depth::Eight => load_for::<1, 0xff>(across),
            Depth::Ten => load_for::<2, 0x3ff>(across),
            Depth::Twelve => load_for::<2, 0xfff>(across),
        }
    }

    /// How those of U and V are that lie by turns.
    fn load_by_turns(self) -> [Load; 2] {
        match self.depth {
            Depth::Eight => [load::<2, 0, 0xff, 2>, load::<2, 1, 0xff, 2>],
            Depth::Ten => [load::<4, 0, 0x3ff, 2>, load::<4, 2, 0x3ff, 2>],
            Depth::Twelve => [load::<4, 0, 0xfff, 2>, load::<4, 2, 0xfff, 2>],
        }
    }
}

impl Plane<'_> {
    /// Takes the samples of row `y` of pixels, from column `x` on.
    fn load(&self, x: usize, y: usize, samples: &mut Samples) {
        let row = &self.bytes[y / self.down * self.row..][..self.row];
        (self.load)(&row[x / self.across * self.step..], samples);
    }
}

fn load_for<const STEP: usize, const MASK: i32>(across: usize) -> Load {
    match across {
        1 => load::<STEP, 0, MASK, 1>,
        2 => load::<STEP, 0, MASK, 2>,
        _ => load::<STEP, 0, MASK, 4>,
    }
}

/// Samples of one byte or two, one in each `STEP` and `AT` so many bytes into it, each for `ACROSS` pixels. What is above their
/// bits means nothing.
fn load<const STEP: usize, const AT: usize, const MASK: i32, const ACROSS: usize>(
    bytes: &[u8],
    samples: &mut Samples,
) {
    let groups = samples.as_chunks_mut::<ACROSS>().0;
    for (group, step) in groups.iter_mut().zip(bytes.as_chunks::<STEP>().0) {
        let high = if MASK == 0xff { 0 } else { i32::from(step[AT + 1]) << 8 };
        *group = [(i32::from(step[AT]) | high) & MASK; ACROSS];
    }
}
