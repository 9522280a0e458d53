//! Packages that the peers come in: Debian's, which are installed, and those of npm and PyPI, which are kept below
//! `target/peers`. Nothing of them is in the repository.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::ensure;
use lanstream_testkit::process::Process;

use crate::patience::Patience;
use crate::{repository, setup};

/// How long one installation may take, over a slow line.
const INSTALL_LIMIT: Duration = Duration::from_secs(600);
/// What a version is called that can't be found out.
const UNKNOWN: &str = "of unknown version";

/// Installs Debian's packages, the second of each pair, where their commands are missing.
pub(super) fn debian(commands: &[(&'static str, &'static str)]) -> anyhow::Result<()> {
    setup::install("the peers need", commands)
}

/// Returns the version of a package of Debian.
pub(super) fn debian_version(package: &str) -> String {
    let output = Command::new("dpkg-query").args(["-W", "-f", "${Version}", package]).output();
    let version = output.ok().filter(|output| output.status.success());
    version.map_or_else(|| UNKNOWN.to_owned(), |output| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Installs a version of a package of npm where it is not there yet.
pub(super) fn npm(package: &str, version: &str, patience: &Patience) -> anyhow::Result<()> {
    debian(&[("npm", "npm")])?;
    if npm_version(package) == version {
        return Ok(());
    }
    let folder = folder().join("npm");
    std::fs::create_dir_all(&folder)?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"]).arg(&folder);
    finish(npm.arg(format!("{package}@{version}")), package, patience)
}

/// Returns the folder of a package of npm.
pub(super) fn npm_folder(package: &str) -> PathBuf {
    folder().join("npm/node_modules").join(package)
}

/// Returns the installed version of a package of npm.
pub(super) fn npm_version(package: &str) -> String {
    let text = std::fs::read(npm_folder(package).join("package.json")).unwrap_or_default();
    let manifest: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    manifest["version"].as_str().unwrap_or(UNKNOWN).to_owned()
}

/// Installs a version of a package of PyPI, with all that it needs, in an environment of its own, where it is not there
/// yet.
pub(super) fn pip(package: &str, version: &str, patience: &Patience) -> anyhow::Result<()> {
    debian(&[("python3", "python3-venv")])?;
    if pip_version(package, package) == version {
        return Ok(());
    }
    finish(Command::new("python3").args(["-m", "venv"]).arg(environment(package)), package, patience)?;
    let mut pip = Command::new(pip_program(package, "pip"));
    finish(pip.args(["install", "--quiet", &format!("{package}=={version}")]), package, patience)
}

/// Returns a program of the environment of a package of PyPI.
pub(super) fn pip_program(package: &str, program: &str) -> PathBuf {
    environment(package).join("bin").join(program)
}

/// Returns the installed version of a package of PyPI, itself or `part`, which came with it.
pub(super) fn pip_version(package: &str, part: &str) -> String {
    let script = format!("import importlib.metadata; print(importlib.metadata.version({part:?}))");
    let output = Command::new(pip_program(package, "python")).args(["-c", &script]).output();
    let version = output.ok().filter(|output| output.status.success());
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    version.unwrap_or_else(|| UNKNOWN.to_owned())
}

fn environment(package: &str) -> PathBuf {
    folder().join("pip").join(package)
}

fn folder() -> PathBuf {
    repository::target().join("peers")
}

/// Runs a command that installs a package to its end, and not longer than it may take.
fn finish(command: &mut Command, package: &str, patience: &Patience) -> anyhow::Result<()> {
    let name = Path::new(command.get_program()).file_name().unwrap_or_default().display().to_string();
    std::fs::create_dir_all(folder())?;
    let log = folder().join(format!("{}.log", package.replace('/', "-")));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log)?);
    let mut process = Process::start(command);
    let what = format!("end of {name}");
    patience.until(&what, INSTALL_LIMIT, || Ok(process.has_ended().then_some(())))?;
    let status = process.wait();
    ensure!(status.success(), "{name} ended with {status}, and said why in {}", log.display());
    Ok(())
}
