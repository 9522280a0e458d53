//! Installs what the tests and other tasks need on Debian; elsewhere, or without the right to, says what is needed.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail, ensure};
use lanstream_testkit::browser::Engine;

use crate::compiler::Compiler;
use crate::windows::PLATFORM as WINDOWS;

/// Commands that the tests run, and the Debian package each comes in.
const COMMANDS: [(&str, &str); 18] = [
    ("Xvfb", "xvfb"),
    ("xterm", "xterm"),
    ("xdpyinfo", "x11-utils"),
    ("xrandr", "x11-xserver-utils"),
    ("xdotool", "xdotool"),
    ("sway", "sway"),
    ("grim", "grim"),
    ("foot", "foot"),
    ("setpriv", "util-linux"),
    ("ss", "iproute2"),
    ("ffmpeg", "ffmpeg"),
    (Engine::Chromium.program(), Engine::Chromium.package()),
    (Engine::Firefox.program(), Engine::Firefox.package()),
    (Engine::Webkit.program(), Engine::Webkit.package()),
    ("WebKitWebDriver", "webkit2gtk-driver"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("c++", "g++"),
];
/// Libraries that the plugins of other workspaces are built against, by the name that pkg-config knows, and the Debian
/// package of each.
const LIBRARIES: [(&str, &str); 7] = [
    ("dbus-1", "libdbus-1-dev"),
    ("egl", "libegl-dev"),
    ("gbm", "libgbm-dev"),
    ("libpipewire-0.3", "libpipewire-0.3-dev"),
    ("wayland-client", "libwayland-dev"),
    ("xcb", "libxcb1-dev"),
    ("xrandr", "libxrandr-dev"),
];
/// What windows are built against.
const WEBVIEW_LIBRARIES: [(&str, &str); 1] = [("webkit2gtk-4.1", "libwebkit2gtk-4.1-dev")];
/// Libraries that Qt opens windows with, by the name of their file; the other ones come with the browsers.
const QT_LIBRARIES: [(&str, &str); 6] = [
    ("libxcb-cursor.so.0", "libxcb-cursor0"),
    ("libxcb-icccm.so.4", "libxcb-icccm4"),
    ("libxcb-image.so.0", "libxcb-image0"),
    ("libxcb-keysyms.so.1", "libxcb-keysyms1"),
    ("libxcb-render-util.so.0", "libxcb-render-util0"),
    ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
];
/// What asks for libraries.
const PKG_CONFIG: (&str, &str) = ("pkg-config", "pkg-config");
/// Commands that these builds run.
const BUILD_COMMANDS: [(&str, &str); 2] = [("clang", "clang"), PKG_CONFIG];
/// What a desktop session is made of that has a portal.
const SESSION_COMMANDS: [(&str, &str); 6] = [
    ("dbus-daemon", "dbus-daemon"),
    ("dbus-send", "dbus-bin"),
    ("pipewire", "pipewire"),
    ("wireplumber", "wireplumber"),
    ("/usr/libexec/xdg-desktop-portal", "xdg-desktop-portal"),
    ("/usr/libexec/xdg-desktop-portal-wlr", "xdg-desktop-portal-wlr"),
];

/// Compiler of C for Windows, which is needed whatever compiles Rust.
const WINDOWS_COMMANDS: [(&str, &str); 1] = [("x86_64-w64-mingw32-gcc", "gcc-mingw-w64-x86-64-posix")];
/// Files of Debian's compiler of Rust for platforms that rustup's lacks, of its linter and of the sources of the
/// standard library.
const COMPILER_FILES: [(&str, &str); 3] = [
    ("/usr/bin/clippy-driver", "rust-web-clippy"),
    ("/usr/bin/rustc", "rustc-web"),
    ("/usr/lib/rustlib/src/rust/library/Cargo.lock", "rust-web-src"),
];

/// A font for the browsers. No command tells of it, so it comes along with whatever else is missing.
const FONTS: &str = "fonts-dejavu-core";

pub(crate) fn run() -> anyhow::Result<()> {
    install("the tests need", &COMMANDS)?;
    install_windows()
}

/// Installs what compiles for Windows.
fn install_windows() -> anyhow::Result<()> {
    let reason = "builds for Windows need";
    install(reason, &WINDOWS_COMMANDS)?;
    match Compiler::find(WINDOWS) {
        Some(Compiler::Whole) => Ok(()),
        _ => install(reason, &COMPILER_FILES),
    }
}

/// Installs what the plugins of other workspaces are built and tested with.
pub(crate) fn install_libraries() -> anyhow::Result<()> {
    let reason = "the plugins in workspaces of their own need";
    install(reason, &BUILD_COMMANDS)?;
    install(reason, &SESSION_COMMANDS)?;
    install_packages(reason, &absent(&LIBRARIES))
}

/// Installs what windows are built with.
pub(crate) fn install_webview() -> anyhow::Result<()> {
    let reason = "windows need";
    install(reason, &[PKG_CONFIG])?;
    install_packages(reason, &absent(&WEBVIEW_LIBRARIES))
}

/// Installs what Qt's Python packages need.
pub(crate) fn install_qt() -> anyhow::Result<()> {
    let reason = "Qt needs";
    install(reason, &[("python3", "python3-venv")])?;
    let known = Command::new("/sbin/ldconfig").arg("-p").output().context("can't run ldconfig")?;
    let known = String::from_utf8_lossy(&known.stdout);
    let absent = QT_LIBRARIES.iter().filter(|(library, _)| !known.contains(library));
    install_packages(reason, &absent.map(|(_, package)| *package).collect::<Vec<_>>())
}

/// Returns the packages of the libraries that pkg-config does not find.
fn absent(libraries: &[(&'static str, &'static str)]) -> Vec<&'static str> {
    let is_there = |library: &str| {
        let status = Command::new("pkg-config").args(["--exists", library]).status();
        status.is_ok_and(|status| status.success())
    };
    libraries.iter().filter(|(library, _)| !is_there(library)).map(|(_, package)| *package).collect()
}

