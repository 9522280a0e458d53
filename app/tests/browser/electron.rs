//! The example for Electron, without Electron: its child process is the real binary, and its page is shown in Chromium
//! with its own policy, and proves what it shows. The URL comes from a script in place of the one that Electron would
//! run before the page's.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::Receiver;

use lanstream_core::Size;
use lanstream_pattern::{Kind, draw, read_number};
use lanstream_testkit::browser::chromium::Chromium;
use lanstream_testkit::display::Display;
use lanstream_testkit::http::PATIENCE;
use lanstream_testkit::picture::Picture;
use lanstream_testkit::process::Process;
use lanstream_testkit::screen::Screen;
use lanstream_testkit::wait::until;
use serde_json::json;
use tempfile::TempDir;

use crate::embedding::{Embedding, viewer_file};

/// In place of `preload.cjs`: the URL stands in the page's own.
const BRIDGE: &str = "window.lanstream = { url: async () => location.hash.slice(1) };";
/// Starts what the example starts, prints its URL, and ends it with the standard input.
const STARTER: &str = "
    const { start } = await import(process.argv[1]);
    const lanstream = start(process.argv[2], process.argv.slice(3));
    process.stdin.on('end', () => lanstream.stop()).resume();
    lanstream.url.then(console.log, error => console.log('error: ' + error.message));
";
/// Updates that must be proven.
const PROOFS: u64 = 20;
/// What is shown.
const PATTERN: [&str; 5] = ["pattern", "--kind", "motion", "--size", "640x360"];
/// Its size.
const SIZE: (u32, u32) = (640, 360);
/// Bytes from one row to the next.
const STRIDE: usize = 640 * 4;
/// Pictures that must be seen whole.
const SIGHTINGS: usize = 20;

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/electron")
}

/// A file of the example, as its main process gives it to the page.
fn file(path: &str) -> Option<Vec<u8>> {
    if let Some(path) = path.strip_prefix("viewer/") {
        return viewer_file(path);
    }
    match path {
        "bridge.js" => Some(BRIDGE.into()),
        "" => {
            let page = std::fs::read_to_string(example().join("page/index.html")).ok()?;
            Some(page.replace("<head>", "<head><script src=\"bridge.js\"></script>").into())
        }
        path => std::fs::read(example().join("page").join(path)).ok(),
    }
}

fn node(script: &str) -> Command {
    let mut command = Command::new("node");
    command.args(["--input-type=module", "--eval", script]).stdout(Stdio::piped());
    command
}

/// The policy of the example's page.
fn policy() -> &'static str {
    let output = node("console.log((await import(process.argv[1])).POLICY)")
        .arg(example().join("src/files.js"))
        .output()
        .expect("node is installed");
    String::from_utf8(output.stdout).unwrap().trim().to_owned().leak()
}

/// The example's child process; its first line is the URL, or an error.
fn sidecar(program: &str, arguments: &[&str]) -> (Process, Receiver<String>) {
    let mut command = node(STARTER);
    command.arg(example().join("src/sidecar.js")).arg(program).args(arguments).stdin(Stdio::piped());
    let mut process = Process::start(&mut command);
    let lines = process.lines();
    (process, lines)
}

/// The example's child process, which shows a pattern to pages of an origin.
fn showing(origin: &str) -> (Process, Receiver<String>) {
    sidecar(env!("CARGO_BIN_EXE_lanstream"), &[&PATTERN[..], &["--allow-origin", origin]].concat())
}

/// What the pattern's frame of a number looks like.
fn drawn(number: u32) -> Picture {
    let mut bytes = vec![0; STRIDE * SIZE.1 as usize];
    draw(Kind::Motion, number, size(), STRIDE, &mut bytes);
    Picture { width: SIZE.0, height: SIZE.1, bytes }
}

fn size() -> Size {
    Size::new(SIZE.0, SIZE.1).expect("it is a size")
}

#[test]
fn the_page_proves_what_the_child_process_shows() {
    let site = Embedding::of(file, policy());
    let origin = site.origin();
    let (mut process, lines) = showing(&origin);
    let url = lines.recv_timeout(PATIENCE).expect("it says where");
    let display = Display::start(800, 600);
    let chromium = Chromium::open(&format!("{}/#{url}", site.origin()), &display);
    let page = chromium.page();
    until("the page's script", || {
        let is_there = page.evaluate("document.querySelector('lan-stream')?.matches(':defined') ?? false");
        if is_there == json!(true) { Ok(()) } else { Err("it is not there") }
    });
    page.evaluate("document.querySelector('lan-stream').verify = true");
    until("proofs", || {
        let state = page.evaluate("document.querySelector('lan-stream').state");
        assert_ne!(state["exact"], json!(false), "{state}");
        let is_proven = state["frames"].as_u64() >= Some(PROOFS) && state["exact"] == json!(true);
        if is_proven && state["codes"] == json!(true) { Ok(()) } else { Err(state.to_string()) }
    });
    drop(process.stdin());
    assert!(process.wait().success());
    until("what the page says", || {
        let said = page.evaluate("document.querySelector('[role=status]').textContent");
        if said.as_str().is_some_and(|said| said.contains("was stopped")) { Ok(()) } else { Err(said) }
    });
}

#[test]
fn a_child_process_that_does_not_start_is_an_error_with_a_reason() {
    let starts = [
        ("/nonexistent/lanstream", "pattern", "cannot be started"),
        (
            env!("CARGO_BIN_EXE_lanstream"),
            "pattern --size 0x0",
            "it ended with status 2: error: invalid value",
        ),
    ];
    for (program, arguments, words) in starts {
        let (_process, lines) = sidecar(program, &arguments.split(' ').collect::<Vec<_>>());
        let line = lines.recv_timeout(PATIENCE).expect("it says why");
        assert!(line.starts_with("error: ") && line.contains(words), "{line}");
    }
}

#[test]
#[ignore = "needs Qt WebEngine, which `cargo xtask test qt` installs"]
fn the_page_is_exact_at_its_own_origin_in_qt_webengine() {
    let (_sidecar, lines) = showing("app://localhost");
    let url = lines.recv_timeout(PATIENCE).expect("it says where");
    let (display, home) = (Display::start(800, 600), TempDir::new().unwrap());
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(package.join("../target/qt/bin/python"));
    command.arg(package.join("tests/browser/qt.py")).arg(example().join("page"));
    command.arg(package.join("../viewer")).arg(policy());
    command.env("DISPLAY", &display.name).env("HOME", home.path()).env("QT_QPA_PLATFORM", "xcb");
    // Chromium's sandbox refuses to run as root, and the page is our own.
    command.env("QTWEBENGINE_DISABLE_SANDBOX", "1");
    let mut browser = Process::start(command.stdin(Stdio::piped()));
    writeln!(browser.stdin(), "{url}").unwrap();
    let screen = Screen::of(&display);
    let mut last = None;
    for sighting in 0..SIGHTINGS {
        last = Some(until(&format!("sighting {sighting}"), || {
            let seen = screen.grab().part(0, 0, SIZE.0, SIZE.1);
            let number = read_number(size(), STRIDE, &seen.bytes).ok_or("there is no picture")?;
            if last == Some(number) {
                return Err("there is no other picture".to_owned());
            }
            seen.expect(&drawn(number)).map_err(|difference| difference.to_string())?;
            Ok::<_, String>(number)
        }));
    }
}
