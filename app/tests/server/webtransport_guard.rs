//! Law 7 for WebTransport: nobody uninvited. What a session's request says of itself, what it gets, and by what the
//! server is known.

use std::net::{Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use lanstream::{Options, StartError};
use lanstream_pattern::Kind;
use lanstream_testkit::http::PATIENCE;
use lanstream_testkit::http3::Quic;
use lanstream_testkit::viewer::{CERTIFICATES, Door, Transport, Viewer};
use lanstream_testkit::webtransport::{Rebound, Session, Venue, wait};
use rustix::process::Signal;
use wtransport::endpoint::ConnectOptions;
use wtransport::error::ConnectingError;

use crate::certificate::Files;
use crate::running::Running;
use crate::serving::{Serving, taken_for_udp};

const OWN: &str = "127.0.0.1:{udp}";
const PAGE: Option<&str> = Some("http://127.0.0.1:{port}");
const PATH: &str = "/pixels?ticket={here}";

/// A hazard, what the request says its host, its page and its path are, and the status that it must get. `{port}` is
/// the page's, `{udp}` that of sessions, `{here}` a ticket of a viewer that is here, `{HERE}` the same in upper case,
/// `{session}` its key, `{key}` that of one that has not opened its control channel, `{left}` of one that has left,
/// `{token}` the run's token.
type Row = (&'static str, &'static str, Option<&'static str>, &'static str, u16);

const HOSTS: &[Row] = &[
    ("own address", OWN, PAGE, PATH, 200),
    ("the page's port", "127.0.0.1:{port}", PAGE, PATH, 200),
    ("localhost", "localhost:{udp}", PAGE, PATH, 200),
    ("IPv6 loopback", "[::1]:{udp}", PAGE, PATH, 200),
    ("upper case", "LOCALHOST:{udp}", PAGE, PATH, 200),
    ("allowed name", "studio.test:{udp}", PAGE, PATH, 200),
    ("allowed name without a port, as a proxy sends it", "studio.test", PAGE, PATH, 200),
    ("allowed name and port", "proxy.test:8443", PAGE, PATH, 200),
    ("allowed name, other port", "proxy.test:{udp}", PAGE, PATH, 403),
    ("empty", "", PAGE, PATH, 403),
    ("rebound name", "evil.test:{udp}", PAGE, PATH, 403),
    ("foreign name", "evil.test", PAGE, PATH, 403),
    ("other port", "127.0.0.1:1", PAGE, PATH, 403),
    ("no port", "127.0.0.1", PAGE, PATH, 403),
    ("empty port", "127.0.0.1:", PAGE, PATH, 403),
    ("port with a zero before it", "127.0.0.1:0{udp}", PAGE, PATH, 403),
    ("trailing dot", "localhost.:{udp}", PAGE, PATH, 403),
    ("user", "user@127.0.0.1:{udp}", PAGE, PATH, 403),
    ("any address", "0.0.0.0:{udp}", PAGE, PATH, 403),
    ("short form of the address", "127.1:{udp}", PAGE, PATH, 403),
    ("another loopback address", "127.0.0.2:{udp}", PAGE, PATH, 403),
    ("IPv6 without brackets", "::1:{udp}", PAGE, PATH, 403),
    ("IPv6 in full", "[0:0:0:0:0:0:0:1]:{udp}", PAGE, PATH, 403),
    ("IPv4 in IPv6", "[::ffff:127.0.0.1]:{udp}", PAGE, PATH, 403),
    ("own name as a prefix", "127.0.0.1:{udp}.evil.test", PAGE, PATH, 403),
    ("own name as an ending", "evil.test.localhost:{udp}", PAGE, PATH, 403),
    ("two hosts in one", "127.0.0.1:{udp}, evil.test", PAGE, PATH, 403),
    ("space at the end", "127.0.0.1:{udp} ", PAGE, PATH, 403),
    ("letters beyond ASCII", "127.0.0.1:{udp}é", PAGE, PATH, 403),
    ("foreign name before a path that is not there", "evil.test", PAGE, "/nothing", 403),
];

const ORIGINS: &[Row] = &[
    ("localhost while the host is the address", OWN, Some("http://localhost:{port}"), PATH, 200),
    ("IPv6 while the host is IPv4", OWN, Some("http://[::1]:{port}"), PATH, 200),
    ("upper case", OWN, Some("HTTP://LOCALHOST:{port}"), PATH, 200),
    ("allowed scheme", OWN, Some("tauri://localhost"), PATH, 200),
    ("none", OWN, None, PATH, 403),
    ("empty", OWN, Some(""), PATH, 403),
    ("null", OWN, Some("null"), PATH, 403),
    ("foreign", OWN, Some("http://evil.test"), PATH, 403),
    ("foreign, same port", OWN, Some("http://evil.test:{port}"), PATH, 403),
    ("rebound, with a host that agrees", "evil.test:{udp}", Some("http://evil.test:{udp}"), PATH, 403),
    ("https", OWN, Some("https://127.0.0.1:{port}"), PATH, 403),
    ("no scheme", OWN, Some("127.0.0.1:{port}"), PATH, 403),
    ("other port", OWN, Some("http://127.0.0.1:1"), PATH, 403),
    ("own origin as a prefix", OWN, Some("http://127.0.0.1:{port}.evil.test"), PATH, 403),
    ("own origin as a user", OWN, Some("http://127.0.0.1:{port}@evil.test"), PATH, 403),
    ("slash at the end", OWN, Some("http://127.0.0.1:{port}/"), PATH, 403),
    ("allowed scheme, other host", OWN, Some("tauri://localhost.evil.test"), PATH, 403),
    ("two in one", OWN, Some("http://127.0.0.1:{port} http://evil.test"), PATH, 403),
    ("two in one, with a comma", OWN, Some("http://127.0.0.1:{port}, http://evil.test"), PATH, 403),
];

const TICKETS: &[Row] = &[
    ("of a viewer that is here", OWN, PAGE, PATH, 200),
    ("the session's key of a viewer that is here", OWN, PAGE, "/pixels?ticket={session}", 403),
    ("of a viewer that is here, in upper case", OWN, PAGE, "/pixels?ticket={HERE}", 200),
    ("of a viewer that has not come", OWN, PAGE, "/pixels?ticket={key}", 403),
    ("of a viewer that has left", OWN, PAGE, "/pixels?ticket={left}", 403),
    ("the run's token", OWN, PAGE, "/pixels?ticket={token}", 403),
    ("nobody's", OWN, PAGE, "/pixels?ticket={wrong}", 403),
    ("none", OWN, PAGE, "/pixels", 403),
    ("no query", OWN, PAGE, "/pixels?", 403),
    ("empty", OWN, PAGE, "/pixels?ticket=", 403),
    ("short", OWN, PAGE, "/pixels?ticket=abc123", 403),
    ("right but for the end", OWN, PAGE, "/pixels?ticket={prefix}", 403),
    ("right and more", OWN, PAGE, "/pixels?ticket={here}00", 403),
    ("right and a field after it", OWN, PAGE, "/pixels?ticket={here}&a=b", 403),
    ("after another field", OWN, PAGE, "/pixels?a=b&ticket={here}", 403),
    ("twice", OWN, PAGE, "/pixels?ticket={here}&ticket={here}", 403),
    ("of another name", OWN, PAGE, "/pixels?key={here}", 403),
    ("of a name in upper case", OWN, PAGE, "/pixels?TICKET={here}", 403),
    ("in per cents", OWN, PAGE, "/pixels?ticket=%30{here}", 403),
    ("letters beyond ASCII", OWN, PAGE, "/pixels?ticket={wide}", 403),
    ("in the path", OWN, PAGE, "/pixels/{here}", 404),
    ("in the fragment", OWN, PAGE, "/pixels#ticket={here}", 404),
    ("another path", OWN, PAGE, "/?ticket={here}", 404),
    ("path of HTTP", OWN, PAGE, "/stream?route=1&ticket={here}", 404),
    ("path in upper case", OWN, PAGE, "/PIXELS?ticket={here}", 404),
    ("slash at the end", OWN, PAGE, "/pixels/?ticket={here}", 404),
    ("two slashes", OWN, PAGE, "//pixels?ticket={here}", 404),
    ("climbing path", OWN, PAGE, "/x/../pixels?ticket={here}", 404),
    ("whole address for a path", OWN, PAGE, "https://127.0.0.1:{udp}/pixels?ticket={here}", 404),
    ("no path", OWN, PAGE, "", 404),
    ("right key, no page", OWN, None, PATH, 403),
    ("right key, foreign name", "evil.test:{udp}", PAGE, PATH, 403),
];

/// A server that allows a name, a name with a port, and a page of another scheme; a viewer that is here, and one that
/// was.
struct Guarded {
    serving: Serving,
    venue: Venue,
    here: Viewer,
    left: String,
}

impl Guarded {
    fn start() -> Self {
        let serving = Self::serve();
        let left = come_and_go(&serving);
        let mut here = Viewer::greet(&serving.door);
        let venue = here.find_venue(&serving.door);
        assert_ne!(venue.address.port(), serving.door.port());
        Self { serving, venue, here, left }
    }

    /// With UDP on another number than the page's, so that the two are told apart.
    fn serve() -> Serving {
        loop {
            let taken = taken_for_udp();
            let options = Options {
                port: taken.local_addr().unwrap().port(),
                allow_hosts: vec!["studio.test".into(), "proxy.test:8443".into()],
                allow_origins: vec!["tauri://localhost".into()],
                ..Options::default()
            };
            match Serving::try_start(Kind::Motion, &options) {
                // What is free for UDP there, a connection of another test may have for TCP.
                Err(StartError::Bind(_)) => {}
                served => return served.expect("a pattern can always be served"),
            }
        }
    }

    /// `here` is a ticket of the viewer that is here.
    fn filled_in(&self, text: &str, here: &str) -> String {
        let door = &self.serving.door;
        let fresh = if text.contains("{key}") { door.key() } else { String::new() };
        text.replace("{port}", &door.port().to_string())
            .replace("{udp}", &self.venue.address.port().to_string())
            .replace("{token}", &door.token)
            .replace("{wrong}", &here.chars().rev().collect::<String>())
            .replace("{prefix}", &format!("{}{}", &here[..63], if here.ends_with('0') { '1' } else { '0' }))
            .replace("{wide}", &format!("é{}", &here[2..]))
            .replace("{session}", &self.here.key)
            .replace("{key}", &fresh)
            .replace("{left}", &self.left)
            .replace("{HERE}", &here.to_uppercase())
            .replace("{here}", here)
    }

    fn check(&mut self, rows: &[Row]) {
        for (hazard, authority, origin, path, status) in rows {
            let ticket = self.here.ticket();
            let (authority, path) = (self.filled_in(authority, &ticket), self.filled_in(path, &ticket));
            let origin = origin.map(|origin| self.filled_in(origin, &ticket));
            let peer = Quic::speaking(&self.venue);
            let mut asked = peer.connect_session(&authority, origin.as_deref(), &path).expect("a stream");
            assert_eq!(asked.status(), Some(*status), "{hazard}: {authority} {origin:?} {path}");
            assert!(*status == 200 || asked.is_over(), "{hazard}: nothing comes after a refusal");
        }
        assert_eq!(self.serving.captured(), 0.0, "nobody asked for pixels, but some were captured");
    }
}

/// A ticket of a viewer that was here.
fn come_and_go(serving: &Serving) -> String {
    let ticket = Viewer::greet(&serving.door).ticket();
    serving.wait_until_empty();
    ticket
}

#[test]
fn hosts_that_are_not_ours() {
    Guarded::start().check(HOSTS);
}

#[test]
fn origins_that_are_not_ours() {
    Guarded::start().check(ORIGINS);
}

#[test]
fn tickets_and_paths_that_are_not_right() {
    Guarded::start().check(TICKETS);
}

#[test]
fn the_ticket_of_a_viewer_ends_with_its_control_channel() {
    let Guarded { serving, venue, mut here, .. } = Guarded::start();
    let origin = serving.door.page();
    let path = format!("/pixels?ticket={}", here.ticket());
    let ask =
        || Quic::speaking(&venue).connect_session(&venue.address.to_string(), Some(&origin), &path)?.status();
    drop(here);
    serving.wait_until_empty();
    assert_eq!(ask(), Some(403));
}

#[test]
fn a_ticket_opens_one_session_and_only_the_newest_any() {
    let Guarded { serving, venue, mut here, .. } = Guarded::start();
    let origin = serving.door.page();
    let ask = |ticket: &str| {
        let path = format!("/pixels?ticket={ticket}");
        Quic::speaking(&venue).connect_session(&venue.address.to_string(), Some(&origin), &path)?.status()
    };
    let (older, newest) = (here.ticket(), here.ticket());
    assert_ne!(older, newest);
    assert_eq!([&older, &newest, &newest].map(|ticket| ask(ticket)), [Some(403), Some(200), Some(403)]);
}

#[test]
fn a_browser_at_a_name_that_was_rebound() {
    let Guarded { venue, mut here, serving, .. } = Guarded::start();
    let port = venue.address.port();
    let mut ask = |name: &str, origin: &str| {
        let mut config = venue.config();
        config.set_dns_resolver(Rebound(venue.address));
        Session::ask(config, &format!("{name}:{port}"), origin, &here.ticket()).err()
    };
    let page = serving.door.page();
    assert!(matches!(ask("evil.test", &page), Some(ConnectingError::SessionRejected)));
    assert!(matches!(ask("localhost", "http://evil.test"), Some(ConnectingError::SessionRejected)));
    assert!(matches!(
        ask("evil.test", &format!("http://evil.test:{port}")),
        Some(ConnectingError::SessionRejected)
    ));
    assert!(ask("studio.test", &page).is_none(), "an allowed name is let in");
}

#[test]
fn a_page_of_another_origin_that_is_allowed() {
    let Guarded { serving, venue, mut here, .. } = Guarded::start();
    let authority = venue.address.to_string();
    let session = Session::ask(venue.config(), &authority, "tauri://localhost", &here.ticket()).unwrap();
    here.session = Some(session);
    here.take_route(&serving.door, Transport::WebTransport);
    here.watch(serving.kind, 3);
}

#[test]
fn a_request_without_origin_by_the_library_itself() {
    let Guarded { serving: _serving, venue, mut here, .. } = Guarded::start();
    let url = format!("https://{}/pixels?ticket={}", venue.address, here.ticket());
    let asked = wait(async {
        let endpoint = wtransport::Endpoint::client(venue.config()).unwrap();
        endpoint.connect(ConnectOptions::builder(url).build()).await.err()
    });
    assert!(matches!(asked, Some(ConnectingError::SessionRejected)), "{asked:?}");
}

/// Why a browser that knows these hashes gets no session.
fn refused(door: &Door, venue: &Venue, ticket: &str) -> String {
    let asked = Session::ask(venue.config(), &venue.address.to_string(), &door.page(), ticket);
    asked.expect_err("the certificate is not one that was named").to_string()
}

#[test]
fn a_certificate_that_was_not_announced() {
    let Guarded { serving, venue, mut here, .. } = Guarded::start();
    let mut wrong = venue.clone();
    wrong.hashes.iter_mut().for_each(|hash| hash[31] ^= 1);
    for hashes in [wrong.hashes, Vec::new()] {
        let reason = refused(&serving.door, &Venue { hashes, ..venue.clone() }, &here.ticket());
        assert!(reason.contains("certificate"), "{reason}");
    }
    Session::open(&serving.door, &venue, &here.ticket());
}

const DAY: Duration = Duration::from_secs(24 * 3600);

#[test]
fn a_certificate_of_another_time_is_refused() {
    let clocks: [fn() -> SystemTime; 2] = [|| SystemTime::now() - 14 * DAY, || SystemTime::now() + 2 * DAY];
    for (clock, hazard) in clocks.into_iter().zip(["expired", "not valid yet"]) {
        let serving =
            Serving::start(Kind::Motion, &Options { wall_clock: Some(clock), ..Options::default() });
        let mut viewer = Viewer::greet(&serving.door);
        let venue = viewer.find_venue(&serving.door);
        let reason = refused(&serving.door, &venue, &viewer.ticket());
        assert!(reason.contains("certificate"), "{hazard}: {reason}");
        viewer.take_route(&serving.door, Transport::WebSocket);
        viewer.watch(serving.kind, 3);
    }
}

#[test]
fn a_certificate_that_is_valid_for_too_long_is_refused_whatever_its_hash() {
    let files = Files::valid_for(15);
    let serving = Serving::start(Kind::Motion, &Options { tls: Some(files.tls()), ..Options::default() });
    let mut viewer = Viewer::greet(&serving.door);
    let mut venue = viewer.find_venue(&serving.door);
    assert_eq!(venue.hashes, [[0; 32]; 0], "of the user's certificate there is no hash");
    venue.hashes.push(files.hash);
    let reason = refused(&serving.door, &venue, &viewer.ticket());
    assert!(reason.contains("certificate"), "{reason}");
}

#[test]
fn the_announced_certificate_is_the_one_that_is_presented_and_no_other() {
    let Guarded { serving, venue, mut here, .. } = Guarded::start();
    let session = Session::open(&serving.door, &venue, &here.ticket());
    let chain = session.connection.peer_identity().expect("a certificate");
    let hashes: Vec<_> = chain.as_slice().iter().map(|one| *one.hash().as_ref()).collect();
    assert_eq!(hashes, venue.hashes);
}

#[test]
fn a_certificate_that_is_replaced_while_a_session_is_open() {
    // The first one is of last week. It is still valid, but due to be replaced as soon as the clock is right.
    static BEHIND_S: AtomicU64 = AtomicU64::new(8 * DAY.as_secs());
    let clock = || SystemTime::now() - Duration::from_secs(BEHIND_S.load(Ordering::SeqCst));
    let options = Options { wall_clock: Some(clock), ..Options::default() };
    let serving = Serving::start(Kind::Motion, &options);
    let mut viewer = Viewer::join(&serving.door, Transport::WebTransport);
    viewer.watch(serving.kind, 3);
    let before = viewer.find_venue(&serving.door);
    BEHIND_S.store(0, Ordering::SeqCst);
    let after = Venue::read(serving.door.address, &viewer.hear(CERTIFICATES));
    assert_eq!((before.hashes.len(), after.hashes.len()), (1, 2));
    assert!(after.hashes.contains(&before.hashes[0]), "who has just heard of the old one may still come");
    viewer.watch(serving.kind, 3);
    refused(&serving.door, &before, &viewer.ticket());
    viewer.session = Some(Session::open(&serving.door, &after, &viewer.ticket()));
    viewer.take_route(&serving.door, Transport::WebTransport);
    viewer.watch(serving.kind, 3);
}

#[test]
fn every_run_has_a_certificate_of_its_own() {
    let hashes = [(); 2].map(|()| {
        let serving = Serving::motion();
        Viewer::greet(&serving.door).find_venue(&serving.door).hashes
    });
    assert_ne!(hashes[0], hashes[1]);
}

#[test]
fn ipv6_loopback_is_served_where_there_is_one() {
    if UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return;
    }
    let serving = Serving::motion();
    let address = SocketAddr::new(Ipv6Addr::LOCALHOST.into(), serving.door.port());
    let door = Door { address, ..serving.door.clone() };
    let mut viewer = Viewer::join(&door, Transport::WebTransport);
    assert!(viewer.open_session(&door).connection.remote_address().is_ipv6());
    viewer.watch(serving.kind, 3);
}

