//! Law 7: nobody uninvited. What a request says of itself, and what it gets.

use std::net::{Ipv6Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lanstream::Options;
use lanstream_core::Micros;
use lanstream_core::admission::{
    Admission, AdmissionError, Guard, GuardError, KEY_LIFETIME, Secret, Settings, TICKET_LIFETIME,
};
use lanstream_core::pipeline::{self, FeedHandle};
use lanstream_core::sink::Transports;
use lanstream_pattern::Kind;
use lanstream_testkit::http::{PATIENCE, Peer, Response, header, request};
use lanstream_testkit::viewer::{ALL, Door, Transport, Viewer};

use rustix::process::Signal;

use crate::running::Running;
use crate::serving::Serving;

const HOST: &str = "Host: 127.0.0.1:{port}";
const ORIGIN: &str = "Origin: http://127.0.0.1:{port}";
const BEARER: &str = "Authorization: Bearer {token}";
const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
const PROTOCOL: &str = "Sec-WebSocket-Protocol: lanstream.1, session.{key}";

/// A hazard, a request line, header lines, and the status that the two must get. `{port}`, `{token}`, `{TOKEN}`,
/// `{key}` (a fresh one) and `{here}` (of a viewer that is here) are filled in.
type Row = (&'static str, &'static str, &'static [&'static str], u16);

const HOSTS: &[Row] = &[
    ("own address", "GET /", &[HOST], 200),
    ("localhost", "GET /", &["Host: localhost:{port}"], 200),
    ("IPv6 loopback", "GET /", &["Host: [::1]:{port}"], 200),
    ("upper case", "GET /page.js", &["Host: LOCALHOST:{port}"], 200),
    ("header name in upper case", "GET /", &["HOST: localhost:{port}"], 200),
    ("allowed name", "GET /", &["Host: studio.test:{port}"], 200),
    ("allowed name without a port, as a proxy sends it", "GET /", &["Host: studio.test"], 200),
    ("allowed name and port", "GET /", &["Host: proxy.test:8443"], 200),
    ("allowed name, other port", "GET /", &["Host: proxy.test:{port}"], 403),
    ("no host", "GET /", &[], 403),
    ("empty host", "GET /", &["Host:"], 403),
    ("two hosts", "GET /", &[HOST, HOST], 403),
    ("two hosts in one", "GET /", &["Host: 127.0.0.1:{port}, evil.test"], 403),
    ("rebound name", "GET /", &["Host: evil.test:{port}"], 403),
    ("foreign name", "GET /", &["Host: evil.test"], 403),
    ("other port", "GET /", &["Host: 127.0.0.1:1"], 403),
    ("no port", "GET /", &["Host: 127.0.0.1"], 403),
    ("empty port", "GET /", &["Host: 127.0.0.1:"], 403),
    ("port with a zero before it", "GET /", &["Host: 127.0.0.1:0{port}"], 403),
    ("trailing dot", "GET /", &["Host: localhost.:{port}"], 403),
    ("user", "GET /", &["Host: user@127.0.0.1:{port}"], 403),
    ("any address", "GET /", &["Host: 0.0.0.0:{port}"], 403),
    ("short form of the address", "GET /", &["Host: 127.1:{port}"], 403),
    ("another loopback address", "GET /", &["Host: 127.0.0.2:{port}"], 403),
    ("IPv6 without brackets", "GET /", &["Host: ::1:{port}"], 403),
    ("IPv6 in full", "GET /", &["Host: [0:0:0:0:0:0:0:1]:{port}"], 403),
    ("IPv4 in IPv6", "GET /", &["Host: [::ffff:127.0.0.1]:{port}"], 403),
    ("own name as a prefix", "GET /", &["Host: 127.0.0.1:{port}.evil.test"], 403),
    ("own name as an ending", "GET /", &["Host: evil.test.localhost:{port}"], 403),
    ("bytes beyond ASCII", "GET /", &["Host: 127.0.0.1:{port}é"], 403),
    ("foreign authority in the request line", "GET http://evil.test/", &[HOST], 403),
    ("own authority in the request line besides", "GET http://127.0.0.1:{port}/", &[HOST], 200),
    ("own authority in the request line alone", "GET http://127.0.0.1:{port}/page.js", &[], 200),
    ("own authority, which replaces the host", "GET http://localhost:{port}/", &["Host: evil.test"], 200),
    ("own authority and two hosts", "GET http://127.0.0.1:{port}/", &[HOST, HOST], 403),
    ("own authority of another scheme", "GET https://127.0.0.1:{port}/", &[HOST], 403),
    ("user in the request line", "GET http://user@127.0.0.1:{port}/", &[HOST], 403),
    ("foreign authority acts", "POST http://evil.test/session", &[HOST, ORIGIN, BEARER], 403),
    ("own authority acts", "POST http://127.0.0.1:{port}/session", &[HOST, ORIGIN, BEARER], 200),
    ("foreign host before a path that is not there", "GET /nothing", &["Host: evil.test"], 403),
    ("a path that is not there", "GET /nothing", &[HOST], 404),
    ("climbing path", "GET /../Cargo.toml", &[HOST], 404),
    ("method that no path takes", "PUT /", &[HOST, ORIGIN], 405),
    ("method that no path takes, without an origin", "DELETE /session", &[HOST], 403),
];

