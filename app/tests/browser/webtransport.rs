//! WebTransport in browsers as anyone has them, without a flag that weakens anything: by choice, cut off, and with a
//! certificate that changes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use lanstream::{Options, Server};
use lanstream_core::Size;
use lanstream_pattern::Kind;
use lanstream_testkit::browser::chromium::{Chromium, Page};
use lanstream_testkit::browser::firefox::Firefox;
use lanstream_testkit::display::Display;
use lanstream_testkit::relay::Relay;
use lanstream_testkit::udp::UdpPath;
use lanstream_testkit::wait::until;
use serde_json::Value;

use crate::busy::WORK;
use crate::program::Lanstream;

/// Faster than any picture here needs.
const FAST: f64 = 10e9;
/// Updates after which one that goes on is known to.
const MORE: u64 = 30;

/// A server whose page, streams and UDP port are reached by ways that can be cut.
struct Remote {
    server: Lanstream,
    page: String,
    udp: UdpPath,
}

impl Remote {
    fn start(query: &str) -> Self {
        let relay = Relay::of(FAST);
        let (host, origin) =
            (format!("127.0.0.1:{}", relay.port), format!("http://127.0.0.1:{}", relay.port));
        let arguments =
            ["--kind", "motion", "--size", "640x480", "--allow-host", &host, "--allow-origin", &origin];
        let server = Lanstream::pattern(&arguments);
        let port = server.port().parse().unwrap();
        let udp = UdpPath::lead(relay.port, port);
        let page = server.page(query).replace(server.origin(), &origin);
        relay.lead_to(port);
        Self { server, page, udp }
    }

    fn expect_proofs(&self) {
        expect_proofs(&self.server);
    }
}

/// The pictures go on and are proven.
fn expect_proofs(server: &Lanstream) {
    let proven = |stats: &Value| stats["proven"].as_u64().unwrap_or_default();
    let before = proven(&server.next_stats());
    let stats = server.stats_where("more proofs", |stats| proven(stats) > before + MORE);
    assert_eq!(stats["refuted"], 0, "{stats}");
}

fn viewing() -> Display {
    Display::start(641, 481)
}

fn text<'a>(state: &'a Value, name: &str) -> &'a str {
    state[name].as_str().unwrap_or_default()
}

/// Waits until the pixels come by a transport, and returns why.
fn expect_transport(state: impl Fn() -> Value, transport: &str) -> String {
    until(&format!("pixels by {transport}"), || {
        let state = state();
        let is_so = text(&state, "transport") == transport;
        if is_so { Ok(text(&state, "transportReason").to_owned()) } else { Err(state) }
    })
}

/// The path is cut under a running viewer, and mended after something happened meanwhile.
fn is_cut_and_mended(remote: &Remote, state: impl Fn() -> Value, meanwhile: impl FnOnce()) {
    assert_eq!(expect_transport(&state, "webtransport"), "asked for");
    remote.expect_proofs();
    remote.udp.cut();
    let reason = until("another transport", || {
        let state = state();
        let is_other = text(&state, "transport") != "webtransport";
        if is_other { Ok(text(&state, "transportReason").to_owned()) } else { Err(state) }
    });
    assert!(reason.starts_with("webtransport: "), "{reason}");
    remote.expect_proofs();
    meanwhile();
    remote.udp.mend();
    assert_eq!(expect_transport(&state, "webtransport"), "asked for");
    remote.expect_proofs();
    assert_eq!(state()["reconnects"], 0, "it is one session all the time");
}

const ASKED_FOR: &str = "?verify=1&transport=webtransport";

#[test]
fn a_path_that_is_cut_is_replaced_and_comes_back_in_chromium() {
    let (remote, viewing) = (Remote::start(ASKED_FOR), viewing());
    let chromium = Chromium::open(&remote.page, &viewing);
    let page = chromium.page();
    is_cut_and_mended(&remote, || page.state(), || {});
}

#[test]
fn a_path_that_is_cut_comes_back_in_a_page_that_became_busy_meanwhile() {
    let (remote, viewing) = (Remote::start(ASKED_FOR), viewing());
    let chromium = Chromium::open(&remote.page, &viewing);
    let page = chromium.page();
    let become_busy = || {
        page.evaluate(WORK);
        page.state_where("frames from a worker", |state| state["thread"] == "worker");
    };
    is_cut_and_mended(&remote, || page.state(), become_busy);
}

#[test]
fn a_path_that_is_cut_is_replaced_and_comes_back_in_firefox() {
    let (remote, viewing) = (Remote::start(ASKED_FOR), viewing());
    let firefox = Firefox::open(&remote.page, &viewing);
    is_cut_and_mended(&remote, || firefox.evaluate("window.lanstream?.state ?? null"), || {});
}

#[test]
fn where_udp_is_blocked_the_picture_comes_by_another_transport_that_says_so() {
    let (remote, viewing) = (Remote::start(ASKED_FOR), viewing());
    remote.udp.cut();
    let chromium = Chromium::open(&remote.page, &viewing);
    let page = chromium.page();
    let reason = expect_transport(|| page.state(), "http");
    assert_eq!(reason, "webtransport: no connection over UDP");
    remote.expect_proofs();
}

#[test]
fn what_is_not_asked_for_is_chosen_by_pictures() {
    let (remote, viewing) = (Remote::start("?verify=1"), viewing());
    let chromium = Chromium::open(&remote.page, &viewing);
    let page = chromium.page();
    let state =
        page.state_where("a choice", |state| text(state, "transportReason").contains("a whole picture"));
    for transport in ["http", "websocket", "webtransport"] {
        assert!(text(&state, "transportReason").contains(&format!("{transport} ")), "{state}");
    }
    assert!(!text(&state, "transportReason").contains("failed"), "{state}");
    remote.expect_proofs();
    assert_eq!(page.state()["reconnects"], 0);
}

