//! A server in this process that shows a pattern, and what it told.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, Once};

use lanstream::{Event, Options, Server, StartError, Totals};
use lanstream_core::Size;
use lanstream_pattern::Kind;
use lanstream_testkit::http::PATIENCE;
use lanstream_testkit::machine::{self, Share};
use lanstream_testkit::viewer::{ALL, Door, Viewer};

/// Small enough to be quick, large enough for several chunks and for the number.
pub(crate) const SIZE: Size = Size { width: 640, height: 360 };

/// Panics of the server's own threads, which tokio would swallow.
static PANICS: AtomicUsize = AtomicUsize::new(0);

pub(crate) struct Serving {
    pub(crate) server: Server,
    pub(crate) door: Door,
    pub(crate) kind: Kind,
    told: Arc<Told>,
    _machine: Share,
}

#[derive(Default)]
struct Told {
    events: Mutex<Vec<Event>>,
    more: Condvar,
}

impl Serving {
    pub(crate) fn start(kind: Kind, options: &Options) -> Self {
        Self::try_start(kind, options).expect("a pattern can always be served")
    }

    pub(crate) fn try_start(kind: Kind, options: &Options) -> Result<Self, StartError> {
        count_panics();
        let machine = machine::share();
        let told = Arc::new(Told::default());
        let teller = Arc::clone(&told);
        let pattern = lanstream_pattern::Options { kind, size: SIZE, fps: 60 };
        let server = Server::start(lanstream_pattern::opener(pattern), options, move |event| {
            teller.events.lock().unwrap().push(event);
            teller.more.notify_all();
        });
        let server = server?;
        let door = Door::from_url(server.url());
        Ok(Self { server, door, kind, told, _machine: machine })
    }

    /// Every pixel changes with every frame.
    pub(crate) fn motion() -> Self {
        Self::start(Kind::Motion, &Options::default())
    }

    /// Frames captured so far; not a number but a rate, of which only 0 means something.
    pub(crate) fn captured(&self) -> f64 {
        self.server.stats(&mut Totals::default()).fps
    }

    /// Waits until the events so far satisfy `enough`.
    pub(crate) fn wait_until(&self, what: &str, enough: impl Fn(&[Event]) -> bool) {
        let events = self.told.events.lock().unwrap();
        let (events, timeout) =
            self.told.more.wait_timeout_while(events, PATIENCE, |events| !enough(events)).unwrap();
        assert!(!timeout.timed_out(), "waited for {what}; there was {events:?}");
    }

    /// Waits until nobody is here.
    pub(crate) fn wait_until_empty(&self) {
        self.wait_until("all viewers to have left", |events| viewers(events) == 0);
    }

    /// Why the viewers that the server sent away had to go.
    pub(crate) fn reasons(&self) -> Vec<String> {
        let events = self.told.events.lock().unwrap();
        let left = events.iter().filter_map(|event| match event {
            Event::ViewerLeft { reason, .. } => reason.clone(),
            _ => None,
        });
        left.collect()
    }

    /// A viewer on each transport still gets exact pictures, and no thread of the server has panicked.
    pub(crate) fn assert_well(&self) {
        for transport in ALL {
            Viewer::join(&self.door, transport).watch(self.kind, 3);
        }
        assert_eq!(PANICS.load(Ordering::SeqCst), 0, "the server panicked");
    }
}

/// A UDP socket on a port that is free for TCP.
pub(crate) fn taken_for_udp() -> UdpSocket {
    let is_free = |socket: &UdpSocket| {
        let port = socket.local_addr().unwrap().port();
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
    };
    let any = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a UDP port is free");
    std::iter::repeat_with(any).find(is_free).unwrap()
}

fn viewers(events: &[Event]) -> usize {
    let last = events.iter().rev().find_map(|event| match event {
        Event::ViewerJoined { viewers, .. } | Event::ViewerLeft { viewers, .. } => Some(*viewers),
        _ => None,
    });
    last.unwrap_or(0)
}

fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if matches!(std::thread::current().name(), Some("sink" | "source")) {
                PANICS.fetch_add(1, Ordering::SeqCst);
            }
            before(info);
        }));
    });
}
