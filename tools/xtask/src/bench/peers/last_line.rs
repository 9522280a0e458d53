//! The last line of a program's log: mostly why it has ended.

use std::path::Path;

/// Bytes at the end of a log that are looked at.
const END_BYTES: usize = 300;

/// Returns the last line of a file that is not empty.
pub(super) fn of(log: &Path) -> String {
    let log = std::fs::read(log).unwrap_or_default();
    let end = String::from_utf8_lossy(&log[log.len().saturating_sub(END_BYTES)..]);
    end.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("nothing").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lines_say_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        assert_eq!(of(&log), "nothing");
        std::fs::write(&log, format!("{}\nsorry \n\n \n", "é".repeat(500))).unwrap();
        assert_eq!(of(&log), "sorry");
    }
}