#[test]
fn secrets_stay_out_of_the_log() {
    let running = Running::start(&["pattern", "--size", "640x360", "--json", "-vv"]);
    let door = running.door();
    let mut viewer = Viewer::join(&door, Transport::WebTransport);
    viewer.watch(Kind::Bars, 2);
    let venue = viewer.find_venue(&door);
    let (fresh, ticket) = (door.key(), viewer.ticket());
    for secret in [&door.token, &fresh, &ticket.replace(|_| true, "0")] {
        refused_request(&door, &venue, secret);
    }
    running.signal(Signal::TERM);
    let (status, stdout, stderr) = running.end(PATIENCE);
    assert!(status.success(), "{stderr}");
    assert!(stderr.contains("denied"), "the log tells of what was denied: {stderr}");
    for secret in [&door.token, &fresh, &viewer.key, &ticket] {
        let told = [&stderr, &stdout].into_iter().flat_map(|text| text.lines());
        let told: Vec<_> = told.filter(|line| line.contains(secret.as_str())).collect();
        assert_eq!(told, [""; 0], "{secret} was told");
    }
}

fn refused_request(door: &Door, venue: &Venue, ticket: &str) {
    let asked = Session::ask(venue.config(), &venue.address.to_string(), &door.page(), ticket);
    assert!(matches!(asked.err(), Some(ConnectingError::SessionRejected)));
}
