//! `cargo xtask release`: the binary as it is given away. It names no folder of the machine that built it.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::repository;

/// Between the flags that cargo hands to the compiler.
const FLAG_SEPARATOR: &str = "\x1f";

/// Builds the binary into a folder of its own, and checks it.
pub(crate) fn run() -> anyhow::Result<()> {
    let target = repository::target().join("dist");
    let status = repository::cargo()
        .args(["build", "--release", "--locked", "--package", "lanstream"])
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(&hidden()?).join(FLAG_SEPARATOR))
        .status()?;
    ensure!(status.success(), "cargo build ended with {status}");
    let binary = target.join("release/lanstream");
    let bytes = std::fs::read(&binary).with_context(|| format!("{}", binary.display()))?;
    for (folder, _) in hidden()? {
        ensure!(!contains(&bytes, &folder), "{} names {}", binary.display(), folder.display());
    }
    println!("{}: {} bytes", binary.display(), bytes.len());
    Ok(())
}

/// Folders that builds have in their paths, and what each is called instead.
fn hidden() -> anyhow::Result<Vec<(PathBuf, &'static str)>> {
    let home = std::env::var_os("HOME").map(PathBuf::from).context("there is no HOME")?;
    let cargo = std::env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from);
    Ok(vec![(home, "home"), (cargo, "cargo"), (repository::root().to_owned(), "lanstream")])
}

/// Of two flags that fit, the compiler takes the last.
fn flags(folders: &[(PathBuf, &str)]) -> Vec<String> {
    let flag = |(folder, name): &(PathBuf, &str)| format!("--remap-path-prefix={}=/{name}", folder.display());
    folders.iter().map(flag).collect()
}

fn contains(bytes: &[u8], folder: &Path) -> bool {
    let path = [folder.as_os_str().as_encoded_bytes(), b"/"].concat();
    bytes.windows(path.len()).any(|window| window == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_found_by_its_whole_name() {
        let home = Path::new("/home/me");
        assert!(contains(b"\0/home/me/src\0", home));
        assert!(!contains(b"\0/home/meadow/src\0/home/me\0", home));
    }

    #[test]
    fn each_folder_is_called_something_else() {
        let folders = [(PathBuf::from("/home/me"), "home"), (PathBuf::from("/home/me/.cargo"), "cargo")];
        assert_eq!(
            flags(&folders),
            ["--remap-path-prefix=/home/me=/home", "--remap-path-prefix=/home/me/.cargo=/cargo"]
        );
    }
}
