//! Copying of an image's pixels into a frame, in the format that frames have.

use lanstream_core::{PIXEL_BYTES, Rect, Region};

use crate::image::{Format, Image, Rows};

/// Writes `region` of `image` to `frame`, whose layout is that of `rows`; all of it where pixels do not lie in the
/// frame as in the image.
pub(crate) fn write(image: &Image<'_>, rows: &Rows, region: &Region, frame: &mut [u8]) {
    let pixels = &image.pixels[..];
    match image.format {
        Format::Rgbx8 | Format::Bgrx8 => {
            each_row(rows, region, pixels, frame, |from, to| to.copy_from_slice(from))
        }
        Format::Rgb8 => each_row(rows, region, pixels, frame, widen::<0, 1, 2>),
        Format::Bgr8 => each_row(rows, region, pixels, frame, widen::<2, 1, 0>),
        Format::Gray16 => write_high_bytes(rows, pixels, frame),
        _ => write_block(rows, pixels, frame),
    }
}

/// Calls `copy` with each row of each rectangle, in the image and in the frame. Rows without gaps are one.
fn each_row(rows: &Rows, region: &Region, pixels: &[u8], frame: &mut [u8], copy: impl Fn(&[u8], &mut [u8])) {
    let (pixel, stride) = (rows.pixel_bytes(), rows.layout.stride);
    for Rect { x, y, width, height } in region.rects().iter().copied() {
        let (left, columns) = (x as usize, width as usize);
        if columns * pixel == rows.stride {
            let (top, count) = (y as usize, height as usize * columns);
            copy(
                &pixels[top * rows.stride..][..count * pixel],
                &mut frame[top * stride..][..count * PIXEL_BYTES],
            );
            continue;
        }
        for row in y as usize..(y + height) as usize {
            let from = &pixels[row * rows.stride + left * pixel..][..columns * pixel];
            copy(from, &mut frame[row * stride + left * PIXEL_BYTES..][..columns * PIXEL_BYTES]);
        }
    }
}

/// Writes pixels of three bytes, whose colours are at these offsets, as red, green, blue, 255.
fn widen<const RED: usize, const GREEN: usize, const BLUE: usize>(from: &[u8], to: &mut [u8]) {
    for (pixel, to) in from.as_chunks::<3>().0.iter().zip(to.as_chunks_mut().0) {
        *to = [pixel[RED], pixel[GREEN], pixel[BLUE], 255];
    }
}

/// Writes rows without their gaps, and zeros behind the last.
fn write_block(rows: &Rows, pixels: &[u8], frame: &mut [u8]) {
    let (block, rest) = frame.split_at_mut(rows.row * rows.count);
    rest.fill(0);
    for (from, to) in pixels.chunks(rows.stride).zip(block.chunks_mut(rows.row)) {
        to.copy_from_slice(&from[..rows.row]);
    }
}

/// Writes the higher of each two bytes.
fn write_high_bytes(rows: &Rows, pixels: &[u8], frame: &mut [u8]) {
    let width = rows.row / 2;
    let (block, rest) = frame.split_at_mut(width * rows.count);
    rest.fill(0);
    for (from, to) in pixels.chunks(rows.stride).zip(block.chunks_mut(width)) {
        let samples = from[..rows.row].as_chunks().0.iter().map(|[_, high]| *high);
        to.iter_mut().zip(samples).for_each(|(to, sample)| *to = sample);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the frame that an image of 3 by 2 pixels, whose bytes count up from 1, becomes within `region`.
    fn written(format: Format, gap: usize, region: &[Rect]) -> Vec<u8> {
        let row = 3 * format.pixel_bytes().unwrap() + gap;
        let bytes: Vec<u8> = (1..).take(2 * row).collect();
        let image = Image::new(format, 3, 2, &bytes[..]).stride(row);
        let rows = image.checked().unwrap();
        let mut frame = vec![0; rows.layout.bytes()];
        let mut covered = Region::EMPTY;
        region.iter().for_each(|rect| covered.add(*rect));
        write(&image, &rows, &covered, &mut frame);
        frame
    }

    const ALL: Rect = Rect { x: 0, y: 0, width: 3, height: 2 };
    const CORNER: Rect = Rect { x: 2, y: 1, width: 1, height: 1 };

    #[test]
    fn packed_pixels_are_copied_from_their_rows() {
        let frame = written(Format::Rgbx8, 2, &[ALL]);
        assert_eq!(frame[..12], (1..=12).collect::<Vec<u8>>());
        assert_eq!(frame[12..], (15..=26).collect::<Vec<u8>>());
        assert_eq!(written(Format::Bgrx8, 0, &[ALL]), (1..=24).collect::<Vec<u8>>());
        let corner = written(Format::Bgrx8, 0, &[CORNER]);
        assert_eq!((&corner[..20], &corner[20..]), (&[0; 20][..], &[21, 22, 23, 24][..]));
    }

    #[test]
    fn pixels_of_three_bytes_get_a_fourth() {
        let frame = written(Format::Rgb8, 1, &[ALL]);
        assert_eq!(frame.as_chunks().0[..2], [[1, 2, 3, 255], [4, 5, 6, 255]]);
        assert_eq!(frame.as_chunks().0[3], [11, 12, 13, 255]);
        assert_eq!(written(Format::Bgr8, 0, &[CORNER]).as_chunks().0[4..], [[0; 4], [18, 17, 16, 255]]);
    }

    #[test]
    fn grey_is_one_block_with_zeros_behind_it() {
        assert_eq!(written(Format::Gray8, 2, &[ALL]), [1, 2, 3, 6, 7, 8, 0, 0]);
        assert_eq!(written(Format::Gray16, 1, &[ALL]), [2, 4, 6, 9, 11, 13, 0, 0]);
    }
}
