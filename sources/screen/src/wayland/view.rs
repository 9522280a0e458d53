//! The way from a compositor's buffer to the picture: which part of it, how it is turned, and how its pixels lie.

use lanstream_core::source::{Error, ErrorKind};
use lanstream_core::{FrameBuffer, Layout, Orientation, PIXEL_BYTES, Rect, SIDE_MAX, Size};
use wayland_client::WEnum;
use wayland_client::protocol::wl_shm::Format;

use super::pixel::Pixels;

/// Rows that are written at a time where rows are columns of the buffer: their places stay in the processor's cache.
const TURNED_ROWS: u32 = 16;

/// What a buffer must be like for the compositor to write into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Constraints {
    pub(super) format: WEnum<Format>,
    pub(super) width: u32,
    pub(super) height: u32,
    /// Bytes from one row to the next.
    pub(super) stride: u32,
}

/// How a buffer is shown.
pub(super) struct View {
    constraints: Constraints,
    /// Of the whole buffer.
    size: Size,
    pixels: Pixels,
    orientation: Orientation,
    /// The part of the upright output that is the picture.
    part: Rect,
}

impl View {
    /// A view of all of the output, or of a part of what is upright there.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for buffers that no frame can hold.
    pub(super) fn new(
        constraints: Constraints,
        orientation: Orientation,
        part: impl FnOnce(Size) -> Result<Rect, Error>,
    ) -> Result<Self, Error> {
        let Constraints { format, width, height, stride } = constraints;
        let size = Size::new(width, height).ok_or_else(|| too_large(width, height))?;
        let pixels = Pixels::new(format)?;
        if (stride as usize) < size.width as usize * pixels.bytes() {
            let message = format!("the compositor's rows of {stride} bytes are too short for {size}");
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        let part = part(orientation.turned(size))?;
        Ok(Self { constraints, size, pixels, orientation, part })
    }

    pub(super) fn constraints(&self) -> Constraints {
        self.constraints
    }

    pub(super) fn orientation(&self) -> Orientation {
        self.orientation
    }

    pub(super) fn pixels(&self) -> &Pixels {
        &self.pixels
    }

    /// Bytes of a buffer.
    pub(super) fn buffer_len(&self) -> usize {
        self.constraints.stride as usize * self.size.height as usize
    }

    /// How the picture lies in a frame.
    pub(super) fn layout(&self) -> Layout {
        let size = Size { width: self.part.width, height: self.part.height };
        let mut layout = Layout::packed(size, self.pixels.format());
        if self.is_direct() {
            layout.stride = self.constraints.stride as usize;
        }
        layout
    }

    /// Whether a buffer that is not inverted can be the memory of a frame.
    pub(super) fn is_direct(&self) -> bool {
        let stride = self.constraints.stride as usize;
        self.pixels.are_direct()
            && self.orientation.is_upright()
            && self.part == self.size.bounds()
            && stride.is_multiple_of(PIXEL_BYTES)
    }

    /// The part of the picture that a rectangle of the buffer is in.
    pub(super) fn shown(&self, rect: Rect) -> Option<Rect> {
        let rect = rect.intersection(self.size.bounds())?;
        let shown = self.orientation.upright(rect, self.size).intersection(self.part)?;
        Some(Rect { x: shown.x - self.part.x, y: shown.y - self.part.y, ..shown })
    }

    /// Where a rectangle of the buffer is that compositors count from the top or, in an `inverted` one, from the
    /// bottom: none says which, so both.
    pub(super) fn damaged(&self, rect: Rect, inverted: bool) -> impl Iterator<Item = Rect> {
        let mirrored = rect
            .intersection(self.size.bounds())
            .filter(|_| inverted)
            .map(|rect| Rect { y: self.size.height - rect.bottom(), ..rect });
        [Some(rect), mirrored].into_iter().flatten().filter_map(|rect| self.shown(rect))
    }

    /// Copies a rectangle of the picture from a buffer's bytes to a frame.
    ///
    /// # Panics
    /// If it lies outside of the picture, or the buffer or the frame is of another view.
    pub(super) fn copy(&self, buffer: &[u8], inverted: bool, frame: &mut FrameBuffer, rect: Rect) {
        let stride = frame.layout().stride;
        let orientation = self.orientation.inverted(inverted);
        let to = frame.bytes_mut();
        if !orientation.keeps_rows_whole() {
            self.copy_pixels(buffer, orientation, to, stride, rect);
        } else {
            self.copy_rows(buffer, orientation, to, stride, rect);
        }
    }

    fn copy_rows(&self, buffer: &[u8], orientation: Orientation, to: &mut [u8], stride: usize, rect: Rect) {
        let row_bytes = rect.width as usize * self.pixels.bytes();
        for y in rect.y..rect.bottom() {
            let from = self.place((rect.x, y), orientation);
            let start = y as usize * stride + rect.x as usize * PIXEL_BYTES;
            let place = &mut to[start..start + rect.width as usize * PIXEL_BYTES];
            self.pixels.copy(&buffer[from..from + row_bytes], place);
        }
    }

    fn copy_pixels(&self, buffer: &[u8], orientation: Orientation, to: &mut [u8], stride: usize, rect: Rect) {
        for top in (rect.y..rect.bottom()).step_by(TURNED_ROWS as usize) {
            let bottom = rect.bottom().min(top + TURNED_ROWS);
            for x in rect.x..rect.right() {
                for y in top..bottom {
                    let from = self.place((x, y), orientation);
                    let start = y as usize * stride + x as usize * PIXEL_BYTES;
                    let pixel = &buffer[from..from + self.pixels.bytes()];
                    self.pixels.copy(pixel, &mut to[start..start + PIXEL_BYTES]);
                }
            }
        }
    }

    /// Where a pixel of the picture begins in a buffer.
    fn place(&self, (x, y): (u32, u32), orientation: Orientation) -> usize {
        let (column, row) = orientation.in_image((x + self.part.x, y + self.part.y), self.size);
        row as usize * self.constraints.stride as usize + column as usize * self.pixels.bytes()
    }
}

fn too_large(width: u32, height: u32) -> Error {
    let message = format!("an output of {width}x{height} can't be captured: sides are from 1 to {SIDE_MAX}");
    Error::new(ErrorKind::Unsupported, message)
}

#[cfg(test)]
mod tests {
    use lanstream_core::Region;
    use wayland_client::protocol::wl_output::Transform;

