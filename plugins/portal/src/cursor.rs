//! The pointer as PipeWire tells of it apart from the pixels: where it is, and now and then what it looks like.

use std::sync::Arc;

use lanstream_plugin::core::source::{CURSOR_SIDE_MAX, Cursor, CursorShape};
use pipewire::spa::param::video::VideoFormat;

/// What a buffer tells of the pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToldCursor {
    /// 0 where it is not over the picture.
    pub(crate) id: u32,
    pub(crate) position: (i32, i32),
    pub(crate) hotspot: (i32, i32),
    /// `None` where it looks as before.
    pub(crate) bitmap: Option<ToldBitmap>,
}

/// What the pointer looks like, as told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToldBitmap {
    /// Number of a `spa_video_format`.
    pub(crate) format: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) stride: i32,
    /// The rows; none where the pointer is hidden.
    pub(crate) pixels: Vec<u8>,
}

/// The pointer as it is known.
#[derive(Debug)]
pub(crate) struct KnownCursor {
    cursor: Cursor,
    /// What it looks like when it is over the picture.
    shape: Option<Arc<CursorShape>>,
    /// Shapes that there were.
    shapes: u32,
}

impl Default for KnownCursor {
    fn default() -> Self {
        Self { cursor: Cursor { x: 0, y: 0, shape: None }, shape: None, shapes: 0 }
    }
}

impl KnownCursor {
    /// Returns the pointer as it is.
    pub(crate) fn cursor(&self) -> Cursor {
        self.cursor.clone()
    }

    /// Takes in what is told, the position moved to the picture. Returns whether anything is different.
    pub(crate) fn take(&mut self, told: &ToldCursor) -> bool {
        if let Some(bitmap) = &told.bitmap {
            self.take_bitmap(bitmap, told.hotspot);
        }
        let now = Cursor {
            x: told.position.0,
            y: told.position.1,
            shape: self.shape.clone().filter(|_| told.id != 0),
        };
        let now = if told.id == 0 { Cursor { x: self.cursor.x, y: self.cursor.y, ..now } } else { now };
        let is_new = now != self.cursor;
        self.cursor = now;
        is_new
    }

    fn take_bitmap(&mut self, bitmap: &ToldBitmap, (hot_x, hot_y): (i32, i32)) {
        let Some(rgba) = bitmap.rgba() else {
            self.shape = None;
            return;
        };
        let side = |side: u32| u16::try_from(side).unwrap_or(CURSOR_SIDE_MAX);
        let (width, height) = (side(bitmap.width), side(bitmap.height));
        // A hotspot outside of the shape is moved to its edge.
        let inside = |hot: i32, side: u16| u16::try_from(hot.max(0)).unwrap_or(u16::MAX).min(side - 1);
        let (hot_x, hot_y) = (inside(hot_x, width), inside(hot_y, height));
        let serial = self.shapes.wrapping_add(1);
        let shape = CursorShape { serial, width, height, hot_x, hot_y, rgba };
        let is_same = |old: &Arc<CursorShape>| CursorShape { serial: old.serial, ..shape.clone() } == **old;
        if !self.shape.as_ref().is_some_and(is_same) {
            self.shapes = serial;
            self.shape = Some(Arc::new(shape));
        }
    }
}

impl ToldBitmap {
    /// Returns red, green, blue and alpha of each pixel, not premultiplied; `None` where it shows nothing or cannot be.
    fn rgba(&self) -> Option<Vec<u8>> {
        let side_max = u32::from(CURSOR_SIDE_MAX);
        let is_shape = (1..=side_max).contains(&self.width) && (1..=side_max).contains(&self.height);
        let order = channel_order(VideoFormat::from_raw(self.format)).filter(|_| is_shape)?;
        let row_bytes = self.width as usize * 4;
        let stride = usize::try_from(self.stride).ok().filter(|stride| *stride >= row_bytes)?;
        let mut rgba = Vec::with_capacity(row_bytes * self.height as usize);
        for y in 0..self.height as usize {
            let row = self.pixels.get(y * stride..y * stride + row_bytes)?;
            rgba.extend(row.as_chunks::<4>().0.iter().flat_map(|pixel| straight(order.map(|at| pixel[at]))));
        }
        Some(rgba)
    }
}

