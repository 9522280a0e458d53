//! The real binary: what it says on which stream, and that it ends cleanly however it is ended.

use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use lanstream_pattern::Kind;
use lanstream_testkit::http::{PATIENCE, Peer};
use lanstream_testkit::machine;
use lanstream_testkit::viewer::{ALL, Door, GOODBYE, STATS, Transport, Viewer};
use lanstream_testkit::websocket::{CLOSE, FINAL, Heard};
use rustix::process::Signal;
use serde_json::Value;

use crate::running::{END_WITHIN, Running, SMALL, lanstream, small};

#[test]
fn events_in_their_order() {
    let running = small(&["--json"]);
    let ready = running.event();
    assert_eq!((&ready["event"], &ready["size"]), (&"ready".into(), &serde_json::json!([640, 360])));
    assert_eq!(ready["source"], "test pattern motion");
    let live = running.next("source");
    assert_eq!(live["state"], "live");
    let door = Door::from_url(ready["url"].as_str().unwrap());
    let mut viewer = Viewer::join(&door, Transport::WebSocket);
    let joined = running.next("viewer-joined");
    assert_eq!((&joined["viewer"], &joined["viewers"]), (&1.into(), &1.into()));
    viewer.watch(Kind::Motion, 5);
    running.next_where("stats", |stats| stats["viewers"] == 1);
    drop(viewer);
    let left = running.next("viewer-left");
    assert_eq!((&left["viewer"], &left["viewers"]), (&1.into(), &0.into()));
    assert!((4..=5).contains(&left["updates"].as_u64().unwrap()), "{left}");
    assert!(left["bytes"].as_u64().unwrap() > 640 * 360 * 4, "{left}");
    assert_eq!(left.get("reason"), None);
}

#[test]
fn numbers_every_second() {
    let running = small(&["--json"]);
    running.next("stats");
    let began = Instant::now();
    for _ in 0..3 {
        let stats = running.next("stats");
        assert_eq!(
            (&stats["viewers"], &stats["fps"]),
            (&0.into(), &0.0.into()),
            "nothing is captured for nobody"
        );
        for number in [
            "painted",
            "mbps",
            "latency_ms",
            "latency_p99_ms",
            "capture_us",
            "compare_us",
            "missed_damage",
            "proven",
            "refuted",
        ] {
            assert!(stats[number].is_number(), "{number} is missing in {stats}");
        }
    }
    assert!(began.elapsed() > Duration::from_secs(1), "more often than once a second");
}

#[test]
fn only_the_url_on_stdout() {
    let running = small(&[]);
    let door = Door::from_url(&running.line());
    assert_eq!(door.token.len(), 64);
    Viewer::join(&door, Transport::Http).watch(Kind::Motion, 2);
    let mut viewer = Viewer::join(&door, Transport::WebSocket);
    viewer.hear(STATS);
    running.signal(Signal::TERM);
    let (status, rest, stderr) = running.end(PATIENCE);
    assert_eq!((status.code(), &*rest), (Some(0), ""));
    assert!(stderr.contains("viewer 1 joined") && stderr.contains("viewer 2 joined"), "{stderr}");
    assert!(!stderr.contains('\x1b'), "no status line where there is no terminal: {stderr:?}");
}

#[test]
fn signals_end_it_with_a_goodbye() {
    let _machine = machine::alone();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let running = small(&["--json"]);
        let door = running.door();
        let mut viewers = ALL.map(|transport| Viewer::join(&door, transport));
        viewers.iter_mut().for_each(|viewer| viewer.watch(Kind::Motion, 2));
        running.signal(signal);
        let (status, _, stderr) = running.end(END_WITHIN);
        assert_eq!(status.code(), Some(0), "{signal:?}: {stderr}");
        viewers.iter_mut().for_each(check_goodbye);
    }
}

fn check_goodbye(viewer: &mut Viewer) {
    let heard = viewer.control.hear_out();
    let said = |heard: &Heard| matches!(heard, Heard::Binary(message) if message[4] == GOODBYE);
    assert!(heard.iter().any(said), "no goodbye");
    assert_eq!(heard.last(), Some(&Heard::Close(1001)));
    if let Some(pixels) = viewer.pixels.as_mut() {
        pixels.rest();
    }
}

#[test]
fn signals_end_it_whatever_viewers_do() {
    let _machine = machine::alone();
    let running = small(&["--json"]);
    let door = running.door();
    let _stuck = [0, 1, 2, 3].map(|i| Viewer::join(&door, ALL[i % ALL.len()]));
    let _mute = Viewer::enter(&door);
    let _silent = Peer::connect(door.address);
    running.next_where("stats", |stats| stats["viewers"] == 5);
    running.signal(Signal::TERM);
    let (status, _, stderr) = running.end(END_WITHIN);
    assert_eq!(status.code(), Some(0), "{stderr}");
}

#[test]
fn stdout_that_is_closed_early() {
    for flags in [&["--json"][..], &[]] {
        let (running, stdout) = Running::unread(lanstream(&[&SMALL, flags].concat()));
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let url = line.split('"').find(|word| word.starts_with("http://")).expect("a URL").trim();
        let mut viewer = Viewer::join(&Door::from_url(url), Transport::Http);
        viewer.hear(STATS);
        viewer.hear(STATS);
        viewer.watch(Kind::Motion, 3);
        assert!(running.goes_on());
    }
}

#[test]
fn stdout_that_nobody_reads() {
    let _machine = machine::alone();
    // Each is two lines, and more than a hundred bytes, in a pipe that holds one page.
    const VISITS: usize = 100;
    let (running, stdout) = Running::unread(lanstream(&[&SMALL[..], &["--json"]].concat()));
    let mut stdout = BufReader::new(stdout);
    rustix::pipe::fcntl_setpipe_size(stdout.get_ref(), 4096).unwrap();
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let door = Door::from_url(ready["url"].as_str().unwrap());
    for _ in 0..VISITS {
        let mut visitor = Viewer::enter(&door);
        visitor.control.send(FINAL | CLOSE, b"");
        visitor.control.hear_out();
    }
    Viewer::join(&door, Transport::Http).watch(Kind::Motion, 3);
    running.signal(Signal::TERM);
    let (status, _, stderr) = running.end(END_WITHIN);
    assert_eq!(status.code(), Some(0), "{stderr}");
}
