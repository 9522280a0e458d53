//! Groups: adjacent tiles that are sent as one patch.

use crate::frame_buffer::PIXEL_BYTES;
use crate::geometry::Rect;

/// Tiles that are sent as one patch.
#[derive(Clone, Copy, Debug)]
pub(super) struct TileGroup {
    /// The pixels.
    pub(super) rect: Rect,
    /// Its content.
    pub(super) content: Content,
    /// Approximate number of edge pixels; 0 where it is not needed.
    pub(super) edge_count: u32,
}

/// Content of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Pixels that are not worth a code.
    Raw,
    /// Pixels that are worth a code.
    Coded,
    /// Pixels that were in another place of the previous frame.
    Moved,
    /// One pixel value, in the frame's format.
    Solid([u8; PIXEL_BYTES]),
}

impl TileGroup {
    /// Returns this group and another of the same content as one, if they are adjacent.
    pub(super) fn grown(self, other: Self) -> Option<Self> {
        let rect = self.rect.bounding(other.rect);
        let is_whole = rect.area() == self.rect.area() + other.rect.area();
        let edge_count = self.edge_count + other.edge_count;
        (is_whole && self.content == other.content).then_some(Self {
            rect,
            content: self.content,
            edge_count,
        })
    }

    /// Returns the pixels of this group, of another and of all that lies between them as one.
    pub(super) fn spanning(self, other: Self) -> Self {
        Self {
            rect: self.rect.bounding(other.rect),
            content: self.content.over(other.content),
            edge_count: self.edge_count + other.edge_count,
        }
    }

    /// Returns the number of edges of a part of it, where they are spread evenly.
    pub(super) fn edges_in(&self, part: Rect) -> u32 {
        let edge_count = u64::from(self.edge_count) * part.area() as u64 / self.rect.area() as u64;
        u32::try_from(edge_count).unwrap_or(self.edge_count)
    }

    /// Returns its raw size, unless it takes only a few bytes.
    pub(super) fn pixel_bytes(&self) -> usize {
        match self.content {
            Content::Raw | Content::Coded => self.rect.area() * PIXEL_BYTES,
            Content::Moved | Content::Solid(_) => PIXEL_BYTES,
        }
    }
}

impl Content {
    /// What two of different fill are together: raw where one is.
    fn over(self, other: Self) -> Self {
        match (self, other) {
            (Self::Coded | Self::Moved, Self::Coded | Self::Moved | Self::Solid(_))
            | (Self::Solid(_), Self::Coded | Self::Moved) => Self::Coded,
            _ => Self::Raw,
        }
    }
}
