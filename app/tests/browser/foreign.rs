//! A page from elsewhere in the same browser tries what a page can: nothing of it gets in.

use std::io::{Read, Write};
use std::net::TcpStream;

use lanstream_testkit::browser::Engine::{self, Chromium, Firefox};
use lanstream_testkit::display::Display;
use serde_json::Value;

use crate::program::Lanstream;
use crate::site::Site;

/// Attempts that the page makes.
const ATTEMPTS: usize = 13;

const PAGE: &str = include_str!("foreign.html");

/// A session key, as the viewer's own page gets one.
fn key(server: &Lanstream) -> String {
    let (origin, token) = (server.origin(), server.token());
    let host = origin.strip_prefix("http://").expect("it is HTTP");
    let mut socket = TcpStream::connect(host).unwrap();
    write!(
        socket,
        "POST /session HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: 0\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let after = answer.split_once(r#""session":""#).expect("there is a session").1;
    after.split_once('"').expect("it is text").0.to_owned()
}

/// What a page of the site could do, by attempt.
fn report(engine: Engine, site: &Site, host: &str, server: &Lanstream) -> Value {
    let target = format!("#{}|{}|{}", server.origin(), server.token(), key(server));
    let viewing = Display::start(641, 361);
    let _browser = engine.open(&format!("{}/{target}", site.origin(host)), &viewing);
    site.report()
}

fn expect_nothing_gets_in(engine: Engine, host: &str) {
    let server = Lanstream::pattern(&["--size", "640x360"]);
    let report = report(engine, &Site::start(PAGE), host, &server);
    let outcomes = report.as_object().expect("it is an object");
    assert_eq!(outcomes.len(), ATTEMPTS, "{report:#}");
    for (attempt, outcome) in outcomes {
        let outcome = outcome.as_str().expect("it is text");
        assert!(outcome.starts_with("blocked"), "{attempt}: {outcome}");
    }
    assert_eq!(server.next_stats()["viewers"], 0);
    assert_eq!(server.events("viewer-joined").len(), 0, "{report:#}");
}

#[test]
fn another_port_of_this_machine_in_chromium() {
    expect_nothing_gets_in(Chromium, "127.0.0.1");
}

#[test]
fn localhost_by_name_in_chromium() {
    expect_nothing_gets_in(Chromium, "localhost");
}

#[test]
fn another_port_of_this_machine_in_firefox() {
    expect_nothing_gets_in(Firefox, "127.0.0.1");
}

#[test]
fn localhost_by_name_in_firefox() {
    expect_nothing_gets_in(Firefox, "localhost");
}

/// The attempts are worth something: the same one gets in where the server was told to let the site in.
#[test]
fn page_that_was_allowed_gets_in() {
    let site = Site::start(PAGE);
    let allowed = site.origin("127.0.0.1");
    let server = Lanstream::pattern(&["--size", "640x360", "--allow-origin", &allowed]);
    let report = report(Chromium, &site, "127.0.0.1", &server);
    assert_eq!(report["session with the token"], "got in: cors 200", "{report:#}");
    assert_eq!(report["control channel with the key"], "got in: open", "{report:#}");
}
