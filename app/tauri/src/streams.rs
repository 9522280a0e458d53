//! The streams of an application, by name: images that it pushes, and sources. Each has a server of its own, and ends
//! when it is stopped, with the page that started it, or with the application.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lanstream::core::options::OptionValues;
use lanstream::core::registry::Registry;
use lanstream::core::source::Listener;
use lanstream::{Options, Pusher, Server, Stream};

use crate::Error;

/// Time within which a page uses a URL that it asked for: far longer than a slow page takes from its command to its
/// element.
const URL_LIFETIME: Duration = Duration::from_secs(30);

/// The streams of an application.
#[derive(Debug)]
pub struct Streams {
    options: Options,
    sources: Registry,
    /// Names of the sources that pages may start.
    page_sources: Vec<String>,
    running: Mutex<BTreeMap<String, Running>>,
}

#[derive(Debug)]
struct Running {
    shown: Shown,
    /// Label of the webview whose page started it; `None` for the application itself.
    owner: Option<String>,
}

#[derive(Debug)]
enum Shown {
    Images(Stream),
    Source(Server),
}

impl Streams {
    pub(crate) fn new(options: Options, sources: Registry, page_sources: Vec<String>) -> Self {
        Self { options, sources, page_sources, running: Mutex::default() }
    }

    /// Opens a stream of images under this name, and returns what pushes them. Pages see the stream until it is
    /// [stopped](Self::stop); pushes fail from then on.
    ///
    /// # Errors
    /// [`Error::NameTaken`] and [`Error::Start`].
    pub fn push(&self, name: &str) -> Result<Pusher, Error> {
        self.check_free(name)?;
        let stream = Stream::builder().name(name).options(self.options.clone()).open()?;
        let pusher = stream.pusher();
        self.add(name, Running { shown: Shown::Images(stream), owner: None })?;
        Ok(pusher)
    }

    /// Starts a source with these options as the stream of this name. It waits for what the source waits for, such as
    /// a display.
    ///
    /// # Errors
    /// [`Error::NameTaken`], [`Error::Source`] and [`Error::Start`].
    pub fn start(&self, name: &str, source: &str, values: OptionValues) -> Result<(), Error> {
        self.start_owned(name, source, values, None)
    }

    /// Returns a URL of the stream of this name, for the attribute `src` of one element: it lets one viewer in, once,
    /// within half a minute. That viewer comes back by itself for as long as its page is open.
    ///
    /// # Errors
    /// [`Error::UnknownStream`].
    pub fn url(&self, name: &str) -> Result<String, Error> {
        self.with(name, |shown| shown.server().ticket_url(URL_LIFETIME))
    }

    /// Returns whether an image or a frame of the stream of this name would go to a viewer that is not paused. A
    /// program may stop rendering while it would not.
    ///
    /// # Errors
    /// [`Error::UnknownStream`].
    pub fn is_watched(&self, name: &str) -> Result<bool, Error> {
        self.with(name, |shown| !shown.server().audience().is_empty())
    }

    /// Ends the stream of this name, and tells its viewers.
    ///
    /// # Errors
    /// [`Error::UnknownStream`].
    pub fn stop(&self, name: &str) -> Result<(), Error> {
        // It is dropped when nothing is locked any more: viewers are told before it is gone.
        let stopped = self.running().remove(name);
        stopped.map(drop).ok_or_else(|| Error::UnknownStream(name.to_owned()))
    }

    /// Ends all streams.
    pub(crate) fn stop_all(&self) {
        let all = std::mem::take(&mut *self.running());
        drop(all);
    }

    /// Starts a source for a page, if pages may start it.
    pub(crate) fn start_for_page(
        &self,
        webview: &str,
        name: &str,
        source: &str,
        values: OptionValues,
    ) -> Result<String, Error> {
        if !self.page_sources.iter().any(|allowed| allowed == source) {
            return Err(Error::SourceNotAllowed(source.to_owned()));
        }
        self.start_owned(name, source, values, Some(webview.to_owned()))?;
        self.url(name)
    }

    /// Ends a stream for a page, if it is the page's own.
    pub(crate) fn stop_for_page(&self, webview: &str, name: &str) -> Result<(), Error> {
        let mut running = self.running();
        let found = running.get(name).ok_or_else(|| Error::UnknownStream(name.to_owned()))?;
        if found.owner.as_deref() != Some(webview) {
            return Err(Error::NotOwned(name.to_owned()));
        }
        let stopped = running.remove(name);
        drop(running);
        drop(stopped);
        Ok(())
    }

    /// Ends what a page has started that is gone, without waiting for it.
    pub(crate) fn leave(&self, webview: &str) {
        let of_page = |running: &Running| running.owner.as_deref() == Some(webview);
        let left: Vec<_> = self.running().extract_if(.., |_, running| of_page(running)).collect();
        if !left.is_empty() {
            tauri::async_runtime::spawn_blocking(move || drop(left));
        }
    }

