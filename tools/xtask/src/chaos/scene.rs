//! A server with a display or a file behind it, and a page before it, by a path that can be cut.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use lanstream_testkit::browser::chromium::{Chromium, Page};
use lanstream_testkit::display::Display;
use lanstream_testkit::painter::Painter;
use lanstream_testkit::relay::{Connections, Relay};
use lanstream_testkit::udp::UdpPath;
use serde_json::Value;
use tempfile::TempDir;

use crate::clip;
use crate::lanstream::{self, Lanstream};
use crate::patience::Patience;
use crate::repository;

/// What is shown.
#[derive(Clone, Copy)]
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    arguments: fn() -> anyhow::Result<Vec<String>>,
    /// Options of the page.
    query: &'static str,
}

/// The display.
pub(crate) const SCREEN: &str = "screen";
/// A pattern over WebTransport.
pub(crate) const TUNNEL: &str = "tunnel";
/// A file.
pub(crate) const FILM: &str = "film";
/// A plugin in a process of its own.
pub(crate) const PLUGIN: &str = "plugin";

pub(crate) const SUBJECTS: [Subject; 4] = [
    Subject { name: SCREEN, arguments: || words(&["capture", "--display", "0"]), query: "verify=1" },
    Subject {
        name: TUNNEL,
        arguments: || words(&["pattern", "--kind", "motion", "--size", "640x360"]),
        query: "verify=1&transport=webtransport",
    },
    Subject { name: FILM, arguments: film, query: "verify=1" },
    Subject { name: PLUGIN, arguments: plugin, query: "verify=1" },
];

/// Size of the display that is captured; that of the browser is a pixel larger.
const SIZE: (u32, u32) = (640, 360);
/// Faster than any picture here needs.
const PIPE: f64 = 10e9;
/// Proofs after which a page goes on.
const PROOFS: u64 = 5;
/// Time in which a picture has to be back.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(60);

/// All that a picture needs.
pub(crate) struct Scene {
    subject: Subject,
    browser: Chromium,
    server: Lanstream,
    painter: Painter,
    painted: u32,
    display: Display,
    viewing: Display,
    /// Port that the browser knows.
    front: u16,
    /// Port that the server had first, and has again.
    port: u16,
    pub(crate) connections: Connections,
    pub(crate) udp: UdpPath,
    folder: TempDir,
}

fn words(words: &[&str]) -> anyhow::Result<Vec<String>> {
    Ok(words.iter().map(|&word| word.to_owned()).collect())
}

fn film() -> anyhow::Result<Vec<String>> {
    words(&["play", "--loop", &text(&clip::SMALL.path()?)?])
}

fn plugin() -> anyhow::Result<Vec<String>> {
    words(&["--plugin", &text(&repository::target().join("release/libclock.so"))?, "clock"])
}

fn text(path: &Path) -> anyhow::Result<String> {
    Ok(path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))?.to_owned())
}

