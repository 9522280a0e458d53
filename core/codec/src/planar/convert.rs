//! From a block to pixels: row by row, and of each a stripe that vectors are made for.

use core::ops::Range;

use super::show::{STRIPE, Samples, colours, mixed, tinted};
use super::{Chroma, Depth, Matrix, Numbers, Planar};

/// What the first column of a part is a multiple of: no block of pixels that share their chroma is wider.
pub const COLUMNS: usize = 4;

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
        self.convert_part(size, block, (0..size.0, rows), pixels);
    }

    /// The same of a part of each row. Its first column is to be a multiple of [`COLUMNS`].
    ///
    /// # Panics
    /// Where either slice is shorter than the size says.
    pub fn convert_part(
        self,
        size: (usize, usize),
        block: &[u8],
        (columns, rows): (Range<usize>, Range<usize>),
        pixels: &mut [u32],
    ) {
        let (width, numbers) = (columns.len(), self.numbers());
        let planes = self.planes(size, block);
        let is_colours = self.matrix == Matrix::Identity && self.chroma == Chroma::C444;
        let mut rest = &mut pixels[..rows.len() * width];
        let mut y = rows.start;
        while !rest.is_empty() {
            // Rows that share their chroma.
            let shared = (planes.down - y % planes.down).min(rest.len() / width);
            let (group, after) = rest.split_at_mut(shared * width);
            for at in (0..width).step_by(STRIPE) {
                let place = (columns.start + at, y);
                let rows = group.chunks_exact_mut(width).map(|row| &mut row[at..]);
                if is_colours {
                    planes.show_colours(&numbers, place, rows);
                } else {
                    planes.show_mixed(&numbers, place, rows);
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
            Chroma::Mono => return Planes { down: 1, luma, chroma: None },
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
        Planes { down, luma, chroma: Some(chroma) }
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
    fn show_mixed<'a>(
        &self,
        numbers: &Numbers,
        (x, y): (usize, usize),
        rows: impl Iterator<Item = &'a mut [u32]>,
    ) {
        // Where there is no chroma, it is no colour.
        let mut samples = [[numbers.neutral; STRIPE]; 2];
        self.load_chroma(x, y, &mut samples);
        let tints = tinted(numbers, &samples);
        for (row, pixels) in rows.enumerate() {
            let mut luma = [0; STRIPE];
            self.luma.load(x, y + row, &mut luma);
            fill(pixels, |stripe| mixed(numbers, &luma, &tints, stripe));
        }
    }

    /// The same of planes that are green, blue and red.
    fn show_colours<'a>(
        &self,
        numbers: &Numbers,
        (x, y): (usize, usize),
        rows: impl Iterator<Item = &'a mut [u32]>,
    ) {
        for (row, pixels) in rows.enumerate() {
            let (mut green, mut others) = ([0; STRIPE], [[0; STRIPE]; 2]);
            self.luma.load(x, y + row, &mut green);
            self.load_chroma(x, y + row, &mut others);
            let [blue, red] = &others;
            fill(pixels, |stripe| colours(numbers, [&green, blue, red], stripe));
        }
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

/// Samples of one byte or two, one in each `STEP` and `AT` so many bytes into it, each for `ACROSS` pixels. What is
/// above their bits means nothing.
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

/// Fills the stripe that begins here, or the part of one that there is.
fn fill(pixels: &mut [u32], show: impl Fn(&mut [u32; STRIPE])) {
    if let Some(stripe) = pixels.first_chunk_mut() {
        return show(stripe);
    }
    let mut stripe = [0; STRIPE];
    show(&mut stripe);
    pixels.copy_from_slice(&stripe[..pixels.len()]);
}
