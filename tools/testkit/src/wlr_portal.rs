//! The portal that people have over a compositor of wlroots: xdg-desktop-portal and its backend, in a session of ours.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::desktop_session::DesktopSession;
use crate::dmabuf_claim;
use crate::process::Process;

/// Where Debian has both.
const FOLDER: &str = "/usr/libexec";
/// Configuration of the backend: it takes the only output without a dialog.
const CONFIGURATION: &str = "[screencast]\nchooser_type=none\n";

/// A running portal. It ends with this.
#[derive(Debug)]
pub struct WlrPortal {
    _portal: Process,
    _backend: Process,
}

impl WlrPortal {
    /// Starts it in a session, over the compositor whose socket is `compositor`. With `keeps_choice`, what was picked
    /// may be captured again without a dialog.
    pub fn start(session: &DesktopSession, compositor: &Path, keeps_choice: bool) -> Self {
        let socket = session.folder().join("wayland-claim");
        if !socket.exists() {
            dmabuf_claim::lead(&socket, compositor);
        }
        let configuration = session.folder().join("portal-wlr.conf");
        std::fs::write(&configuration, CONFIGURATION).unwrap();
        let started = |program: &str, words: &[&str], name: &str| {
            let mut command = Command::new(Path::new(FOLDER).join(program));
            session.invite(command.args(words));
            command.env("WAYLAND_DISPLAY", &socket).env("XDG_CURRENT_DESKTOP", "sway");
            if keeps_choice {
                command.env("XDPW_PERSIST_MODE", "permanent");
            }
            let process =
                Process::start(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()));
            session.wait_for_name(name);
            process
        };
        let words = ["--config", configuration.to_str().unwrap()];
        let backend = started("xdg-desktop-portal-wlr", &words, "org.freedesktop.impl.portal.desktop.wlr");
        let portal = started("xdg-desktop-portal", &[], "org.freedesktop.portal.Desktop");
        Self { _portal: portal, _backend: backend }
    }
}
