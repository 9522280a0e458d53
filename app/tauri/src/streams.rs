//! The streams of an application, by name: images that it pushes, and sources. Each has a server of its own, and ends
//! when it is stopped, with the page that started it, or with the application.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lanstream::core::options::OptionValues;
use lanstream::core::registry::{Registry, SourceFactory};
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
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    running: BTreeMap<String, Running>,
    /// Number of pages that have gone from each webview, by its label: a stream that is still starting when its page
    /// goes must not outlive it.
    departures: BTreeMap<String, u64>,
    is_ending: bool,
}

/// The page that starts a stream.
#[derive(Debug)]
struct Owner {
    /// Label of its webview.
    webview: String,
    /// Number of pages that went from the webview before it.
    departures: u64,
}

#[derive(Debug)]
struct Running {
    shown: Shown,
    /// The page that started it; `None` for the application itself.
    owner: Option<Owner>,
}

#[derive(Debug)]
enum Shown {
    Images(Stream),
    Source(Server),
}

impl Streams {
    pub(crate) fn new(options: Options, sources: Registry, page_sources: Vec<String>) -> Self {
        Self { options, sources, page_sources, state: Mutex::default() }
    }

    /// Opens a stream of images under this name, and returns what pushes them. Pages see the stream until it is
    /// [stopped](Self::stop); pushes fail from then on.
    ///
    /// # Errors
    /// [`Error::NameTaken`], [`Error::Start`] and [`Error::Ending`].
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
    /// [`Error::NameTaken`], [`Error::Source`], [`Error::Start`] and [`Error::Ending`].
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
        let stopped = self.state().running.remove(name);
        stopped.map(drop).ok_or_else(|| Error::UnknownStream(name.to_owned()))
    }

    /// Ends all streams, also those that are still starting.
    pub(crate) fn end(&self) {
        let all = {
            let mut state = self.state();
            state.is_ending = true;
            std::mem::take(&mut state.running)
        };
        self.sources.iter().for_each(SourceFactory::interrupt_openers);
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
        let departures = self.state().departures.get(webview).copied().unwrap_or(0);
        self.start_owned(name, source, values, Some(Owner { webview: webview.to_owned(), departures }))?;
        self.url(name)
    }

    /// Ends a stream for a page, if it is the page's own.
    pub(crate) fn stop_for_page(&self, webview: &str, name: &str) -> Result<(), Error> {
        let mut state = self.state();
        let found = state.running.get(name).ok_or_else(|| Error::UnknownStream(name.to_owned()))?;
        if !found.is_of(webview) {
            return Err(Error::NotOwned(name.to_owned()));
        }
        let stopped = state.running.remove(name);
        drop(state);
        drop(stopped);
        Ok(())
    }

    /// Ends what a page has started that is gone, without waiting for it.
    pub(crate) fn leave(&self, webview: &str) {
        let left: Vec<_> = {
            let mut state = self.state();
            *state.departures.entry(webview.to_owned()).or_default() += 1;
            state.running.extract_if(.., |_, running| running.is_of(webview)).collect()
        };
        if !left.is_empty() {
            tauri::async_runtime::spawn_blocking(move || drop(left));
        }
    }

    fn start_owned(
        &self,
        name: &str,
        source: &str,
        values: OptionValues,
        owner: Option<Owner>,
    ) -> Result<(), Error> {
        self.check_free(name)?;
        let configured = self.sources.configure(source, values, Listener::default())?;
        let options = Options { fps_max: configured.fps_max, ..self.options.clone() };
        let server = Server::start(configured.open, &options, |_| {})?;
        self.add(name, Running { shown: Shown::Source(server), owner })
    }

    /// Refuses a name before anything is opened for it.
    fn check_free(&self, name: &str) -> Result<(), Error> {
        let is_taken = self.state().running.contains_key(name);
        if is_taken { Err(Error::NameTaken(name.to_owned())) } else { Ok(()) }
    }

    /// Adds a stream, unless another one took the name meanwhile, or nobody is left whom it is for.
    fn add(&self, name: &str, stream: Running) -> Result<(), Error> {
        let mut state = self.state();
        if let Err(error) = state.admit(name, &stream) {
            // Before the stream ends, for which others need not wait.
            drop(state);
            return Err(error);
        }
        state.running.insert(name.to_owned(), stream);
        Ok(())
    }

    fn with<T>(&self, name: &str, look: impl FnOnce(&Shown) -> T) -> Result<T, Error> {
        let state = self.state();
        let found = state.running.get(name).ok_or_else(|| Error::UnknownStream(name.to_owned()))?;
        Ok(look(&found.shown))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn admit(&self, name: &str, stream: &Running) -> Result<(), Error> {
        if self.is_ending {
            return Err(Error::Ending);
        }
        let has_gone =
            |owner: &Owner| self.departures.get(&owner.webview).copied().unwrap_or(0) != owner.departures;
        if stream.owner.as_ref().is_some_and(has_gone) {
            return Err(Error::PageGone(name.to_owned()));
        }
        if self.running.contains_key(name) {
            return Err(Error::NameTaken(name.to_owned()));
        }
        Ok(())
    }
}