const ORIGINS: &[Row] = &[
    ("own origin", "GET /", &[HOST, ORIGIN], 200),
    ("localhost while the host is the address", "GET /", &[HOST, "Origin: http://localhost:{port}"], 200),
    ("upper case", "GET /", &[HOST, "Origin: HTTP://LOCALHOST:{port}"], 200),
    ("allowed scheme", "GET /", &[HOST, "Origin: tauri://localhost"], 200),
    ("allowed scheme acts", "POST /session", &[HOST, "Origin: tauri://localhost", BEARER], 200),
    ("IPv6 origin acts", "POST /session", &[HOST, "Origin: http://[::1]:{port}", BEARER], 200),
    ("allowed scheme asks first", "OPTIONS /session", &[HOST, "Origin: tauri://localhost"], 204),
    ("foreign asks first", "OPTIONS /session", &[HOST, "Origin: http://evil.test"], 403),
    ("nobody asks first", "OPTIONS /stream", &[HOST], 403),
    ("null", "GET /", &[HOST, "Origin: null"], 403),
    ("foreign", "GET /", &[HOST, "Origin: http://evil.test"], 403),
    ("foreign, same port", "POST /session", &[HOST, "Origin: http://evil.test:{port}", BEARER], 403),
    ("https", "POST /session", &[HOST, "Origin: https://127.0.0.1:{port}", BEARER], 403),
    ("no scheme", "GET /", &[HOST, "Origin: 127.0.0.1:{port}"], 403),
    ("other port", "GET /", &[HOST, "Origin: http://127.0.0.1:1"], 403),
    ("own origin as a prefix", "GET /", &[HOST, "Origin: http://127.0.0.1:{port}.evil.test"], 403),
    ("own origin as a user", "GET /", &[HOST, "Origin: http://127.0.0.1:{port}@evil.test"], 403),
    ("slash at the end", "GET /", &[HOST, "Origin: http://127.0.0.1:{port}/"], 403),
    ("allowed scheme, other host", "GET /", &[HOST, "Origin: tauri://localhost.evil.test"], 403),
    ("two origins", "GET /", &[HOST, ORIGIN, ORIGIN], 403),
    ("two origins in one", "GET /", &[HOST, "Origin: http://127.0.0.1:{port} http://evil.test"], 403),
    ("empty", "GET /", &[HOST, "Origin:"], 403),
    ("bytes beyond ASCII", "GET /", &[HOST, "Origin: http://127.0.0.1:{port}é"], 403),
    ("null on pixels", "GET /stream", &[HOST, "Origin: null", "Authorization: Session {here}"], 403),
    (
        "foreign on pixels",
        "GET /stream?route=1",
        &[HOST, "Origin: http://evil.test", "Authorization: Session {here}"],
        403,
    ),
    ("probe, which says nothing of its page", "GET /reach", &[HOST], 204),
    ("probe of a foreign page that says so", "GET /reach", &[HOST, "Origin: http://evil.test"], 403),
    ("probe by a rebound name", "GET /reach", &["Host: evil.test:{port}"], 403),
    ("probe by another method", "POST /reach", &[HOST, ORIGIN], 405),
    ("none where it acts", "POST /session", &[HOST, BEARER], 403),
    ("preflight of a foreign page", "OPTIONS /session", &[HOST, "Origin: http://evil.test"], 403),
];

