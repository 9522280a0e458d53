//! What the element says to its page when no picture comes: one event for each cause, with its code.

use lanstream_testkit::browser::chromium::{Chromium, Page};
use lanstream_testkit::browser::firefox::Firefox;
use lanstream_testkit::browser::webkit::Webkit;
use lanstream_testkit::display::Display;
use lanstream_testkit::wait::until;
use serde_json::{Value, json};

use crate::embedding::Embedding;
use crate::program::Lanstream;

/// Attempts to connect after which nothing is said anew.
const ATTEMPTS: u64 = 3;

fn viewing() -> Display {
    Display::start(1281, 801)
}

/// Puts the element into the page and waits until it has tried some times, or will not try again.
fn expect_codes(codes: &Value, src: &str, evaluate: impl Fn(&str) -> Value) {
    until("the page's script", || {
        if evaluate("typeof window.show") == "function" { Ok(()) } else { Err("none") }
    });
    evaluate(&format!("(window.show({}), null)", json!(src)));
    expect_said(codes, evaluate);
}

fn expect_said(codes: &Value, evaluate: impl Fn(&str) -> Value) {
    until("attempts", || {
        let state = evaluate("window.lanstream.state");
        let is_final = state["phase"] == "ticket-rejected";
        if is_final || state["reconnects"].as_u64() >= Some(ATTEMPTS) { Ok(()) } else { Err(state) }
    });
    assert_eq!(evaluate("window.codes"), *codes);
    let [message, banner] = [
        "window.lanstream.error.message",
        "window.lanstream.shadowRoot.querySelector('.banner').textContent",
    ]
    .map(|expression| evaluate(expression).as_str().unwrap().to_owned());
    assert!(banner.contains(&message), "{banner:?} has not the words {message:?}");
}

#[test]
fn an_origin_that_is_not_allowed_is_said_to_be_in_chromium() {
    let (viewing, site, server) = (viewing(), Embedding::start(), Lanstream::pattern(&["--size", "640x360"]));
    let chromium = Chromium::open(&site.origin(), &viewing);
    let page = chromium.page();
    expect_codes(&json!(["origin-not-allowed"]), &server.page(""), |expression| page.evaluate(expression));
    page.banner_with(&format!("--allow-origin {}", site.origin()));
    assert_eq!(
        page.evaluate("window.details"),
        json!([{ "origin": site.origin(), "server": server.origin() }])
    );
    assert_eq!(server.next_stats()["viewers"], 0);
}

#[test]
fn an_origin_that_is_not_allowed_is_said_to_be_in_firefox() {
    let (viewing, site, server) = (viewing(), Embedding::start(), Lanstream::pattern(&["--size", "640x360"]));
    let firefox = Firefox::open(&site.origin(), &viewing);
    expect_codes(&json!(["origin-not-allowed"]), &server.page(""), |expression| firefox.evaluate(expression));
}

#[test]
fn an_origin_that_is_not_allowed_is_said_to_be_in_webkit() {
    let (viewing, site, server) = (viewing(), Embedding::start(), Lanstream::pattern(&["--size", "640x360"]));
    let webkit = Webkit::open(&site.origin(), &viewing);
    expect_codes(&json!(["origin-not-allowed"]), &server.page(""), |expression| webkit.evaluate(expression));
}

/// A server that lets the site in, whose own policy does not let it ask.
fn blocked(policy: &'static str) -> (Embedding, Lanstream) {
    let site = Embedding::with_policy(policy);
    let server = Lanstream::pattern(&["--size", "640x360", "--allow-origin", &site.origin()]);
    (site, server)
}

/// As an app of Tauri's has it.
const WITHOUT_OURS: &str = "default-src 'self'; script-src 'self' 'unsafe-inline'; img-src data:; \
    connect-src 'self' ipc: http://ipc.localhost";
/// The session may be asked for, the control channel may not be opened.
const WITHOUT_THE_CHANNEL: &str = "script-src 'self' 'unsafe-inline'; img-src data:; \
    connect-src 'self' http://127.0.0.1:*/session";

fn expect_blocked_in_chromium(policy: &'static str) {
    let (viewing, (site, server)) = (viewing(), blocked(policy));
    let chromium = Chromium::open(&site.origin(), &viewing);
    let page = chromium.page();
    expect_codes(&json!(["csp-blocked"]), &server.page(""), |expression| page.evaluate(expression));
    assert_eq!(page.evaluate("window.details[0].directive"), "connect-src");
    page.banner_with(&format!("add {} and ws:", server.origin()));
}

#[test]
fn a_policy_without_the_server_is_said_to_block_in_chromium() {
    expect_blocked_in_chromium(WITHOUT_OURS);
}

