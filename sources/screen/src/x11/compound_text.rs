//! Compound Text, the encoding of titles from before UTF-8: ISO 2022, with escape sequences that change what the bytes
//! after them mean. Xlib still writes it for titles that Latin-1 can't hold.

use std::iter::Peekable;
use std::slice::Iter;

use encoding_rs::{
    EUC_JP, EUC_KR, Encoding, GBK, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5, ISO_8859_6, ISO_8859_7,
    ISO_8859_8, ISO_8859_10, ISO_8859_13, ISO_8859_14, ISO_8859_15, ISO_8859_16, WINDOWS_874, WINDOWS_1252,
    WINDOWS_1254,
};

const ESCAPE: u8 = 0x1b;
/// Begins a sequence up to a `]` that says which way text runs.
const DIRECTION: u8 = 0x9b;
/// Ends the name of an encoding.
const END_OF_NAME: u8 = 0x02;
/// The half of a set that has its highest bit set.
const RIGHT_HALF: u8 = 0x80;

type Bytes<'a> = Peekable<Iter<'a, u8>>;

/// The text; what is not understood becomes U+FFFD.
pub(super) fn decode(bytes: &[u8]) -> String {
    let mut decoder = Decoder { left: None, right: Some(LATIN_1), text: String::new() };
    let mut bytes = bytes.iter().peekable();
    while let Some(byte) = bytes.next() {
        match *byte {
            ESCAPE => decoder.escape(&mut bytes),
            DIRECTION => while bytes.next().is_some_and(|byte| *byte != b']') {},
            byte @ 0x21..=0x7e => decoder.character(decoder.left, byte, &mut bytes),
            byte @ 0xa0.. => decoder.character(decoder.right, byte, &mut bytes),
            byte => decoder.text.push(byte.into()),
        }
    }
    decoder.text
}

/// A set of characters.
#[derive(Clone, Copy)]
struct Set {
    /// An encoding that has the set in its right half; `None` for a set that is not known.
    encoding: Option<&'static Encoding>,
    /// What stands before each of the set's characters in that encoding.
    prefix: Option<u8>,
    /// Bytes of a character.
    width: usize,
}

const LATIN_1: Set = single(WINDOWS_1252);

/// What bytes mean from here on.
struct Decoder {
    /// The set of bytes without the highest bit; `None` means ASCII.
    left: Option<Set>,
    right: Option<Set>,
    text: String,
}

impl Decoder {
    fn character(&mut self, set: Option<Set>, byte: u8, bytes: &mut Bytes<'_>) {
        let Some(set) = set else { return self.text.push(byte.into()) };
        let mut encoded: Vec<u8> = set.prefix.into_iter().chain([byte | RIGHT_HALF]).collect();
        for _ in 1..set.width {
            encoded.extend(bytes.next().map(|byte| byte | RIGHT_HALF));
        }
        match set.encoding {
            Some(encoding) => self.text.push_str(&encoding.decode_without_bom_handling(&encoded).0),
            None => self.text.push(char::REPLACEMENT_CHARACTER),
        }
    }

    fn escape(&mut self, bytes: &mut Bytes<'_>) {
        match bytes.next() {
            Some(b'(') => self.left = bytes.next().and_then(|name| set_of_94(*name)),
            Some(b')') => self.right = bytes.next().and_then(|name| set_of_94(*name)),
            Some(b'-') => self.right = bytes.next().map(|name| set_of_96(*name)),
            Some(b'$') => self.select_pairs(bytes),
            Some(b'%') => self.leave(bytes),
            _ => self.text.push(char::REPLACEMENT_CHARACTER),
        }
    }

    /// Selects a set of characters of two bytes.
    fn select_pairs(&mut self, bytes: &mut Bytes<'_>) {
        let is_right = bytes.next_if_eq(&&b')').is_some();
        let _is_left = bytes.next_if_eq(&&b'(');
        let set = bytes.next().map(|name| set_of_pairs(*name));
        *(if is_right { &mut self.right } else { &mut self.left }) = set;
    }

    /// Takes text in another coding system: UTF-8 up to the return from it, or a segment with its length and its
    /// encoding's name.
    fn leave(&mut self, bytes: &mut Bytes<'_>) {
        match bytes.next() {
            Some(b'G') => {
                let mut utf8 = Vec::new();
                while let Some(byte) = bytes.next_if(|byte| **byte != ESCAPE) {
                    utf8.push(*byte);
                }
                self.text.push_str(&String::from_utf8_lossy(&utf8));
            }
            Some(b'/') => self.segment(bytes),
            // `@` returns from UTF-8; what is not known has no bytes of its own.
            _ => {}
        }
    }