const TOKENS: &[Row] = &[
    ("right", "POST /session", &[HOST, ORIGIN, BEARER], 200),
    ("upper case", "POST /session", &[HOST, ORIGIN, "Authorization: Bearer {TOKEN}"], 200),
    ("none", "POST /session", &[HOST, ORIGIN], 401),
    ("wrong", "POST /session", &[HOST, ORIGIN, "Authorization: Bearer {wrong}"], 401),
    ("short", "POST /session", &[HOST, ORIGIN, "Authorization: Bearer abc123"], 401),
    ("empty", "POST /session", &[HOST, ORIGIN, "Authorization: Bearer "], 401),
    ("right but for the end", "POST /session", &[HOST, ORIGIN, "Authorization: Bearer {prefix}"], 401),
    ("right and more", "POST /session", &[HOST, ORIGIN, "Authorization: Bearer {token}00"], 401),
    ("in the query", "POST /session?token={token}", &[HOST, ORIGIN], 401),
    ("other scheme", "POST /session", &[HOST, ORIGIN, "Authorization: Basic {token}"], 401),
    ("twice", "POST /session", &[HOST, ORIGIN, BEARER, BEARER], 401),
    ("by GET", "GET /session", &[HOST, ORIGIN, BEARER], 405),
    ("as a key for pixels", "GET /stream?route=1", &[HOST, "Authorization: Session {token}"], 401),
    ("no key for pixels", "GET /stream?route=1", &[HOST], 401),
    ("key in the query", "GET /stream?session={here}", &[HOST], 401),
    (
        "key of a viewer that has not come",
        "GET /stream?route=1",
        &[HOST, "Authorization: Session {key}"],
        401,
    ),
    ("pixels by POST", "POST /stream", &[HOST, ORIGIN, "Authorization: Session {here}"], 405),
    ("key that is here, but no route", "GET /stream", &[HOST, "Authorization: Session {here}"], 400),
    ("route that is no number", "GET /stream?route=-1", &[HOST, "Authorization: Session {here}"], 400),
    ("route too large", "GET /stream?route=4294967296", &[HOST, "Authorization: Session {here}"], 400),
    ("two routes", "GET /stream?route=1&route=1", &[HOST, "Authorization: Session {here}"], 400),
    ("key that is here", "GET /stream?route=1", &[HOST, "Authorization: Session {here}"], 200),
];

