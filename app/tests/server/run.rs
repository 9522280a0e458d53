//! The real binary: what it says on which stream, how it starts, and that it ends cleanly however it is ended.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use lanstream_pattern::Kind;
use lanstream_testkit::display::Display;
use lanstream_testkit::http::{PATIENCE, Peer};
use lanstream_testkit::painter::Painter;
use lanstream_testkit::viewer::{ALL, Door, GOODBYE, SOURCE, STATS, Transport, Viewer};
use lanstream_testkit::websocket::{CLOSE, FINAL, Heard};
use rustix::process::Signal;
use serde_json::Value;

use crate::running::{Running, lanstream, run, stderr, stdout};

/// Pixels of a display.
const SIZE: (u32, u32) = (640, 480);
/// Time for a run to end once it is told to.
const END_WITHIN: Duration = Duration::from_secs(1);
const SMALL: [&str; 5] = ["pattern", "--kind", "motion", "--size", "640x360"];

fn small(more: &[&'static str]) -> Running {
    Running::start(&[&SMALL, more].concat())
}

fn on(display: &Display, arguments: &[&str]) -> Command {
    let mut command = lanstream(arguments);
    command.env("DISPLAY", &display.name);
    command
}

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

fn listed(output: &Output) -> Vec<Value> {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    stdout(output).lines().map(|line| serde_json::from_str(line).expect("an object")).collect()
}

#[test]
fn sources_without_a_display_are_the_patterns() {
    let output = run(&["sources", "--json"]);
    let names: Vec<_> =
        listed(&output).iter().map(|line| line["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, Kind::ALL.map(|kind| kind.to_string()));
    assert!(stderr(&output).contains("DISPLAY"));
}

#[test]
fn sources_that_nobody_reads_to_the_end() {
    let mut child = lanstream(&["sources"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_ne!(output.status.code(), Some(101), "{}", stderr(&output));
}

/// A program with one window.
fn window(display: &Display, title: &str) -> Painter {
    let painter = Painter::on(display);
    painter.window(title, 30, 40, 200, 100);
    painter
}

#[test]
fn sources_of_a_display_select_themselves() {
    let display = Display::start(SIZE.0, SIZE.1);
    let _window = window(&display, "Editor");
    let lines = listed(&on(&display, &["sources", "--json"]).output().unwrap());
    let kinds: Vec<_> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds[..3], ["monitor", "window", "pattern"]);
    assert_eq!((&lines[0]["width"], &lines[0]["height"]), (&640.into(), &480.into()));
    assert_eq!(
        (&lines[1]["name"], &lines[1]["x"], &lines[1]["y"]),
        (&"Editor".into(), &30.into(), &40.into())
    );
    for line in &lines {
        let words: Vec<_> = line["select"].as_str().unwrap().split(' ').chain(["--json"]).collect();
        let running = Running::spawn(on(&display, &words));
        Viewer::join(&running.door(), Transport::Http).take_update();
    }
}

#[test]
fn what_is_not_there_lists_what_is() {
    let display = Display::start(SIZE.0, SIZE.1);
    let _window = window(&display, "Editor");
    let refused = |words: &[&str]| {
        let output = on(&display, &[&["capture"], words].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        stderr(&output)
    };
    let monitors = refused(&["--display", "7"]);
    assert!(monitors.contains("no monitor 7") && monitors.contains("640x480"), "{monitors}");
    let windows = refused(&["--window", "nothing"]);
    assert!(windows.contains("nothing") && windows.contains("Editor"), "{windows}");
    let region = refused(&["--region", "600,400,100x100"]);
    assert!(region.contains("640x480"), "{region}");
}

/// Fills the whole screen.
fn paint(display: &Display, pixel: u32) {
    let painter = Painter::on(display);
    painter.fill(painter.root, 0, 0, SIZE.0 as u16, SIZE.1 as u16, pixel);
}

/// Takes updates until the whole picture is of this colour.
fn watch_until(viewer: &mut Viewer, rgbx: [u8; 4]) {
    let began = Instant::now();
    loop {
        viewer.take_update();
        viewer.acknowledge();
        if viewer.picture.rgbx().as_chunks().0.iter().all(|pixel| *pixel == rgbx) {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "the screen's colour never came");
    }
}

#[test]
fn frames_a_second_are_capped_however_much_changes() {
    const FRAMES: u32 = 20;
    const INTERVAL: Duration = Duration::from_millis(50);
    let display = Display::start(SIZE.0, SIZE.1);
    let running = Running::spawn(on(&display, &["capture", "--json", "--fps", "20"]));
    let mut viewer = Viewer::join(&running.door(), Transport::Http);
    viewer.take_update();
    let first = viewer.captured_at_us;
    for frame in 0..FRAMES {
        viewer.acknowledge();
        // What is drawn by then is in one frame, so there is a frame for each that is drawn.
        paint(&display, 1 + frame);
        viewer.take_update();
    }
    let took = Duration::from_micros(viewer.captured_at_us - first);
    // A capture that was late does not put off the next, so one interval may be shorter.
    assert!(took >= INTERVAL * (FRAMES - 1), "{FRAMES} frames in {took:?}");
}

#[test]
fn an_x_server_that_crashes_and_comes_back() {
    // Out of the way of displays that are started on the first free number.
    let name = format!(":{}", 1000 + std::process::id() % 30_000);
    let mut display = Display::start_as(&name, SIZE.0, SIZE.1);
    let running = Running::spawn(on(&display, &["capture", "--json"]));
    let door = running.door();
    let mut viewers = ALL.map(|transport| Viewer::join(&door, transport));
    paint(&display, 0x12_34_56);
    viewers.iter_mut().for_each(|viewer| watch_until(viewer, [0x12, 0x34, 0x56, 255]));
    display.kill();
    let lost = running.next_where("source", |source| source["state"] == "lost");
    assert!(lost["text"].as_str().unwrap().contains("the X display is gone"), "{lost}");
    viewers.iter_mut().for_each(|viewer| while viewer.hear(SOURCE)[0] != 1 {});
    let mut late = Viewer::join(&door, Transport::WebSocket);
    watch_until(&mut late, [0x12, 0x34, 0x56, 255]);
    let display = Display::start_as(&name, SIZE.0, SIZE.1);
    running.next_where("source", |source| source["state"] == "back");
    paint(&display, 0x65_43_21);
    for viewer in viewers.iter_mut().chain([&mut late]) {
        while viewer.hear(SOURCE)[0] != 0 {}
        watch_until(viewer, [0x65, 0x43, 0x21, 255]);
    }
}

#[test]
fn an_x_server_that_hangs_does_not_keep_it_from_ending() {
    let display = Display::start(SIZE.0, SIZE.1);
    let running = Running::spawn(on(&display, &["capture", "--json"]));
    let mut viewer = Viewer::join(&running.door(), Transport::Http);
    viewer.take_update();
    viewer.acknowledge();
    display.signal(Signal::STOP);
    // By the next numbers the rescan has asked the server for pixels, which it will not give.
    running.next("stats");
    running.next("stats");
    running.signal(Signal::TERM);
    let (status, _, stderr) = running.end(END_WITHIN);
    assert_eq!(status.code(), Some(0), "{stderr}");
}

/// System V segments that the process made, and names in `/dev/shm`.
fn shared_memory(pid: u32) -> (usize, Vec<String>) {
    let table = std::fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
    let made_by = |line: &&str| line.split_whitespace().nth(4) == Some(&pid.to_string());
    let entries = std::fs::read_dir("/dev/shm").into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    (table.lines().filter(made_by).count(), names.filter(|name| name.contains("lanstream")).collect())
}

/// Whether the process maps a picture's memory.
fn maps_pictures(pid: u32) -> bool {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    maps.lines().any(|line| line.contains("lanstream-frame") || line.contains("SYSV"))
}

#[test]
fn shared_memory_is_gone_however_it_ends() {
    let display = Display::start(SIZE.0, SIZE.1);
    for signal in [Signal::TERM, Signal::KILL] {
        let running = Running::spawn(on(&display, &["capture", "--json"]));
        let mut viewer = Viewer::join(&running.door(), Transport::Http);
        viewer.take_update();
        let pid = running.pid();
        assert!(maps_pictures(pid) && maps_pictures(display.pid()), "pictures are shared");
        running.signal(signal);
        running.end(PATIENCE);
        let began = Instant::now();
        while maps_pictures(display.pid()) {
            // Each program that comes gives the server a turn to notice who has gone.
            drop(Painter::on(&display));
            assert!(began.elapsed() < PATIENCE, "the server still holds pictures");
        }
        assert_eq!(shared_memory(pid), (0, Vec::new()), "{signal:?}");
    }
}
