//! Which cells are measured, in which order.

use crate::path::{Carrier, Path};

/// The plain loop is measured with messages of this size only: it is there to be compared with, once.
const PLAIN_BYTES: u32 = 1_000_000;

/// One cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) path: Path,
    /// Which of the tunings.
    pub(crate) tuning: usize,
    pub(crate) bytes: u32,
    pub(crate) in_flight: usize,
}

/// All cells. What will be compared is measured one after the other: paths and tunings vary before sizes do.
pub(crate) fn cells(paths: &[Path], sizes: &[u32], in_flight: &[usize], tunings: usize) -> Vec<Cell> {
    let mut cells = Vec::new();
    for &bytes in sizes {
        for &in_flight in in_flight {
            for &path in paths.iter().filter(|path| **path != Path::StreamPlain || bytes == PLAIN_BYTES) {
                let is_tuned = path.carrier() == Carrier::WebTransport && path != Path::StreamPlain;
                let tunings = if is_tuned { tunings } else { 1 };
                cells.extend((0..tunings).map(|tuning| Cell { path, tuning, bytes, in_flight }));
            }
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_tuned_is_measured_with_every_tuning() {
        let cells = cells(&[Path::Http, Path::Stream], &[8192], &[1], 2);
        let tunings: Vec<_> = cells.iter().map(|cell| (cell.path, cell.tuning)).collect();
        assert_eq!(tunings, [(Path::Http, 0), (Path::Stream, 0), (Path::Stream, 1)]);
    }

    #[test]
    fn the_plain_loop_is_measured_at_one_size() {
        let cells = cells(&[Path::StreamPlain], &[8192, PLAIN_BYTES], &[1, 3], 1);
        let sizes: Vec<_> = cells.iter().map(|cell| (cell.bytes, cell.in_flight)).collect();
        assert_eq!(sizes, [(PLAIN_BYTES, 1), (PLAIN_BYTES, 3)]);
    }
}
