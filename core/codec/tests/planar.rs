//! What pictures in planes show: as the standards say, and by the golden vectors of `docs/planar-vectors.json`, which
//! the JavaScript tests read too. `LANSTREAM_BLESS=1 cargo test -p lanstream-codec --test planar` writes the file anew
//! after a change meant so.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::path::Path;

use lanstream_codec::planar::{Chroma, Depth, Matrix, Planar, Range};
use serde_json::{Value, json};

const RANGES: [Range; 2] = [Range::Limited, Range::Full];

/// Every way in which colours may be meant.
fn colours() -> impl Iterator<Item = Planar> {
    let each = Depth::ALL.into_iter().flat_map(|depth| RANGES.map(|range| (depth, range)));
    each.flat_map(|(depth, range)| {
        Matrix::ALL.map(|matrix| Planar { chroma: Chroma::C444, depth, matrix, range })
    })
}

fn pixels(planar: Planar, (width, height): (usize, usize), block: &[u8]) -> Vec<u32> {
    let mut pixels = vec![0; width * height];
    planar.convert((width, height), block, 0..height, &mut pixels);
    pixels
}

/// A block of one pixel with a sample for each plane.
fn one(planar: Planar, samples: [u16; 3]) -> [u8; 3] {
    let block: Vec<u8> = match planar.depth {
        Depth::Eight => samples.iter().map(|sample| sample.to_le_bytes()[0]).collect(),
        _ => samples.iter().flat_map(|sample| sample.to_le_bytes()).collect(),
    };
    let [red, green, blue, white] = pixels(planar, (1, 1), &block)[0].to_le_bytes();
    assert_eq!(white, 255);
    [red, green, blue]
}

/// What the standards say, in real numbers.
fn exact(planar: Planar, samples: [u16; 3]) -> [f64; 3] {
    let finer = f64::from(1_u32 << (planar.depth.bits() - 8));
    let (black, luma, chroma) = match planar.range {
        Range::Limited => (16.0 * finer, 219.0 * finer, 224.0 * finer),
        Range::Full => (0.0, 256.0 * finer - 1.0, 256.0 * finer - 1.0),
    };
    let grey = |sample: u16| (f64::from(sample) - black) / luma;
    let [y, u, v] = samples;
    let (red, blue) = match planar.matrix {
        Matrix::Identity => {
            return [grey(v), grey(y), grey(u)].map(|colour| (colour * 255.0).clamp(0.0, 255.0));
        }
        Matrix::Bt601 => (0.299, 0.114),
        Matrix::Bt709 => (0.2126, 0.0722),
        Matrix::Bt2020 => (0.2627, 0.0593),
    };
    let tint = |sample: u16| (f64::from(sample) - 128.0 * finer) / chroma;
    let (y, u, v) = (grey(y), tint(u), tint(v));
    let (r, b) = (y + 2.0 * (1.0 - red) * v, y + 2.0 * (1.0 - blue) * u);
    let g = (y - red * r - blue * b) / (1.0 - red - blue);
    [r, g, b].map(|colour| (colour * 255.0).clamp(0.0, 255.0))
}

#[test]
fn every_sample_is_as_the_standards_say_rounded() {
    for planar in colours() {
        let most = (1_u32 << planar.depth.bits()) - 1;
        for index in 0..1_u32 << 15 {
            let samples = [index & 31, index >> 5 & 31, index >> 10];
            let samples = samples.map(|part| u16::try_from(part * most / 31).unwrap());
            // Half for the rounding, and what the numbers' own leaves.
            for (own, exact) in one(planar, samples).iter().zip(exact(planar, samples)) {
                assert!(
                    (f64::from(*own) - exact).abs() <= 0.51,
                    "{planar:?} {samples:?}: {own}, not {exact}"
                );
            }
        }
    }
}

#[test]
fn bits_above_a_samples_own_mean_nothing() {
    for planar in colours().filter(|planar| planar.depth != Depth::Eight) {
        assert_eq!(one(planar, [0xffff; 3]), one(planar, [(1 << planar.depth.bits()) - 1; 3]));
    }
}

