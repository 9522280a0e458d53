//! That the page tells the truth in a real Chromium: why a picture does not come, or no longer; and that it can be used
//! and read wherever it is shown.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use lanstream::{Options, Server};
use lanstream_core::Size;
use lanstream_pattern::Kind;
use lanstream_testkit::browser::chromium::{Chromium, Page};
use lanstream_testkit::display::Display;
use lanstream_testkit::http::{Peer, request};
use lanstream_testkit::relay::Relay;
use lanstream_testkit::wait::until;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::embedding::Embedding;
use crate::program::Lanstream;

/// Longer than any test.
const TICKET_LIFETIME: Duration = Duration::from_secs(600);
/// Attempts to come back after which what is said is what stays.
const ATTEMPTS: u64 = 4;
/// Faster than any picture here needs.
const FAST: f64 = 10e9;
/// By what names browsers know the permission to reach this machine.
const PERMISSIONS: [&str; 2] = ["loopback-network", "local-network-access"];
/// A window's size in CSS pixels, and that of its text.
const WINDOWS: [(u32, u32, &str); 6] = [
    (320, 480, "100%"),
    (480, 320, "100%"),
    (480, 360, "100%"),
    (1280, 720, "100%"),
    (320, 480, "200%"),
    (480, 320, "200%"),
];
/// What of the controls lies outside of the window, or of what can be scrolled to; the slider may not even have to be
/// scrolled to.
const OUTSIDE: &str = "(() => {
    const controls = window.lanstream.shadowRoot.querySelector('.controls');
    const inside = (box, element) => { const own = element.getBoundingClientRect(); return own.width > 0 && own.left >= box.left && own.right <= box.right && own.top >= box.top && own.bottom <= box.bottom; };
    const outside = [];
    const slider = controls.querySelector('input');
    if (!inside({ left: 0, top: 0, right: innerWidth, bottom: innerHeight }, controls)) outside.push('controls');
    if (!inside(controls.getBoundingClientRect(), slider)) outside.push('slider');
    for (const element of controls.querySelectorAll('button, input, .time')) {
        if (element.hidden) continue;
        element.scrollIntoView({ block: 'nearest' });
        if (!inside(controls.getBoundingClientRect(), element)) outside.push(element.textContent || element.type);
    }
    controls.scrollTop = 0;
    return outside;
})()";

fn viewing() -> Display {
    Display::start(1281, 801)
}

fn number(state: &Value, name: &str) -> u64 {
    state[name].as_u64().unwrap_or_default()
}

/// The page says this, and goes on to when it has tried to come back some times.
fn expect_last_words(page: &Page<'_>, words: &str, code: &str) {
    page.banner_with(words);
    let tried = number(&page.state(), "reconnects") + ATTEMPTS;
    let state = page.state_where("attempts to come back", |state| number(state, "reconnects") >= tried);
    assert_eq!(
        (&state["code"], &state["reason"], &state["connected"]),
        (&code.into(), &words.into(), &false.into())
    );
    assert_eq!(page.banner(), words);
    assert_eq!(page.evaluate("document.title"), format!("{words} · lanstream"));
}

#[test]
fn a_server_that_is_stopped_is_said_to_be_for_good() {
    let viewing = viewing();
    let server = Lanstream::pattern(&["--size", "640x360"]);
    let chromium = Chromium::open(&server.page(""), &viewing);
    let page = chromium.page();
    page.playing();
    assert!(page.evaluate("document.title").as_str().unwrap().starts_with("test pattern bars · lanstream ["));
    server.process.signal(Signal::INT);
    expect_last_words(&page, "lanstream was stopped", "server-gone");
    assert_eq!(server.event("ended", 0)["reason"], "lanstream was stopped");
}

/// A stream of raw pictures whose writer leaves in the middle of one.
#[cfg(feature = "ffmpeg")]
#[test]
fn a_stream_that_broke_off_is_said_to_have_for_good() {
    let viewing = viewing();
    let (reader, mut writer) = std::io::pipe().unwrap();
    let arguments = ["pipe", "--size", "64x48", "--format", "rgb0", "--fps", "25"];
    let picture = vec![7; 64 * 48 * 4];
    writer.write_all(&picture).unwrap();
    let server = Lanstream::run(&arguments, Stdio::from(reader));
    let chromium = Chromium::open(&server.page(""), &viewing);
    let page = chromium.page();
    page.state_where("a picture", |state| number(state, "frames") > 0);
    writer.write_all(&picture[..100]).unwrap();
    drop(writer);
    until("the end", || {
        server.events("source").into_iter().find(|source| source["state"] == "ended").map(drop).ok_or("none")
    });
    let ended = server.event("ended", 0);
    assert_eq!(ended["code"], "source-ended");
    expect_last_words(&page, ended["reason"].as_str().unwrap(), "source-ended");
}

