//! Methods by which the pixels of a group can be sent, and the complexity of a group.

use lanstream_codec::Code;

/// Codes that are chosen among: all but [packed](Code::Packed), which stands for raw pixels where it is shorter.
pub(super) const CODES: [Code; Code::ALL.len() - 1] = {
    let mut codes = [Code::Packed; Code::ALL.len() - 1];
    let (mut from, mut to) = (0, 0);
    while from < Code::ALL.len() {
        if !matches!(Code::ALL[from], Code::Packed) {
            codes[to] = Code::ALL[from];
            to += 1;
        }
        from += 1;
    }
    codes
};

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
    pub(super) const ALL: [Self; 2 + CODES.len()] = {
        let mut all = [Self::Raw; 2 + CODES.len()];
        all[1] = Self::Move;
        let mut code = 0;
        while code < CODES.len() {
            all[2 + code] = Self::Code(CODES[code]);
            code += 1;
        }
        all
    };

    /// Returns the index in a table of all.
    pub(super) fn index(self) -> usize {
        match self {
            Self::Raw => 0,
            Self::Move => 1,
            Self::Code(code) => CODES.iter().position(|other| *other == code).map_or(0, |at| 2 + at),
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
