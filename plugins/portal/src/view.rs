//! The part of a buffer that is shown, upright, and the way of its pixels and its damage into a frame.

use lanstream_plugin::core::{Layout, Orientation, PIXEL_BYTES, PixelFormat, Rect, Region, Size};

use crate::map::Map;
use crate::rows::Rows;

/// A rectangle as PipeWire tells it: it may be anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ToldRect {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// What of a buffer is shown, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct View {
    crop: Rect,
    orientation: Orientation,
    format: PixelFormat,
}

impl View {
    /// Returns the view of a buffer of `size`. A crop outside of it, as one that is empty, shows all of it.
    pub(crate) fn new(
        size: Size,
        crop: Option<ToldRect>,
        orientation: Orientation,
        format: PixelFormat,
    ) -> Self {
        let crop = crop.and_then(|crop| Rect::clipped(crop.x, crop.y, crop.width, crop.height, size));
        Self { crop: crop.unwrap_or(size.bounds()), orientation, format }
    }

    /// Returns the layout of frames.
    pub(crate) fn layout(&self) -> Layout {
        Layout::packed(self.orientation.turned(self.crop_size()), self.format)
    }

    /// Returns what is damaged of the picture where `told` is damaged of the buffer, all of it where nothing is told.
    pub(crate) fn damage(&self, told: &[ToldRect], buffer: Size) -> Region {
        let mut damage = Region::EMPTY;
        for told in told {
            let rect = Rect::clipped(told.x, told.y, told.width, told.height, buffer);
            if let Some(rect) = rect.and_then(|rect| rect.intersection(self.crop)) {
                let inside = Rect { x: rect.x - self.crop.x, y: rect.y - self.crop.y, ..rect };
                damage.add(self.orientation.upright(inside, self.crop_size()));
            }
        }
        if told.is_empty() { Region::full(self.layout().size) } else { damage }
    }

    /// Returns where a place of the buffer is in the picture. Turned pictures have the pointer in them.
    pub(crate) fn place(&self, (x, y): (i32, i32)) -> (i32, i32) {
        let origin = |side: u32| i32::try_from(side).unwrap_or(i32::MAX);
        (x.saturating_sub(origin(self.crop.x)), y.saturating_sub(origin(self.crop.y)))
    }

    /// Copies a region of the picture from the memory of a buffer into a frame, whose rows begin `stride` bytes apart.
    pub(crate) fn copy(&self, map: &Map, rows: &Rows, region: &Region, frame: &mut [u8], stride: usize) {
        for rect in region.clipped(self.layout().size.bounds()).rects() {
            for y in rect.y..rect.bottom() {
                let start = y as usize * stride + rect.x as usize * PIXEL_BYTES;
                let to = &mut frame[start..start + rect.width as usize * PIXEL_BYTES];
                self.copy_row(map, rows, (rect.x, y), to);
            }
        }
    }

    /// Copies pixels of a row of the picture, from a place on.
    fn copy_row(&self, map: &Map, rows: &Rows, (x, y): (u32, u32), to: &mut [u8]) {
        let Rect { x: left, y: top, .. } = self.crop;
        if self.orientation.is_upright() {
            #[allow(clippy::cast_possible_truncation, reason = "it is the width of a picture")]
            let width = (to.len() / PIXEL_BYTES) as u32;
            return map.copy(rows.pixels(left + x, top + y, width), to);
        }
        for (pixel, x) in to.as_chunks_mut::<PIXEL_BYTES>().0.iter_mut().zip(x..) {
            let (column, row) = self.orientation.in_image((x, y), self.crop_size());
            map.copy(rows.pixels(left + column, top + row, 1), pixel);
        }
    }

    fn crop_size(&self) -> Size {
        Size { width: self.crop.width, height: self.crop.height }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "what fails fails the test")]
mod tests {
    use super::*;
    use crate::rows::Chunk;

    const BUFFER: Size = Size { width: 4, height: 3 };

    fn told(x: i32, y: i32, width: u32, height: u32) -> ToldRect {
        ToldRect { x, y, width, height }
    }

    fn view(crop: Option<ToldRect>, transform: u32) -> View {
        View::new(BUFFER, crop, Orientation::from_transform(transform), PixelFormat::Bgrx8)
    }

    #[test]
    fn damage_is_clipped_moved_and_turned() {
        let cropped = view(Some(told(1, 1, 3, 9)), 0);
        assert_eq!(cropped.layout().size, Size { width: 3, height: 2 });
        assert_eq!(
            cropped.damage(&[told(-5, 0, 7, 2)], BUFFER).rects(),
            [Rect { x: 0, y: 0, width: 1, height: 1 }]
        );
        assert!(cropped.damage(&[told(0, 0, 1, 3)], BUFFER).is_empty(), "it is not shown");
        assert_eq!(cropped.damage(&[], BUFFER).area(), 6);
        let turned = view(None, 1);
        assert_eq!(turned.layout().size, Size { width: 3, height: 4 });
        assert_eq!(turned.damage(&[told(3, 0, 1, 1)], BUFFER).area(), 1);
        assert_eq!(cropped.place((1, 0)), (0, -1));
    }

    #[test]
    fn rectangles_that_cannot_be_do_no_harm() {
        for crop in [told(0, 0, 0, 0), told(4, 0, 1, 1), told(i32::MAX, i32::MIN, u32::MAX, 1)] {
            assert_eq!(view(Some(crop), 0), view(None, 0));
        }
        let all = view(None, 0);
        for wild in
            [told(i32::MIN, 0, u32::MAX, 1), told(i32::MAX, i32::MAX, u32::MAX, u32::MAX), told(0, 0, 0, 7)]
        {
            let damage = all.damage(&[wild], BUFFER);
            assert!(damage.rects().iter().all(|rect| BUFFER.bounds().contains(*rect)), "{wild:?}");
        }
    }

    #[test]
    fn pixels_come_out_upright_whatever_the_buffer() {
        let pixels: Vec<u8> = (0_u8..12).flat_map(|number| [number; PIXEL_BYTES]).collect();
        let map = Map::of_bytes(&pixels);
        let chunk = Chunk { size: 48, stride: 16, ..Chunk::default() };
        let rows = Rows::find(chunk, BUFFER, 48).unwrap();
        let shown = |view: View| {
            let layout = view.layout();
            let mut frame = vec![0xee; layout.bytes()];
            view.copy(&map, &rows, &Region::full(layout.size), &mut frame, layout.stride);
            frame.as_chunks::<PIXEL_BYTES>().0.iter().map(|pixel| pixel[0]).collect::<Vec<_>>()
        };
        assert_eq!(shown(view(Some(told(1, 1, 2, 2)), 0)), [5, 6, 9, 10]);
        assert_eq!(shown(view(None, 2)), [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
        assert_eq!(shown(view(None, 4)), [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8]);
        assert_eq!(shown(view(None, 1)), [8, 4, 0, 9, 5, 1, 10, 6, 2, 11, 7, 3]);
    }
}
