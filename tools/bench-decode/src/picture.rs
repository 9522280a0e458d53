//! A picture as a session sends it: groups of rows, each in the code that makes it smallest.

use std::path::Path;

use lanstream_bench_codec::image::{self, Group, Image};
use lanstream_codec::{Code, Error};
use serde::Serialize;

/// The wire's number of the first code.
const ENCODING_FIRST: u32 = 3;

/// A coded picture. What no code makes smaller goes raw, and needs no decoder: it is left out.
#[derive(Serialize)]
pub(crate) struct Picture {
    pub(crate) name: String,
    /// Of the groups that are coded.
    pub(crate) pixels: usize,
    /// Of their codes.
    bytes: usize,
    groups_raw: usize,
    #[serde(skip)]
    coded: Vec<Coded>,
}

/// A group and its smallest code.
struct Coded {
    group: Group,
    code: Code,
    bytes: Vec<u8>,
}

impl Picture {
    /// Reads and encodes.
    ///
    /// # Errors
    /// Where the file is no PNG.
    pub(crate) fn read(path: &Path) -> Result<Self, image::Error> {
        let Image { name, groups } = Image::read(path)?;
        let count = groups.len();
        let coded: Vec<_> = groups.into_iter().filter_map(Coded::smallest).collect();
        let pixels = coded.iter().map(|coded| coded.group.pixels.len()).sum();
        let bytes = coded.iter().map(|coded| coded.bytes.len()).sum();
        Ok(Self { name, pixels, bytes, groups_raw: count - coded.len(), coded })
    }

    /// For the page: of each group its encoding as on the wire, width, height and length, as little-endian words, and
    /// its code.
    pub(crate) fn message(&self) -> Vec<u8> {
        let mut message = Vec::new();
        for Coded { group, code, bytes } in &self.coded {
            let encoding = ENCODING_FIRST + u32::from(code.number());
            let sides = [group.width, group.height(), bytes.len()];
            let sides = sides.map(|number| u32::try_from(number).unwrap_or(u32::MAX));
            message.extend([encoding].into_iter().chain(sides).flat_map(u32::to_le_bytes));
            message.extend_from_slice(bytes);
        }
        message
    }

    /// Decodes all of it, natively.
    pub(crate) fn decode(&self, mut pixels: &mut [u32]) -> Result<(), Error> {
        for Coded { group, code, bytes } in &self.coded {
            let (own, rest) = pixels.split_at_mut(group.pixels.len());
            lanstream_codec::decode(*code, bytes, group.width, own)?;
            pixels = rest;
        }
        Ok(())
    }

    /// Whether these are its pixels, as bytes.
    pub(crate) fn is(&self, pixels: &[u8]) -> bool {
        let mut rest = pixels;
        let mut is_next = |own: &[u8]| rest.split_off(..own.len()).is_some_and(|next| next == own);
        self.coded.iter().all(|coded| is_next(coded.group.bytes())) && rest.is_empty()
    }
}

impl Coded {
    /// `None`: every code is as large as the pixels.
    fn smallest(group: Group) -> Option<Self> {
        let limit = group.bytes().len() - 1;
        let encode = |code| {
            let mut bytes = Vec::new();
            let is_coded = lanstream_codec::encode(code, &group.pixels, group.width, limit, &mut bytes);
            is_coded.then_some((code, bytes))
        };
        let codes = Code::ALL.into_iter().filter_map(encode);
        let (code, bytes) = codes.min_by_key(|(_, bytes)| bytes.len())?;
        Some(Self { group, code, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Picture {
        let pixel = |red| u32::from_ne_bytes([red, 0, 0, 255]);
        let groups = [vec![pixel(1); 64], (0..32).map(|at| pixel(at / 8)).collect()];
        let coded: Vec<_> =
            groups.into_iter().filter_map(|pixels| Coded::smallest(Group { width: 8, pixels })).collect();
        Picture { name: "two.png".to_owned(), pixels: 96, bytes: 0, groups_raw: 0, coded }
    }

    #[test]
    fn only_all_of_its_pixels_are_its_pixels() {
        let picture = picture();
        let mut pixels = [0; 96];
        picture.decode(&mut pixels).unwrap();
        let bytes: &[u8] = bytemuck::cast_slice(&pixels);
        assert!(picture.is(bytes) && !picture.is(&bytes[1..]) && !picture.is(&[bytes, &[0]].concat()));
        pixels[95] ^= 1;
        assert!(!picture.is(bytemuck::cast_slice(&pixels)));
    }

    #[test]
    fn a_message_has_a_head_before_each_code() {
        let (picture, message) = (picture(), picture().message());
        let word = |at: usize| u32::from_le_bytes(message[at..at + 4].try_into().unwrap());
        let length = picture.coded[0].bytes.len();
        assert_eq!((word(4), word(8), word(12) as usize), (8, 8, length));
        assert_eq!((word(16 + length + 4), word(16 + length + 8)), (8, 4));
        assert_eq!(word(0), ENCODING_FIRST + u32::from(picture.coded[0].code.number()));
    }
}