impl Running {
    fn is_of(&self, webview: &str) -> bool {
        self.owner.as_ref().is_some_and(|owner| owner.webview == webview)
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
    use std::sync::mpsc::{self, Receiver, SyncSender};

    use lanstream::core::options::OptionError;
    use lanstream::core::registry::{Configured, Descriptor};
    use lanstream::{Format, Image, PushError};

    use super::*;

    fn streams(allowed: &[&str]) -> Streams {
        let allowed = allowed.iter().map(|&name| name.to_owned()).collect();
        Streams::new(Options::default(), lanstream::sources::registry(), allowed)
    }

    /// A pattern that says when it is being opened, and opens once it may.
    struct Slow {
        opening: SyncSender<()>,
        may_open: Mutex<Option<Receiver<()>>>,
    }

    impl SourceFactory for Slow {
        fn descriptor(&self) -> Descriptor {
            Descriptor { name: "slow".into(), about: "".into(), examples: "".into(), options: Vec::new() }
        }
        fn configure(&self, _: &OptionValues, listener: Listener) -> Result<Configured, OptionError> {
            let pattern = lanstream::sources::registry();
            let mut open = pattern.configure("pattern", OptionValues::default(), listener).unwrap().open;
            let (opening, may_open) = (self.opening.clone(), self.may_open.lock().unwrap().take().unwrap());
            Ok(Configured::new(Box::new(move || {
                opening.send(()).unwrap();
                may_open.recv().unwrap();
                open()
            })))
        }
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
        streams.end();
        assert_eq!(code(streams.url("d")), "unknown-stream");
    }

    /// What comes of a stream that its page starts, where this happens before it has started.
    fn started_while(happens: impl FnOnce(&Streams)) -> (&'static str, &'static str) {
        let (opening, is_opening) = mpsc::sync_channel(1);
        let (open, may_open) = mpsc::sync_channel(1);
        let slow = Slow { opening, may_open: Mutex::new(Some(may_open)) };
        let sources = lanstream::sources::registry().with(slow).unwrap();
        let streams = Streams::new(Options::default(), sources, vec!["slow".to_owned()]);
        std::thread::scope(|scope| {
            let start = || streams.start_for_page("main", "a", "slow", OptionValues::default());
            let starting = scope.spawn(move || code(start()));
            is_opening.recv().unwrap();
            happens(&streams);
            open.send(()).unwrap();
            (starting.join().unwrap(), code(streams.url("a")))
        })
    }

    #[test]
    fn what_is_still_starting_does_not_outlive_its_page_or_the_application() {
        assert_eq!(started_while(|_| {}), ("", ""));
        assert_eq!(started_while(|streams| streams.leave("other")), ("", ""));
        assert_eq!(started_while(|streams| streams.leave("main")), ("page-gone", "unknown-stream"));
        assert_eq!(started_while(Streams::end), ("ending", "unknown-stream"));
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
