//! The viewers' proofs: with `?verify=1` the server hears of every picture's hash, whichever way it came and was
//! painted.

use lanstream_testkit::browser::chromium::Chromium;
use lanstream_testkit::browser::firefox::Firefox;
use lanstream_testkit::browser::webkit::Webkit;
use lanstream_testkit::display::Display;
use serde_json::{Value, json};

use crate::program::Lanstream;

/// More updates than this must be proven.
const PROOFS: u64 = 50;
/// A Chromium that draws WebGL on the CPU.
const WITH_WEBGL: [&str; 2] = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"];
const HAS_WEBGL2: &str = "document.createElement('canvas').getContext('webgl2') !== null";

struct Way {
    transport: &'static str,
    presenter: &'static str,
    thread: &'static str,
}

const HTTP_2D: Way = Way { transport: "http", presenter: "2d", thread: "auto" };
const HTTP_WEBGL2: Way = Way { presenter: "webgl2", ..HTTP_2D };
const WEBSOCKET_2D: Way = Way { transport: "websocket", ..HTTP_2D };
const WEBSOCKET_WEBGL2: Way = Way { presenter: "webgl2", ..WEBSOCKET_2D };
const WEBTRANSPORT_2D: Way = Way { transport: "webtransport", ..HTTP_2D };

fn server() -> Lanstream {
    Lanstream::pattern(&["--kind", "motion", "--size", "1280x720"])
}

fn page(server: &Lanstream, way: &Way) -> String {
    let Way { transport, presenter, thread } = way;
    server.page(&format!("?verify=1&transport={transport}&present={presenter}&thread={thread}"))
}

/// Waits for proofs; then the page's state, asked for by `state`, must name the way, or why not.
fn expect_proofs(server: &Lanstream, way: &Way, has_webgl2: bool, state: impl Fn() -> Value) {
    let stats = server.stats_where("proofs", |stats| stats["proven"].as_u64() > Some(PROOFS));
    assert_eq!(stats["refuted"], 0, "{stats}");
    let state = state();
    assert_eq!((&state["transport"], &state["exact"]), (&way.transport.into(), &true.into()), "{state}");
    assert_eq!((&state["refuted"], &state["reconnects"]), (&0.into(), &0.into()), "{state}");
    if way.presenter == "webgl2" && !has_webgl2 {
        assert_eq!(state["presenter"], "2d", "{state}");
        let reason = state["presenterReason"].as_str().expect("it is text");
        assert!(reason.contains("no WebGL2 context"), "{reason}");
    } else {
        assert_eq!(state["presenter"], way.presenter, "{state}");
    }
}

/// By itself only a Chromium with a 2D canvas has the engine in its page's thread, and only while that has time.
fn expect_thread(state: &Value, way: &Way, by_itself: &str) {
    if way.thread == "auto" && state["threadReason"] == "this page is busy" {
        return assert_eq!((by_itself, &state["thread"]), ("page", &"worker".into()), "{state}");
    }
    let (thread, reason) = if way.thread == "auto" { (by_itself, "") } else { (way.thread, "asked for") };
    assert_eq!(state["thread"], thread, "{state}");
    assert!(state["threadReason"].as_str().expect("it is text").contains(reason), "{state}");
}

fn chromium_proves(way: &Way, arguments: &[&str]) -> bool {
    let (server, viewing) = (server(), Display::start(1281, 721));
    let chromium = Chromium::open_with(&page(&server, way), &viewing, arguments);
    let page = chromium.page();
    let has_webgl2 = page.evaluate(HAS_WEBGL2) == true;
    expect_proofs(&server, way, has_webgl2, || page.state());
    expect_thread(&page.state(), way, if way.presenter == "2d" { "page" } else { "worker" });
    let read = page.evaluate(
        "window.lanstream.readPixels().then(({ width, height, data }) => [width, height, data[3]])",
    );
    assert_eq!(read, json!([1280, 720, 255]));
    has_webgl2
}

