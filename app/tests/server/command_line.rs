//! What the command takes and refuses: its help, its words, addresses and ports.

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};

use lanstream_pattern::Kind;
use lanstream_testkit::http::PATIENCE;
use lanstream_testkit::viewer::{Door, Transport, Viewer};
use rustix::process::Signal;
use serde_json::Value;

use crate::running::{Running, run, small, stderr, stdout};

#[test]
fn help_tells_of_every_command() {
    let all = run(&["--help"]);
    assert!(all.status.success());
    for word in ["Usage", "capture", "pattern", "sources", "--json", "--allow-origin", "Examples"] {
        assert!(stdout(&all).contains(word), "{word} is missing in:\n{}", stdout(&all));
    }
    assert!(!stdout(&all).contains("bench"), "what measures is no part of it:\n{}", stdout(&all));
    for command in ["capture", "pattern", "sources"] {
        let output = run(&[command, "--help"]);
        assert!(output.status.success() && stdout(&output).contains("Usage"), "{command:?}");
    }
    assert_eq!(stdout(&run(&["--version"])), format!("lanstream {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn words_that_mean_nothing() {
    let lines: &[&[&str]] = &[
        &["--nonsense"],
        &["record"],
        &["--port", "70000"],
        &["--bind", "nowhere"],
        &["--transport", "pigeon"],
        &["--allow-origin", "*"],
        &["--allow-origin", "localhost"],
        &["--allow-origin", "http://localhost/page"],
        &["--allow-origin", "http://*.test"],
        &["--allow-origin", "http://user@localhost"],
        &["--allow-origin", ""],
        &["--allow-host", "http://studio.test"],
        &["--allow-host", "*"],
        &["--allow-host", ""],
        &["pattern", "--fps", "0"],
        &["pattern", "--size", "0x0"],
        &["pattern", "--size", "99999x1"],
        &["pattern", "--kind", "stripes"],
        &["capture", "--display", "0", "--window", "x"],
        &["capture", "--region", "1,2"],
        &["capture", "--fps", "1000"],
        &["capture", "--window", ""],
    ];
    for line in lines {
        let output = run(line);
        assert_eq!(output.status.code(), Some(2), "{line:?}");
        assert!(stderr(&output).starts_with("error:"), "{line:?}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{line:?}");
    }
}

#[test]
fn words_that_cannot_be_say_why() {
    let lines: [(&[&str], &str); 6] = [
        (&["capture", "--region", "0,0,0x0"], "0x0 holds no pixel"),
        (&["capture", "--region", "0,0,70000x70000"], "70000x70000 is more than can be captured"),
        (&["capture", "--region", "-1,0,5x5"], "counted from the screen's upper left corner, from 0"),
        (&["capture", "--display", "-1"], "there is no monitor -1: monitors are numbered from 0"),
        (&["capture", "--fps", "-1"], "-1 is not in 1..=240"),
        (&["--port", "-1"], "-1 is not in 0..=65535"),
    ];
    for (line, reason) in lines {
        let output = run(line);
        assert_eq!(output.status.code(), Some(2), "{line:?}");
        assert!(stderr(&output).contains(reason), "{line:?}: {}", stderr(&output));
    }
}

#[test]
fn an_address_that_is_not_this_machines() {
    // Of a network that is for documentation only.
    let output = run(&["pattern", "--bind", "203.0.113.7"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.contains("203.0.113.7:0: this machine has no such address") && !said.contains("WARNING"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn no_display() {
    for target in [&["capture"][..], &["capture", "--display", "0"], &["capture", "--window", "x"]] {
        let output = run(target);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("lanstream pattern"), "{}", stderr(&output));
        assert!(stderr(&output).contains("DISPLAY"), "{}", stderr(&output));
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn no_display_and_no_command_shows_the_pattern() {
    let running = Running::start(&[]);
    let door = Door::from_url(&running.line());
    Viewer::join(&door, Transport::Http).watch(Kind::Bars, 2);
    running.signal(Signal::TERM);
    let (status, _, stderr) = running.end(PATIENCE);
    assert!(status.success());
    assert!(stderr.contains("showing the test pattern instead"), "{stderr}");
}

#[test]
fn a_port_that_is_taken() {
    let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    check_taken(&v4, "127.0.0.1");
    if let Ok(v6) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) {
        check_taken(&v6, "[::1]");
    }
}

fn check_taken(taken: &TcpListener, host: &str) {
    let port = taken.local_addr().unwrap().port().to_string();
    let output = run(&["pattern", "--port", &port, "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let error: Value = serde_json::from_slice(&output.stdout).expect("one event");
    assert_eq!(error["event"], "error");
    for told in [error["message"].as_str().unwrap(), &stderr(&output)] {
        assert!(told.contains(&format!("can't listen on {host}:{port}")), "{told}");
        assert!(told.contains("in use"), "{told}");
    }
}

#[test]
fn listening_to_everyone_is_said_aloud() {
    let running = small(&["--bind", "0.0.0.0"]);
    let door = Door::from_url(&running.line());
    Viewer::join(&door, Transport::Http).watch(Kind::Motion, 2);
    running.signal(Signal::TERM);
    let (_, _, stderr) = running.end(PATIENCE);
    let warning = stderr.lines().find(|line| line.contains("WARNING")).unwrap_or_default();
    for word in ["0.0.0.0", "captured", "unencrypted"] {
        assert!(warning.contains(word), "{stderr}");
    }
    let quiet = small(&["--bind", "127.0.0.1"]);
    quiet.line();
    quiet.signal(Signal::TERM);
    assert!(!quiet.end(PATIENCE).2.contains("WARNING"));
}
