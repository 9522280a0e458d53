//! Texts for people: nothing in them drives a terminal, and the secrets of URLs are left out.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};

use lanstream_core::text::harmless;

/// Returns a name in one line, without control characters.
pub(crate) fn printable(name: &OsStr) -> String {
    harmless(&name.to_string_lossy().replace('\n', "\u{fffd}")).into_owned()
}

/// Parts of the addresses that FFmpeg writes to: what comes after the host is often the key to a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hidden(Vec<String>);

/// What is shown instead.
const SHOWN: &str = "…";

impl Hidden {
    /// Returns the parts of the addresses among these arguments.
    pub fn of(arguments: &[OsString]) -> Self {
        let addresses = arguments.iter().filter_map(|argument| argument.to_str()?.split_once("://"));
        let places = addresses.filter(|(scheme, _)| *scheme != "file").filter_map(|(_, rest)| {
            let place = rest.get(rest.find(['/', '?'])? + 1..)?;
            (!place.is_empty()).then(|| place.to_owned())
        });
        Self(places.flat_map(|place| Self::with_key(&place)).collect())
    }

    /// The whole place first; FFmpeg may also tell of its last part alone.
    fn with_key(place: &str) -> Vec<String> {
        let key = place.rsplit('/').next().filter(|key| key.len() >= KEY_LEN_MIN && *key != place);
        std::iter::once(place.to_owned()).chain(key.map(str::to_owned)).collect()
    }

    /// Returns a text without them.
    pub fn hide<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let found = self.0.iter().filter(|part| text.contains(part.as_str()));
        found.fold(Cow::Borrowed(text), |text, part| Cow::Owned(text.replace(part.as_str(), SHOWN)))
    }
}

/// Characters of a part that is hidden by itself: shorter ones are words like any other.
const KEY_LEN_MIN: usize = 4;

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
    fn keys_of_streams_are_hidden_wherever_they_are_told() {
        let words = ["-f", "flv", "rtmp://host:1935/live/s3cret?x=1", "file:///tmp/a.mkv", "b.mkv"];
        let hidden = Hidden::of(&words.map(OsString::from));
        assert_eq!(hidden.hide("to 'rtmp://host:1935/live/s3cret?x=1':"), "to 'rtmp://host:1935/…':");
        assert_eq!(hidden.hide("releasing s3cret?x=1"), "releasing …");
        assert_eq!(hidden.hide("file:///tmp/a.mkv and b.mkv"), "file:///tmp/a.mkv and b.mkv");
    }

    #[test]
    fn control_characters_are_replaced() {
        assert_eq!(printable(OsStr::new("a\u{1b}[31m\nb")), "a\u{fffd}[31m\u{fffd}b");
    }
}
