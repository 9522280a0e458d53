//! The real binary before X servers: how often it captures, and what it does where one crashes, hangs or stays behind.

use std::time::{Duration, Instant};

use lanstream_testkit::display::Display;
use lanstream_testkit::http::PATIENCE;
use lanstream_testkit::machine;
use lanstream_testkit::painter::Painter;
use lanstream_testkit::viewer::{ALL, SOURCE, Transport, Viewer};
use rustix::process::Signal;

use crate::running::{END_WITHIN, Running, SCREEN, on};

/// Fills the whole screen.
fn paint(display: &Display, pixel: u32) {
    let painter = Painter::on(display);
    let [width, height] = [SCREEN.0, SCREEN.1].map(|side| u16::try_from(side).unwrap());
    painter.fill(painter.root, 0, 0, width, height, pixel);
}

#[test]
fn frames_a_second_are_capped_however_much_changes() {
    const FRAMES: u32 = 20;
    const INTERVAL: Duration = Duration::from_millis(50);
    let display = Display::start(SCREEN.0, SCREEN.1);
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
    let mut display = Display::start_as(&name, SCREEN.0, SCREEN.1);
    let running = Running::spawn(on(&display, &["capture", "--json"]));
    let door = running.door();
    let mut viewers = ALL.map(|transport| Viewer::join(&door, transport));
    paint(&display, 0x12_34_56);
    viewers.iter_mut().for_each(|viewer| viewer.watch_until_all_is([0x12, 0x34, 0x56, 255]));
    display.kill();
    let lost = running.next_where("source", |source| source["state"] == "lost");
    assert!(lost["text"].as_str().unwrap().contains("the X display is gone"), "{lost}");
    viewers.iter_mut().for_each(|viewer| while viewer.hear(SOURCE)[0] != 1 {});
    let mut late = Viewer::join(&door, Transport::WebSocket);
    late.watch_until_all_is([0x12, 0x34, 0x56, 255]);
    let display = Display::start_as(&name, SCREEN.0, SCREEN.1);
    running.next_where("source", |source| source["state"] == "back");
    paint(&display, 0x65_43_21);
    for viewer in viewers.iter_mut().chain([&mut late]) {
        while viewer.hear(SOURCE)[0] != 0 {}
        viewer.watch_until_all_is([0x65, 0x43, 0x21, 255]);
    }
}

#[test]
fn an_x_server_that_hangs_does_not_keep_it_from_ending() {
    let _machine = machine::alone();
    let display = Display::start(SCREEN.0, SCREEN.1);
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
    let display = Display::start(SCREEN.0, SCREEN.1);
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
