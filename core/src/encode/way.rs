//! The ways in which the pixels of a group may go, and how much there is in a group to spell out.

use lanstream_codec::Code;

/// The codes that are chosen among. What is in none of them, and so raw, goes [packed](Code::Packed) where that is shorter.
pub(super) const CODES: [Code; 3] = [Code::Palette, Code::Predict, Code::Lz];

/// How the pixels of a group may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As they are.
    Raw,
    /// In fewer bytes.
    Code(Code),
    /// From another place of the picture before.
    Move,
}

impl Way {
    /// All of them; each lies at its place.
    pub(super) const ALL: [Self; 5] =
        [Self::Raw, Self::Code(Code::Palette), Self::Code(Code::Predict), Self::Code(Code::Lz), Self::Move];

    /// Where it lies in a table of all.
    pub(super) fn place(self) -> usize {
        match self {
            Self::Raw | Self::Code(Code::Packed) => 0,
            Self::Code(code) => 1 + usize::from(code.number()),
            Self::Move => 4,
        }
    }
}

/// Steps of busyness, each twice as much as the one before; the last is from half of all pixels on.
pub(super) const DENSITIES: usize = 8;

/// How busy a group is, as a step. 0: less than one pixel in 128; from there on twice as many in each step.
pub(super) fn density(pixels: u64, busy: u32) -> usize {
    match pixels.checked_div(u64::from(busy)) {
        Some(each @ ..128) => DENSITIES - 1 - each.max(1).ilog2() as usize,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        for (place, way) in Way::ALL.into_iter().enumerate() {
            assert_eq!(way.place(), place);
        }
    }

    #[test]
    fn densities() {
        let all: Vec<_> =
            [0, 1, 7, 8, 16, 100, 300, 500, 1000, 1024, 2000].map(|busy| density(1024, busy)).into();
        assert_eq!(all, [0, 0, 0, 0, 1, 4, 6, 6, 7, 7, 7]);
    }
}
