//! The connection to an X server: opening it, what went wrong with it in words, and which extensions it has.

use std::env;
use std::sync::Arc;

use lanstream_core::source::{Error, ErrorKind};
use lanstream_core::text;
use x11rb::connection::{Connection, RequestConnection};
use x11rb::errors::{ConnectError, ReplyError, ReplyOrIdError};
use x11rb::protocol::xproto::{Screen, Window};
use x11rb::reexports::x11rb_protocol::parse_display::parse_display;
use x11rb::rust_connection::RustConnection;

use super::atoms::Atoms;
use crate::Options;

/// Highest number of a display: display `n` is TCP port 6000 + `n`.
const DISPLAY_MAX: u16 = u16::MAX - 6000;

/// A server's screen.
pub(super) struct DisplayConnection {
    /// Shared, weakly, with the frames: each detaches its memory from the server when it goes.
    pub(super) conn: Arc<RustConnection>,
    pub(super) root: Window,
    pub(super) atoms: Atoms,
    screen: usize,
}

impl DisplayConnection {
    pub(super) fn open(options: &Options) -> Result<Self, Error> {
        let display = display_name(options, |name| env::var(name).ok().filter(|value| !value.is_empty()))?;
        refuse_impossible(&display)?;
        let (conn, screen) = RustConnection::connect(Some(&display))
            .map_err(|error| unreachable_display(&display, &reason(&error)))?;
        let root = conn.setup().roots[screen].root;
        let atoms = Atoms::new(&conn).map_err(lost)?.reply().map_err(lost)?;
        Ok(Self { conn: Arc::new(conn), root, atoms, screen })
    }

    /// What the server said of its screen when it was connected to.
    pub(super) fn screen(&self) -> &Screen {
        &self.conn.setup().roots[self.screen]
    }

    pub(super) fn screen_number(&self) -> usize {
        self.screen
    }

    pub(super) fn offers(&self, extension: &'static str) -> Result<bool, Error> {
        self.conn.extension_information(extension).map(|found| found.is_some()).map_err(lost)
    }

    pub(super) fn id(&self) -> Result<u32, Error> {
        self.conn.generate_id().map_err(lost)
    }
}

/// What a broken connection means to the pipeline.
pub(super) fn lost(error: impl Into<ReplyOrIdError>) -> Error {
    let reason = match error.into() {
        ReplyOrIdError::X11Error(error) => format!("it answered with {:?}", error.error_kind),
        other => other.to_string(),
    };
    Error::new(ErrorKind::Lost, format!("the X display is gone: {reason}"))
}

/// What the server answered about something of another program's, or `None` if that has gone meanwhile.
pub(super) fn if_there<T>(answer: Result<T, ReplyError>) -> Result<Option<T>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(ReplyError::X11Error(_)) => Ok(None),
        Err(broken) => Err(lost(broken)),
    }
}

fn display_name(options: &Options, variable: impl Fn(&str) -> Option<String>) -> Result<String, Error> {
    if let Some(display) = options.x_display.clone().or_else(|| variable("DISPLAY")) {
        return Ok(display);
    }
    let message = if variable("WAYLAND_DISPLAY").is_some() {
        "this is a Wayland session without an X display ($DISPLAY is not set): capture it with `--backend wayland`"
    } else {
        "no X display: $DISPLAY is not set. Start it from a desktop session, set DISPLAY, or try `lanstream pattern`"
    };
    Err(Error::new(ErrorKind::NotFound, message))
}

/// x11rb adds the display's number to its base port without looking, which overflows.
fn refuse_impossible(display: &str) -> Result<(), Error> {
    match parse_display(Some(display)) {
        Ok(parsed) if parsed.display > DISPLAY_MAX => {
            Err(unreachable_display(display, &format!("displays are numbered up to {DISPLAY_MAX}")))
        }
        _ => Ok(()),
    }
}

/// Why a display can't be opened, in one line: servers end theirs with a line break.
fn reason(error: &ConnectError) -> String {
    let said = match error {
        ConnectError::SetupFailed(refused) => String::from_utf8_lossy(&refused.reason),
        ConnectError::SetupAuthenticate(refused) => String::from_utf8_lossy(&refused.reason),
        other => return other.to_string(),
    };
    text::harmless(said.trim().trim_end_matches('.')).replace('\n', " ")
}

fn unreachable_display(display: &str, reason: &str) -> Error {
    let message = format!(
        "cannot open the X display {display}: {reason}. Check $DISPLAY and that this user may use it (xauth, xhost), or \
         try `lanstream pattern`"
    );
    Error::new(ErrorKind::NotFound, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_missing_without_a_display() {
        let bare = display_name(&Options::default(), |_| None).unwrap_err();
        assert_eq!(bare.kind, ErrorKind::NotFound);
        assert!(bare.message.starts_with("no X display: $DISPLAY is not set."), "{bare}");

        let wayland = |name: &str| (name == "WAYLAND_DISPLAY").then(|| "wayland-0".to_owned());
        let wayland = display_name(&Options::default(), wayland).unwrap_err();
        assert!(wayland.message.contains("--backend wayland"), "{wayland}");
    }

    #[test]
    fn options_go_before_the_environment() {
        let options = Options { x_display: Some(":7".into()), ..Options::default() };
        assert_eq!(display_name(&options, |_| Some(":1".into())), Ok(":7".into()));
        assert_eq!(display_name(&Options::default(), |_| Some(":1".into())), Ok(":1".into()));
    }
}