/// A page that the browser takes for one of the internet, and a server that lets it in.
fn embedded(viewing: &Display, answer: Option<&str>) -> (Lanstream, Embedding, Chromium) {
    let site = Embedding::start();
    let server = Lanstream::pattern(&["--size", "640x360", "--allow-origin", &site.origin()]);
    let space = format!("--ip-address-space-overrides=127.0.0.1:{}=public", site.port);
    let chromium = Chromium::open_with(&site.origin(), viewing, &[&space]);
    if let Some(answer) = answer {
        chromium.set_permission(&PERMISSIONS, &site.origin(), answer);
    }
    let page = chromium.page();
    until("the page's script", || {
        if page.evaluate("typeof window.show") == "function" { Ok(()) } else { Err("none") }
    });
    page.evaluate(&format!("window.show({})", json!(server.page(""))));
    (server, site, chromium)
}

fn expect_local_network(answer: Option<&str>, code: &str, words: &str) {
    let viewing = viewing();
    let (server, _site, chromium) = embedded(&viewing, answer);
    let page = chromium.page();
    let state = page.state_where(code, |state| state["code"] == code);
    assert_eq!(state["phase"], code, "{state}");
    page.banner_with(words);
    assert_eq!(page.evaluate("window.codes"), json!([code]));
    assert_eq!(server.next_stats()["viewers"], 0);
}

#[test]
fn local_network_access_that_is_denied_is_said_to_be() {
    expect_local_network(Some("denied"), "local-network-denied", "allow “local network”");
}

#[test]
fn local_network_access_that_the_browser_asks_for_is_said_to_be_asked_for() {
    expect_local_network(None, "local-network-prompt", "if the browser asks");
}

#[test]
fn local_network_access_that_is_granted_says_nothing() {
    let viewing = viewing();
    let (_server, _site, chromium) = embedded(&viewing, Some("granted"));
    let page = chromium.page();
    page.playing();
    assert_eq!((page.banner(), page.evaluate("window.codes")), (String::new(), json!([])));
}

#[test]
fn local_network_access_that_is_allowed_later_is_noticed() {
    let viewing = viewing();
    let (_server, site, chromium) = embedded(&viewing, Some("denied"));
    let page = chromium.page();
    page.banner_with("allow “local network”");
    chromium.set_permission(&PERMISSIONS, &site.origin(), "granted");
    page.playing();
    assert_eq!(page.banner(), "");
}

#[test]
fn a_policy_of_the_pages_own_is_said_to_be_one() {
    let viewing = viewing();
    let site = Embedding::start();
    let server = Lanstream::pattern(&["--size", "640x360", "--allow-origin", &site.origin()]);
    let chromium = Chromium::open(&site.origin(), &viewing);
    let page = chromium.page();
    until("the page's script", || {
        if page.evaluate("typeof window.show") == "function" { Ok(()) } else { Err("none") }
    });
    page.evaluate(
        "(() => { const policy = document.createElement('meta'); policy.httpEquiv = 'Content-Security-Policy'; \
         policy.content = \"connect-src 'self'\"; document.head.append(policy); })()",
    );
    page.evaluate(&format!("window.show({})", json!(server.page(""))));
    page.banner_with(&format!("add {} and ws:", server.origin()));
    assert_eq!(page.state()["code"], "csp-blocked");
}

#[test]
fn an_element_that_is_scrolled_out_of_view_takes_no_frames() {
    let viewing = viewing();
    let server = Lanstream::pattern(&["--size", "640x360", "--kind", "motion"]);
    let chromium = Chromium::open(&server.page(""), &viewing);
    let page = chromium.page();
    page.playing();
    page.evaluate(
        "document.documentElement.style.overflow = document.body.style.overflow = 'auto', window.lanstream.style.marginTop = '5000px'",
    );
    page.state_where("a pause", |state| state["paused"] == true);
    server.next_stats();
    // All of a second in which nobody looks.
    let stats = server.next_stats();
    assert_eq!((&stats["fps"], &stats["mbps"]), (&0.0.into(), &0.0.into()), "{stats}");
    assert_eq!(page.evaluate("window.lanstream.paused"), false, "it is not the person who paused it");
    page.evaluate("window.lanstream.scrollIntoView()");
    let frames = number(&page.playing(), "frames");
    page.state_where("more pictures", |state| number(state, "frames") > frames + 10);
}

