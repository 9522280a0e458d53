//! How a buffer must be turned and mirrored to be upright, as people see the screen.

use lanstream_plugin::core::{Rect, Size};

/// The way from a pixel of the upright picture to one of the buffer: rows and columns are exchanged first, then each is
/// mirrored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Orientation {
    /// A row of the picture is a column of the buffer.
    is_turned: bool,
    /// The buffer's first column is the last of what it shows.
    mirrors_columns: bool,
    /// The buffer's first row is the last of what it shows.
    mirrors_rows: bool,
}

impl Orientation {
    /// Returns that of a number of `spa_meta_videotransform_value`, which are those of Wayland's outputs.
    pub(crate) fn of(transform: u32) -> Self {
        let (is_turned, mirrors_columns, mirrors_rows) = match transform {
            1 => (true, false, true),
            2 => (false, true, true),
            3 => (true, true, false),
            4 => (false, true, false),
            5 => (true, false, false),
            6 => (false, false, true),
            7 => (true, true, true),
            // There are no others.
            _ => (false, false, false),
        };
        Self { is_turned, mirrors_columns, mirrors_rows }
    }

    /// Returns whether the buffer is the picture.
    pub(crate) fn is_upright(self) -> bool {
        self == Self::default()
    }

    /// Returns the size of what a buffer of `size` shows.
    pub(crate) fn turned(self, size: Size) -> Size {
        if self.is_turned { Size { width: size.height, height: size.width } } else { size }
    }

    /// Returns where a rectangle of a buffer of `size` is in the picture.
    pub(crate) fn upright(self, rect: Rect, size: Size) -> Rect {
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

    /// Returns column and row in a buffer of `size` of a pixel of the picture.
    pub(crate) fn in_buffer(self, (x, y): (u32, u32), size: Size) -> (u32, u32) {
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

    #[test]
    fn a_rectangle_is_where_its_pixels_are() {
        let size = Size { width: 7, height: 5 };
        let rect = Rect { x: 1, y: 2, width: 4, height: 2 };
        for orientation in (0..8).map(Orientation::of) {
            let picture = orientation.turned(size);
            let upright = orientation.upright(rect, size);
            for (x, y) in (0..picture.height).flat_map(|y| (0..picture.width).map(move |x| (x, y))) {
                let (column, row) = orientation.in_buffer((x, y), size);
                let is_inside = rect.contains(Rect { x: column, y: row, width: 1, height: 1 });
                let pixel = Rect { x, y, width: 1, height: 1 };
                assert_eq!(is_inside, upright.contains(pixel), "{x},{y} {orientation:?}");
            }
        }
    }

    #[test]
    fn numbers_that_are_no_transform_leave_the_picture_as_it_is() {
        assert!(Orientation::of(8).is_upright() && Orientation::of(u32::MAX).is_upright());
        assert!((1..8).all(|number| !Orientation::of(number).is_upright()));
    }
}
