//! The npm package in pages that bundlers build, and that Vite serves in development: in React, with media-chrome's
//! controls. Its worker, its WebAssembly and its pixels are there in each.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use lanstream_testkit::browser::chromium::Chromium;
use lanstream_testkit::display::Display;
use lanstream_testkit::process::Process;
use serde_json::json;

use crate::program::Lanstream;

/// More updates than this must be proven.
const PROOFS: u64 = 10;
const PLAYER: &str = "document.querySelector('media-controller')";

/// A page as a bundler makes it, served by a Node of its own.
struct Bundled {
    _node: Process,
    origin: String,
    _folder: tempfile::TempDir,
}

impl Bundled {
    fn by(bundler: &str) -> Self {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bundlers");
        let is_installed = project.join("node_modules/lanstream-viewer").exists();
        assert!(is_installed, "`npm ci` in {} installs what this test needs", project.display());
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("node");
        command.arg(project.join("serve.js")).arg(bundler).arg(folder.path());
        let mut node = Process::start(command.stdin(Stdio::piped()).stdout(Stdio::piped()));
        let mut origin = String::new();
        BufReader::new(node.stdout()).read_line(&mut origin).unwrap();
        assert!(origin.starts_with("http://127.0.0.1:"), "{bundler} says {origin:?}");
        Self { _node: node, origin: origin.trim_end().to_owned(), _folder: folder }
    }

    /// Expects a stream of pixels that are proven, in the page's thread and in a worker, and controls that control it.
    fn expect_stream(&self) {
        let server =
            Lanstream::pattern(&["--kind", "motion", "--size", "320x180", "--allow-origin", &self.origin]);
        let viewing = Display::start(641, 361);
        let chromium = Chromium::open(&format!("{}/#{}", self.origin, server.page("")), &viewing);
        let page = chromium.page();
        page.state_where("proofs", |state| state["proven"].as_u64() > Some(PROOFS));
        page.evaluate("window.lanstream.thread = 'worker', null");
        let state = page.state_where("proofs of a worker", |state| {
            state["thread"] == "worker" && state["proven"].as_u64() > Some(PROOFS)
        });
        assert_eq!((&state["codes"], &state["refuted"]), (&true.into(), &0.into()), "{state}");
        let click = "document.querySelector('media-play-button').click()";
        let paused = format!("{PLAYER}.hasAttribute('mediapaused')");
        for is_paused in [true, false] {
            page.evaluate(click);
            lanstream_testkit::wait::until("a pause, and its end", || {
                let found = page.evaluate(&format!("[window.lanstream.paused, {paused}]"));
                if found == json!([is_paused, is_paused]) { Ok(()) } else { Err(found) }
            });
        }
    }
}

#[test]
fn what_vite_builds_shows_a_stream() {
    Bundled::by("vite").expect_stream();
}

#[test]
fn what_vite_serves_in_development_shows_a_stream() {
    Bundled::by("vite-dev").expect_stream();
}

#[test]
fn what_webpack_builds_shows_a_stream() {
    Bundled::by("webpack").expect_stream();
}

#[test]
fn what_esbuild_builds_shows_a_stream() {
    Bundled::by("esbuild").expect_stream();
}
