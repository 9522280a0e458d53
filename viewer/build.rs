//! Collects the viewer's files into the table that `lib.rs` includes: a file that is added to `src` is served at its
//! path without being listed anywhere.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Files and folders that pages load: those that `package.json` publishes.
const PUBLISHED: [&str; 5] = ["icon.svg", "index.html", "page.css", "page.js", "src"];
/// Endings of names that have a media type. Other files, such as notes and sources of tools, are not served.
const ENDINGS: [&str; 5] = ["css", "html", "js", "svg", "wasm"];
/// Ending of tests, which may lie beside what they test.
const TEST: &str = ".test.js";
/// The page itself, served at `/`.
const PAGE: &str = "index.html";

fn main() -> io::Result<()> {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?);
    let target = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let viewer = manifest.canonicalize()?;
    let mut files = Vec::new();
    for name in PUBLISHED {
        let path = viewer.join(name);
        println!("cargo::rerun-if-changed={}", path.display());
        collect(&path, &mut files)?;
    }
    // By text, as URLs compare: paths compare part by part, where `a/b` comes before `a.js`.
    files.sort_by_cached_key(|file| file.to_string_lossy().into_owned());
    fs::write(target.join("files.rs"), table(&viewer, &files))
}

/// Adds a file, or what a folder holds at any depth.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    } else if is_served(path) {
        files.push(path.to_owned());
    }
    Ok(())
}

fn is_served(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let has_media_type = path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known));
    has_media_type && !name.ends_with(TEST) && !name.starts_with('.')
}

/// Rust source of a slice of files, in the order of the files' paths.
fn table(viewer: &Path, files: &[PathBuf]) -> String {
    let mut source = String::from("&[\n");
    for file in files {
        let relative = file.strip_prefix(viewer).unwrap_or(file).to_string_lossy().replace('\\', "/");
        let url = if relative == PAGE { "/".to_owned() } else { format!("/{relative}") };
        let path = file.display().to_string();
        // Writing to a string cannot fail.
        let _ = writeln!(source, "    File {{ path: {url:?}, bytes: include_bytes!({path:?}) }},");
    }
    source + "]\n"
}