/// A film's page: a clip that stands still.
#[cfg(feature = "ffmpeg")]
fn film(folder: &tempfile::TempDir) -> Lanstream {
    let clip = folder.path().join("base.mkv").to_string_lossy().into_owned();
    let make = [
        "-nostdin",
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=640x360:rate=25:duration=20",
        "-c:v",
        "ffv1",
        &clip,
    ];
    let made = std::process::Command::new("ffmpeg").args(make).status();
    assert!(made.expect("`cargo xtask setup` installs what these tests need").success());
    Lanstream::run(&["play", &clip, "--loop"], Stdio::null())
}

#[cfg(feature = "ffmpeg")]
#[test]
fn the_controls_are_reachable_in_every_window_with_any_text() {
    let (viewing, folder) = (viewing(), tempfile::tempdir().unwrap());
    let server = film(&folder);
    let chromium = Chromium::open(&server.page("?stats=1"), &viewing);
    let page = chromium.page();
    page.state_where("a film", |state| {
        state["canSeek"] == true && !state["durationS"].is_null() && number(state, "frames") > 0
    });
    page.evaluate("window.lanstream.pause()");
    for (width, height, text) in WINDOWS {
        page.resize(width, height);
        page.evaluate(&format!("document.documentElement.style.fontSize = '{text}'"));
        let what = format!("{width}x{height} with text of {text}");
        until(&what, || {
            let outside = page.evaluate(OUTSIDE);
            let size = page.evaluate("[innerWidth, innerHeight]");
            if outside == json!([]) && size == json!([width, height]) {
                Ok(())
            } else {
                Err(format!("{outside} {size}"))
            }
        });
    }
}

/// What is told of a seek, and where the film is then.
#[cfg(feature = "ffmpeg")]
const SEEK: &str = "new Promise(resolve => {
    const [element, said] = [window.lanstream, []];
    for (const name of ['seeking', 'seeked']) element.addEventListener(name, () => said.push(name, element.seeking));
    element.addEventListener('seeked', () => resolve([said, Math.abs(element.currentTime - 10) < 2]));
    element.currentTime = 10;
})";

#[cfg(feature = "ffmpeg")]
#[test]
fn a_seek_is_told_from_its_beginning_to_its_end() {
    let (viewing, folder) = (viewing(), tempfile::tempdir().unwrap());
    let server = film(&folder);
    let chromium = Chromium::open(&server.page(""), &viewing);
    let page = chromium.page();
    page.state_where("a film", |state| {
        state["canSeek"] == true && !state["durationS"].is_null() && number(state, "frames") > 0
    });
    assert_eq!(page.evaluate(SEEK), json!([["seeking", true, "seeked", false], true]));
    assert_eq!(
        page.evaluate("[window.lanstream.seekable.length, window.lanstream.seekable.end(0)]"),
        json!([1, 20])
    );
}

/// Whether the controls can be seen, and what of them has the focus.
const CONTROLS: &str = "(() => { const root = window.lanstream.shadowRoot; return [getComputedStyle(root.querySelector('.controls')).opacity, root.activeElement?.type ?? null]; })()";

#[cfg(feature = "ffmpeg")]
#[test]
fn a_film_can_be_controlled_by_keyboard_and_by_touch() {
    const TAB: u32 = 9;
    let (viewing, folder) = (viewing(), tempfile::tempdir().unwrap());
    let server = film(&folder);
    let chromium = Chromium::open(&server.page(""), &viewing);
    let page = chromium.page();
    page.state_where("a film", |state| {
        state["canSeek"] == true && !state["durationS"].is_null() && number(state, "frames") > 0
    });
    assert_eq!(page.evaluate(CONTROLS), json!(["0", null]));
    until("the slider by the keyboard", || {
        page.press("Tab", TAB);
        let controls = page.evaluate(CONTROLS);
        if controls == json!(["1", "range"]) { Ok(()) } else { Err(controls) }
    });
    page.evaluate("window.lanstream.shadowRoot.activeElement.blur()");
    until("controls that are asleep", || {
        if page.evaluate(CONTROLS)[0] == "0" { Ok(()) } else { Err("they are not") }
    });
    let was_paused = page.evaluate("window.lanstream.paused");
    page.tap(600, 300);
    until("controls after a touch", || {
        if page.evaluate(CONTROLS)[0] == "1" { Ok(()) } else { Err("there are none") }
    });
    assert_eq!(
        page.evaluate("window.lanstream.paused"),
        was_paused,
        "the touch that shows them presses none"
    );
}

