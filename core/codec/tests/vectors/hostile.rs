//! Bytes that are no code of a rectangle of their size.

use lanstream_codec::Code;

pub(super) struct Hostile {
    pub(super) name: &'static str,
    pub(super) code: Code,
    pub(super) width: usize,
    /// How many they are said to be of.
    pub(super) pixels: usize,
    pub(super) bytes: Vec<u8>,
}

pub(super) fn all() -> Vec<Hostile> {
    let any = Code::ALL.into_iter().flat_map(of_any);
    any.chain(of_palette()).chain(of_predict()).chain(of_lz()).collect()
}

fn of_any(code: Code) -> [Hostile; 5] {
    [
        hostile("empty", code, 4, 16, &[]),
        hostile("ones", code, 4, 16, &[0xff; 40]),
        hostile("zeros", code, 4, 16, &[0; 40]),
        hostile("no columns", code, 0, 16, &[0; 16]),
        hostile("half a row", code, 5, 16, &[0; 16]),
    ]
}

fn of_palette() -> [Hostile; 6] {
    let palette = |name, bytes: &[u8]| hostile(name, Code::Palette, 3, 3, bytes);
    [
        palette("one colour", &[1, 9, 9, 9, 0]),
        palette("17 colours", &[&[17][..], &[9; 17 * 3 + 3]].concat()),
        palette("colours cut off", &[2, 9, 9, 9, 8, 8]),
        palette("no such colour", &[3, 9, 9, 9, 8, 8, 8, 7, 7, 7, 0b11_10_01]),
        palette("bits left", &[2, 9, 9, 9, 8, 8, 8, 0b1000]),
        palette("bytes left", &[2, 9, 9, 9, 8, 8, 8, 0, 0]),
    ]
}

fn of_predict() -> [Hostile; 7] {
    let predict = |name, bytes: &[u8]| hostile(name, Code::Predict, 2, 4, bytes);
    [
        predict("run left beyond", &[0b1100_0100]),
        predict("run above beyond", &[0b1110_0100]),
        predict("long run beyond", &[0xf0, 0xff, 0xff, 0xff, 0x7f]),
        predict("endless number", &[0xf1, 0xff, 0xff, 0xff, 0xff, 0xff]),
        predict("no such token", &[0xf3, 0, 0, 0]),
        predict("pixel cut off", &[0xf2, 1, 2]),
        predict("bytes left", &[0b1100_0011, 0]),
    ]
}

fn of_lz() -> [Hostile; 8] {
    let lz = |name, bytes: &[u8]| hostile(name, Code::Lz, 2, 4, bytes);
    [
        lz("repeat before all", &[0x00, 0]),
        lz("repeat before the first", &[0x10, 1, 2, 3, 1]),
        lz("repeat beyond", &[0x12, 1, 2, 3, 0]),
        lz("long repeat beyond", &[0x1f, 1, 2, 3, 0xff, 0xff, 0xff, 0x7f, 0]),
        lz("new pixels beyond", &[&[0x50][..], &[7; 15]].concat()),
        lz("new pixels cut off", &[0x40, 1, 2, 3]),
        lz("repeat of nothing", &[&[0x41][..], &[7; 12]].concat()),
        lz("bytes left", &[&[0x40][..], &[7; 13]].concat()),
    ]
}

fn hostile(name: &'static str, code: Code, width: usize, pixels: usize, bytes: &[u8]) -> Hostile {
    Hostile { name, code, width, pixels, bytes: bytes.to_vec() }
}
