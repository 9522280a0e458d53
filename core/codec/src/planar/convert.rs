//! From a block to pixels: row by row, and of each a stripe that vectors are made for.

use core::ops::Range;

use super::show::{STRIPE, Samples, colours, mixed, tinted};
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

/// The planes of a picture.
struct Planes<'a> {
    /// Pixels in a row.
    width: usize,
    /// Rows that share their chroma.
    down: usize,
    /// Or green.
    luma: Plane<'a>,
    /// Or blue and red.
    chroma: Option<[Plane<'a>; 2]>,
}

impl Planar {
    /// Fills `pixels` with what `rows` of a picture show, given all of its block.
    ///
    /// # Panics
    /// Where either slice is shorter than the size says.
    pub fn convert(self, size: (usize, usize), block: &[u8], rows: Range<usize>, pixels: &mut [u32]) {
        let (width, numbers) = (size.0, self.numbers());
        let planes = self.planes(size, block);
        let is_colours = self.matrix == Matrix::Identity && self.chroma == Chroma::C444;
        let mut rest = &mut pixels[..rows.len() * width];
        let mut y = rows.start;
        while !rest.is_empty() {
            // Rows that share their chroma.
            let shared = (planes.down - y % planes.down).min(rest.len() / width);
            let (group, after) = rest.split_at_mut(shared * width);
            for x in (0..width).step_by(STRIPE) {
                if is_colours {
                    planes.show_colours(&numbers, (x, y), group);
                } else {
                    planes.show_mixed(&numbers, (x, y), group);
                }
            }
            (rest, y) = (after, y + shared);
        }
    }

    /// Where samples are taken from.
    fn planes(self, (width, height): (usize, usize), block: &[u8]) -> Planes<'_> {
        let bytes = self.depth.bytes();
        let (across, down) = self.chroma.block();
        let (chroma_width, chroma_height) = self.chroma_size(width, height);
        let (luma, chroma) = block.split_at(width * height * bytes);
        let chroma = &chroma[..2 * chroma_width * chroma_height * bytes];
        let (u, v) = chroma.split_at(chroma.len() / 2);
        let luma =
            Plane { bytes: luma, load: self.load(1), row: width * bytes, step: bytes, across: 1, down: 1 };
        let chroma = match self.chroma {
            Chroma::Mono => return Planes { width, down: 1, luma, chroma: None },
            Chroma::Nv12 => self.load_by_turns().map(|load| (chroma, load, 2 * bytes)),
            _ => [u, v].map(|plane| (plane, self.load(across), bytes)),
        };
        let chroma = chroma.map(|(bytes, load, step)| Plane {
            bytes,
            load,
            row: chroma_width * step,
            step,
            across,
            down,
        });
        Planes { width, down, luma, chroma: Some(chroma) }
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

impl Planes<'_> {
    /// A stripe of rows that share their chroma.
    fn show_mixed(&self, numbers: &Numbers, (x, y): (usize, usize), rows: &mut [u32]) {
        // Where there is no chroma, it is no colour.
        let mut samples = [[numbers.neutral; STRIPE]; 2];
        self.load_chroma(x, y, &mut samples);
        let tints = tinted(numbers, &samples);
        for (row, pixels) in rows.chunks_exact_mut(self.width).enumerate() {
            let mut luma = [0; STRIPE];
            self.luma.load(x, y + row, &mut luma);
            fill(pixels, x, |stripe| mixed(numbers, &luma, &tints, stripe));
        }
    }

    /// A stripe of one row.
    fn show_colours(&self, numbers: &Numbers, (x, y): (usize, usize), row: &mut [u32]) {
        let (mut green, mut others) = ([0; STRIPE], [[0; STRIPE]; 2]);
        self.luma.load(x, y, &mut green);
        self.load_chroma(x, y, &mut others);
        let [blue, red] = &others;
        fill(row, x, |stripe| colours(numbers, [&green, blue, red], stripe));
    }

    fn load_chroma(&self, x: usize, y: usize, samples: &mut [Samples; 2]) {
        for (plane, samples) in self.chroma.iter().flatten().zip(samples) {
            plane.load(x, y, samples);
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

/// Fills the stripe of a row from column `x` on, or the part of one that there is.
fn fill(row: &mut [u32], x: usize, show: impl Fn(&mut [u32; STRIPE])) {
    let pixels = &mut row[x..];
    if let Some(stripe) = pixels.first_chunk_mut() {
        return show(stripe);
    }
    let mut stripe = [0; STRIPE];
    show(&mut stripe);
    pixels.copy_from_slice(&stripe[..pixels.len()]);
}