#[test]
fn pixels_share_the_chroma_of_their_block() {
    let (width, height) = (133, 3);
    for (chroma, depth) in Chroma::ALL.into_iter().flat_map(|chroma| Depth::ALL.map(|depth| (chroma, depth)))
    {
        let planar = Planar { chroma, depth, matrix: Matrix::Bt601, range: Range::Limited };
        let block = noise(planar, (width, height));
        let bytes = depth.bytes();
        let sample = |at: usize| match depth {
            Depth::Eight => u16::from(block[at]),
            _ => u16::from_le_bytes([block[at * 2], block[at * 2 + 1]]),
        };
        let (across, down) = chroma.block();
        for (at, pixel) in pixels(planar, (width, height), &block).into_iter().enumerate() {
            let samples = if chroma == Chroma::Mono {
                [sample(at), 1 << (depth.bits() - 1), 1 << (depth.bits() - 1)]
            } else {
                let row = width.div_ceil(across);
                let shared = at / width / down * row + at % width / across;
                let (u, v) = (width * height + shared, width * height + shared + row * height.div_ceil(down));
                let turns = width * height + 2 * shared;
                let (u, v) = if chroma == Chroma::Nv12 { (turns, turns + 1) } else { (u, v) };
                [sample(at), sample(u), sample(v)]
            };
            let alone = one(Planar { chroma: Chroma::C444, ..planar }, samples);
            assert_eq!(pixel.to_le_bytes()[..3], alone, "{chroma:?} of {bytes} bytes at {at}");
        }
    }
}

#[test]
fn rows_by_themselves_are_those_of_the_whole() {
    for chroma in Chroma::ALL {
        let planar = Planar { chroma, depth: Depth::Eight, matrix: Matrix::Bt709, range: Range::Full };
        let block = noise(planar, (7, 5));
        let whole = pixels(planar, (7, 5), &block);
        let mut part = vec![0; 14];
        planar.convert((7, 5), &block, 2..4, &mut part);
        assert_eq!(part, whole[14..28]);
    }
}

#[test]
fn a_part_by_itself_is_that_of_the_whole() {
    for (chroma, matrix) in Chroma::ALL
        .into_iter()
        .flat_map(|chroma| [Matrix::Bt709, Matrix::Identity].map(|matrix| (chroma, matrix)))
    {
        let planar = Planar { chroma, depth: Depth::Ten, matrix, range: Range::Full };
        let (width, height) = (301, 9);
        let whole = pixels(planar, (width, height), &noise(planar, (width, height)));
        for (columns, rows) in
            [(0..1, 0..9), (4..301, 3..4), (128..260, 1..8), (300..301, 8..9), (8..16, 2..7)]
        {
            let mut part = vec![0; columns.len() * rows.len()];
            let block = noise(planar, (width, height));
            planar.convert_part((width, height), &block, (columns.clone(), rows.clone()), &mut part);
            let wanted = rows.clone().flat_map(|y| &whole[y * width..][columns.clone()]);
            assert!(part.iter().eq(wanted), "{chroma:?}: {columns:?} of {rows:?}");
        }
    }
}

#[test]
fn numbers_on_the_wire_come_back() {
    for planar in colours().chain(Chroma::ALL.map(|chroma| Planar { chroma, ..colours().next().unwrap() })) {
        assert_eq!(Planar::from_wire(planar.to_wire()), Some(planar));
    }
    for wrong in [[0, 8, 1, 0], [7, 8, 1, 0], [1, 9, 1, 0], [1, 8, 2, 0], [1, 8, 1, 2]] {
        assert_eq!(Planar::from_wire(wrong), None);
    }
}

#[test]
fn the_file_holds_what_this_end_shows() {
    let every_kind = Chroma::ALL.into_iter().flat_map(|chroma| Depth::ALL.map(|depth| (chroma, depth)));
    let kinds = every_kind.map(|(chroma, depth)| {
        (Planar { chroma, depth, matrix: Matrix::Bt709, range: Range::Limited }, (5, 3))
    });
    let rows: Vec<Value> = kinds.chain(colours().map(|planar| (planar, (16, 2)))).map(vector).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/planar-vectors.json");
    if std::env::var_os("LANSTREAM_BLESS").is_some() {
        std::fs::write(&path, serde_json::to_string_pretty(&rows).unwrap() + "\n").unwrap();
    }
    let file: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(file, Value::Array(rows));
}

fn vector((planar, size): (Planar, (usize, usize))) -> Value {
    let block = noise(planar, size);
    let pixels = pixels(planar, size, &block);
    json!({
        "planes": planar.to_wire(), "width": size.0, "height": size.1,
        "block": hex(&block), "pixels": hex(&pixels.iter().flat_map(|pixel| pixel.to_le_bytes()).collect::<Vec<_>>()),
    })
}

/// A block of samples that are all over the range, the same in each run.
fn noise(planar: Planar, (width, height): (usize, usize)) -> Vec<u8> {
    let mut state = 7_u32;
    let samples = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> (32 - planar.depth.bits())
    });
    let bytes = planar.bytes(width, height);
    match planar.depth {
        Depth::Eight => samples.take(bytes).map(|sample| sample.to_le_bytes()[0]).collect(),
        _ => samples
            .take(bytes / 2)
            .flat_map(|sample| [sample.to_le_bytes()[0], sample.to_le_bytes()[1]])
            .collect(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
