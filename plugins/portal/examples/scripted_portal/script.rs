//! Commands of a test.

use crate::canvas::Area;

/// A command.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Command {
    /// `fill X Y W H RRGGBB`: paints, and tells of it.
    Fill(Area, u32),
    /// `lie X Y W H RRGGBB`: paints, and tells of damage in the first pixel alone.
    Lie(Area, u32),
    /// `skip X Y W H RRGGBB`: paints, and sends a corrupted buffer of something else that tells of it.
    Skip(Area, u32),
    /// `noise SEED`: paints all of it, and tells nothing of where.
    Noise(u32),
    /// `short`: sends a buffer that has fewer bytes than a picture needs.
    Short,
    /// `pointer X Y`: sends a buffer without pixels that tells where the pointer is.
    Pointer(i32, i32),
    /// `shape W H`: the same, with a shape of white pixels that are half transparent.
    Shape(u32, u32),
    /// `size W H`: another size, and black.
    Size(u32, u32),
    /// `stride N`: rows are so much further apart than they are long; from the bottom up below 0.
    Stride(i32),
    /// `offset N`: pictures begin so far into the memory.
    Offset(u32),
    /// `crop X Y W H`: only that is shown.
    Crop(Area),
    /// `transform N`.
    Transform(u32),
    /// `end`: the streams are gone.
    End,
    /// `close`: the portal closes its sessions.
    Close,
}

impl Command {
    /// Reads a line.
    pub(crate) fn read(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let name = words.next()?;
        let rest: Vec<&str> = words.collect();
        let number = |at: usize| rest.get(at)?.parse::<u32>().ok();
        let signed = |at: usize| rest.get(at)?.parse::<i32>().ok();
        let area = || Some(Area { x: number(0)?, y: number(1)?, width: number(2)?, height: number(3)? });
        let colour = || u32::from_str_radix(rest.get(4)?, 16).ok();
        Some(match name {
            "fill" => Self::Fill(area()?, colour()?),
            "lie" => Self::Lie(area()?, colour()?),
            "skip" => Self::Skip(area()?, colour()?),
            "noise" => Self::Noise(number(0)?),
            "short" => Self::Short,
            "pointer" => Self::Pointer(signed(0)?, signed(1)?),
            "shape" => Self::Shape(number(0)?, number(1)?),
            "size" => Self::Size(number(0)?, number(1)?),
            "stride" => Self::Stride(signed(0)?),
            "offset" => Self::Offset(number(0)?),
            "crop" => Self::Crop(area()?),
            "transform" => Self::Transform(number(0)?),
            "end" => Self::End,
            "close" => Self::Close,
            _ => return None,
        })
    }
}
