//! The page below a path of somebody else's server, which passes on what is asked there, as reverse proxies and
//! forwarders of ports do.

use std::io::{BufRead as _, BufReader, Read as _, Write as _, copy};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::thread;

use lanstream_testkit::browser::chromium::Chromium;
use lanstream_testkit::browser::firefox::Firefox;
use lanstream_testkit::display::Display;
use lanstream_testkit::wait::until;
use serde_json::Value;

use crate::program::Lanstream;

/// The path below which the proxy passes requests on.
const PREFIX: &str = "/tools/screen";
/// More updates than this must be proven.
const PROOFS: u64 = 10;

/// Binds the proxy's port, which the server must let in before it starts.
fn bind() -> (TcpListener, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    (listener, origin)
}

/// Passes on what is asked below the path, for as long as the process lives.
fn pass_on(listener: TcpListener, server: String) {
    thread::spawn(move || {
        for browser in listener.incoming().map_while(Result::ok) {
            let server = server.clone();
            thread::spawn(move || pass_on_request(browser, &server));
        }
    });
}

/// Passes on the first request of a connection, and what follows an upgrade. The server is told to close after any
/// other, so that the next request comes by another connection.
fn pass_on_request(browser: TcpStream, server: &str) -> Option<()> {
    let mut request = BufReader::new(browser.try_clone().ok()?);
    let lines = request.by_ref().lines().map_while(Result::ok);
    let lines: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let (first, headers) = lines.split_first()?;
    let (method, rest) = first.split_once(' ')?;
    let Some(path) = rest.strip_prefix(PREFIX) else {
        (&browser)
            .write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            .ok();
        return None;
    };
    let is_named = |line: &&String, name: &str| line.to_ascii_lowercase().starts_with(name);
    let is_upgrade = headers.iter().any(|line| is_named(&line, "upgrade:"));
    let mut head = format!("{method} {path}\r\nHost: {server}\r\n");
    for line in headers.iter().filter(|line| !is_named(line, "host:")) {
        if is_upgrade || !is_named(&line, "connection:") {
            head.push_str(&format!("{line}\r\n"));
        }
    }
    head.push_str(if is_upgrade { "\r\n" } else { "Connection: close\r\n\r\n" });
    let upstream = TcpStream::connect(server).ok()?;
    (&upstream).write_all(head.as_bytes()).ok()?;
    let (mut to_server, mut to_browser) = (upstream.try_clone().ok()?, browser);
    let onward = thread::spawn(move || {
        let _ = copy(&mut request, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    let _ = copy(&mut &upstream, &mut to_browser);
    let _ = to_browser.shutdown(Shutdown::Both);
    let _ = onward.join();
    Some(())
}

fn proxied() -> (Lanstream, String) {
    let (listener, origin) = bind();
    let server = Lanstream::pattern(&["--kind", "motion", "--size", "640x360", "--allow-origin", &origin]);
    pass_on(listener, server.origin().trim_start_matches("http://").to_owned());
    let page = format!("{origin}{PREFIX}/?verify=1#{}", server.token());
    (server, page)
}

fn expect_proofs(state: impl Fn() -> Value) {
    let state = until("proofs", || {
        let state = state();
        if state["proven"].as_u64() > Some(PROOFS) { Ok(state) } else { Err(state) }
    });
    assert_eq!((&state["transport"], &state["refuted"]), (&"websocket".into(), &0.into()), "{state}");
}

#[test]
fn the_page_is_shown_through_a_proxy_in_chromium() {
    let ((_server, url), viewing) = (proxied(), Display::start(641, 361));
    let chromium = Chromium::open(&url, &viewing);
    let page = chromium.page();
    expect_proofs(|| page.state());
}

#[test]
fn the_page_is_shown_through_a_proxy_in_firefox() {
    let ((_server, url), viewing) = (proxied(), Display::start(641, 361));
    let firefox = Firefox::open(&url, &viewing);
    expect_proofs(|| firefox.evaluate("window.lanstream?.state ?? {}"));
}
