//! `cargo xtask bench codec`: what it prints for pictures, and what it says where there are none.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]

use std::fs::File;
use std::path::Path;
use std::process::{Command, Output};

use png::{BitDepth, ColorType, Encoder};
use serde_json::Value;
use tempfile::TempDir;

const CODERS: [&str; 9] = ["palette", "predict", "lz", "packed", "best", "lz4", "zstd -1", "qoi", "png fast"];
const WIDTH: u32 = 40;
/// Two groups of rows.
const HEIGHT: u32 = 130;

fn bench(arguments: &[&str], target: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lanstream-bench-codec"));
    command.args(arguments).env("CARGO_TARGET_DIR", target);
    command.output().expect("the binary is there")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn folders_that_are_no_corpus() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("notes.txt"), "no picture").unwrap();
    let (empty, missing) = (folder.path().to_owned(), folder.path().join("missing"));
    for (corpus, reason) in [(empty, "there is no PNG in"), (missing, "can't read")] {
        let output = bench(&["--corpus", corpus.to_str().unwrap()], folder.path());
        assert_eq!(output.status.code(), Some(2), "{reason}");
        assert!(
            stderr(&output).starts_with("error:") && stderr(&output).contains(reason),
            "{}",
            stderr(&output)
        );
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn no_rounds() {
    let output = bench(&["--rounds", "0"], Path::new("."));
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

fn write(path: &Path, colors: ColorType, byte: impl Fn(usize) -> u8) {
    let mut encoder = Encoder::new(File::create(path).unwrap(), WIDTH, HEIGHT);
    encoder.set_color(colors);
    encoder.set_depth(BitDepth::Eight);
    let bytes: Vec<_> = (0..WIDTH as usize * HEIGHT as usize * colors.samples()).map(byte).collect();
    encoder.write_header().unwrap().write_image_data(&bytes).unwrap();
}

/// Two pictures, as a corpus that was made before.
fn target() -> TempDir {
    let target = TempDir::new().unwrap();
    let corpus = target.path().join("codec-corpus");
    std::fs::create_dir(&corpus).unwrap();
    write(
        &corpus.join("stripes.png"),
        ColorType::Grayscale,
        |place| if place / 3 % 2 == 0 { 0 } else { 255 },
    );
    write(&corpus.join("waves.PNG"), ColorType::Rgba, |place| (place * place / 99).to_le_bytes()[0]);
    target
}

#[test]
fn every_coder_on_every_picture_and_in_total() {
    let target = target();
    let output = bench(&["--json", "--rounds", "2"], target.path());
    assert!(output.status.success(), "{}", stderr(&output));
    let lines: Vec<Value> = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names = |line: &Value| [line["image"].to_string(), line["coder"].to_string()];
    let expected = ["stripes.png", "waves.PNG", "total"]
        .into_iter()
        .flat_map(|image| CODERS.map(|coder| [format!("{image:?}"), format!("{coder:?}")]));
    assert_eq!(lines.iter().map(names).collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    for line in &lines {
        let ratio = line["ratio"].as_f64().unwrap();
        assert!(ratio > 0.0 && ratio <= 1.0, "{line}");
        assert!(line["encode_mps"].as_f64().unwrap() > 0.0, "{line}");
        assert!(line["decode_mps"].as_f64().unwrap() > 0.0, "{line}");
    }
    assert_eq!(lines.last().unwrap()["pixels"], 2 * WIDTH * HEIGHT);
}

#[test]
fn a_table_for_people_and_where_the_pictures_are() {
    let target = target();
    let corpus = target.path().join("codec-corpus");
    let output = bench(&["--rounds", "1", "--corpus", corpus.to_str().unwrap()], Path::new("."));
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output).lines().count(), 3 * (1 + CODERS.len()), "{}", stdout(&output));
    assert!(stdout(&output).contains("encode MP/s"));
    assert!(stderr(&output).contains(corpus.to_str().unwrap()), "{}", stderr(&output));
}

#[test]
fn no_corpus_was_made() {
    let target = TempDir::new().unwrap();
    let output = bench(&[], target.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("cargo xtask corpus"), "{}", stderr(&output));
}

#[test]
fn a_file_that_is_no_png() {
    let target = target();
    let broken = target.path().join("codec-corpus/torn.png");
    std::fs::write(&broken, b"\x89PNG\r\n").unwrap();
    let output = bench(&["--rounds", "1"], target.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("torn.png"), "{}", stderr(&output));
}
