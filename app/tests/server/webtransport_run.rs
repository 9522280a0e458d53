//! The real binary and its UDP port: certificates of the user's, ports that are taken, transports that are not wanted.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use lanstream_pattern::Kind;
use lanstream_testkit::http::PATIENCE;
use lanstream_testkit::viewer::{ALL, CERTIFICATES, Door, Transport, Viewer};
use lanstream_testkit::webtransport::{Session, any_port};
use rustix::process::Signal;
use serde_json::Value;
use wtransport::ClientConfig;
use wtransport::tls::client::build_default_tls_config;
use wtransport::tls::rustls::RootCertStore;
use wtransport::tls::rustls::pki_types::CertificateDer;
use wtransport::tls::rustls::pki_types::pem::PemObject;

use crate::certificate::Files;
use crate::running::{Running, run};
use crate::serving::taken_for_udp;

const SMALL: [&str; 6] = ["pattern", "--kind", "motion", "--size", "640x360", "--json"];

fn small(more: &[&str]) -> Running {
    Running::start(&[&SMALL, more].concat())
}

/// What the program says as it ends at once, after no other word.
fn refused(certificate: &Path, key: &Path) -> String {
    let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    let output = run(&[&SMALL[..], &["--tls-cert", certificate, "--tls-key", key]].concat());
    assert_eq!(output.status.code(), Some(1));
    let error: Value = serde_json::from_slice(&output.stdout).expect("one event, and no URL before it");
    assert_eq!(error["event"], "error");
    let message = error["message"].as_str().unwrap().to_owned();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains(&message), "{stderr}");
    message
}

fn check_named(message: &str, path: &Path, words: &[&str]) {
    for word in words.iter().copied().chain([path.to_str().unwrap()]) {
        assert!(message.contains(word), "{word:?} is missing in: {message}");
    }
}

#[test]
fn files_that_are_not_there() {
    let files = Files::valid_for(10);
    let missing = files.folder.path().join("missing.pem");
    check_named(&refused(&missing, &files.key()), &missing, &["No such file"]);
    check_named(&refused(&files.certificate(), &missing), &missing, &["No such file"]);
    let folder = files.folder.path();
    check_named(&refused(folder, &files.key()), folder, &["directory"]);
}

#[test]
fn files_that_are_something_else() {
    let files = Files::valid_for(10);
    let broken = "-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n";
    let others = [
        files.private("empty.pem", b""),
        files.private("text.pem", b"not a certificate"),
        files.private("bytes.pem", &[0xff; 1000]),
    ];
    for other in &others {
        check_named(&refused(other, &files.key()), other, &["certificate"]);
        check_named(&refused(&files.certificate(), other), other, &["private key"]);
    }
    let broken = files.with("broken.pem", broken.as_bytes());
    check_named(&refused(&broken, &files.key()), &broken, &["certificate"]);
    check_named(&refused(&files.key(), &files.key()), &files.key(), &["certificate"]);
    check_named(&refused(&files.certificate(), &files.certificate()), &files.certificate(), &["private key"]);
}

#[test]
fn a_key_that_others_may_read() {
    let files = Files::valid_for(10);
    for mode in [0o644, 0o640, 0o604, 0o622] {
        std::fs::set_permissions(files.key(), Permissions::from_mode(mode)).unwrap();
        let message = refused(&files.certificate(), &files.key());
        check_named(&message, &files.key(), &["other users of this machine may read it", "chmod 600"]);
    }
}

#[test]
fn files_without_an_end_and_pipes_without_a_writer() {
    let files = Files::valid_for(10);
    let pipe = files.folder.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
    let endless = files.private("endless.pem", &vec![b'\n'; 2 << 20]);
    for (file, words) in [
        (Path::new("/dev/zero"), "not a regular file"),
        (&pipe, "not a regular file"),
        (&endless, "more than"),
    ] {
        check_named(&refused(file, &files.key()), file, &[words]);
        check_named(&refused(&files.certificate(), file), file, &[words]);
    }
}

#[test]
fn a_key_that_is_of_another_certificate() {
    let (files, other) = (Files::valid_for(10), Files::valid_for(10));
    let message = refused(&files.certificate(), &other.key());
    check_named(&message, &files.certificate(), &[other.key().to_str().unwrap(), "key"]);
}

#[test]
fn a_key_that_is_none_inside() {
    let files = Files::valid_for(10);
    let hollow = "-----BEGIN PRIVATE KEY-----\nbm90aGluZw==\n-----END PRIVATE KEY-----\n";
    let hollow = files.with("hollow.pem", hollow.as_bytes());
    check_named(&refused(&files.certificate(), &hollow), &hollow, &["key"]);
}

#[test]
fn one_without_the_other() {
    for (given, missing) in [("--tls-cert", "--tls-key"), ("--tls-key", "--tls-cert")] {
        let output = run(&["pattern", given, "file.pem"]);
        assert_eq!(output.status.code(), Some(2));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.starts_with("error:") && stderr.contains(missing), "{stderr}");
    }
}

/// A browser on a machine where this certificate is trusted.
fn trusting(files: &Files, door: &Door) -> ClientConfig {
    let mut store = RootCertStore::empty();
    store.add(CertificateDer::from_pem_file(files.certificate()).unwrap()).unwrap();
    let tls = build_default_tls_config(Arc::new(store), None);
    ClientConfig::builder().with_bind_address(any_port(door.address)).with_custom_tls(tls).build()
}