impl Scene {
    /// Starts all of it, and waits for the first frames.
    pub(crate) fn start(subject: Subject, patience: &Patience) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let (relay, viewing) = (Relay::of(PIPE), Display::start(SIZE.0 + 1, SIZE.1 + 1));
        let (front, display) = (relay.port, Display::start(SIZE.0, SIZE.1));
        let server = Lanstream::start(&mut command(&subject, &display, front, 0, &folder)?, patience)?;
        let port = server.port()?;
        let mut scene = Self {
            subject,
            browser: Chromium::open(&url(&server, &subject, port, front), &viewing),
            server,
            painter: Painter::on(&display),
            painted: 0,
            display,
            viewing,
            front,
            port,
            connections: relay.lead_to(port),
            udp: UdpPath::lead(front, port),
            folder,
        };
        scene.wait_for_proofs(patience)?;
        Ok(scene)
    }

    /// Starts the server, the display and the browser again, after a fault that does not heal by itself.
    pub(crate) fn restart(&mut self, patience: &Patience) -> anyhow::Result<()> {
        self.udp.mend();
        self.restart_display();
        self.restart_server(patience)?;
        self.reopen();
        self.wait_for_proofs(patience)
    }

    /// Ends the server without a farewell, and starts it on the port that it had, with the same token.
    pub(crate) fn restart_server(&mut self, patience: &Patience) -> anyhow::Result<()> {
        self.server.kill();
        let mut command = command(&self.subject, &self.display, self.front, self.port, &self.folder)?;
        self.server = Lanstream::start(&mut command, patience)?;
        Ok(())
    }

    /// Kills the X server, and starts another one by the same name.
    pub(crate) fn restart_display(&mut self) {
        self.display.kill();
        self.display = Display::start_as(&self.display.name, SIZE.0, SIZE.1);
        self.painter = Painter::on(&self.display);
    }

    /// Kills the browser, and opens another one.
    pub(crate) fn reopen(&mut self) {
        self.browser.kill();
        let url = url(&self.server, &self.subject, self.port, self.front);
        self.browser = Chromium::open(&url, &self.viewing);
    }

    pub(crate) fn page(&self) -> Page<'_> {
        self.browser.page()
    }

    pub(crate) fn server_id(&self) -> u32 {
        self.server.id()
    }

    pub(crate) fn browser_id(&self) -> u32 {
        self.browser.id()
    }

    pub(crate) fn display_id(&self) -> u32 {
        self.display.pid()
    }

    /// Waits until the server has ended by itself and the page tells why.
    ///
    /// # Errors
    /// If the page does not say `words` in a minute.
    pub(crate) fn wait_for_words(&self, words: &str, patience: &Patience) -> anyhow::Result<()> {
        let page = self.page();
        let says = || Ok(page.banner().contains(words).then_some(()));
        patience.until("word of the page", RECOVERY_TIMEOUT, says)?;
        let has_ended = || Ok(self.server.has_ended().then_some(()));
        patience.until("end of the server", RECOVERY_TIMEOUT, has_ended)
    }

    /// Waits until frames drawn from now on are in the page, all of them proven exact.
    ///
    /// # Errors
    /// If there are none in a minute, or one is not exact.
    pub(crate) fn wait_for_proofs(&mut self, patience: &Patience) -> anyhow::Result<()> {
        let page = self.browser.page();
        let mut before = None;
        let mut last = Value::Null;
        let came = patience.until("exact picture", RECOVERY_TIMEOUT, || {
            self.painted = self.painted.wrapping_add(1);
            self.painter.paint_background(self.painted & 0xff_ffff);
            // A page that is being loaded cannot tell.
            last = page.try_evaluate("window.lanstream?.state ?? null").unwrap_or_default();
            anyhow::ensure!(last["refuted"].as_u64().unwrap_or_default() == 0, "a frame was not exact");
            let Some(proven) = last["proven"].as_u64() else { return Ok(None) };
            let since = *before.get_or_insert(proven);
            Ok((last["playing"] == true && proven >= since + PROOFS).then_some(()))
        });
        came.with_context(|| format!("{}: the page says {last}", self.subject.name))
    }
}

/// The URL of the page, by the way that can be cut.
fn url(server: &Lanstream, subject: &Subject, port: u16, front: u16) -> String {
    let url = server.url(subject.query);
    url.replacen(&format!("127.0.0.1:{port}"), &format!("127.0.0.1:{front}"), 1)
}

fn command(
    subject: &Subject,
    display: &Display,
    front: u16,
    port: u16,
    folder: &TempDir,
) -> anyhow::Result<Command> {
    let mut command = Command::new(lanstream::path());
    let (host, token) = (format!("127.0.0.1:{front}"), folder.path().join("token"));
    command.args((subject.arguments)()?);
    command.args(["--json", "--port", &port.to_string(), "--allow-host", &host]);
    command.args(["--allow-origin", &format!("http://{host}"), "--token-file"]).arg(token);
    command.env("DISPLAY", &display.name).stderr(Stdio::null());
    Ok(command)
}
