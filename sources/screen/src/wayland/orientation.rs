//! How a compositor's buffer must be turned and mirrored to be upright, as people see the output.

use lanstream_core::{Rect, Size};
use wayland_client::protocol::wl_output::Transform;

/// The way from a pixel of the upright picture to one of the buffer: rows and columns are exchanged first, then each is
/// mirrored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Orientation {
    /// A row of the picture is a column of the buffer.
    pub(super) is_turned: bool,
    /// The buffer's first column is the last of what it shows.
    pub(super) mirrors_columns: bool,
    /// The buffer's first row is the last of what it shows.
    pub(super) mirrors_rows: bool,
}

impl Orientation {
    /// Of a buffer as the output's hardware shows it.
    pub(super) fn of(transform: Transform) -> Self {
        let (is_turned, mirrors_columns, mirrors_rows) = match transform {
            Transform::_90 => (true, false, true),
            Transform::_180 => (false, true, true),
            Transform::_270 => (true, true, false),
            Transform::Flipped => (false, true, false),
            Transform::Flipped90 => (true, false, false),
            Transform::Flipped180 => (false, false, true),
            Transform::Flipped270 => (true, true, true),
            // There are no others.
            _ => (false, false, false),
        };
        Self { is_turned, mirrors_columns, mirrors_rows }
    }

    /// The same of a buffer whose rows come from the bottom up where `inverted`.
    #[must_use]
    pub(super) fn inverted(self, inverted: bool) -> Self {
        Self { mirrors_rows: self.mirrors_rows != inverted, ..self }
    }

    /// Whether the buffer is the picture.
    pub(super) fn is_upright(self) -> bool {
        self == Self::default()
    }

    /// Size of what a buffer of `size` shows; as well the other way round.
    pub(super) fn turned(self, size: Size) -> Size {
        if self.is_turned { Size { width: size.height, height: size.width } } else { size }
    }

    /// Where a rectangle of a buffer of `size` is in the picture.
    pub(super) fn upright(self, rect: Rect, size: Size) -> Rect {
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

    /// Column and row in a buffer of `size` of a pixel of the picture.
    pub(super) fn in_buffer(self, (x, y): (u32, u32), size: Size) -> (u32, u32) {
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

    const ALL: [Transform; 8] = [
        Transform::Normal,
        Transform::_90,
        Transform::_180,
        Transform::_270,
        Transform::Flipped,
        Transform::Flipped90,
        Transform::Flipped180,
        Transform::Flipped270,
    ];

    #[test]
    fn a_rectangle_is_where_its_pixels_are() {
        let size = Size { width: 7, height: 5 };
        let rect = Rect { x: 1, y: 2, width: 4, height: 2 };
        for orientation in ALL.map(Orientation::of) {
            let picture = orientation.turned(size);
            let upright = orientation.upright(rect, size);
            for y in 0..picture.height {
                for x in 0..picture.width {
                    let (column, row) = orientation.in_buffer((x, y), size);
                    let inside = rect.contains(Rect { x: column, y: row, width: 1, height: 1 });
                    let pixel = Rect { x, y, width: 1, height: 1 };
                    assert_eq!(inside, upright.contains(pixel), "{x},{y} {orientation:?}");
                }
            }
        }
    }

    #[test]
    fn each_transform_is_another() {
        let mut seen: Vec<_> = ALL.map(Orientation::of).to_vec();
        seen.dedup();
        assert_eq!(seen.len(), ALL.len());
        assert!(Orientation::of(Transform::Flipped180).inverted(true).is_upright());
    }
}