#[test]
fn a_certificate_of_the_users_is_for_browsers_that_trust_it() {
    // Longer than what is accepted by its hash.
    let (files, other) = (Files::valid_for(300), Files::valid_for(300));
    let (certificate, key) = (files.certificate(), files.key());
    let running = small(&["--tls-cert", certificate.to_str().unwrap(), "--tls-key", key.to_str().unwrap()]);
    let door = running.door();
    let mut viewer = Viewer::greet(&door);
    let venue = viewer.find_venue(&door);
    assert_eq!(venue.hashes, [[0; 32]; 0], "there is nothing to accept it by");
    let mut ask = |files: &Files| {
        let ticket = viewer.ticket();
        Session::ask(trusting(files, &door), &venue.address.to_string(), &door.page(), &ticket)
    };
    assert!(ask(&other).is_err(), "who trusts another gets no session");
    let session = ask(&files).expect("it is trusted");
    viewer.session = Some(session);
    viewer.take_route(&door, Transport::WebTransport);
    viewer.watch(Kind::Motion, 3);
}

#[test]
fn a_port_that_is_taken_by_udp_alone() {
    let taken = taken_for_udp();
    let port = taken.local_addr().unwrap().port();
    let running = small(&["--port", &port.to_string()]);
    let door = running.door();
    assert_eq!(door.port(), port, "the page is where it was wanted");
    let mut viewer = Viewer::join(&door, Transport::WebTransport);
    assert_ne!(viewer.find_venue(&door).address.port(), port);
    viewer.watch(Kind::Motion, 3);
    assert_eq!(udp_ports(running.pid()).len(), 1, "one port, at all addresses");
}

#[test]
fn the_udp_port_is_the_pages_where_it_is_free() {
    let running = small(&[]);
    let door = running.door();
    let mut viewer = Viewer::join(&door, Transport::WebTransport);
    assert_eq!(viewer.find_venue(&door).address.port(), door.port());
    viewer.watch(Kind::Motion, 3);
    assert_eq!(udp_ports(running.pid()), [door.port()]);
}

/// The ports of the process's UDP sockets, each once.
fn udp_ports(pid: u32) -> Vec<u16> {
    let entries = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("it runs");
    let links = entries.flatten().filter_map(|entry| std::fs::read_link(entry.path()).ok());
    let own: Vec<_> = links.map(|link| link.to_string_lossy().into_owned()).collect();
    let tables = ["udp", "udp6"].map(|table| std::fs::read_to_string(format!("/proc/{pid}/net/{table}")));
    let rows = tables.iter().flatten().flat_map(|table| table.lines().skip(1));
    let mut ports: Vec<_> = rows.filter_map(|row| port_of(row, &own)).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// The port in a row of the kernel's table, if the socket is one of `own`.
fn port_of(row: &str, own: &[String]) -> Option<u16> {
    let fields: Vec<_> = row.split_whitespace().collect();
    let inode = format!("socket:[{}]", fields.get(9)?);
    let (_, port) = fields.get(1)?.rsplit_once(':')?;
    own.contains(&inode).then(|| u16::from_str_radix(port, 16).expect("the table is in hexadecimal digits"))
}

/// What a viewer is offered, and which of it is preferred.
fn offer(door: &Door) -> (Vec<String>, Value) {
    let answer: Value = serde_json::from_slice(&door.exchange().body).expect("JSON");
    let names = answer["transports"].as_array().expect("names").iter();
    (names.map(|name| name.as_str().unwrap().to_owned()).collect(), answer["preferred"].clone())
}

#[test]
fn where_another_transport_is_wanted_there_is_no_udp_socket() {
    for (name, transport) in [("http", Transport::Http), ("websocket", Transport::WebSocket)] {
        let running = small(&["--transport", name]);
        let door = running.door();
        assert_eq!(offer(&door), (vec![name.to_owned()], Value::Null));
        let mut viewer = Viewer::join(&door, transport);
        viewer.watch(Kind::Motion, 3);
        assert_eq!(udp_ports(running.pid()), [0; 0], "{name}");
        let told = viewer.heard.iter().any(|(kind, _)| *kind == CERTIFICATES);
        assert!(!told, "{name}: there is no certificate to be told of");
    }
}

#[test]
fn webtransport_is_offered_beside_the_others() {
    let all = ["http", "websocket", "webtransport"].map(str::to_owned).to_vec();
    for (name, preferred) in [("auto", Value::Null), ("webtransport", "webtransport".into())] {
        let running = small(&["--transport", name]);
        let door = running.door();
        assert_eq!(offer(&door), (all.clone(), preferred));
        for transport in ALL {
            Viewer::join(&door, transport).watch(Kind::Motion, 3);
        }
    }
}

#[test]
fn its_end_ends_sessions_at_once() {
    for _ in 0..5 {
        let running = small(&[]);
        let door = running.door();
        let mut viewer = Viewer::join(&door, Transport::WebTransport);
        viewer.watch(Kind::Motion, 3);
        running.signal(Signal::TERM);
        let how = viewer.session.as_ref().unwrap().wait_closed();
        assert!(running.end(PATIENCE).0.success());
        let told = ["lanstream has ended", "the viewer has left"];
        assert!(told.iter().any(|reason| how.contains(reason)), "{how}");
    }
}