#[test]
fn a_policy_without_the_servers_channel_is_said_to_block_in_chromium() {
    expect_blocked_in_chromium(WITHOUT_THE_CHANNEL);
}

#[test]
fn a_policy_without_the_server_is_said_to_block_in_firefox() {
    let (viewing, (site, server)) = (viewing(), blocked(WITHOUT_OURS));
    let firefox = Firefox::open(&site.origin(), &viewing);
    expect_codes(&json!(["csp-blocked"]), &server.page(""), |expression| firefox.evaluate(expression));
}

#[test]
fn a_policy_without_the_server_is_said_to_block_in_webkit() {
    let (viewing, (site, server)) = (viewing(), blocked(WITHOUT_OURS));
    let webkit = Webkit::open(&site.origin(), &viewing);
    expect_codes(&json!(["csp-blocked"]), &server.page(""), |expression| webkit.evaluate(expression));
}

fn allowed(chromium: &Chromium) -> Page<'_> {
    let page = chromium.page();
    until("the page's script", || {
        if page.evaluate("typeof window.show") == "function" { Ok(()) } else { Err("none") }
    });
    page
}

#[test]
fn a_wrong_token_is_said_once_and_play_is_rejected_with_it() {
    let (viewing, (site, server)) = (viewing(), blocked(""));
    let chromium = Chromium::open(&site.origin(), &viewing);
    let page = allowed(&chromium);
    let wrong = server.page("").replace(server.token(), &"0".repeat(64));
    expect_codes(&json!(["ticket-rejected"]), &wrong, |expression| page.evaluate(expression));
    assert_eq!(page.evaluate("window.lanstream.play().catch(error => error.code)"), "ticket-rejected");
    assert_eq!(page.evaluate("window.lanstream.networkState"), 3);
    page.evaluate(&format!("window.lanstream.src = {}", json!(server.page(""))));
    page.playing();
    assert_eq!(page.evaluate("[window.lanstream.error, window.codes]"), json!([null, ["ticket-rejected"]]));
}

#[test]
fn a_source_that_is_no_url_is_said_to_be_and_another_may_follow() {
    let (viewing, (site, server)) = (viewing(), blocked(""));
    let chromium = Chromium::open(&site.origin(), &viewing);
    let page = allowed(&chromium);
    page.evaluate("window.show('http://[#secret')");
    page.banner_with("src is not a URL that lanstream printed");
    assert!(!page.banner().contains("secret"), "{}", page.banner());
    assert_eq!(page.evaluate("[window.codes, window.lanstream.error.code]"), json!([["bad-src"], "bad-src"]));
    assert_eq!(page.evaluate("window.lanstream.networkState"), 3);
    page.evaluate(&format!("window.lanstream.src = {}", json!(server.page(""))));
    page.playing();
    assert_eq!(page.console(), Vec::<String>::new());
    assert_eq!(page.evaluate("[window.codes, window.lanstream.error]"), json!([["bad-src"], null]));
}

#[test]
fn a_server_that_is_killed_is_said_once_to_be_gone() {
    let (viewing, (site, mut server)) = (viewing(), blocked(""));
    let chromium = Chromium::open(&site.origin(), &viewing);
    let page = allowed(&chromium);
    page.evaluate(&format!("window.show({})", json!(server.page(""))));
    page.playing();
    server.process.kill();
    expect_said(&json!(["server-gone"]), |expression| page.evaluate(expression));
    assert_eq!(page.evaluate("window.events.at(-1)"), "waiting");
    assert_eq!(page.evaluate("window.lanstream.readyState"), 2);
}

#[test]
fn a_screen_that_is_lost_is_said_once_to_be_until_it_is_back() {
    let (viewing, site) = (viewing(), Embedding::start());
    // Out of the way of displays that are started on the first free number.
    let name = format!(":{}", 50_000 + std::process::id() % 9_000);
    let screen = Display::start_as(&name, 320, 180);
    let server = Lanstream::capture(&screen, &["--allow-origin", &site.origin()]);
    let chromium = Chromium::open(&site.origin(), &viewing);
    let page = allowed(&chromium);
    page.evaluate(&format!("window.show({})", json!(server.page(""))));
    page.playing();
    drop(screen);
    page.state_where("a lost source", |state| state["code"] == "source-lost");
    assert_eq!(
        page.evaluate("[window.codes, window.lanstream.error.code]"),
        json!([["source-lost"], "source-lost"])
    );
    let _again = Display::start_as(&name, 320, 180);
    page.playing();
    until("an error that is over", || {
        let found = page.evaluate("[window.codes, window.lanstream.error]");
        if found == json!([["source-lost"], null]) { Ok(()) } else { Err(found) }
    });
}
