//! How an image must be turned and mirrored to be upright, as people see the screen.

use crate::geometry::{Rect, Size};

/// The way from a pixel of the upright picture to one of the image: rows and columns are exchanged first, then each is
/// mirrored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Orientation {
    /// A row of the picture is a column of the image.
    is_turned: bool,
    /// The image's first column is the last of what it shows.
    mirrors_columns: bool,
    /// The image's first row is the last of what it shows.
    mirrors_rows: bool,
}

impl Orientation {
    /// Returns the orientation of a number of Wayland's `wl_output.transform`, which `spa_meta_videotransform_value` of
    /// PipeWire has as well. A number that means nothing leaves the picture as it is.
    pub fn from_transform(number: u32) -> Self {
        let (is_turned, mirrors_columns, mirrors_rows) = match number {
            1 => (true, false, true),
            2 => (false, true, true),
            3 => (true, true, false),
            4 => (false, true, false),
            5 => (true, false, false),
            6 => (false, false, true),
            7 => (true, true, true),
            _ => (false, false, false),
        };
        Self { is_turned, mirrors_columns, mirrors_rows }
    }

    /// Returns the same of an image whose rows come from the bottom up where `inverted`.
    #[must_use]
    pub fn inverted(self, inverted: bool) -> Self {
        Self { mirrors_rows: self.mirrors_rows != inverted, ..self }
    }

    /// Returns whether the image is the picture.
    pub fn is_upright(self) -> bool {
        self == Self::default()
    }

    /// Returns whether a row of the picture is a row of the image, in the same order.
    pub fn keeps_rows_whole(self) -> bool {
        !self.is_turned && !self.mirrors_columns
    }

    /// Returns the size of what an image of `size` shows, and the size of the image that shows `size`.
    pub fn turned(self, size: Size) -> Size {
        if self.is_turned { Size { width: size.height, height: size.width } } else { size }
    }

    /// Returns where a rectangle of an image of `size` is in the picture.
    pub fn upright(self, rect: Rect, size: Size) -> Rect {
        let mut upright = rect;
        if self.mirrors_columns {
            upright.x = size.width - rect.right();
        }
        if self.mirrors_rows {
            upright.y = size.height - rect.bottom();
        }
        if self.is_turned {
            let Rect { x, y, width, height } = upright;
            upright = Rect { x: y, y: x, width: height, height: width };
        }
        upright
    }

    /// Returns column and row in an image of `size` of a pixel of the picture.
    pub fn in_image(self, (x, y): (u32, u32), size: Size) -> (u32, u32) {
        let (column, row) = if self.is_turned { (y, x) } else { (x, y) };
        (
            if self.mirrors_columns { size.width - 1 - column } else { column },
            if self.mirrors_rows { size.height - 1 - row } else { row },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of transforms.
    const ALL: std::ops::Range<u32> = 0..8;

    #[test]
    fn a_rectangle_is_where_its_pixels_are() {
        let size = Size { width: 7, height: 5 };
        let rect = Rect { x: 1, y: 2, width: 4, height: 2 };
        for orientation in ALL.map(Orientation::from_transform) {
            let picture = orientation.turned(size);
            let upright = orientation.upright(rect, size);
            for (x, y) in (0..picture.height).flat_map(|y| (0..picture.width).map(move |x| (x, y))) {
                let (column, row) = orientation.in_image((x, y), size);
                let is_inside = rect.contains(Rect { x: column, y: row, width: 1, height: 1 });
                let pixel = Rect { x, y, width: 1, height: 1 };
                assert_eq!(is_inside, upright.contains(pixel), "{x},{y} {orientation:?}");
            }
        }
    }

    #[test]
    fn each_transform_is_another() {
        let all: Vec<_> = ALL.map(Orientation::from_transform).collect();
        for (index, orientation) in all.iter().enumerate() {
            assert!(!all[..index].contains(orientation), "{index}");
        }
        assert!(Orientation::from_transform(6).inverted(true).is_upright());
    }

    #[test]
    fn numbers_that_are_no_transform_leave_the_picture_as_it_is() {
        for number in [0, 8, u32::MAX] {
            assert!(Orientation::from_transform(number).is_upright(), "{number}");
        }
    }
}