    fn segment(&mut self, bytes: &mut Bytes<'_>) {
        let _bytes_in_a_character = bytes.next();
        let mut digit = || bytes.next().map_or(0, |byte| usize::from(byte & !RIGHT_HALF));
        let len = digit() * 128 + digit();
        let segment: Vec<u8> = bytes.take(len).copied().collect();
        let mut parts = segment.splitn(2, |byte| *byte == END_OF_NAME);
        let (name, encoded) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        // X names `big5-0` what others name `big5`.
        let plain = name.strip_suffix(b"-0").unwrap_or(name);
        match Encoding::for_label(name).or_else(|| Encoding::for_label(plain)) {
            Some(encoding) => self.text.push_str(&encoding.decode_without_bom_handling(encoded).0),
            None => self.text.push(char::REPLACEMENT_CHARACTER),
        }
    }
}

const fn single(encoding: &'static Encoding) -> Set {
    Set { encoding: Some(encoding), prefix: None, width: 1 }
}

/// Returns `None` for ASCII, and for what differs from it in two signs.
fn set_of_94(name: u8) -> Option<Set> {
    // Half-width katakana, which EUC-JP has behind a byte of its own.
    (name == b'I').then_some(Set { prefix: Some(0x8e), ..single(EUC_JP) })
}

fn set_of_96(name: u8) -> Set {
    let encoding = match name {
        b'A' => WINDOWS_1252,
        b'B' => ISO_8859_2,
        b'C' => ISO_8859_3,
        b'D' => ISO_8859_4,
        b'F' => ISO_8859_7,
        b'G' => ISO_8859_6,
        b'H' => ISO_8859_8,
        b'L' => ISO_8859_5,
        b'M' => WINDOWS_1254,
        b'T' => WINDOWS_874,
        b'V' => ISO_8859_10,
        b'Y' => ISO_8859_13,
        b'_' => ISO_8859_14,
        b'b' => ISO_8859_15,
        b'f' => ISO_8859_16,
        _ => return Set { encoding: None, prefix: None, width: 1 },
    };
    single(encoding)
}

fn set_of_pairs(name: u8) -> Set {
    let (encoding, prefix) = match name {
        b'A' => (Some(GBK), None),
        b'B' => (Some(EUC_JP), None),
        b'C' => (Some(EUC_KR), None),
        // JIS X 0212, which EUC-JP has behind a byte of its own.
        b'D' => (Some(EUC_JP), Some(0x8f)),
        _ => (None, None),
    };
    Set { encoding, prefix, width: 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Xlib made of these titles with `Xutf8TextListToTextProperty` and `XCompoundTextStyle`.
    #[test]
    fn what_xlib_writes_is_read() {
        let titles: [(&[u8], &str); 9] = [
            (b"abc \xdcn\xef", "abc Ünï"),
            (b"\x1b$(BF|K\\8l\x1b(B x", "日本語 x"),
            (b"\x1b-L\xbf\xe0\xd8\xd2\xd5\xe2 \xdc\xd8\xe0", "Привет мир"),
            (b"\x1b$(CGQ19>n", "한국어"),
            (b"\x1b$(BCfJ8\x1b$(A1jLb", "中文标题"),
            (b"\x1b-F\xc5\xeb\xeb\xe7\xed\xe9\xea\xdc", "Ελληνικά"),
            (b"\x1b-B\xb1\xea\xbf", "ąęż"),
            (b"\x1b)I\xb1\xb2\xb3", "ｱｲｳ"),
            (b"\x1b-b\xa4 \x1b%G\xf0\x9f\x91\xa9\x1b%@", "€ 👩"),
        ];
        for (bytes, title) in titles {
            assert_eq!(decode(bytes), title);
        }
    }

    #[test]
    fn segments_of_other_encodings_are_read() {
        assert_eq!(decode(b"a\x1b%/1\x80\x8bkoi8-r\x02\xd0\xd2\xc9\xd7b"), "aпривb");
        assert_eq!(decode(b"\x1b%/2\x80\x8bbig5-0\x02\xa4\xa4\xa4\xe5"), "中文");
        assert_eq!(decode(b"a\x9b2]b\x9b]c"), "abc");
    }

    #[test]
    fn what_is_not_text_is_no_more_than_that() {
        assert_eq!(decode(b"\x1b$(G!!x"), "\u{fffd}\u{fffd}");
        assert_eq!(decode(b"\x1b%/1\xff\xffnothing\x02x"), "\u{fffd}");
        for cut in
            [&b"\x1b"[..], b"\x1b$", b"\x1b$(", b"\x1b%", b"\x1b%/", b"\x1b%/1\x80", b"\x9b1", b"\x1b(", b""]
        {
            let _no_panic = decode(cut);
        }
        for first in 0..=u8::MAX {
            let _no_panic = decode(&[ESCAPE, b'$', b')', first, first, first]);
        }
    }
}
