//! A stream of images that this program pushes, with a server of its own.

use std::future::poll_fn;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lanstream_push::{Image, PushError, PushStats, Pusher, channel};

use crate::event::{Event, Stats};
use crate::server::{Options, Server, StartError, Totals};

/// A stream of images that this program pushes to all who open its [`url`](Self::url). Dropping it ends it.
///
/// ```no_run
/// use lanstream::{Format, Image, Stream};
///
/// let stream = Stream::open()?;
/// println!("{}", stream.url());
/// let mut pixels = vec![0; 640 * 480 * 3];
/// for level in (0..=u8::MAX).cycle() {
///     pixels.fill(level);
///     stream.push(Image::new(Format::Rgb8, 640, 480, &pixels))?;
///     std::thread::sleep(std::time::Duration::from_millis(16));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Stream {
    pusher: Pusher,
    server: Server,
    /// Counts at the last [`stats`](Self::stats).
    totals: Mutex<Totals>,
}

/// How a stream is opened.
pub struct StreamBuilder {
    name: String,
    options: Options,
    observer: Box<dyn Fn(Event) + Send + Sync>,
}

/// Numbers of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct StreamStats {
    /// Images since the stream began.
    pub push: PushStats,
    /// Frames, viewers and latency since the last call.
    pub server: Stats,
}

impl Stream {
    /// Opens a stream on a free port of this machine's loopback addresses.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn open() -> Result<Self, StartError> {
        Self::builder().open()
    }

    /// Returns a builder of a stream with other options.
    pub fn builder() -> StreamBuilder {
        StreamBuilder { name: "stream".to_owned(), options: Options::default(), observer: Box::new(|_| {}) }
    }

    /// Makes `image` the newest one: see [`Pusher::push`]. It never waits for a viewer.
    ///
    /// # Errors
    /// [`PushError`], if the image contradicts itself.
    pub fn push(&self, image: Image<'_>) -> Result<(), PushError> {
        self.pusher.push(image)
    }

    /// Returns memory of an earlier image, to draw the next one in: see [`Pusher::take_buffer`].
    pub fn take_buffer(&self) -> Vec<u8> {
        self.pusher.take_buffer()
    }

    /// Returns a handle for other threads. After the stream has stopped, its pushes fail with [`PushError::Stopped`].
    pub fn pusher(&self) -> Pusher {
        self.pusher.clone()
    }

    /// Returns the address of the page that shows the stream, with the secret that lets its opener in.
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// Returns an address that lets one viewer in, once: see [`Server::ticket_url`].
    pub fn ticket_url(&self, lifetime: Duration) -> String {
        self.server.ticket_url(lifetime)
    }

    /// Returns whether an image would go anywhere: to a viewer that is not paused, as a hidden page is, or to a frame
    /// sink. A program may stop rendering while it would not.
    pub fn is_watched(&self) -> bool {
        !self.server.audience().is_empty() || self.server.has_frame_sinks()
    }

    /// Waits until an image would go somewhere, in any runtime.
    pub async fn watched(&self) {
        if !self.server.has_frame_sinks() {
            poll_fn(|context| self.server.audience().poll_present(context)).await;
        }
    }

    /// Returns numbers of the stream.
    pub fn stats(&self) -> StreamStats {
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        StreamStats { push: self.pusher.stats(), server: self.server.stats(&mut totals) }
    }

    /// Returns the server.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Tells viewers that it is over, lets frame sinks finish, which may take long, and gives everything back.
    pub fn stop(self) {
        self.server.stop();
    }
}

impl StreamBuilder {
    /// Sets the name of what is shown.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets how the stream is served.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Sets the function that is called with what happens, on threads of the server.
    #[must_use]
    pub fn on_event(mut self, observer: impl Fn(Event) + Send + Sync + 'static) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// Opens the stream.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn open(self) -> Result<Stream, StartError> {
        let (pusher, open) = channel(self.name);
        let server = Server::start(open, &self.options, self.observer)?;
        let mut totals = Totals::default();
        server.stats(&mut totals);
        Ok(Stream { pusher, server, totals: Mutex::new(totals) })
    }
}

impl std::fmt::Debug for StreamBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamBuilder")
            .field("name", &self.name)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
