//! The connection to a compositor: opening it, what it offers, and what went wrong with it in words.

use std::env;
use std::ffi::OsString;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lanstream_core::source::{Error, ErrorKind};
use lanstream_wakeup::poll_until;
use wayland_client::backend::WaylandError;
use wayland_client::protocol::wl_output::WlOutput;
use wayland_client::protocol::wl_registry::WlRegistry;
use wayland_client::protocol::wl_shm::WlShm;
use wayland_client::{Connection, DispatchError, EventQueue, QueueHandle};
use wayland_protocols::ext::foreign_toplevel_list::v1::client::ext_foreign_toplevel_list_v1::ExtForeignToplevelListV1;
use wayland_protocols_wlr::foreign_toplevel::v1::client::zwlr_foreign_toplevel_manager_v1::ZwlrForeignToplevelManagerV1;
use wayland_protocols_wlr::screencopy::v1::client::zwlr_screencopy_manager_v1::ZwlrScreencopyManagerV1;

use super::answer::Answer;
use super::image_copy::ImageCopy;
use super::output::Outputs;
use super::state::State;
use super::window::Windows;
use crate::Options;

/// The socket of a session that names none.
const DEFAULT_SOCKET: &str = "wayland-0";
/// Longest time for a compositor to say what it offers: one that takes longer hangs.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// A connection, and what came over it.
pub(super) struct Link {
    conn: Connection,
    registry: WlRegistry,
    queue: EventQueue<State>,
    handle: QueueHandle<State>,
    state: State,
    shm: WlShm,
    protocol: Protocol,
}

/// How the compositor hands out pictures.
pub(super) enum Protocol {
    /// The better one: it copies what has changed, and knows how a picture is turned.
    ImageCopy(ImageCopy),
    Screencopy(ZwlrScreencopyManagerV1),
}

impl Link {
    /// # Errors
    /// [`ErrorKind::NotFound`] where no compositor can be reached, [`ErrorKind::Unsupported`] where it hands out no
    /// pictures, [`ErrorKind::Lost`] where it went away or does not answer.
    pub(super) fn open(options: &Options) -> Result<Self, Error> {
        let path = socket_path(options, |name| env::var_os(name).filter(|value| !value.is_empty()))?;
        let stream = UnixStream::connect(&path).map_err(|error| unreachable(&path, &error))?;
        let conn = Connection::from_socket(stream).map_err(|error| lost(&error))?;
        let mut queue = conn.new_event_queue();
        let handle = queue.handle();
        let registry = conn.display().get_registry(&handle, ());
        let mut state = State::default();
        // The first time it says what there is, the second time what that is like.
        for _ in 0..2 {
            round_trip(&conn, &mut queue, &mut state)?;
        }
        let shm = state.shm.clone().ok_or_else(|| uncapturable("wl_shm"))?;
        let image_copy = state.image_copy().map(Protocol::ImageCopy);
        let protocol = image_copy.or_else(|| state.screencopy.clone().map(Protocol::Screencopy));
        let protocol = protocol.ok_or_else(|| uncapturable("ext-image-copy-capture and wlr-screencopy"))?;
        Ok(Self { conn, registry, queue, handle, state, shm, protocol })
    }

    pub(super) fn shm(&self) -> &WlShm {
        &self.shm
    }

    pub(super) fn protocol(&self) -> &Protocol {
        &self.protocol
    }

    pub(super) fn handle(&self) -> &QueueHandle<State> {
        &self.handle
    }

    pub(super) fn outputs(&self) -> &Outputs {
        &self.state.outputs
    }

    /// The windows that can be captured.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] where the compositor hands out none.
    pub(super) fn windows(&mut self) -> Result<&Windows, Error> {
        let can_capture = matches!(&self.protocol, Protocol::ImageCopy(ImageCopy { windows: Some(_), .. }));
        let Some(list) = self.state.window_list.filter(|_| can_capture) else { return Err(no_windows()) };
        let _kept: ExtForeignToplevelListV1 = self.registry.bind(list, 1, &self.handle, ());
        self.round_trip()?;
        Ok(&self.state.windows)
    }

    /// The windows that were told of.
    pub(super) fn known_windows(&self) -> &Windows {
        &self.state.windows
    }

    /// Grows whenever something about outputs or windows was told.
    pub(super) fn changes(&self) -> u64 {
        self.state.outputs.changes() + self.state.windows.changes()
    }

    /// Readable when the compositor has said something.
    pub(super) fn socket(&self) -> BorrowedFd<'_> {
        self.conn.as_fd()
    }

    /// Takes in all that the compositor has said until now.
    pub(super) fn receive(&mut self) -> Result<(), Error> {
        receive(&self.conn, &mut self.queue, &mut self.state)
    }

    /// The next answer to a request for a picture.
    pub(super) fn take_answer(&mut self) -> Option<(u64, Answer)> {
        self.state.answers.pop_front()
    }

    /// Whether a window with `part` in its title is on an output. Without a way to know it is not.
    pub(super) fn shows_title(&mut self, part: &str, output: &WlOutput) -> Result<bool, Error> {
        let Some(global) = self.state.toplevel_manager else { return Ok(false) };
        self.state.toplevels.clear();
        let manager: ZwlrForeignToplevelManagerV1 = self.registry.bind(global, 1, &self.handle, ());
        self.round_trip()?;
        let is_shown = self.state.toplevels.shows(part, output);
        self.state.toplevels.clear();
        manager.stop();
        Ok(is_shown)
    }

    pub(super) fn flush(&self) -> Result<(), Error> {
        flush(&self.conn)
    }

    /// Waits until the compositor has answered all that it was asked.
    pub(super) fn round_trip(&mut self) -> Result<(), Error> {
        round_trip(&self.conn, &mut self.queue, &mut self.state)
    }
}

