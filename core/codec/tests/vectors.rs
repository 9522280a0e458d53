//! The golden vectors of `docs/codec-vectors.json`, which the JavaScript tests read too: pictures with their codes, and
//! bytes that are no code with what is wrong with them. `LANSTREAM_BLESS=1 cargo test -p lanstream-codec --test
//! vectors` writes the file anew after a change meant so, and the fuzzer's seeds with it.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "vectors/hostile.rs"]
mod hostile;
#[path = "vectors/pictures.rs"]
mod pictures;

use std::path::{Path, PathBuf};

use hostile::Hostile;
use lanstream_codec::{Code, decode, encode};
use pictures::Picture;
use serde_json::{Value, json};

/// Bytes of a code: more than any of these pictures takes.
const LIMIT: usize = 1 << 20;

#[test]
fn the_file_holds_what_this_end_encodes() {
    let coded = coded();
    let rows: Vec<Value> = coded.iter().map(Coded::vector).collect();
    let hostile: Vec<Value> = hostile::all().iter().map(hostile_vector).collect();
    let vectors = json!({"pictures": rows, "hostile": hostile});
    let path = root().join("docs/codec-vectors.json");
    if std::env::var_os("LANSTREAM_BLESS").is_some() {
        std::fs::write(&path, serde_json::to_string_pretty(&vectors).unwrap() + "\n").unwrap();
        coded.iter().for_each(Coded::write_seed);
    }
    let file: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(file, vectors);
}

#[test]
fn what_was_encoded_is_decoded() {
    for Coded { code, picture, bytes } in coded() {
        let mut pixels = vec![0; picture.pixels.len()];
        assert_eq!(decode(code, &bytes, picture.width, &mut pixels), Ok(()));
        assert_eq!(pixels, picture.pixels, "{} as {code:?}", picture.name);
    }
}

#[test]
fn every_code_occurs_and_no_error_is_left_out() {
    for code in Code::ALL {
        assert!(coded().iter().any(|coded| coded.code == code), "{code:?} has no picture");
        assert!(hostile::all().iter().any(|hostile| hostile.code == code), "{code:?} meets no hostile bytes");
    }
    let mut errors: Vec<u32> = hostile::all().iter().map(error_of).collect();
    errors.sort_unstable();
    errors.dedup();
    assert_eq!(errors, (1..).take(errors.len()).collect::<Vec<_>>());
}

/// A picture in one of the codes.
struct Coded {
    code: Code,
    picture: Picture,
    bytes: Vec<u8>,
}

/// Every picture in every code that it can be written in.
fn coded() -> Vec<Coded> {
    let pairs = pictures::all().into_iter().flat_map(|picture| Code::ALL.map(|code| (code, picture.clone())));
    let coded = pairs.filter_map(|(code, picture)| {
        let mut bytes = Vec::new();
        let is_written = encode(code, &picture.pixels, picture.width, LIMIT, &mut bytes);
        is_written.then_some(Coded { code, picture, bytes })
    });
    coded.collect()
}

impl Coded {
    fn vector(&self) -> Value {
        let pixels: Vec<u8> = self.picture.pixels.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
        json!({
            "name": self.picture.name, "code": self.code.number(), "width": self.picture.width,
            "pixels": hex(&pixels), "bytes": hex(&self.bytes),
        })
    }

    /// The picture's sides less one and the code, as core/fuzz/src/codec.rs reads them.
    fn write_seed(&self) {
        let (width, rows) = (self.picture.width, self.picture.pixels.len() / self.picture.width);
        let sides = [width, rows].map(|side| u8::try_from(side - 1).unwrap());
        let name = format!("{}-{:?}", self.picture.name, self.code).to_lowercase();
        std::fs::write(root().join("core/fuzz/corpus/codec").join(name), [&sides[..], &self.bytes].concat())
            .unwrap();
    }
}

fn hostile_vector(hostile: &Hostile) -> Value {
    json!({
        "name": hostile.name, "code": hostile.code.number(), "width": hostile.width, "pixels": hostile.pixels,
        "bytes": hex(&hostile.bytes), "error": error_of(hostile),
    })
}

fn error_of(hostile: &Hostile) -> u32 {
    let mut pixels = vec![0; hostile.pixels];
    let decoded = decode(hostile.code, &hostile.bytes, hostile.width, &mut pixels);
    decoded.expect_err(hostile.name).number()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