const UPGRADES: &[Row] = &[
    ("right", "GET /control", &[HOST, ORIGIN, UPGRADE, PROTOCOL], 101),
    ("allowed origin", "GET /control", &[HOST, "Origin: tauri://localhost", UPGRADE, PROTOCOL], 101),
    (
        "key on a line of its own",
        "GET /control",
        &[
            HOST,
            ORIGIN,
            UPGRADE,
            "Sec-WebSocket-Protocol: lanstream.1\r\nSec-WebSocket-Protocol: session.{key}",
        ],
        101,
    ),
    ("no origin", "GET /control", &[HOST, UPGRADE, PROTOCOL], 403),
    ("null origin", "GET /control", &[HOST, "Origin: null", UPGRADE, PROTOCOL], 403),
    ("foreign origin", "GET /control", &[HOST, "Origin: http://evil.test", UPGRADE, PROTOCOL], 403),
    (
        "rebound name",
        "GET /control",
        &["Host: evil.test:{port}", "Origin: http://evil.test:{port}", UPGRADE, PROTOCOL],
        403,
    ),
    (
        "key of a viewer that is here",
        "GET /control",
        &[HOST, ORIGIN, UPGRADE, "Sec-WebSocket-Protocol: lanstream.1, session.{here}"],
        401,
    ),
    (
        "token as a key",
        "GET /control",
        &[HOST, ORIGIN, UPGRADE, "Sec-WebSocket-Protocol: lanstream.1, session.{token}"],
        401,
    ),
    ("no key", "GET /control", &[HOST, ORIGIN, UPGRADE, "Sec-WebSocket-Protocol: lanstream.1"], 401),
    (
        "key without the protocol",
        "GET /control",
        &[HOST, ORIGIN, UPGRADE, "Sec-WebSocket-Protocol: session.{key}"],
        401,
    ),
    (
        "key in the query",
        "GET /control?session={key}",
        &[HOST, ORIGIN, UPGRADE, "Sec-WebSocket-Protocol: lanstream.1"],
        401,
    ),
    ("no upgrade", "GET /control", &[HOST, ORIGIN, PROTOCOL], 400),
    (
        "other version",
        "GET /control",
        &[
            HOST,
            ORIGIN,
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: eA==",
            PROTOCOL,
        ],
        400,
    ),
    ("upgrade elsewhere", "GET /", &[HOST, ORIGIN, UPGRADE, PROTOCOL], 200),
];

/// A server that allows a name, a name with a port, and a page of another scheme; and a viewer that said nothing yet.
struct Guarded {
    serving: Serving,
    here: Viewer,
}

impl Guarded {
    fn start() -> Self {
        let options = Options {
            allow_hosts: vec!["studio.test".into(), "proxy.test:8443".into()],
            allow_origins: vec!["tauri://localhost".into()],
            ..Options::default()
        };
        let serving = Serving::start(Kind::Motion, &options);
        let here = Viewer::enter(&serving.door);
        Self { serving, here }
    }

    fn filled_in(&self, text: &str) -> String {
        let door = &self.serving.door;
        let fresh = if text.contains("{key}") { door.key() } else { String::new() };
        let wrong: String = door.token.chars().rev().collect();
        text.replace("{port}", &door.port().to_string())
            .replace("{token}", &door.token)
            .replace("{TOKEN}", &door.token.to_uppercase())
            .replace("{wrong}", &wrong)
            .replace(
                "{prefix}",
                &format!("{}{}", &door.token[..63], if door.token.ends_with('0') { '1' } else { '0' }),
            )
            .replace("{key}", &fresh)
            .replace("{here}", &self.here.key)
    }

    fn check(&self, rows: &[Row]) {
        for (hazard, line, headers, status) in rows {
            let headers: Vec<_> = headers.iter().map(|header| self.filled_in(header)).collect();
            let mut peer = Peer::connect(self.serving.door.address);
            peer.send(&request(&self.filled_in(line), &headers));
            let response = peer.response().unwrap_or_else(|| panic!("{hazard}: no answer"));
            assert_eq!(response.status, *status, "{hazard}: {line} {headers:?}\n{}", response.text());
            self.check_answer(hazard, &response);
        }
        assert_eq!(self.serving.captured(), 0.0, "nobody was let in to see pixels, but some were captured");
    }

    fn check_answer(&self, hazard: &str, response: &Response) {
        let token = &self.serving.door.token;
        assert!(!response.text().to_lowercase().contains(token), "{hazard}: the answer holds the token");
        if response.status == 101 {
            return;
        }
        check_headers(hazard, response);
        if response.status != 200 {
            assert_eq!(header(&response.head, "content-type"), Some("text/plain; charset=utf-8"), "{hazard}");
            assert!(response.body.len() < 300, "{hazard}: a refusal is a sentence");
        }
    }
}