fn round_trip(conn: &Connection, queue: &mut EventQueue<State>, state: &mut State) -> Result<(), Error> {
    let (deadline, before) = (Instant::now() + ANSWER_WITHIN, state.round_trips);
    conn.display().sync(&queue.handle(), ());
    loop {
        flush(conn)?;
        receive(conn, queue, state)?;
        if state.round_trips > before {
            return Ok(());
        }
        let [ready] = poll_until([conn.as_fd()], Some(deadline)).map_err(|error| lost(&error))?;
        if !ready {
            return Err(lost(&"it does not answer"));
        }
    }
}

fn receive(conn: &Connection, queue: &mut EventQueue<State>, state: &mut State) -> Result<(), Error> {
    if let Some(guard) = conn.prepare_read() {
        match guard.read() {
            Err(WaylandError::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            read => drop(read.map_err(|error| lost(&error))?),
        }
    }
    match queue.dispatch_pending(state) {
        Ok(_) => Ok(()),
        Err(DispatchError::Backend(error)) => Err(lost(&error)),
        Err(error) => Err(lost(&error)),
    }
}

fn flush(conn: &Connection) -> Result<(), Error> {
    match conn.flush() {
        // A compositor that is busy takes the rest with the next flush.
        Err(WaylandError::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(()),
        flushed => flushed.map_err(|error| lost(&error)),
    }
}

/// What a broken connection means to the pipeline.
pub(super) fn lost(reason: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Lost, format!("the Wayland compositor is gone: {reason}"))
}

fn socket_path(options: &Options, variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, Error> {
    let named = options.wayland_display.clone().or_else(|| variable("WAYLAND_DISPLAY").map(PathBuf::from));
    let name = named.unwrap_or_else(|| DEFAULT_SOCKET.into());
    if name.is_absolute() {
        return Ok(name);
    }
    let folder = variable("XDG_RUNTIME_DIR").ok_or_else(|| {
        let message = format!(
            "no Wayland compositor: $XDG_RUNTIME_DIR, where its socket `{}` lies, is not set. Start it from a desktop \
             session, or try `lanstream pattern`",
            name.display()
        );
        Error::new(ErrorKind::NotFound, message)
    })?;
    Ok(Path::new(&folder).join(name))
}

fn unreachable(path: &Path, error: &std::io::Error) -> Error {
    let message = format!(
        "cannot reach the Wayland compositor at {}: {error}. Check $WAYLAND_DISPLAY and $XDG_RUNTIME_DIR and that this \
         user may use it, or try `lanstream pattern`",
        path.display()
    );
    Error::new(ErrorKind::NotFound, message)
}

/// What a compositor means that hands out outputs alone.
fn no_windows() -> Error {
    let message = "this Wayland compositor hands out no windows, for which it needs ext-foreign-toplevel-list and \
                   ext-image-copy-capture: capture the monitor that the window is on (`--display`), or a part of it \
                   (`--region`)";
    Error::new(ErrorKind::Unsupported, message)
}

/// What a compositor means that hands out no pictures.
fn uncapturable(lacking: &str) -> Error {
    let message = format!(
        "this Wayland compositor lets no program capture the screen: it lacks {lacking}. GNOME and KDE hand out \
         screens through their portal alone: load the plugin that asks it (`lanstream --plugin \
         liblanstream_portal.so portal`, from plugins/portal), or log in to an X11 session"
    );
    Error::new(ErrorKind::Unsupported, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(options: &Options, set: &[(&str, &str)]) -> Result<PathBuf, Error> {
        socket_path(options, |name| set.iter().find(|(set, _)| *set == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn sockets_are_found_where_sessions_put_them() {
        let none = Options::default();
        let folder = ("XDG_RUNTIME_DIR", "/run/user/7");
        assert_eq!(path(&none, &[folder]), Ok("/run/user/7/wayland-0".into()));
        assert_eq!(path(&none, &[folder, ("WAYLAND_DISPLAY", "w-3")]), Ok("/run/user/7/w-3".into()));
        assert_eq!(path(&none, &[("WAYLAND_DISPLAY", "/tmp/w")]), Ok("/tmp/w".into()));
        let given = Options { wayland_display: Some("/tmp/x".into()), ..Options::default() };
        assert_eq!(path(&given, &[folder, ("WAYLAND_DISPLAY", "w-3")]), Ok("/tmp/x".into()));
        let error = path(&none, &[("WAYLAND_DISPLAY", "w-3")]).unwrap_err();
        assert!(error.kind == ErrorKind::NotFound && error.message.contains("XDG_RUNTIME_DIR"), "{error}");
    }
}
