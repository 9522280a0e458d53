//! What is published: every crate packs, and a program in an empty project is built from the packed files alone and
//! serves a page.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::repository;

/// Program of the empty project: it prints the URL of a stream, and ends with its input.
const PROGRAM: &str = r#"
use lanstream::{Format, Image, Stream};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let stream = Stream::open()?;
    stream.push(Image::new(Format::Gray8, 2, 1, vec![1, 2]))?;
    println!("{}", stream.url());
    std::io::stdin().read_line(&mut String::new())?;
    Ok(())
}
"#;

/// A crate that is published.
struct Published {
    name: String,
    version: String,
}

pub(super) fn run() -> anyhow::Result<()> {
    let crates = published()?;
    let target = repository::target().join("packages");
    let mut pack = repository::cargo();
    pack.args(["package", "--no-verify", "--allow-dirty", "--quiet", "--target-dir"]).arg(&target);
    super::succeed(pack.args(crates.iter().flat_map(|published| ["-p", &published.name])))?;
    let folder = tempfile::tempdir()?;
    for published in &crates {
        unpack(&target.join("package"), published, folder.path())?;
    }
    let project = folder.path().join("empty-project");
    write_project(&project, &crates)?;
    let mut build = repository::cargo();
    build.current_dir(&project).args(["build", "--quiet", "--target-dir"]).arg(&target);
    super::succeed(&mut build)?;
    serve(&target.join("debug").join("empty-project"))
}

/// Returns the crates of the workspace that may be published.
fn published() -> anyhow::Result<Vec<Published>> {
    let mut metadata = repository::cargo();
    let output = metadata.args(["metadata", "--no-deps", "--format-version", "1"]).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("there are packages")?;
    // `null` is anywhere, and an empty list nowhere.
    let published = packages.iter().filter(|package| package["publish"].is_null());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(published
        .map(|package| Published { name: text(&package["name"]), version: text(&package["version"]) })
        .collect())
}

impl Published {
    fn folder(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }
}

fn unpack(packages: &Path, published: &Published, folder: &Path) -> anyhow::Result<()> {
    let archive = packages.join(published.folder()).with_added_extension("crate");
    super::succeed(Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(folder))?;
    for file in ["README.md", "LICENSE-MIT", "LICENSE-APACHE"] {
        let path = folder.join(published.folder()).join(file);
        ensure!(path.is_file(), "the package {} has no {file}", published.name);
    }
    Ok(())
}

/// Writes a project that has the packed crates in place of those of a registry.
fn write_project(project: &Path, crates: &[Published]) -> anyhow::Result<()> {
    std::fs::create_dir_all(project.join("src"))?;
    std::fs::write(project.join("src/main.rs"), PROGRAM)?;
    let patch =
        |published: &Published| format!("{} = {{ path = \"../{}\" }}\n", published.name, published.folder());
    let version =
        crates.iter().find(|published| published.name == "lanstream").context("lanstream is packed")?;
    let manifest = format!(
        "[package]\nname = \"empty-project\"\nedition = \"2024\"\n\n[dependencies]\nlanstream = \"{}\"\n\n\
         [workspace]\n\n[patch.crates-io]\n{}",
        version.version,
        crates.iter().map(patch).collect::<String>(),
    );
    Ok(std::fs::write(project.join("Cargo.toml"), manifest)?)
}

/// Runs the program, and loads its page.
fn serve(program: &PathBuf) -> anyhow::Result<()> {
    let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let checked = load_page(&mut child);
    drop(child.stdin.take());
    let status = child.wait()?;
    ensure!(status.success(), "the program ended with {status}");
    checked
}

fn load_page(child: &mut Child) -> anyhow::Result<()> {
    let mut url = String::new();
    BufReader::new(child.stdout.take().context("its output is piped")?).read_line(&mut url)?;
    let address = url.trim().trim_start_matches("http://").split('/').next().unwrap_or_default();
    for (path, part) in [("/", "<lan-stream"), ("/src/lan-stream.js", "customElements")] {
        let mut stream = TcpStream::connect(address).with_context(|| url.clone())?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut page = String::new();
        stream.read_to_string(&mut page)?;
        ensure!(page.starts_with("HTTP/1.1 200 ") && page.contains(part), "{path}: {page}");
    }
    println!("a program that has only the packed files serves its page");
    Ok(())
}
