//! A Wayland compositor that does what a test says, also what no real one does on demand: it unplugs its output, has no
//! picture, tells of the wrong changes or of none, and has pixels in any format.
//!
//! It has one output, whose pixels the test draws as they lie in the compositor's buffers.

mod buffer;
mod image_copy;
mod look;
mod protocol;
mod session;
mod state;
mod window;
mod window_list;

use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rustix::event::{PollFd, PollFlags, poll};
use tempfile::TempDir;
use wayland_server::backend::ClientData;
use wayland_server::{Display, DisplayHandle};

pub use look::{OutputLook, Place};
use state::State;
pub use wayland_server::protocol::wl_output::Transform;
pub use wayland_server::protocol::wl_shm::Format;

/// What its thread is to do next.
type Step = Box<dyn FnOnce(&mut State, &DisplayHandle) + Send>;

/// A protocol by which it hands out pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// `wlr-screencopy`.
    Screencopy,
    /// `ext-image-copy-capture`.
    ImageCopy,
}

/// A running compositor; it ends with this.
#[derive(Debug)]
pub struct ScriptedCompositor {
    folder: TempDir,
    /// `None` once it is to end.
    steps: Option<Sender<Step>>,
    /// Written to when there is a step.
    bell: UnixStream,
    thread: Option<JoinHandle<()>>,
}

/// A client, of which nothing is known.
struct AnyClient;

impl ClientData for AnyClient {}

impl ScriptedCompositor {
    /// Starts one with a black output.
    pub fn start(speaks: Speaks, look: OutputLook) -> Self {
        let folder = TempDir::new().unwrap();
        let listener = UnixListener::bind(socket_in(&folder)).unwrap();
        let (steps, received) = channel();
        let (bell, rung) = UnixStream::pair().unwrap();
        let serve = move || serve(speaks, look, &listener, &received, &rung);
        let thread = std::thread::Builder::new().name("compositor".into()).spawn(serve).unwrap();
        Self { folder, steps: Some(steps), bell, thread: Some(thread) }
    }

    /// Returns the path of its socket, for `WAYLAND_DISPLAY`.
    pub fn socket(&self) -> PathBuf {
        socket_in(&self.folder)
    }

    /// Draws a rectangle, each of its pixels these bytes, and tells of the change.
    pub fn draw(&self, place: Place, pixel: &[u8]) {
        let pixel = pixel.to_vec();
        self.run(move |state, _| {
            state.draw(place, &pixel);
            state.tell(place);
        });
    }

    /// Draws a rectangle, and tells of nothing.
    pub fn draw_untold(&self, place: Place, pixel: &[u8]) {
        let pixel = pixel.to_vec();
        self.run(move |state, _| state.draw(place, &pixel));
    }

    /// Tells of a change.
    pub fn tell(&self, place: Place) {
        self.run(move |state, _| state.tell(place));
    }

    /// Switches the output off or on: while it is off there is no picture of it.
    pub fn switch(&self, is_on: bool) {
        self.run(move |state, _| state.switch(is_on));
    }

    /// Gives the output another look, black at first, and says so.
    pub fn change(&self, look: OutputLook) {
        self.run(move |state, _| {
            state.change(look);
            state.announce();
        });
    }

    /// The same, but what it says of the output remains as before: buffers alone are asked for differently.
    pub fn change_untold(&self, look: OutputLook) {
        self.run(move |state, _| state.change(look));
    }

    /// Takes the output away.
    pub fn unplug(&self) {
        self.run(State::unplug);
    }

    /// Brings the output back, as another one of the same name.
    pub fn plug(&self) {
        self.run(State::plug);
    }

    /// Opens a window with a title. It has the picture of the output.
    pub fn open_window(&self, title: &str) {
        let title = title.to_owned();
        self.run(move |state, handle| state.open_window(handle, &title));
    }

    /// Gives a window another title.
    pub fn rename_window(&self, title: &str, now: &str) {
        let (title, now) = (title.to_owned(), now.to_owned());
        self.run(move |state, _| state.rename_window(&title, &now));
    }

    /// Closes a window.
    pub fn close_window(&self, title: &str) {
        let title = title.to_owned();
        self.run(move |state, _| state.close_window(&title));
    }

    /// Returns how many pictures it was asked for until now.
    pub fn requests(&self) -> u32 {
        self.run(|state, _| state.requests())
    }

    /// Runs a step on its thread, and returns what came of it.
    fn run<T: Send + 'static>(
        &self,
        step: impl FnOnce(&mut State, &DisplayHandle) -> T + Send + 'static,
    ) -> T {
        let (done, outcome) = channel();
        let step: Step = Box::new(move |state, handle| done.send(step(state, handle)).unwrap());
        self.steps.as_ref().expect("it runs").send(step).unwrap();
        (&self.bell).write_all(&[1]).unwrap();
        outcome.recv().expect("the compositor runs")
    }
}

impl Drop for ScriptedCompositor {
    fn drop(&mut self) {
        self.steps = None;
        // It fails only if the thread has ended by itself, which the test has noticed.
        let _ended = (&self.bell).write_all(&[1]);
        let _panicked = self.thread.take().map(JoinHandle::join);
    }
}

fn socket_in(folder: &TempDir) -> PathBuf {
    Path::new(folder.path()).join("wayland-0")
}

fn serve(
    speaks: Speaks,
    look: OutputLook,
    listener: &UnixListener,
    steps: &Receiver<Step>,
    mut rung: &UnixStream,
) {
    let mut display = Display::new().unwrap();
    let mut handle = display.handle();
    let mut state = State::new(look);
    protocol::offer_shared_memory(&handle);
    match speaks {
        Speaks::Screencopy => protocol::offer_screencopy(&handle),
        Speaks::ImageCopy => {
            image_copy::offer(&handle);
            window_list::offer(&handle);
        }
    }
    state.plug(&handle);
    loop {
        display.flush_clients().unwrap();
        let backend = display.backend().poll_fd().try_clone_to_owned().unwrap();
        let fds = [backend.as_fd(), listener.as_fd(), rung.as_fd()];
        let mut polled = fds.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
        poll(&mut polled, None).unwrap();
        let [said, came, told] = polled.map(|fd| !fd.revents().is_empty());
        if came {
            let (client, _) = listener.accept().unwrap();
            handle.insert_client(client, Arc::new(AnyClient)).unwrap();
        }
        if said {
            display.dispatch_clients(&mut state).unwrap();
        }
        if told {
            rung.read_exact(&mut [0]).unwrap();
            let Ok(step) = steps.recv() else { return };
            // What clients had asked before comes first.
            display.dispatch_clients(&mut state).unwrap();
            step(&mut state, &handle);
        }
    }
}
