//! xpra's shadow of a display in its HTML5 client, with pixels as they are: packed without loss.

use std::process::Command;

use super::super::server::free_port;
use super::cache::{self, debian_version};
use super::peer::Peer;
use super::testbed::Testbed;
use crate::patience::Patience;

/// The package, and what it needs of Python for this client and to pack pixels. Files stand for packages without a
/// command.
const PACKAGES: [(&str, &str); 4] = [
    ("xpra", "xpra"),
    ("/usr/lib/python3/dist-packages/PIL/__init__.py", "python3-pil"),
    ("/usr/lib/python3/dist-packages/lz4/__init__.py", "python3-lz4"),
    ("/usr/lib/python3/dist-packages/numpy/__init__.py", "python3-numpy"),
];
/// Nothing but the screen.
const OPTIONS: [&str; 16] = [
    "--daemon=no",
    "--html=on",
    "--mdns=no",
    "--pulseaudio=no",
    "--speaker=off",
    "--microphone=off",
    "--notifications=no",
    "--printing=no",
    "--clipboard=no",
    "--cursors=no",
    "--bell=no",
    "--webcam=no",
    "--opengl=no",
    "--systemd-run=no",
    "--dbus-proxy=no",
    "--start-new-commands=no",
];
const QUERY: &str = "index.html?encoding=rgb32&sound=false&clipboard=false&floating_menu=false";

/// Its server, which has the page as well.
pub(super) struct Xpra;

impl Peer for Xpra {
    fn name(&self) -> &str {
        "xpra, rgb32"
    }

    fn install(&self, _: &Patience) -> anyhow::Result<()> {
        cache::debian(&PACKAGES)
    }

    fn versions(&self) -> Vec<String> {
        vec![format!("xpra {}", debian_version("xpra"))]
    }

    fn start(&self, testbed: &mut Testbed<'_>) -> anyhow::Result<()> {
        let port = free_port()?;
        let display = testbed.source();
        let mut server = Command::new("xpra");
        server.args(["shadow", &display]).arg(format!("--bind-tcp=127.0.0.1:{port}")).args(OPTIONS);
        // What Debian has it read starts a session on the display.
        server.env("DISPLAY", &display).env("XPRA_SYSTEM_CONF_DIRS", testbed.folder());
        testbed.start(&mut server)?;
        testbed.until_listening(port)?;
        testbed.open(&format!("http://127.0.0.1:{port}/{QUERY}"));
        Ok(())
    }
}
