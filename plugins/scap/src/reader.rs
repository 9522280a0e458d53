//! The thread that owns scap's capturer, and leaves the newest picture for the source.
//!
//! scap's capturer cannot be told to stop while it waits for a frame, so the thread ends with the first frame after its
//! source was closed, or with the process: that is the plugin's own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

use lanstream_plugin::core::source::{Error, ErrorKind};
use scap::capturer::{Capturer, Options};
use scap::frame::FrameType;

use crate::picture::Picture;

/// What the thread and the source share.
#[derive(Default)]
struct Shared {
    newest: Mutex<Option<Result<Picture, Error>>>,
    is_closed: AtomicBool,
}

/// The source's end of the thread. The thread is told to end when it is dropped.
pub(crate) struct Reader(Arc<Shared>);

impl Reader {
    /// Starts the thread, and waits for the user's choice and the first picture.
    pub(crate) fn start(fps: u32, show_cursor: bool, waker: Waker) -> Result<(Self, Picture), Error> {
        let shared = Arc::new(Shared::default());
        let (sender, first) = channel();
        let theirs = Arc::clone(&shared);
        let run = move || run(&options(fps, show_cursor), &theirs, &sender, &waker);
        let started = std::thread::Builder::new().name("scap".into()).spawn(run);
        started.map_err(|error| Error::new(ErrorKind::Lost, format!("there is no thread: {error}")))?;
        Ok((Self(shared), receive(&first)?))
    }

    /// Takes the newest picture, if there is one that was not taken before.
    pub(crate) fn take(&self) -> Result<Option<Picture>, Error> {
        self.0.newest.lock().unwrap_or_else(PoisonError::into_inner).take().transpose()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.is_closed.store(true, Ordering::Relaxed);
    }
}

type First = Result<Picture, Error>;

fn receive(first: &Receiver<First>) -> First {
    first.recv().unwrap_or_else(|_| Err(Error::new(ErrorKind::Lost, "scap ended without a picture")))
}

fn options(fps: u32, show_cursor: bool) -> Options {
    Options { fps, show_cursor, output_type: FrameType::BGRAFrame, ..Options::default() }
}

fn run(options: &Options, shared: &Shared, first: &Sender<First>, waker: &Waker) {
    let mut capturer = match build(options) {
        Ok(capturer) => capturer,
        Err(error) => return first.send(Err(error)).unwrap_or_default(),
    };
    capturer.start_capture();
    let mut is_first = true;
    while !shared.is_closed.load(Ordering::Relaxed) {
        let picture = next(&capturer);
        let is_over = picture.is_err();
        if std::mem::take(&mut is_first) {
            first.send(picture).unwrap_or_default();
        } else {
            *shared.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(picture);
            waker.wake_by_ref();
        }
        if is_over {
            break;
        }
    }
    capturer.stop_capture();
}

/// Builds the capturer. scap panics where the portal is missing or the user declines, and says why on standard error.
fn build(options: &Options) -> Result<Capturer, Error> {
    let unsupported = |text: String| Error::new(ErrorKind::Unsupported, text);
    match catch_unwind(AssertUnwindSafe(|| Capturer::build(options.clone()))) {
        Ok(built) => built.map_err(|error| unsupported(format!("scap: {error}"))),
        Err(panic) => {
            let reason = panic.downcast_ref::<String>().cloned().unwrap_or_else(|| {
                panic.downcast_ref::<&str>().copied().unwrap_or("it gives no reason").to_owned()
            });
            let hint = "scap needs a desktop session whose portal offers screen casts";
            Err(unsupported(format!("scap cannot capture: {reason}; {hint}")))
        }
    }
}

fn next(capturer: &Capturer) -> Result<Picture, Error> {
    let frame =
        capturer.get_next_frame().map_err(|_| Error::new(ErrorKind::Lost, "scap brings no more frames"))?;
    Picture::read(frame).map_err(|error| Error::new(ErrorKind::Unsupported, error.0))
}
