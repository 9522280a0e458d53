//! Pixel sizes and rectangles. A `Rect` is never empty and never reaches past [`SIDE_MAX`].

/// Longest side of a picture, in pixels: coordinates fit 16 bits on the wire with room to add two of them.
pub const SIDE_MAX: u32 = 16_384;

// What is counted in `u32` indexes memory: `as usize` loses none of it.
const _: () = assert!(usize::BITS >= u32::BITS);

/// Width and height of a picture in pixels, each in `1..=SIDE_MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Size {
    /// A size, or `None` if a side is zero or longer than [`SIDE_MAX`].
    pub fn new(width: u32, height: u32) -> Option<Self> {
        let valid = |side| (1..=SIDE_MAX).contains(&side);
        (valid(width) && valid(height)).then_some(Self { width, height })
    }

    /// The rectangle that covers all of it.
    pub fn bounds(self) -> Rect {
        Rect { x: 0, y: 0, width: self.width, height: self.height }
    }

    /// Number of pixels.
    pub fn area(self) -> usize {
        self.width as usize * self.height as usize
    }
}

/// Returns a coordinate or a side in the bits that it has on the wire. None of a picture's exceeds [`SIDE_MAX`], which
/// fits.
pub(crate) fn to_u16(px: u32) -> u16 {
    u16::try_from(px).unwrap_or(u16::MAX)
}

/// Text that is no size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a size is WIDTHxHEIGHT, such as 1920x1080, with sides from 1 to {SIDE_MAX}")]
pub struct ParseSizeError;

impl std::str::FromStr for Size {
    type Err = ParseSizeError;

    fn from_str(text: &str) -> Result<Self, ParseSizeError> {
        let (width, height) = text.split_once('x').ok_or(ParseSizeError)?;
        let side = |digits: &str| digits.parse().map_err(|_| ParseSizeError);
        Self::new(side(width)?, side(height)?).ok_or(ParseSizeError)
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// A non-empty rectangle of pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rect {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Pixels in a row, at least 1.
    pub width: u32,
    /// Rows, at least 1.
    pub height: u32,
}

impl Rect {
    /// A rectangle, or `None` if it is empty or reaches past [`SIDE_MAX`].
    pub fn new(x: u32, y: u32, width: u32, height: u32) -> Option<Self> {
        let fits =
            |start: u32, len: u32| len > 0 && start.checked_add(len).is_some_and(|end| end <= SIDE_MAX);
        (fits(x, width) && fits(y, height)).then_some(Self { x, y, width, height })
    }

    /// The part of a rectangle with signed coordinates, as windowing systems give them, that lies within `size`.
    pub fn clipped(x: i32, y: i32, width: u32, height: u32, size: Size) -> Option<Self> {
        let span = |start: i32, len: u32, limit: u32| {
            let begin = 0_u32.saturating_add_signed(start);
            let end = len.saturating_add_signed(start).min(limit);
            (begin < end).then(|| (begin, end - begin))
        };
        let (x, width) = span(x, width, size.width)?;
        let (y, height) = span(y, height, size.height)?;
        Some(Self { x, y, width, height })
    }

    /// First column to the right of it.
    pub fn right(self) -> u32 {
        self.x + self.width
    }

    /// First row below it.
    pub fn bottom(self) -> u32 {
        self.y + self.height
    }

    /// Number of pixels.
    pub fn area(self) -> usize {
        self.width as usize * self.height as usize
    }

    /// The part that both share.
    pub fn intersection(self, other: Self) -> Option<Self> {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let (right, bottom) = (self.right().min(other.right()), self.bottom().min(other.bottom()));
        (x < right && y < bottom).then(|| Self { x, y, width: right - x, height: bottom - y })
    }

    /// The smallest rectangle that covers both.
    pub fn bounding(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let (right, bottom) = (self.right().max(other.right()), self.bottom().max(other.bottom()));
        Self { x, y, width: right - x, height: bottom - y }
    }

    /// Whether `other` lies within it.
    pub fn contains(self, other: Self) -> bool {
        self.bounding(other) == self
    }

    /// Returns the rows of one of `parts` parts of about the same height, from the top. Where there are fewer rows than
    /// parts, each part is a row, and some are the same. `None` if there are no rows or no parts.
    pub fn part(self, part: u32, parts: u32) -> Option<Self> {
        let parts = parts.min(self.height);
        let part = part.checked_rem(parts)?;
        let (top, bottom) = (self.height * part / parts, self.height * (part + 1) / parts);
        Self::new(self.x, self.y + top, self.width, bottom - top)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clip_keeps_what_lies_within() {
        let size = Size::new(100, 50).unwrap();
        assert_eq!(Rect::clipped(-10, 40, 30, 30, size), Rect::new(0, 40, 20, 10));
        assert_eq!(Rect::clipped(100, 0, 5, 5, size), None);
        assert_eq!(Rect::clipped(-20, 0, 20, 5, size), None);
        assert_eq!(Rect::clipped(i32::MIN, 0, u32::MAX, 1, size), Rect::new(0, 0, 100, 1));
    }

    #[test]
    fn parts_cover_all_rows() {
        for height in 1..40 {
            let rect = Rect { x: 3, y: 5, width: 10, height };
            let parts: Vec<_> = (0..12).filter_map(|part| rect.part(part, 12)).collect();
            let rows = |part: &Rect| part.y..part.bottom();
            assert_eq!(parts.len(), 12);
            assert!(
                (5..5 + height).all(|row| parts.iter().any(|part| rows(part).contains(&row))),
                "{height}"
            );
            assert!(parts.iter().all(|part| rect.contains(*part)));
        }
        assert_eq!(Rect { x: 0, y: 0, width: 1, height: 0 }.part(0, 12), None);
    }

    #[test]
    fn sizes_and_rects_stay_in_range() {
        assert_eq!(Size::new(0, 1), None);
        assert_eq!(Size::new(1, SIDE_MAX + 1), None);
        assert_eq!(Rect::new(SIDE_MAX, 0, 1, 1), None);
        assert_eq!(Rect::new(u32::MAX, 0, 2, 1), None);
    }
}
