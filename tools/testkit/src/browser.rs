//! Browsers that fill a display with one page, pixel for pixel. No debugger is attached to them.
//!
//! Without a window manager Chromium's window comes out one pixel short of the display on each side, and Firefox's does
//! not: on a display one pixel larger than the picture, both show it at the top left corner.

pub mod chromium;
pub mod firefox;
mod full_screen;
pub mod webkit;

use std::path::Path;
use std::process::{Command, Stdio};
use std::str::FromStr;

use tempfile::TempDir;

use crate::display::Display;
use crate::process::Process;
use crate::wait::until;

/// What shows the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// Debian's chromium.
    #[default]
    Chromium,
    /// Debian's firefox-esr.
    Firefox,
    /// WebKitGTK's MiniBrowser.
    Webkit,
}

/// A running browser. It ends before its profile is removed: fields go in order.
#[derive(Debug)]
pub struct Browser {
    /// What runs.
    pub process: Process,
    profile: TempDir,
}

/// A page in a window without anything around it, pixel for pixel, that asks and reports nothing.
const CHROMIUM: [&str; 14] = [
    "--no-first-run",
    "--disable-gpu",
    "--kiosk",
    "--window-position=0,0",
    "--force-device-scale-factor=1",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-breakpad",
    "--noerrdialogs",
    "--password-store=basic",
];
/// Chromium's shared memory: where there is less of it, as in containers, it goes to /tmp.
const SHARED_MEMORY: &str = "/dev/shm";
/// Bytes that a page in 4K may take of it.
const SHARED_MEMORY_MIN: u64 = 1 << 30;
/// WebKitGTK's browser. Debian keeps it beside the library, on no path.
#[cfg(target_arch = "aarch64")]
const MINI_BROWSER: &str = "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser";
#[cfg(not(target_arch = "aarch64"))]
const MINI_BROWSER: &str = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";
/// The same for Firefox, as preferences of its profile.
const FIREFOX: &str = r#"
user_pref("app.normandy.enabled", false);
user_pref("app.update.enabled", false);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.page", 0);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("extensions.update.enabled", false);
user_pref("full-screen-api.warning.timeout", 0);
user_pref("gfx.color_management.mode", 0);
user_pref("layout.css.devPixelsPerPx", "1.0");
user_pref("marionette.port", 0);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "http://127.0.0.1:1");
user_pref("termsofuse.bypassNotification", true);
user_pref("toolkit.telemetry.enabled", false);
"#;

impl Engine {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Chromium, Self::Firefox, Self::Webkit];

    /// Returns what it is called in a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::Firefox => "Firefox",
            Self::Webkit => "WebKitGTK",
        }
    }

    /// Returns what it is called on a command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::Webkit => "webkit",
        }
    }

    /// Returns the program that it is.
    pub const fn program(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox-esr",
            Self::Webkit => MINI_BROWSER,
        }
    }

    /// Returns the Debian package that it comes in.
    pub const fn package(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox-esr",
            Self::Webkit => "libwebkit2gtk-4.1-0",
        }
    }

    /// Returns a command that prints its name and version.
    pub fn version(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Chromium | Self::Firefox => (self.program(), &["--version"]),
            // MiniBrowser says nothing without a display.
            Self::Webkit => ("dpkg-query", &["-W", "-f", "WebKitGTK ${Version}", "libwebkit2gtk-4.1-0"]),
        }
    }

    /// Opens a page on a display.
    pub fn open(self, url: &str, on: &Display) -> Browser {
        self.open_with(url, on, |command| command.stdout(Stdio::null()))
    }

    /// Opens a page with more arguments, or with pipes.
    pub fn open_with(
        self,
        url: &str,
        on: &Display,
        adapt: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Browser {
        let profile = TempDir::with_prefix("lanstream-browser-").unwrap();
        let mut command = match self {
            Self::Chromium => chromium(url, on, profile.path()),
            Self::Firefox => firefox(url, on, profile.path()),
            Self::Webkit => webkit(url, on, profile.path()),
        };
        require(&command);
        command.env("DISPLAY", &on.name).stderr(Stdio::null());
        for folder in ["HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
            command.env(folder, profile.path());
        }
        let browser = Browser { process: Process::start(adapt(&mut command)), profile };
        if matches!(self, Self::Webkit) {
            fill_with_webkit(on);
        }
        browser
    }
}

impl FromStr for Engine {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|engine| engine.word() == word);
        found.ok_or_else(|| format!("there is no browser {word:?}: there are chromium, firefox and webkit"))
    }
}

impl Browser {
    /// Returns the folder of its profile.
    pub fn profile(&self) -> &Path {
        self.profile.path()
    }
}

/// A missing browser is not a reason to skip a test.
fn require(command: &Command) {
    let program = command.get_program();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    assert!(is_there, "{program:?} is not installed: `cargo xtask setup` installs what these tests need");
}

fn chromium(url: &str, on: &Display, profile: &Path) -> Command {
    let mut command = Command::new(Engine::Chromium.program());
    if rustix::process::geteuid().is_root() {
        // Its sandbox refuses to run as root, and these pages are our own.
        command.arg("--no-sandbox");
    }
    if rustix::fs::statvfs(SHARED_MEMORY).is_ok_and(|of| of.f_blocks * of.f_frsize < SHARED_MEMORY_MIN) {
        command.arg("--disable-dev-shm-usage");
    }
    command.args(CHROMIUM).arg(format!("--window-size={},{}", on.width, on.height));
    command.arg(format!("--user-data-dir={}", profile.display())).arg(format!("--app={url}"));
    command
}

fn firefox(url: &str, on: &Display, profile: &Path) -> Command {
    std::fs::write(profile.join("user.js"), FIREFOX).unwrap();
    let mut command = Command::new(Engine::Firefox.program());
    command.args(["--kiosk", "--no-remote", "--new-instance", "--profile"]).arg(profile);
    command.args(["--width", &on.width.to_string(), "--height", &on.height.to_string()]).arg(url);
    command
}

fn webkit(url: &str, on: &Display, profile: &Path) -> Command {
    let mut command = Command::new(MINI_BROWSER);
    prepare_webkit(&mut command, on, profile);
    command.args(["--private", "--full-screen", url]);
    command
}

/// Sets what WebKitGTK needs. It paints on the processor, as Chromium does here: without a graphics card its other way
/// is some fifteen times slower.
fn prepare_webkit(command: &mut Command, on: &Display, profile: &Path) {
    command.env("WEBKIT_DISABLE_DMABUF_RENDERER", "1").env("DISPLAY", &on.name).env("HOME", profile);
}

/// Gives WebKitGTK's browser, which has been started on a display, all of it.
fn fill_with_webkit(on: &Display) {
    until("WebKitGTK's window", || {
        full_screen::fill(&on.name, on.width, on.height).then_some(()).ok_or("none")
    });
}