/// Everything that came over at this host of the server's, with nothing in the console.
fn expect_clean_console(host: &str, transport: &str) {
    let viewing = viewing();
    let server = Lanstream::pattern(&["--size", "640x360"]);
    let url = server.page(&format!("?transport={transport}")).replace("127.0.0.1", host);
    let chromium = Chromium::open(&url, &viewing);
    let page = chromium.page();
    let state = page.playing();
    page.state_where(transport, |state| state["transport"] == transport);
    let icon = "fetch(document.querySelector('link[rel=icon]').href).then(answer => answer.headers.get('content-type'))";
    assert_eq!(page.evaluate(icon), "image/svg+xml");
    assert_eq!(page.console(), Vec::<String>::new(), "{state}");
}

#[test]
fn nothing_is_in_the_console_at_the_servers_address() {
    expect_clean_console("127.0.0.1", "http");
}

#[test]
fn nothing_is_in_the_console_at_the_servers_ipv6_address_and_no_transport_is_missing() {
    expect_clean_console("[::1]", "webtransport");
    expect_clean_console("[::1]", "websocket");
}

/// What of a text could be a secret.
fn secrets(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_hexdigit()).filter(|word| word.len() == 64).collect()
}

/// The status of a viewer's stream that is asked for with this key.
fn stream_status(server: &Lanstream, key: &str) -> u16 {
    let host = server.origin().strip_prefix("http://").unwrap();
    let mut peer = Peer::connect(host.parse().unwrap());
    let headers = [format!("Host: {host}"), format!("Authorization: Session {key}")];
    peer.send(&request("GET /stream?route=99", &headers));
    peer.head().unwrap().0
}

#[test]
fn what_the_browser_says_of_a_session_that_fails_gives_nothing_away() {
    let viewing = viewing();
    // Its port is nobody's by UDP.
    let relay = Relay::of(FAST);
    let (host, origin) = (format!("127.0.0.1:{}", relay.port), format!("http://127.0.0.1:{}", relay.port));
    let server = Lanstream::pattern(&["--size", "640x360", "--allow-host", &host, "--allow-origin", &origin]);
    relay.lead_to(server.port().parse().unwrap());
    let url = server.page("?transport=webtransport").replace(server.origin(), &origin);
    let chromium = Chromium::open(&url, &viewing);
    let page = chromium.page();
    let text = until("what the browser says", || {
        let console = page.console();
        console.into_iter().find(|text| text.contains("/pixels?")).ok_or("it says nothing")
    });
    page.playing();
    assert!(!text.contains(server.token()), "{text}");
    let told = secrets(&text);
    assert!(!told.is_empty(), "there is something to be tried: {text}");
    for secret in told {
        assert_eq!(stream_status(&server, secret), 401, "{text}");
    }
}

/// Also of a ticket, which is good once.
#[test]
fn the_address_keeps_no_secret_and_the_page_can_be_reloaded() {
    let viewing = viewing();
    let pattern =
        lanstream_pattern::Options { kind: Kind::Motion, size: Size::new(640, 480).unwrap(), fps: 60 };
    let server = Server::start(lanstream_pattern::opener(pattern), &Options::default(), |_| {}).unwrap();
    let (address, _) = server.url().split_once('#').unwrap();
    for url in [server.url().replacen("/#", "/?stats=1#", 1), server.ticket_url(TICKET_LIFETIME)] {
        let chromium = Chromium::open(&url, &viewing);
        let page = chromium.page();
        for _ in 0..3 {
            page.playing();
            let shown = page.evaluate("location.origin + location.pathname + location.hash");
            assert_eq!(shown, address);
            page.evaluate("window.isLeft = true; location.reload()");
            let is_new = "window.isLeft === undefined && window.lanstream !== undefined";
            until("the page anew", || match page.try_evaluate(is_new) {
                Ok(is_new) if is_new == true => Ok(()),
                other => Err(format!("{other:?}")),
            });
        }
        assert_eq!(page.evaluate("location.search"), if url.contains('?') { "?stats=1" } else { "" });
    }
}
