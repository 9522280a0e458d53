//! Line splitter: FFmpeg's log lines end with a line feed, those of its progress with a carriage return.

/// Bytes of one line: an endless one is cut.
const LINE_BYTES_MAX: usize = 8 * 1024;

/// Splits bytes into lines. Its memory is reused for each line.
#[derive(Debug, Default)]
pub(super) struct LineSplitter {
    line: Vec<u8>,
}

impl LineSplitter {
    /// Takes bytes, and calls `on_line` with each line that ends in them and is not empty.
    pub(super) fn push(&mut self, bytes: &[u8], on_line: &mut dyn FnMut(&str)) {
        for byte in bytes {
            match byte {
                b'\n' | b'\r' => self.end(on_line),
                _ if self.line.len() < LINE_BYTES_MAX => self.line.push(*byte),
                _ => {}
            }
        }
    }

    /// Ends the line that was begun, if any.
    pub(super) fn end(&mut self, on_line: &mut dyn FnMut(&str)) {
        if !self.line.is_empty() {
            on_line(&String::from_utf8_lossy(&self.line));
            self.line.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&[u8]]) -> Vec<String> {
        let (mut splitter, mut lines) = (LineSplitter::default(), Vec::new());
        for piece in pieces {
            splitter.push(piece, &mut |line| lines.push(line.to_owned()));
        }
        splitter.end(&mut |line| lines.push(line.to_owned()));
        lines
    }

    #[test]
    fn lines_end_with_a_line_feed_or_a_carriage_return() {
        assert_eq!(lines(&[b"one\ntw", b"o\rthree\r\n\nfour"]), ["one", "two", "three", "four"]);
    }

    #[test]
    fn an_endless_line_is_cut() {
        assert_eq!(lines(&[&[b'x'; 100_000], b"\nnext"]), [&"x".repeat(LINE_BYTES_MAX), "next"]);
    }

    #[test]
    fn lines_that_are_no_utf8() {
        assert_eq!(lines(&[b"\xff\n"]), ["\u{fffd}"]);
    }
}
