//! The corpus without a fuzzer: each of its files, and changes of them that look random and are the same in every run.

use std::fs;
use std::panic;
use std::path::Path;

/// Changes to one input at a time, at most.
const CHANGES_MAX: usize = 4;
/// Longest piece that is taken out or put in.
const PIECE_BYTES_MAX: usize = 16;
/// Where lengths, counts and signs go wrong.
const EDGES: [u32; 6] = [0, 1, 0x7f, 0x80, 0xff, u32::MAX];

/// Checks the files of `folder`, then `changed` inputs that are made of them.
pub(crate) fn replay(folder: &Path, changed: usize, check: fn(&[u8])) {
    let seeds = seeds(folder);
    assert!(!seeds.is_empty(), "no files in {}", folder.display());
    for (name, seed) in &seeds {
        check_named(name, seed, check);
    }
    let mut random = Random(1);
    for _ in 0..changed {
        let (name, seed) = &seeds[random.below(seeds.len())];
        let mut input = seed.clone();
        for _ in 0..=random.below(CHANGES_MAX) {
            change(&mut input, &mut random);
        }
        check_named(name, &input, check);
    }
}

/// In the order of their names, which is not that of the folder.
fn seeds(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut seeds: Vec<_> = entries
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).unwrap()))
        .collect();
    seeds.sort();
    seeds
}

fn check_named(name: &str, input: &[u8], check: fn(&[u8])) {
    if panic::catch_unwind(|| check(input)).is_err() {
        let hex: String = input.iter().map(|byte| format!("{byte:02x}")).collect();
        panic!("an input made of {name} fails: {hex}");
    }
}

/// One change of the kinds that a fuzzer makes.
fn change(input: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(input.len() + 1);
    let end = (at + 1 + random.below(PIECE_BYTES_MAX)).min(input.len());
    match random.below(6) {
        0 => input.truncate(at),
        1 => drop(input.drain(at..end)),
        2 => {
            let piece = input[at..end].to_vec();
            input.splice(at..at, piece);
        }
        3 => overwrite(input, at, &EDGES[random.below(EDGES.len())].to_le_bytes()),
        4 => overwrite(input, at, &[random.next().to_le_bytes()[0]]),
        _ => {
            let flipped = input.get(at).map_or(0, |byte| byte ^ 1 << random.below(8));
            overwrite(input, at, &[flipped]);
        }
    }
}

/// Puts as much of `bytes` as there is room for.
fn overwrite(input: &mut [u8], at: usize, bytes: &[u8]) {
    for (target, byte) in input[at..].iter_mut().zip(bytes) {
        *target = *byte;
    }
}

/// splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap_or_default()
    }
}
