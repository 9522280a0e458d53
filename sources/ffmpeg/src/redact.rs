//! Texts for people: nothing in them drives a terminal, and the secrets of URLs are left out.

use std::ffi::OsStr;

use lanstream_core::text::harmless;

/// Returns a name in one line, without control characters.
pub(crate) fn printable(name: &OsStr) -> String {
    harmless(&name.to_string_lossy().replace('\n', "\u{fffd}")).into_owned()
}

/// Returns a text that viewers may see: the URLs in it lose their user names, passwords and queries.
pub(crate) fn without_secrets(text: &str) -> String {
    let mut parts = text.split("://");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (host, rest) = part.split_at(part.find(['/', ' ', '?']).unwrap_or(part.len()));
        let (rest, after) = rest.split_at(rest.find(' ').unwrap_or(rest.len()));
        let path = rest.split('?').next().unwrap_or_default();
        kept.extend(["://", host.rsplit('@').next().unwrap_or_default(), path, after]);
    }
    printable(OsStr::new(&kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lose_users_passwords_and_queries() {
        assert_eq!(without_secrets("https://host"), "https://host");
        let text = "no http://a:b@host/x?key=1 and udp://c@d:1 here";
        assert_eq!(without_secrets(text), "no http://host/x and udp://d:1 here");
    }

    #[test]
    fn control_characters_are_replaced() {
        assert_eq!(printable(OsStr::new("a\u{1b}[31m\nb")), "a\u{fffd}[31m\u{fffd}b");
    }
}
