//! `decode(encode(pixels)) == pixels`, for screens and for anything; hostile bytes are errors.

use lanstream_codec::{Error, decode, encode};
use proptest::prelude::*;

const BLACK: u32 = 0xff00_0000;

fn code_of(pixels: &[u32], width: usize) -> Vec<u8> {
    let mut code = b"before".to_vec();
    assert!(encode(pixels, width, usize::MAX / 2, &mut code));
    code.split_off(6)
}

fn check(pixels: &[u32], width: usize) -> Vec<u8> {
    let code = code_of(pixels, width);
    let mut decoded = vec![7; pixels.len()];
    assert_eq!(decode(&code, width, &mut decoded), Ok(()));
    assert!(decoded == pixels, "{width} wide, {} bytes", code.len());
    code
}

/// Pixels as screens have them: rows that repeat, flat parts, few colours, noise.
fn screen() -> impl Strategy<Value = (usize, Vec<u32>)> {
    let palette = prop::collection::vec(any::<u32>(), 1..90);
    let strokes = prop::collection::vec((0..5_u8, 1..200_usize, any::<u32>()), 1..60);
    (1..80_usize, palette, strokes).prop_map(|(width, palette, strokes)| {
        let mut pixels: Vec<u32> = Vec::new();
        for (kind, length, seed) in strokes {
            for step in 0..length as u32 {
                let mixed = seed.wrapping_add(step).wrapping_mul(0x9E37_79B1);
                let left = pixels.last().copied().unwrap_or_default();
                let above = pixels.len().checked_sub(width).map_or(0, |above| pixels[above]);
                pixels.push(
                    BLACK
                        | match kind {
                            0 => left,
                            1 => above,
                            2 => palette[mixed as usize % palette.len()],
                            3 => left.wrapping_add(mixed & 0x03_03_03),
                            _ => mixed,
                        },
                );
            }
        }
        pixels.resize(pixels.len().next_multiple_of(width), BLACK);
        (width, pixels)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_was_encoded_is_decoded((width, pixels) in screen()) {
        let code = check(&pixels, width);
        for cut in (0..code.len()).step_by(code.len() / 8 + 1) {
            let mut decoded = vec![0; pixels.len()];
            prop_assert_eq!(decode(&code[..cut], width, &mut decoded), Err(Error::Short));
        }
        let mut longer = code.clone();
        longer.push(0);
        prop_assert_eq!(decode(&longer, width, &mut vec![0; pixels.len()]), Err(Error::Left));
    }

    #[test]
    fn any_bytes_are_pixels_or_an_error(code in prop::collection::vec(any::<u8>(), 0..300), width in 1..50_usize, rows in 0..20_usize) {
        let mut pixels = vec![BLACK; width * rows];
        if decode(&code, width, &mut pixels).is_ok() {
            prop_assert!(pixels.iter().all(|pixel| pixel >> 24 == 255));
            check(&pixels, width);
        }
    }
}

#[test]
fn long_sides_and_single_pixels() {
    for (width, rows) in [(1, 1), (16384, 1), (1, 16384), (16384, 3), (3, 16384), (1, 2), (33, 1), (17, 1)] {
        let gradient = |at: usize| BLACK | (at as u32 * 7) & 0xff | (at as u32 / 3) << 8 & 0xff00;
        check(&(0..width * rows).map(gradient).collect::<Vec<_>>(), width);
        let flat = check(&vec![0xff12_3456; width * rows], width);
        assert!(flat.len() <= 8, "{} bytes for one colour", flat.len());
    }
}

#[test]
fn every_length_of_run() {
    for length in 1..400 {
        let pixels = [vec![0xff00_00ff; length], vec![0xffff_0000; 3]].concat();
        check(&pixels, pixels.len());
        check(&[pixels.clone(), pixels.clone()].concat(), pixels.len());
    }
}

#[test]
fn what_is_larger_than_its_limit_is_given_up() {
    let noise: Vec<u32> = (0..10_000_u32).map(|at| BLACK | at.wrapping_mul(0x9E37_79B1) >> 3).collect();
    let mut code = Vec::new();
    assert!(!encode(&noise, 100, 20_000, &mut code));
    assert!(code.len() < 20_010, "it went on for {} bytes", code.len());
}

#[test]
fn a_run_may_not_leave_the_rectangle() {
    let mut pixels = [0; 4];
    assert_eq!(decode(&[0b1100_0100], 2, &mut pixels), Err(Error::Beyond));
    assert_eq!(decode(&[0b1110_0100], 2, &mut pixels), Err(Error::Beyond));
    assert_eq!(decode(&[0b1111_0000, 0xff, 0xff, 0xff, 0xff, 0x7f], 2, &mut pixels), Err(Error::Beyond));
    assert_eq!(decode(&[0b1111_1111], 2, &mut pixels), Err(Error::Token(0xff)));
    assert_eq!(decode(&[], 2, &mut []), Ok(()));
}
