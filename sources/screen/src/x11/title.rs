//! What windows are called. Titles are made by other programs, in one of several encodings: they are decoded and
//! cleaned here, before anybody prints them.

use std::borrow::Cow;

use lanstream_core::source::Error;
use lanstream_core::text;
use x11rb::protocol::xproto::{AtomEnum, GetPropertyReply, Window};

use super::connect::DisplayConnection;
use super::{compound_text, property};

/// Most characters of a title that are kept: enough to tell windows apart, and a line or two in a terminal.
const TITLE_CHARS_MAX: usize = 200;
/// What a window is called that says nothing.
const UNTITLED: &str = "(untitled)";

/// A window's title, unless it has none.
pub(super) fn read(link: &DisplayConnection, window: Window) -> Result<Option<String>, Error> {
    let modern = property::read(link, window, link.atoms._NET_WM_NAME)?;
    let title = modern.and_then(|reply| clean(&decode(link, &reply)));
    if title.is_some() {
        return Ok(title);
    }
    let old = property::read(link, window, AtomEnum::WM_NAME)?;
    Ok(old.and_then(|reply| clean(&decode(link, &reply))))
}

/// What to call a window.
pub(super) fn or_untitled(title: Option<String>) -> String {
    title.unwrap_or_else(|| UNTITLED.to_owned())
}

fn decode<'a>(link: &DisplayConnection, reply: &'a GetPropertyReply) -> Cow<'a, str> {
    if reply.type_ == u32::from(AtomEnum::STRING) {
        return reply.value.iter().map(|byte| char::from(*byte)).collect();
    }
    if reply.type_ == link.atoms.COMPOUND_TEXT {
        return compound_text::decode(&reply.value).into();
    }
    String::from_utf8_lossy(&reply.value)
}

/// The title in one line, without what would drive a terminal or turn its text around.
fn clean(title: &str) -> Option<String> {
    let line: String = title.chars().take(TITLE_CHARS_MAX).map(|c| if c == '\n' { ' ' } else { c }).collect();
    let cleaned = text::harmless(&line);
    let cleaned = cleaned.trim();
    (!cleaned.is_empty()).then(|| cleaned.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_cannot_drive_a_terminal() {
        assert_eq!(clean("a\u{1b}[2Jb\nc"), Some("a\u{fffd}[2Jb c".into()));
        assert_eq!(clean("abc\u{202e}fed"), Some("abc\u{fffd}fed".into()));
        assert_eq!(clean(" \t\n"), None);
        assert_eq!(clean(&"x".repeat(5000)).map(|title| title.len()), Some(TITLE_CHARS_MAX));
    }
}
