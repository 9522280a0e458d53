//! A browser that fills a display with one page. No debugger is attached: one slows WebSocket five times and more.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use tempfile::TempDir;

use super::display::Display;
use super::full_screen;
use super::patience::Patience;
use super::process::Process;

/// How long a browser may take to open its window.
const WINDOW_LIMIT: Duration = Duration::from_secs(60);

/// What shows the page.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub(crate) enum Engine {
    /// Debian's chromium
    #[default]
    Chromium,
    /// Debian's firefox-esr
    Firefox,
    /// WebKitGTK's MiniBrowser
    Webkit,
}

/// A running browser. It ends before its profile is removed: fields go in order.
pub(crate) struct Browser {
    _process: Process,
    _profile: TempDir,
}

/// A page in a window without anything around it, pixel for pixel, that asks and reports nothing.
const CHROMIUM: [&str; 13] = [
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
];
/// Debian keeps it beside the library, on no path.
#[cfg(target_arch = "aarch64")]
pub(crate) const MINI_BROWSER: &str = "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser";
#[cfg(not(target_arch = "aarch64"))]
pub(crate) const MINI_BROWSER: &str = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";
/// The same for Firefox, as preferences of its profile.
const FIREFOX: &str = r#"
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("app.update.enabled", false);
user_pref("app.normandy.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("full-screen-api.warning.timeout", 0);
user_pref("layout.css.devPixelsPerPx", "1.0");
user_pref("gfx.color_management.mode", 0);
"#;

impl Engine {
    /// The command that starts it.
    pub(crate) fn command(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox-esr",
            Self::Webkit => MINI_BROWSER,
        }
    }

    /// What it is called in a table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::Firefox => "Firefox",
            Self::Webkit => "WebKitGTK",
        }
    }

    /// A command that prints its name and version.
    pub(crate) fn version(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Chromium | Self::Firefox => (self.command(), &["--version"]),
            // MiniBrowser says nothing without a display.
            Self::Webkit => ("dpkg-query", &["-W", "-f", "WebKitGTK ${Version}", "libwebkit2gtk-4.1-0"]),
        }
    }

    /// The Debian package that it comes in.
    pub(crate) fn package(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox-esr",
            Self::Webkit => "libwebkit2gtk-4.1-0",
        }
    }

    /// Opens a page on a display, with a profile of its own.
    pub(crate) fn open(
        self,
        url: &str,
        on: &Display,
        size: (u16, u16),
        patience: &Patience,
    ) -> anyhow::Result<Browser> {
        let profile =
            TempDir::with_prefix("xtask-browser-").context("no folder for the browser's profile")?;
        let mut command = Command::new(self.command());
        match self {
            Self::Chromium => chromium(&mut command, url, size, &profile),
            Self::Firefox => firefox(&mut command, url, size, &profile)?,
            Self::Webkit => webkit(&mut command, url, &profile),
        }
        command.env("DISPLAY", &on.name).stdout(Stdio::null()).stderr(Stdio::null());
        let browser = Browser { _process: Process::start(&mut command)?, _profile: profile };
        if matches!(self, Self::Webkit) {
            let is_full = || Ok(full_screen::fill(&on.name, size.0.into(), size.1.into()).then_some(()));
            patience.until("window of the browser", WINDOW_LIMIT, is_full)?;
        }
        Ok(browser)
    }
}

fn chromium(command: &mut Command, url: &str, (width, height): (u16, u16), profile: &TempDir) {
    command.args(CHROMIUM).arg(format!("--app={url}")).arg(format!("--window-size={width},{height}"));
    command.arg(format!("--user-data-dir={}", profile.path().display()));
    if rustix::process::geteuid().is_root() {
        // Chromium's sandbox refuses to run as root.
        command.arg("--no-sandbox");
    }
}

fn firefox(command: &mut Command, url: &str, size: (u16, u16), profile: &TempDir) -> anyhow::Result<()> {
    std::fs::write(profile.path().join("user.js"), FIREFOX)?;
    command.args(["--kiosk", "--no-remote", "--new-instance"]);
    command.args(["--width", &size.0.to_string(), "--height", &size.1.to_string(), "--profile"]);
    command.arg(profile.path()).arg(url);
    Ok(())
}

/// It keeps to the processor as Chromium does here: where there is no graphics card, its other way is some fifteen times slower.
fn webkit(command: &mut Command, url: &str, profile: &TempDir) {
    command.args(["--private", "--full-screen", url]).env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
    for folder in ["HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
        command.env(folder, profile.path());
    }
}