/// Returns at which of its four bytes a pixel has red, green, blue and alpha.
fn channel_order(format: VideoFormat) -> Option<[usize; 4]> {
    match format {
        VideoFormat::RGBA => Some([0, 1, 2, 3]),
        VideoFormat::BGRA => Some([2, 1, 0, 3]),
        VideoFormat::ARGB => Some([1, 2, 3, 0]),
        VideoFormat::ABGR => Some([3, 2, 1, 0]),
        _ => None,
    }
}

/// Takes alpha out of the colours, which desktops multiply by it.
fn straight([red, green, blue, alpha]: [u8; 4]) -> [u8; 4] {
    let divided = |colour: u8| match u16::from(alpha) {
        0 => 0,
        alpha => u8::try_from((u16::from(colour) * 255 + alpha / 2) / alpha).unwrap_or(u8::MAX),
    };
    [divided(red), divided(green), divided(blue), alpha]
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "what fails fails the test")]
mod tests {
    use super::*;

    fn bitmap(width: u32, height: u32, stride: i32, pixels: &[u8]) -> ToldBitmap {
        ToldBitmap { format: VideoFormat::BGRA.as_raw(), width, height, stride, pixels: pixels.to_vec() }
    }

    fn told(id: u32, bitmap: Option<ToldBitmap>) -> ToldCursor {
        ToldCursor { id, position: (5, -6), hotspot: (9, -1), bitmap }
    }

    #[test]
    fn a_shape_is_straightened_and_points_with_one_of_its_pixels() {
        let mut known = KnownCursor::default();
        let padded = [0, 64, 128, 128, 1, 2, 3, 255, 0, 100, 200, 255];
        assert!(known.take(&told(1, Some(bitmap(1, 2, 8, &padded)))));
        let cursor = known.cursor();
        let shape = cursor.shape.unwrap();
        assert_eq!((cursor.x, cursor.y, shape.hot_x, shape.hot_y), (5, -6, 0, 0));
        assert_eq!(shape.rgba, [255, 128, 0, 128, 200, 100, 0, 255]);
    }

    #[test]
    fn the_same_again_is_no_news_and_another_shape_has_another_serial() {
        let mut known = KnownCursor::default();
        let first = told(1, Some(bitmap(1, 1, 4, &[1, 2, 3, 255])));
        assert!(known.take(&first) && !known.take(&first));
        let serial = known.cursor().shape.unwrap().serial;
        assert!(!known.take(&told(1, None)), "it looks as before");
        assert!(known.take(&told(1, Some(bitmap(1, 1, 4, &[9, 2, 3, 255])))));
        assert_ne!(known.cursor().shape.unwrap().serial, serial);
        assert!(known.take(&told(0, None)) && known.cursor().shape.is_none(), "it has left");
        assert!(known.take(&told(1, None)) && known.cursor().shape.is_some(), "it has come back");
        assert!(known.take(&told(1, Some(bitmap(0, 0, 0, &[])))) && known.cursor().shape.is_none());
    }

    #[test]
    fn shapes_that_cannot_be_show_nothing() {
        for bad in [
            bitmap(513, 1, 4 * 513, &[7; 4 * 513]),
            bitmap(2, 2, 8, &[7; 15]),
            bitmap(2, 2, 7, &[7; 16]),
            bitmap(1, 1, -4, &[7; 4]),
            ToldBitmap { format: 0, ..bitmap(1, 1, 4, &[7; 4]) },
            bitmap(u32::MAX, u32::MAX, i32::MAX, &[]),
        ] {
            let mut known = KnownCursor::default();
            known.take(&told(1, Some(bad)));
            assert_eq!(known.cursor().shape, None);
        }
    }
}
