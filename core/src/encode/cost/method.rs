//! Methods by which the pixels of a group can be sent, and the complexity of a group.

use lanstream_codec::Code;

/// Codes that are chosen among. Raw pixels go [packed](Code::Packed) where that is shorter.
pub(super) const CODES: [Code; 3] = [Code::Palette, Code::Predict, Code::Lz];

/// Method by which the pixels of a group are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// Unencoded.
    Raw,
    /// Encoded.
    Code(Code),
    /// Moved from another place of the previous frame.
    Move,
}

impl Method {
    /// All methods, in the order of their index.
    pub(super) const ALL: [Self; 5] =
        [Self::Raw, Self::Code(Code::Palette), Self::Code(Code::Predict), Self::Code(Code::Lz), Self::Move];

    /// Returns the index in a table of all.
    pub(super) fn index(self) -> usize {
        match self {
            Self::Raw | Self::Code(Code::Packed) => 0,
            Self::Code(code) => 1 + usize::from(code.number()),
            Self::Move => 4,
        }
    }
}

/// Levels of complexity, each twice the previous one; the last begins at half of all pixels.
pub(super) const COMPLEXITY_LEVELS: usize = 8;

/// Returns the complexity level of a group. Level 0 has fewer than one edge in 128 pixels; each level has twice as
/// many.
pub(super) fn complexity(pixels: usize, edge_count: u32) -> usize {
    match pixels.checked_div(edge_count as usize) {
        Some(each @ ..128) => COMPLEXITY_LEVELS - 1 - each.max(1).ilog2() as usize,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices() {
        for (index, method) in Method::ALL.into_iter().enumerate() {
            assert_eq!(method.index(), index);
        }
    }

    #[test]
    fn complexities() {
        let all: Vec<_> = [0, 1, 7, 8, 16, 100, 300, 500, 1000, 1024, 2000]
            .map(|edge_count| complexity(1024, edge_count))
            .into();
        assert_eq!(all, [0, 0, 0, 0, 1, 4, 6, 6, 7, 7, 7]);
    }
}
