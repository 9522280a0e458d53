//! Custom sections of a WebAssembly module: named bytes that mean nothing to whoever runs it.

/// The number of a custom section.
const CUSTOM: u8 = 0;
/// Magic number and version.
const HEADER_BYTES: usize = 8;

/// Appends a section.
pub(super) fn append(module: &mut Vec<u8>, name: &str, content: &[u8]) {
    let mut body = Vec::new();
    append_number(&mut body, name.len());
    body.extend_from_slice(name.as_bytes());
    body.extend_from_slice(content);
    module.push(CUSTOM);
    append_number(module, body.len());
    module.extend_from_slice(&body);
}

/// The content of the first custom section of this name.
pub(super) fn find<'a>(module: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut rest = module.get(HEADER_BYTES..)?;
    loop {
        let (kind, after) = rest.split_first()?;
        let (bytes, after) = split_number(after)?;
        let (body, after) = after.split_at_checked(bytes)?;
        if *kind == CUSTOM {
            let (bytes, named) = split_number(body)?;
            let (own, content) = named.split_at_checked(bytes)?;
            if own == name.as_bytes() {
                return Some(content);
            }
        }
        rest = after;
    }
}

/// Seven bits a byte, low ones first; the eighth says that there are more.
fn append_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

fn split_number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let last = bytes.iter().take(5).position(|byte| *byte < 0x80)?;
    let (number, rest) = bytes.split_at(last + 1);
    Some((number.iter().rev().fold(0, |number, byte| number << 7 | usize::from(byte & 0x7f)), rest))
}

#[cfg(test)]
mod tests {
    use super::{append, find};

    #[test]
    fn what_was_appended_is_found() {
        let long = [7; 300];
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        append(&mut module, "a", &long);
        append(&mut module, "b", b"");
        assert_eq!(find(&module, "a"), Some(&long[..]));
        assert_eq!(find(&module, "b"), Some(&[][..]));
        assert_eq!(find(&module, "c"), None);
    }

    #[test]
    fn what_is_cut_off_holds_nothing() {
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        append(&mut module, "a", b"content");
        for cut in 0..module.len() {
            assert_eq!(find(&module[..cut], "a"), None);
        }
    }
}
