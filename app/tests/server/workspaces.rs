//! Plugins in workspaces of their own, `plugins/xcap` and `plugins/scap`: they need system packages, and take minutes
//! to build. `portal.rs` has the tests of `plugins/portal`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use lanstream_testkit::display::Display;
use lanstream_testkit::http::PATIENCE;
use lanstream_testkit::painter::Painter;
use lanstream_testkit::viewer::{Transport, Viewer};

use crate::running::{ROOT, Running, SCREEN, lanstream, on, stderr};

/// Builds the workspace `plugins/NAME`, and returns its library.
fn built(name: &str) -> PathBuf {
    built_by(name, &[])
}

/// Builds the workspace `plugins/NAME` with its examples, which are in the folder of that name beside its library.
pub(crate) fn built_with_examples(name: &str) -> PathBuf {
    built_by(name, &["--lib", "--examples"])
}

fn built_by(name: &str, words: &[&str]) -> PathBuf {
    let root = Path::new(ROOT);
    let target = root.join("target").join(name);
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["build", "--quiet", "--manifest-path"])
        .arg(root.join("plugins").join(name).join("Cargo.toml"));
    let status = command.arg("--target-dir").arg(&target).args(words).status().expect("cargo runs");
    assert!(status.success(), "plugins/{name} does not build");
    target.join("debug").join(format!("liblanstream_{name}.so"))
}

/// Returns red, green, blue and 255 of pixels as an X server has them.
fn rgbx(pixels: &[u32]) -> Vec<u8> {
    let bytes = |pixel: &u32| {
        let [_, red, green, blue] = pixel.to_be_bytes();
        [red, green, blue, 255]
    };
    pixels.iter().flat_map(bytes).collect()
}

#[test]
#[ignore = "builds plugins/xcap, which needs system packages"]
fn xcap_shows_a_display_exactly() {
    let library = built("xcap");
    let library = library.to_str().unwrap();
    let display = Display::start(SCREEN.0, SCREEN.1);
    let painter = Painter::on(&display);
    let [width, height] = [SCREEN.0, SCREEN.1].map(|side| u16::try_from(side).unwrap());
    let mut command = on(&display, &["--plugin", library, "xcap", "--json"]);
    command.env_remove("WAYLAND_DISPLAY").env("XDG_SESSION_TYPE", "x11");
    let running = Running::spawn(command);
    let mut viewer = Viewer::join(&running.door(), Transport::Http);
    for seed in 1..=3 {
        let expected = rgbx(&painter.noise(painter.root, width, height, seed));
        let began = Instant::now();
        while *viewer.picture.rgbx() != expected {
            assert!(began.elapsed() < PATIENCE, "noise {seed} never came");
            viewer.take_update();
            viewer.acknowledge();
        }
    }
    let mut command = on(&display, &["--plugin", library, "xcap", "--monitor", "9"]);
    let refused = command.env_remove("WAYLAND_DISPLAY").output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("there is no monitor 9: xcap finds 1"), "{}", stderr(&refused));
}

#[test]
#[ignore = "builds plugins/scap, which needs system packages"]
fn scap_says_what_it_needs_where_no_portal_runs() {
    let library = built("scap");
    let mut command = lanstream(&["--plugin", library.to_str().unwrap(), "scap"]);
    let refused = command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere").output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let text = stderr(&refused);
    assert!(text.contains("scap needs a desktop session whose portal offers screen casts"), "{text}");
}