#[test]
fn datagrams_of_which_some_are_lost_are_exact_in_chromium() {
    let (remote, viewing) = (Remote::start("?verify=1&transport=webtransport-datagrams"), viewing());
    remote.udp.lose_one_of(40);
    let chromium = Chromium::open(&remote.page, &viewing);
    let page = chromium.page();
    assert_eq!(expect_transport(|| page.state(), "webtransport-datagrams"), "asked for");
    remote.expect_proofs();
    let state = page.state();
    assert_eq!(
        (text(&state, "transport"), &state["reconnects"]),
        ("webtransport-datagrams", &0.into()),
        "{state}"
    );
}

#[test]
fn datagrams_are_exact_in_firefox() {
    let (remote, viewing) = (Remote::start("?verify=1&transport=webtransport-datagrams"), viewing());
    let firefox = Firefox::open(&remote.page, &viewing);
    let state = || firefox.evaluate("window.lanstream?.state ?? null");
    assert_eq!(expect_transport(state, "webtransport-datagrams"), "asked for");
    remote.expect_proofs();
}

/// From now on each WebTransport session of the page brings 100,000 bytes and then nothing, on a path that is well: as
/// those of WebKit do after 16 MiB.
const STOPPING: &str = "(() => {
    let left = 100000;
    const stopping = stream => {
        const reader = stream.getReader();
        return new ReadableStream({ type: 'bytes', async pull(controller) {
            const { value } = await reader.read();
            left -= value?.length ?? 0;
            if (left < 0) return new Promise(() => {});
            controller.enqueue(value);
        } });
    };
    globalThis.sessions = 0;
    globalThis.WebTransport = class extends WebTransport {
        constructor(...parameters) {
            super(...parameters);
            globalThis.sessions += 1;
        }
        get incomingUnidirectionalStreams() {
            const transform = (stream, controller) => controller.enqueue(stopping(stream));
            return super.incomingUnidirectionalStreams.pipeThrough(new TransformStream({ transform }));
        }
    };
    window.lanstream.setAttribute('transport', 'webtransport');
})()";

#[test]
fn a_session_that_stops_is_left_for_another_transport_for_good() {
    let server = Lanstream::pattern(&["--kind", "motion", "--size", "640x480"]);
    let viewing = viewing();
    let chromium = Chromium::open(&server.page("?verify=1&transport=http&thread=page"), &viewing);
    let page = chromium.page();
    page.playing();
    page.evaluate(STOPPING);
    expect_transport(|| page.state(), "webtransport");
    let reason = expect_transport(|| page.state(), "http");
    assert_eq!(reason, "webtransport: it stood still");
    expect_proofs(&server);
    // Another session of the page, the third of the server, does not take it either.
    page.evaluate("window.lanstream.toggleAttribute('verify', false)");
    server.event("viewer-joined", 2);
    let before = frames(&page);
    let state = page.state_where("more pictures", |state| state["frames"].as_u64() > Some(before + MORE));
    assert_eq!((text(&state, "transport"), text(&state, "transportReason")), ("http", reason.as_str()));
    assert_eq!(page.evaluate("globalThis.sessions"), 1);
}

/// What the server's clock is behind the system's, in seconds.
static BEHIND: AtomicU64 = AtomicU64::new(0);
const DAY: u64 = 24 * 3600;

fn wall_clock() -> SystemTime {
    SystemTime::now() - Duration::from_secs(BEHIND.load(Ordering::SeqCst))
}

fn frames(page: &Page<'_>) -> u64 {
    page.state()["frames"].as_u64().unwrap_or_default()
}

#[test]
fn a_certificate_is_replaced_under_a_running_viewer_and_new_ones_come_in() {
    // It was made so long ago that it is about to be replaced, and is still valid today.
    BEHIND.store(8 * DAY, Ordering::SeqCst);
    let options = Options { wall_clock: Some(wall_clock), ..Options::default() };
    let pattern =
        lanstream_pattern::Options { kind: Kind::Motion, size: Size::new(640, 480).unwrap(), fps: 60 };
    let server = Server::start(lanstream_pattern::opener(pattern), &options, |_| {}).unwrap();
    let page_of = |query: &str| server.url().replace("/#", &format!("/{query}#"));
    let viewing = viewing();
    let chromium = Chromium::open(&page_of(ASKED_FOR), &viewing);
    let first = chromium.page();
    assert_eq!(expect_transport(|| first.state(), "webtransport"), "asked for");
    let hashes = || server.certificates().hashes;
    let before = hashes();
    assert_eq!(before.len(), 1);
    BEHIND.store(0, Ordering::SeqCst);
    let after = until("another certificate", || {
        let hashes = hashes();
        if hashes.len() == 2 { Ok(hashes) } else { Err(format!("{} of them", hashes.len())) }
    });
    assert_eq!(after[1], before[0], "the one before is still told of");
    let shown = frames(&first);
    until("more pictures", || if frames(&first) > shown + MORE { Ok(()) } else { Err("there are none") });
    assert_eq!(text(&first.state(), "transport"), "webtransport");
    // It meets the new one.
    let second = chromium.another(&page_of(ASKED_FOR));
    assert_eq!(expect_transport(|| second.state(), "webtransport"), "asked for");
    until("proofs", || if second.state()["exact"] == true { Ok(()) } else { Err("none") });
}