fn check_headers(hazard: &str, response: &Response) {
    let shared = header(&response.head, "access-control-allow-origin");
    // Only the probe's empty answer is for pages that are not let in.
    let is_for_all = shared.is_some() || response.status == 204;
    let fixed = [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", if is_for_all { "cross-origin" } else { "same-origin" }),
        ("cross-origin-opener-policy", "same-origin"),
        ("cache-control", "no-store"),
    ];
    for (name, value) in fixed {
        assert_eq!(header(&response.head, name), Some(value), "{hazard}: {name}");
    }
    assert!(shared.is_none_or(|origin| origin == "tauri://localhost"), "{hazard}: shared with {shared:?}");
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
fn tokens_and_keys_that_are_not_right() {
    Guarded::start().check(TOKENS);
}

#[test]
fn upgrades_by_strangers() {
    Guarded::start().check(UPGRADES);
}

#[test]
fn every_file_of_the_viewer_keeps_to_itself() {
    let Guarded { serving, .. } = Guarded::start();
    for path in ["/", "/page.js", "/page.css", "/src/session/session.js", "/src/worker.js"] {
        let response = serving.door.ask(&format!("GET {path}"), &[]);
        check_headers(path, &response);
        let policy = header(&response.head, "content-security-policy").expect("a policy");
        for part in ["default-src 'none'", "script-src 'self'", "base-uri 'none'", "form-action 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
        assert!(!policy.contains('*'), "{path}: {policy}");
    }
}

#[test]
fn pixels_are_for_one_page_only() {
    let serving = Serving::motion();
    let viewer = Viewer::greet(&serving.door);
    let mut peer = Peer::connect(serving.door.address);
    let session = format!("Authorization: Session {}", viewer.key);
    peer.send(&request("GET /stream?route=1", &[serving.door.host(), session]));
    let (status, head) = peer.head().expect("an answer");
    assert_eq!(status, 200);
    check_headers("pixels", &Response { status, head, body: Vec::new() });
}

#[test]
fn a_key_opens_once() {
    let serving = Serving::motion();
    let key = serving.door.key();
    let _here = serving.door.control(&key).expect("the first time");
    assert_eq!(serving.door.control(&key).err(), Some(401));
    serving.assert_well();
}

#[test]
fn the_key_of_a_viewer_that_left() {
    let serving = Serving::motion();
    let viewer = Viewer::join(&serving.door, Transport::WebSocket);
    let key = viewer.key.clone();
    drop(viewer);
    serving.wait_until_empty();
    assert_eq!(serving.door.control(&key).err(), Some(401));
    assert_eq!(serving.door.stream(&key, 1).err(), Some(401));
}

/// An admission whose clock is `now`, in microseconds.
fn admission(
    token: &Secret,
    feed_handle: FeedHandle,
    clock: fn() -> Micros,
    draw: fn() -> [u8; 32],
) -> Arc<Admission> {
    Arc::new(Admission::new(Settings {
        guard: Guard::new(&[], &[], &[]),
        token: token.clone(),
        feed_handle,
        clock,
        state: Arc::default(),
        transports: Transports::default(),
        encoders: Arc::default(),
        draw,
        observer: Box::new(|_| {}),
    }))
}

#[test]
fn a_key_too_old_and_one_just_young_enough() {
    static NOW: AtomicU64 = AtomicU64::new(0);
    let (_feed, feed_handle) = pipeline::feed();
    let token = Secret::new([7; 32]);
    let clock = || Micros(NOW.load(Ordering::Relaxed));
    let admission =
        admission(&token, feed_handle, clock, || [NOW.fetch_add(1, Ordering::Relaxed).to_le_bytes()[0]; 32]);
    let (young, old) = (admission.exchange(&token).unwrap(), admission.exchange(&token).unwrap());
    NOW.fetch_add(Micros::at(KEY_LIFETIME).0 - 10, Ordering::Relaxed);
    assert!(admission.enter(&young).is_ok());
    NOW.fetch_add(10, Ordering::Relaxed);
    assert_eq!(admission.enter(&old).err(), Some(AdmissionError::KeyUnknown));
}

#[test]
fn a_ticket_too_old_and_one_just_young_enough() {
    static NOW: AtomicU64 = AtomicU64::new(0);
    let (_feed, feed_handle) = pipeline::feed();
    let token = Secret::new([7; 32]);
    let clock = || Micros(NOW.load(Ordering::Relaxed));
    let admission =
        admission(&token, feed_handle, clock, || [NOW.fetch_add(1, Ordering::Relaxed).to_le_bytes()[0]; 32]);
    let (_control, viewer_guard) = admission.enter(&admission.exchange(&token).unwrap()).unwrap();
    for (age_us, is_good) in
        [(0, true), (Micros::at(TICKET_LIFETIME).0 - 10, true), (Micros::at(TICKET_LIFETIME).0, false)]
    {
        let ticket = Secret::from_hex(&viewer_guard.ticket()).unwrap();
        NOW.fetch_add(age_us, Ordering::Relaxed);
        assert_eq!(admission.session(&ticket).is_ok(), is_good, "after {age_us} µs");
    }
}

#[test]
fn a_refusal_names_the_flag_that_helps() {
    let refused = |host: &str| Guard::new(&[([127, 0, 0, 1], 5000).into()], &[], &[]).check(&[host], &[]);
    for host in ["studio.test", "studio.test:9", "studio.test:5000", "[fe80::1]", "10.0.0.7"] {
        let Err(GuardError::HostForeign(advice)) = refused(host) else { panic!("{host} is not ours") };
        let allowing = Guard::new(&[([127, 0, 0, 1], 5000).into()], &[advice], &[]);
        assert_eq!(allowing.check(&[host], &[&format!("http://{host}")]), Ok(()));
    }
}

#[test]
fn port_80_which_browsers_leave_out() {
    let guard = Guard::new(&[([127, 0, 0, 1], 80).into()], &[], &[]);
    for host in ["localhost", "127.0.0.1", "[::1]", "localhost:80"] {
        assert_eq!(guard.check_action(&[host], &[&format!("http://{host}")]), Ok(()), "{host}");
    }
    assert!(guard.check(&["evil.test"], &[]).is_err());
}

#[test]
fn ipv6_loopback_is_served_where_there_is_one() {
    let serving = Serving::motion();
    let address = SocketAddr::new(Ipv6Addr::LOCALHOST.into(), serving.door.port());
    if std::net::TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return assert!(TcpStream::connect_timeout(&address, PATIENCE).is_err());
    }
    let door = Door { address, ..serving.door.clone() };
    Viewer::join(&door, Transport::Http).watch(serving.kind, 2);
}

#[test]
fn secrets_stay_out_of_the_log() {
    let running = Running::start(&["pattern", "--size", "640x360", "--json", "-vv"]);
    let door = running.door();
    let mut secrets = vec![door.token.clone()];
    for transport in ALL {
        let mut viewer = Viewer::join(&door, transport);
        viewer.watch(Kind::Bars, 2);
        assert_eq!(door.control(&viewer.key).err(), Some(401));
        secrets.push(viewer.key);
    }
    door.ask(&format!("POST /session?token={}", door.token), &[door.origin()]);
    running.signal(Signal::TERM);
    let (status, stdout, stderr) = running.end(PATIENCE);
    assert!(status.success(), "{stderr}");
    assert!(stderr.contains("denied"), "the log tells of what was denied: {stderr}");
    for secret in &secrets {
        assert!(
            !stderr.contains(secret) && !stdout.contains(secret),
            "{secret} was told:\n{stderr}\n{stdout}"
        );
    }
}
