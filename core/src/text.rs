//! Text that others wrote, such as titles of windows, names of files and lines of FFmpeg's log, made harmless for
//! anyone who shows it.

use std::borrow::Cow;

/// The text with nothing in it that a terminal obeys or that turns the words after it around. Line breaks stay: anyone
/// who needs one line replaces them beforehand.
///
/// Blanks of other kinds become a space, everything else that is left out U+FFFD, so that one sees that there was
/// something.
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_harmful) { text.into() } else { text.chars().map(tame).collect() }
}

/// Whether a terminal would do something else with `c` than show it, or break or turn the line around. A line break is
/// no harm.
#[must_use]
pub fn is_harmful(c: char) -> bool {
    tame(c) != c
}

/// What `c` is shown as.
fn tame(c: char) -> char {
    match c {
        '\n' => '\n',
        '\t' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
        // Embeddings, overrides and isolates: they reorder what follows, also text that is not theirs.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_replaced() {
        assert_eq!(harmless("a\u{1b}[2Jb\u{7}\u{9b}31m"), "a\u{fffd}[2Jb\u{fffd}\u{fffd}31m");
        assert_eq!(harmless("over\rwritten\tand\u{2028}broken"), "over written and broken");
    }

    #[test]
    fn what_turns_text_around_is_replaced() {
        for c in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
            assert_eq!(harmless(&format!("abc{c}fed")), "abc\u{fffd}fed");
        }
    }

    #[test]
    fn plain_text_of_any_language_stays() {
        for text in ["two\nlines", "Über 日本語 עברית العربية", "👩\u{200d}💻", ""] {
            assert!(matches!(harmless(text), Cow::Borrowed(same) if same == text));
        }
    }
}
