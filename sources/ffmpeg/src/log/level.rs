//! Levels of FFmpeg's log lines.

use crate::redact::without_secrets;

/// Characters kept of a line.
const LINE_CHARS_MAX: usize = 300;

/// Level of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Error,
    Info,
    Detail,
}

/// FFmpeg's marks of levels.
const LEVELS: [(&str, Level); 8] = [
    ("[panic] ", Level::Error),
    ("[fatal] ", Level::Error),
    ("[error] ", Level::Error),
    ("[warning] ", Level::Info),
    ("[info] ", Level::Info),
    ("[verbose] ", Level::Detail),
    ("[debug] ", Level::Detail),
    ("[trace] ", Level::Detail),
];

/// Returns a line's level and its text without addresses and control characters: `[mov @ 0x55d] [error] text` is an
/// error of `mov: text`.
pub(super) fn parse_level(line: &str) -> (Level, String) {
    let found = LEVELS.iter().filter_map(|(mark, level)| Some((line.find(mark)?, *mark, *level)));
    let Some((at, mark, level)) = found.min_by_key(|(at, ..)| *at) else {
        return (Level::Info, clean(line));
    };
    let (origin, text) = (&line[..at], &line[at + mark.len()..]);
    let origin = origin.trim().trim_start_matches('[').split(" @ ").next().unwrap_or_default();
    (level, if origin.is_empty() { clean(text) } else { format!("{}: {}", clean(origin), clean(text)) })
}

/// Removes what could drive a terminal, and the passwords of URLs: viewers see why a source is gone.
fn clean(text: &str) -> String {
    without_secrets(text.trim()).chars().take(LINE_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_mark_is_the_level_and_what_is_before_it_the_origin() {
        let cases = [
            ("[mov,mp4 @ 0x55] [error] no moov", Level::Error, "mov,mp4: no moov"),
            ("[fatal] at [info] once", Level::Error, "at [info] once"),
            ("[warning] a", Level::Info, "a"),
            ("[trace] a", Level::Detail, "a"),
            ("no level", Level::Info, "no level"),
        ];
        for (line, level, text) in cases {
            assert_eq!(parse_level(line), (level, text.to_owned()), "{line}");
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(parse_level(&format!("[error] {}", "x".repeat(100_000))).1.len(), LINE_CHARS_MAX);
    }
}
