//! Draws one frame of a pattern: the same bytes for the same arguments, whatever the memory held before.

mod bars;
mod motion;
mod noise;
mod solid;
mod text;

use lanstream_core::Size;

use crate::canvas::Canvas;
use crate::{Kind, number};

/// Draws frame `number` of a pattern over all of `bytes`, in
/// [`Rgbx8`](lanstream_core::PixelFormat::Rgbx8), rows of `stride` bytes.
///
/// # Panics
/// Where `bytes` is shorter than the picture or `stride` shorter than a row.
pub fn draw(kind: Kind, number: u32, size: Size, stride: usize, bytes: &mut [u8]) {
    let mut canvas = Canvas::new(size, stride, bytes);
    match kind {
        Kind::Bars => bars::draw(&mut canvas, number),
        Kind::Motion => motion::draw(&mut canvas, number),
        Kind::Text => text::draw(&mut canvas, number),
        Kind::Noise => noise::draw(&mut canvas, number),
        Kind::Solid => solid::draw(&mut canvas, number),
    }
    number::draw(&mut canvas, number);
}

/// Where something stands that goes to and fro between 0 and `span`, `step` pixels a frame.
fn bounce(number: u32, step: u32, span: u32) -> i32 {
    let span = u64::from(span.max(1));
    let place = u64::from(number) * u64::from(step) % (2 * span);
    i32::try_from(place.min(2 * span - place)).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NUMBER_SIZE, read_number};

    const PADDING: usize = 12;
    const UNTOUCHED: u8 = 0x5e;

    fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).unwrap()
    }

    fn drawn_over(kind: Kind, number: u32, size: Size, mut bytes: Vec<u8>) -> Vec<u8> {
        draw(kind, number, size, size.width as usize * 4 + PADDING, &mut bytes);
        bytes
    }

    fn drawn(kind: Kind, number: u32, size: Size) -> Vec<u8> {
        let stride = size.width as usize * 4 + PADDING;
        drawn_over(kind, number, size, vec![UNTOUCHED; stride * size.height as usize])
    }

    #[test]
    fn a_frame_does_not_depend_on_what_was_drawn_before() {
        let size = size(641, 361);
        for kind in Kind::ALL {
            let first = drawn(kind, 41, size);
            let second = drawn(kind, 42, size);
            assert_ne!(first, second, "{kind}");
            assert_eq!(drawn_over(kind, 42, size, first), second, "{kind}");
        }
    }

    #[test]
    fn every_pixel_is_written_and_nothing_beside_the_rows() {
        let size = size(397, 41);
        for kind in Kind::ALL {
            for row in drawn(kind, 7, size).chunks_exact(size.width as usize * 4 + PADDING) {
                let (pixels, padding) = row.split_at(size.width as usize * 4);
                assert!(pixels.chunks_exact(4).all(|pixel| pixel[3] == 255), "{kind}");
                assert!(padding.iter().all(|byte| *byte == UNTOUCHED), "{kind}");
            }
        }
    }

    #[test]
    fn the_number_reads_back() {
        for size in [NUMBER_SIZE, size(385, 13), size(1920, 1080)] {
            for kind in Kind::ALL {
                for number in [0, 1, 0xa5_5a5a, 0xff_ffff] {
                    let bytes = drawn(kind, number, size);
                    let stride = size.width as usize * 4 + PADDING;
                    assert_eq!(read_number(size, stride, &bytes), Some(number), "{kind} {size}");
                }
            }
        }
    }

    #[test]
    fn a_picture_without_a_number_has_none() {
        let small = size(383, 12);
        assert_eq!(read_number(small, 383 * 4, &drawn(Kind::Solid, 3, small)), None);
        let black = vec![0; NUMBER_SIZE.area() * 4];
        assert_eq!(read_number(NUMBER_SIZE, NUMBER_SIZE.width as usize * 4, &black), None);
        assert_eq!(read_number(NUMBER_SIZE, NUMBER_SIZE.width as usize * 4, &[]), None);
    }

    #[test]
    fn odd_sizes_and_late_numbers_are_drawn() {
        for size in [size(1, 1), size(1, 1081), size(1921, 1), size(2, 3), size(33, 17)] {
            for kind in Kind::ALL {
                for number in [0, 1, 12_345, u32::MAX] {
                    drawn(kind, number, size);
                }
            }
        }
    }

    #[test]
    fn noise_and_motion_and_solid_change_everywhere() {
        let size = size(400, 100);
        let below_the_number = 12 * (400 * 4 + PADDING);
        for kind in [Kind::Noise, Kind::Motion, Kind::Solid] {
            let (first, second) = (drawn(kind, 8, size), drawn(kind, 9, size));
            let pixels = first[below_the_number..].chunks(4).zip(second[below_the_number..].chunks(4));
            let same = pixels.filter(|(a, b)| a == b && a[0] != UNTOUCHED).count();
            assert!(same < size.area() / 50, "{kind}: {same} pixels stayed");
        }
    }
}
