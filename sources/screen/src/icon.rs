//! Pixels of a pointer as Windows has them: a colour picture with a mask, or two masks alone.

use lanstream_core::PIXEL_BYTES;

/// A pixel that inverts what is below it, which no colour does: black, as most pointers of this kind are over text.
const INVERTED: [u8; PIXEL_BYTES] = [0, 0, 0, 255];
/// A pixel through which all is seen.
const CLEAR: [u8; PIXEL_BYTES] = [0; PIXEL_BYTES];

/// Returns red, green, blue and alpha, not premultiplied, of a pointer with colours. `colours` are blue, green, red and
/// alpha; `mask` has a pixel for each, white where the pointer leaves the screen as it is. Where no pixel has alpha the
/// mask tells which are seen.
pub(crate) fn coloured(colours: &[u8], mask: &[u8]) -> Vec<u8> {
    let (colours, _) = colours.as_chunks::<PIXEL_BYTES>();
    let (mask, _) = mask.as_chunks::<PIXEL_BYTES>();
    let has_alpha = colours.iter().any(|[.., alpha]| *alpha > 0);
    let pixel = |([blue, green, red, alpha], mask): (&[u8; PIXEL_BYTES], &[u8; PIXEL_BYTES])| {
        let is_black = [*blue, *green, *red] == [0; 3];
        match (has_alpha, is_set(mask)) {
            (true, _) => [*red, *green, *blue, *alpha],
            (false, false) => [*red, *green, *blue, 255],
            (false, true) if is_black => CLEAR,
            (false, true) => INVERTED,
        }
    };
    colours.iter().zip(mask).flat_map(pixel).collect()
}

/// The same of a pointer without colours. The upper half of `masks` is white where the screen stays, the lower half is
/// what is put over it: where the screen stays, white inverts it.
pub(crate) fn monochrome(masks: &[u8]) -> Vec<u8> {
    let (masks, _) = masks.as_chunks::<PIXEL_BYTES>();
    let (stays, inverts) = masks.split_at(masks.len() / 2);
    let pixel =
        |(stays, inverts): (&[u8; PIXEL_BYTES], &[u8; PIXEL_BYTES])| match (is_set(stays), is_set(inverts)) {
            (false, false) => [0, 0, 0, 255],
            (false, true) => [255; PIXEL_BYTES],
            (true, false) => CLEAR,
            (true, true) => INVERTED,
        };
    stays.iter().zip(inverts).flat_map(pixel).collect()
}

fn is_set([blue, ..]: &[u8; PIXEL_BYTES]) -> bool {
    *blue > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLACK: [u8; 4] = [0; 4];
    const WHITE: [u8; 4] = [255, 255, 255, 0];

    #[test]
    fn alpha_is_kept_where_there_is_any() {
        let colours = [[10, 20, 30, 128], [1, 2, 3, 0]].concat();
        let mask = [WHITE, BLACK].concat();
        assert_eq!(coloured(&colours, &mask), [30, 20, 10, 128, 3, 2, 1, 0]);
    }

    #[test]
    fn the_mask_tells_what_is_seen_where_there_is_no_alpha() {
        let colours = [[10, 20, 30, 0], BLACK, WHITE].concat();
        let mask = [BLACK, WHITE, WHITE].concat();
        assert_eq!(coloured(&colours, &mask), [[30, 20, 10, 255], CLEAR, INVERTED].concat());
    }

    #[test]
    fn two_masks_are_black_white_clear_and_inverted() {
        let masks = [BLACK, BLACK, WHITE, WHITE, BLACK, WHITE, BLACK, WHITE].concat();
        assert_eq!(monochrome(&masks), [[0, 0, 0, 255], [255; 4], CLEAR, INVERTED].concat());
    }
}