    use super::*;

    /// A buffer of 3x2 pixels and rows of 16 bytes, and a view of it.
    fn view(transform: Transform, part: Option<Rect>) -> View {
        let format = WEnum::Value(Format::Xrgb8888);
        let constraints = Constraints { format, width: 3, height: 2, stride: 16 };
        let all = |size: Size| Ok(part.unwrap_or_else(|| size.bounds()));
        View::new(constraints, Orientation::from_transform(transform.into()), all).unwrap()
    }

    /// The picture, each pixel as its number in the buffer, row by row.
    fn numbers(view: &View, inverted: bool) -> Vec<Vec<u8>> {
        let buffer: Vec<u8> = (0..2).flat_map(|y| (0..4).flat_map(move |x| [y * 3 + x; 4])).collect();
        let layout = view.layout();
        let mut frame = FrameBuffer::new(layout, Box::new(vec![0xee; layout.bytes()])).unwrap();
        view.copy(&buffer, inverted, &mut frame, layout.size.bounds());
        let row = |y| frame.row(0, y, layout.size.width).chunks(4).map(|pixel| pixel[0]).collect();
        (0..layout.size.height).map(row).collect()
    }

    #[test]
    fn the_picture_is_upright() {
        for (transform, expected) in [
            (Transform::Normal, "012/345"),
            (Transform::_90, "30/41/52"),
            (Transform::_180, "543/210"),
            (Transform::_270, "25/14/03"),
            (Transform::Flipped, "210/543"),
            (Transform::Flipped90, "03/14/25"),
            (Transform::Flipped180, "345/012"),
            (Transform::Flipped270, "52/41/30"),
        ] {
            let rows = numbers(&view(transform, None), false);
            let rows: Vec<String> =
                rows.iter().map(|row| row.iter().map(|number| number.to_string()).collect()).collect();
            assert_eq!(rows.join("/"), expected, "{transform:?}");
        }
        assert_eq!(numbers(&view(Transform::Normal, None), true), [[3, 4, 5], [0, 1, 2]]);
    }

    #[test]
    fn a_part_is_what_lies_there_when_upright() {
        let part = view(Transform::_90, Rect::new(1, 1, 1, 2));
        assert_eq!(numbers(&part, false), [[1], [2]]);
        assert!(!part.is_direct() && view(Transform::Normal, None).is_direct());
        assert_eq!(part.shown(Rect { x: 1, y: 0, width: 1, height: 1 }), Rect::new(0, 0, 1, 1));
        assert_eq!(part.shown(Rect { x: 0, y: 0, width: 1, height: 2 }), None);
        assert_eq!(part.shown(Rect { x: 5, y: 0, width: 1, height: 2 }), None);
    }

    #[test]
    fn damage_of_an_inverted_buffer_is_where_either_count_has_it() {
        let view = view(Transform::Normal, None);
        let rect = Rect { x: 0, y: 0, width: 3, height: 1 };
        let mut damage = Region::EMPTY;
        view.damaged(rect, true).for_each(|rect| damage.add(rect));
        assert!(damage.contains(Rect { height: 2, ..rect }));
        assert_eq!(view.damaged(rect, false).collect::<Vec<_>>(), [rect]);
    }

    #[test]
    fn impossible_buffers_are_refused() {
        let format = WEnum::Value(Format::Xrgb8888);
        for (width, height, stride) in [(0, 1, 4), (1, 20_000, 4), (2, 2, 7)] {
            let constraints = Constraints { format, width, height, stride };
            let view = View::new(constraints, Orientation::default(), |size| Ok(size.bounds()));
            assert_eq!(view.err().map(|error| error.kind), Some(ErrorKind::Unsupported));
        }
    }
}