/// Installs the packages, the second of each pair, of commands that are missing. `reason` says who needs them.
pub(crate) fn install(reason: &str, commands: &[(&'static str, &'static str)]) -> anyhow::Result<()> {
    install_packages(reason, &missing_packages(commands))
}

fn install_packages(reason: &str, missing: &[&str]) -> anyhow::Result<()> {
    if missing.is_empty() {
        println!("setup: everything is there");
        return Ok(());
    }
    ensure!(
        Path::new("/etc/debian_version").exists() && is_on_path("apt-get"),
        "{reason} what Debian has in the packages {}: install it",
        missing.join(" ")
    );
    if !rustix::process::geteuid().is_root() {
        bail!(
            "{reason} packages; as root run:\n    apt-get update && apt-get install -y --no-install-recommends {}",
            missing.join(" ")
        );
    }
    apt_get(&["update"])?;
    let options = ["install", "-y", "--no-install-recommends"];
    apt_get(&[&options[..], missing].concat())
}

fn missing_packages(commands: &[(&'static str, &'static str)]) -> Vec<&'static str> {
    let absent = commands.iter().filter(|(command, _)| !is_on_path(command));
    let mut packages: Vec<_> = absent.map(|(_, package)| *package).collect();
    if is_on_path("node") {
        // A node that is not Debian's brings its own npm, and Debian's npm would pull in a second node.
        packages.retain(|package| *package != "npm");
    }
    if !packages.is_empty() {
        packages.push(FONTS);
    }
    packages
}

fn is_on_path(command: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(command).is_file())
}

fn apt_get(arguments: &[&str]) -> anyhow::Result<()> {
    println!("setup: apt-get {}", arguments.join(" "));
    let mut command = Command::new("apt-get");
    let status = command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").status();
    let status = status.context("can't run apt-get")?;
    ensure!(status.success(), "apt-get {} ended with {status}", arguments.join(" "));
    Ok(())
}
