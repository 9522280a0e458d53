//! `decode(encode(pixels)) == pixels`, for screens and for anything; hostile bytes are errors.

use lanstream_codec::{Code, Error, decode, encode};
use proptest::prelude::*;

const BLACK: u32 = 0xff00_0000;

/// `None`: there are too many colours for this code.
fn code_of(code: Code, pixels: &[u32], width: usize) -> Option<Vec<u8>> {
    let mut bytes = b"before".to_vec();
    let is_coded = encode(code, pixels, width, usize::MAX / 8, &mut bytes);
    assert!(is_coded || code == Code::Palette, "{code:?} takes any pixels");
    is_coded.then(|| bytes.split_off(6))
}

fn check(code: Code, pixels: &[u32], width: usize) -> Option<Vec<u8>> {
    let bytes = code_of(code, pixels, width)?;
    let mut decoded = vec![7; pixels.len()];
    assert_eq!(decode(code, &bytes, width, &mut decoded), Ok(()));
    assert!(decoded == pixels, "{code:?} {width} wide, {} bytes", bytes.len());
    Some(bytes)
}

fn check_all(pixels: &[u32], width: usize) {
    Code::ALL.iter().for_each(|code| drop(check(*code, pixels, width)));
}

/// Pixels as screens have them: rows that repeat, flat parts, few colours, noise.
fn screen() -> impl Strategy<Value = (usize, Vec<u32>)> {
    let palette = prop::collection::vec(any::<u32>(), 1..90);
    let strokes = prop::collection::vec((0..5_u8, 1..200_u32, any::<u32>()), 1..60);
    (1..80_usize, palette, strokes).prop_map(|(width, palette, strokes)| {
        let mut pixels: Vec<u32> = Vec::new();
        for (kind, length, seed) in strokes {
            for step in 0..length {
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
        for code in Code::ALL {
            let Some(bytes) = check(code, &pixels, width) else { continue };
            for cut in (0..bytes.len()).step_by(bytes.len() / 8 + 1) {
                let cut = decode(code, &bytes[..cut], width, &mut vec![0; pixels.len()]);
                prop_assert_eq!(cut, Err(Error::Short));
            }
            let longer = [&bytes[..], &[0]].concat();
            prop_assert_eq!(decode(code, &longer, width, &mut vec![0; pixels.len()]), Err(Error::Left));
        }
    }

    #[test]
    fn few_colours_fit_a_palette(colours in prop::collection::vec(any::<u32>(), 1..=16), seed in any::<u32>(), width in 1..40_usize, rows in 1..20_usize) {
        let number = |at: u32| (seed ^ at).wrapping_mul(0x9E37_79B1) as usize >> 20;
        let pixels: Vec<u32> = (0..).take(width * rows).map(|at| BLACK | colours[number(at) % colours.len()]).collect();
        let bytes = check(Code::Palette, &pixels, width);
        prop_assert!(bytes.is_some_and(|bytes| bytes.len() <= 1 + 48 + pixels.len().div_ceil(2)));
    }

    #[test]
    fn any_bytes_are_pixels_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300), width in 1..50_usize, rows in 0..20_usize) {
        for code in Code::ALL {
            let mut pixels = vec![BLACK; width * rows];
            if decode(code, &bytes, width, &mut pixels).is_ok() {
                prop_assert!(pixels.iter().all(|pixel| pixel >> 24 == 255));
                check_all(&pixels, width);
            }
        }
    }
}

#[test]
fn long_sides_and_single_pixels() {
    for (width, rows) in [(1, 1), (16384, 1), (1, 16384), (16384, 3), (3, 16384), (1, 2), (33, 1), (17, 1)] {
        let gradient = |at: u32| BLACK | (at * 7) & 0xff | (at / 3) << 8 & 0xff00;
        check_all(&(0..).take(width * rows).map(gradient).collect::<Vec<_>>(), width);
        let flat = vec![0xff12_3456; width * rows];
        check_all(&flat, width);
        for code in [Code::Predict, Code::Lz] {
            let bytes = check(code, &flat, width).map_or(usize::MAX, |bytes| bytes.len());
            assert!(bytes <= 9, "{code:?}: {bytes} bytes for one colour");
        }
    }
}

#[test]
fn every_length_of_run() {
    for length in 1..400 {
        let pixels = [vec![0xff00_00ff; length], vec![0xffff_0000; 3]].concat();
        check_all(&pixels, pixels.len());
        check_all(&[pixels.clone(), pixels.clone()].concat(), pixels.len());
    }
}

#[test]
fn what_was_seen_before_is_a_repeat() {
    let noise = |at: u32| BLACK | at.wrapping_mul(0x9E37_79B1) >> 3;
    // Neither on the left nor above: 500 pixels of noise, then the same again in rows of 77.
    let pixels: Vec<u32> = (0..77 * 13).map(|at| noise(at % 500)).collect();
    let bytes = check(Code::Lz, &pixels, 77).unwrap();
    assert!(bytes.len() < 500 * 3 + 20, "{} bytes", bytes.len());
}

#[test]
fn what_is_larger_than_its_limit_is_given_up_early() {
    let noise: Vec<u32> = (0..100_000_u32).map(|at| BLACK | at.wrapping_mul(0x9E37_79B1) >> 3).collect();
    for code in Code::ALL {
        let mut bytes = Vec::new();
        assert!(!encode(code, &noise, 100, 40_000, &mut bytes));
        assert!(bytes.len() < 20_000, "{code:?} went on for {} bytes", bytes.len());
    }
}

#[test]
fn a_limit_is_kept_to_the_byte() {
    let stripes: Vec<u32> = (0..600_u32).map(|at| BLACK | (at / 7 % 5 * 0x33)).collect();
    let new_at_the_end = [&stripes[..540], &(0..60).map(|at| BLACK | (at % 11)).collect::<Vec<_>>()].concat();
    for (code, stripes) in Code::ALL.into_iter().flat_map(|code| [(code, &stripes), (code, &new_at_the_end)])
    {
        let bytes = check(code, stripes, 60).unwrap().len();
        assert!(encode(code, stripes, 60, bytes, &mut Vec::new()), "{code:?}");
        assert!(!encode(code, stripes, 60, bytes - 1, &mut Vec::new()), "{code:?}");
    }
}

#[test]
fn hostile_bytes_have_an_error_each() {
    let wrong = |code, bytes: &[u8]| decode(code, bytes, 2, &mut [0; 4]).unwrap_err();
    assert_eq!(wrong(Code::Predict, &[0b1100_0100]), Error::Beyond);
    assert_eq!(wrong(Code::Predict, &[0b1110_0100]), Error::Beyond);
    assert_eq!(wrong(Code::Predict, &[0b1111_0000, 0xff, 0xff, 0xff, 0xff, 0x7f]), Error::Beyond);
    assert_eq!(wrong(Code::Predict, &[0b1111_1111]), Error::Token);
    let colours = [2, 1, 1, 1, 9, 9, 9];
    assert_eq!(wrong(Code::Palette, &[&colours[..], &[0b1_0000]].concat()), Error::Colour);
    assert_eq!(wrong(Code::Palette, &[1, 5, 5, 5, 0]), Error::Colour);
    assert_eq!(wrong(Code::Palette, &[17]), Error::Colour);
    assert_eq!(wrong(Code::Palette, &[3, 1, 1, 1, 2, 2, 2, 3, 3, 3, 0b1100]), Error::Colour);
    assert_eq!(wrong(Code::Lz, &[0x10, 1, 1, 1, 1]), Error::Before);
    assert_eq!(wrong(Code::Lz, &[0x13, 1, 1, 1, 0]), Error::Beyond);
    assert_eq!(wrong(Code::Lz, &[0x50, 1, 1, 1]), Error::Beyond);
    assert_eq!(wrong(Code::Lz, &[0xf0, 0xff, 0xff, 0xff, 0xff]), Error::Beyond);
    assert_eq!(wrong(Code::Lz, &[0x41, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]), Error::Beyond);
}

#[test]
fn what_is_no_rectangle_is_refused() {
    for (pixels, width) in [(4, 0), (5, 2), (0, 0)] {
        for code in Code::ALL {
            assert!(!encode(code, &vec![BLACK; pixels], width, 1000, &mut Vec::new()));
            assert_eq!(decode(code, &[], width, &mut vec![BLACK; pixels]), Err(Error::Rectangle));
        }
    }
    assert_eq!(decode(Code::Predict, &[], 2, &mut []), Ok(()));
}

#[test]
fn no_pixels_take_no_bytes() {
    for code in [Code::Predict, Code::Lz, Code::Packed] {
        assert_eq!(check(code, &[], 5), Some(Vec::new()));
    }
    assert_eq!(check(Code::Palette, &[], 5), None);
}

#[test]
fn numbers_are_places() {
    for (number, code) in (0_u8..).zip(Code::ALL) {
        assert_eq!((code.number(), Code::from_number(number)), (number, Some(code)));
    }
    assert_eq!(Code::from_number(4), None);
}
