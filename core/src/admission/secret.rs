//! Secrets of 256 bits, compared in constant time: the run's token, viewer keys, tickets.

use std::fmt;

use subtle::ConstantTimeEq;

/// Bytes of a secret: 256 bits, beyond guessing.
pub const SECRET_BYTES: usize = 32;

/// A token or session key. It never appears in `Debug` output or logs.
#[derive(Clone)]
pub struct Secret([u8; SECRET_BYTES]);

impl Secret {
    /// A secret of random bytes that the caller drew.
    pub fn new(bytes: [u8; SECRET_BYTES]) -> Self {
        Self(bytes)
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != SECRET_BYTES || !rest.is_empty() {
            return None;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let mut bytes = [0; SECRET_BYTES];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Some(Self(bytes))
    }

    /// 64 hexadecimal digits, for the one place that may show them.
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether both are the same, in time that does not depend on where they differ.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_matches_itself_and_no_other() {
        let bytes: [u8; SECRET_BYTES] = std::array::from_fn(|index| u8::try_from(index).unwrap());
        let secret = Secret::new(bytes);
        assert!(secret.matches(&Secret::new(bytes)));
        for index in 0..SECRET_BYTES {
            let mut other = bytes;
            other[index] ^= 1;
            assert!(!secret.matches(&Secret::new(other)), "byte {index} counts");
        }
    }

    #[test]
    fn digits_come_back_and_nothing_else_is_read() {
        let hex = "00ff".repeat(SECRET_BYTES / 2);
        assert_eq!(Secret::from_hex(&hex).unwrap().to_hex(), hex);
        assert_eq!(Secret::from_hex(&hex.to_uppercase()).unwrap().to_hex(), hex);
        for wrong in
            ["", &hex[1..], &hex[2..], &format!("{hex}00"), &format!("{hex}0"), &hex.replace('f', "g")]
        {
            assert!(Secret::from_hex(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn it_does_not_show_itself() {
        assert_eq!(format!("{:?}", Secret::new([0x5a; SECRET_BYTES])), "Secret(..)");
    }
}
