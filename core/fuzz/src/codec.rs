//! What must hold for any bytes: as a code they are pixels or an error, and as pixels they come back from every code.
//!
//! The fuzzer looks for bytes for which it does not, and the tests replay those that it found.

use lanstream_codec::{Code, decode, encode};

/// Bytes of a code: more than any input makes.
const LIMIT: usize = 1 << 20;
const OPAQUE: u32 = 0xff00_0000;

/// The first two bytes are the sides of a rectangle less one; the others are its code, and then pixels in rows of its
/// width.
pub(crate) fn check(input: &[u8]) {
    let [width, rows, bytes @ ..] = input else { return };
    let (width, rows) = (usize::from(*width) + 1, usize::from(*rows) + 1);
    for code in Code::ALL {
        check_bytes(code, bytes, width, rows);
        check_pixels(code, bytes.iter().map(|byte| u32::from(*byte) * 0x0003_0501), width);
        check_pixels(
            code,
            bytes.as_chunks().0.iter().map(|[r, g, b]| u32::from_le_bytes([*r, *g, *b, 0])),
            width,
        );
    }
}

fn check_bytes(code: Code, bytes: &[u8], width: usize, rows: usize) {
    let mut pixels = vec![0; width * rows];
    if decode(code, bytes, width, &mut pixels).is_ok() {
        assert!(
            pixels.iter().all(|pixel| pixel & OPAQUE == OPAQUE),
            "{code:?} makes pixels that are not opaque"
        );
        come_back(code, &pixels, width);
    }
}

fn check_pixels(code: Code, colours: impl Iterator<Item = u32>, width: usize) {
    let mut pixels: Vec<u32> = colours.map(|colour| OPAQUE | colour).collect();
    pixels.truncate(pixels.len() / width * width);
    come_back(code, &pixels, width);
}

fn come_back(code: Code, pixels: &[u32], width: usize) {
    let mut bytes = Vec::new();
    if encode(code, pixels, width, LIMIT, &mut bytes) {
        let mut decoded = vec![0; pixels.len()];
        assert_eq!(decode(code, &bytes, width, &mut decoded), Ok(()), "{code:?} does not read what it wrote");
        assert!(decoded == pixels, "{code:?} lost a pixel");
    }
}