    fn start_owned(
        &self,
        name: &str,
        source: &str,
        values: OptionValues,
        owner: Option<String>,
    ) -> Result<(), Error> {
        self.check_free(name)?;
        let configured = self.sources.configure(source, values, Listener::default())?;
        let options = Options { fps_max: configured.fps_max, ..self.options.clone() };
        let server = Server::start(configured.open, &options, |_| {})?;
        self.add(name, Running { shown: Shown::Source(server), owner })
    }

    /// Refuses a name before anything is opened for it.
    fn check_free(&self, name: &str) -> Result<(), Error> {
        let is_taken = self.running().contains_key(name);
        if is_taken { Err(Error::NameTaken(name.to_owned())) } else { Ok(()) }
    }

    /// Adds a stream, unless another one took the name meanwhile.
    fn add(&self, name: &str, stream: Running) -> Result<(), Error> {
        let mut running = self.running();
        if running.contains_key(name) {
            // Before the stream ends, for which others need not wait.
            drop(running);
            return Err(Error::NameTaken(name.to_owned()));
        }
        running.insert(name.to_owned(), stream);
        Ok(())
    }

    fn with<T>(&self, name: &str, look: impl FnOnce(&Shown) -> T) -> Result<T, Error> {
        let running = self.running();
        running.get(name).map(|found| look(&found.shown)).ok_or_else(|| Error::UnknownStream(name.to_owned()))
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shown {
    fn server(&self) -> &Server {
        match self {
            Self::Images(stream) => stream.server(),
            Self::Source(server) => server,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "what fails in a helper fails the test")]
mod tests {
    use lanstream::{Format, Image, PushError};

    use super::*;

    fn streams(allowed: &[&str]) -> Streams {
        let allowed = allowed.iter().map(|&name| name.to_owned()).collect();
        Streams::new(Options::default(), lanstream::sources::registry(), allowed)
    }

    fn code<T>(result: Result<T, Error>) -> &'static str {
        result.err().map_or("", |error| error.code())
    }

    fn image() -> Image<'static> {
        Image::new(Format::Gray8, 2, 1, vec![1, 2])
    }

    #[test]
    fn images_are_pushed_until_the_stream_is_stopped() {
        let streams = streams(&[]);
        let pusher = streams.push("a").unwrap();
        pusher.push(image()).unwrap();
        assert_eq!((streams.is_watched("a").unwrap(), code(streams.push("a"))), (false, "name-taken"));
        let (first, other) =
            (streams.url("a").unwrap(), streams.push("b").and_then(|_| streams.url("b")).unwrap());
        assert_ne!(first, other);
        assert_ne!(first, streams.url("a").unwrap(), "each lets one viewer in");
        streams.stop("a").unwrap();
        assert!(matches!(pusher.push(image()), Err(PushError::Stopped)));
        assert_eq!((code(streams.url("a")), code(streams.stop("a"))), ("unknown-stream", "unknown-stream"));
        assert!(streams.push("a").is_ok());
    }

    #[test]
    fn a_page_starts_what_it_may_and_stops_what_is_its_own() {
        let streams = streams(&["pattern"]);
        let start = |name, source| streams.start_for_page("main", name, source, OptionValues::default());
        assert_eq!(code(start("a", "capture")), "source-not-allowed");
        assert!(start("a", "pattern").unwrap().starts_with("http://127.0.0.1:"));
        assert_eq!(code(start("a", "pattern")), "name-taken");
        let wrong = OptionValues::default().with("size", "0x0");
        assert_eq!(code(streams.start_for_page("main", "b", "pattern", wrong)), "source");
        let _pusher = streams.push("own").unwrap();
        assert_eq!(code(streams.stop_for_page("main", "own")), "not-owned");
        assert_eq!(code(streams.stop_for_page("other", "a")), "not-owned");
        streams.stop_for_page("main", "a").unwrap();
        assert_eq!(code(streams.stop_for_page("main", "a")), "unknown-stream");
    }

    #[test]
    fn what_a_page_has_started_ends_with_it() {
        let streams = streams(&["pattern"]);
        for (page, name) in [("main", "a"), ("main", "b"), ("other", "c")] {
            streams.start_for_page(page, name, "pattern", OptionValues::default()).unwrap();
        }
        streams.start("d", "pattern", OptionValues::default()).unwrap();
        streams.leave("main");
        let known = ["a", "b", "c", "d"].map(|name| code(streams.url(name)));
        assert_eq!(known, ["unknown-stream", "unknown-stream", "", ""]);
        streams.stop_all();
        assert_eq!(code(streams.url("d")), "unknown-stream");
    }

    #[test]
    fn an_error_is_an_object_in_a_page() {
        let error = Error::SourceNotAllowed("capture".to_owned());
        let told = serde_json::to_value(&error).unwrap();
        assert_eq!(
            (&told["code"], &told["message"]),
            (&"source-not-allowed".into(), &error.to_string().into())
        );
    }
}