fn firefox_proves(way: &Way) {
    let (server, viewing) = (server(), Display::start(1281, 721));
    let firefox = Firefox::open(&page(&server, way), &viewing);
    let has_webgl2 = firefox.evaluate(HAS_WEBGL2) == true;
    let state = || firefox.evaluate("window.lanstream.state");
    expect_proofs(&server, way, has_webgl2, state);
    expect_thread(&state(), way, "worker");
}

fn webkit_proves(way: &Way) {
    let (server, viewing) = (server(), Display::start(1281, 721));
    let webkit = Webkit::open(&page(&server, way), &viewing);
    let state = || webkit.evaluate("window.lanstream.state");
    expect_proofs(&server, way, false, state);
    expect_thread(&state(), way, way.thread);
}

#[test]
fn webkit_proves_http_on_2d_in_the_page() {
    webkit_proves(&Way { thread: "page", ..HTTP_2D });
}

#[test]
fn webkit_proves_websocket_on_2d_in_the_page() {
    webkit_proves(&Way { thread: "page", ..WEBSOCKET_2D });
}

#[test]
fn webkit_proves_websocket_on_2d_in_the_worker() {
    webkit_proves(&Way { thread: "worker", ..WEBSOCKET_2D });
}

#[test]
fn chromium_proves_http_on_2d() {
    chromium_proves(&HTTP_2D, &[]);
}

#[test]
fn chromium_proves_websocket_on_2d() {
    chromium_proves(&WEBSOCKET_2D, &[]);
}

#[test]
fn chromium_proves_webtransport_on_2d() {
    chromium_proves(&WEBTRANSPORT_2D, &[]);
}

#[test]
fn chromium_proves_webtransport_on_2d_in_the_worker() {
    chromium_proves(&Way { thread: "worker", ..WEBTRANSPORT_2D }, &[]);
}

#[test]
fn firefox_proves_webtransport_on_2d() {
    firefox_proves(&WEBTRANSPORT_2D);
}

#[test]
fn chromium_proves_http_on_2d_in_the_worker() {
    chromium_proves(&Way { thread: "worker", ..HTTP_2D }, &[]);
}

#[test]
fn chromium_proves_websocket_on_2d_in_the_worker() {
    chromium_proves(&Way { thread: "worker", ..WEBSOCKET_2D }, &[]);
}

#[test]
fn chromium_proves_http_on_webgl2() {
    assert!(chromium_proves(&HTTP_WEBGL2, &WITH_WEBGL), "Chromium brings a WebGL2 of its own");
}

#[test]
fn chromium_proves_websocket_on_webgl2() {
    assert!(chromium_proves(&WEBSOCKET_WEBGL2, &WITH_WEBGL), "Chromium brings a WebGL2 of its own");
}

#[test]
fn chromium_proves_http_on_webgl2_in_the_page() {
    assert!(
        chromium_proves(&Way { thread: "page", ..HTTP_WEBGL2 }, &WITH_WEBGL),
        "Chromium brings a WebGL2 of its own"
    );
}

#[test]
fn chromium_without_webgl2_says_so_and_falls_back() {
    assert!(!chromium_proves(&HTTP_WEBGL2, &["--disable-3d-apis"]), "it was told to have none");
}

#[test]
fn firefox_proves_http_on_2d() {
    firefox_proves(&HTTP_2D);
}

#[test]
fn firefox_proves_websocket_on_2d() {
    firefox_proves(&WEBSOCKET_2D);
}

#[test]
fn firefox_proves_http_on_2d_in_the_page() {
    firefox_proves(&Way { thread: "page", ..HTTP_2D });
}

#[test]
fn firefox_proves_http_on_webgl2_or_says_why_not() {
    firefox_proves(&HTTP_WEBGL2);
}

#[test]
fn firefox_proves_websocket_on_webgl2_or_says_why_not() {
    firefox_proves(&WEBSOCKET_WEBGL2);
}
