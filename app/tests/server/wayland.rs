//! The real binary before Wayland compositors: what it lists, what it shows, and what it does where one is killed.

use std::path::Path;
use std::process::Command;

use lanstream_testkit::compositor::Compositor;
use lanstream_testkit::machine;
use lanstream_testkit::viewer::{ALL, SOURCE, Transport, Viewer};
use lanstream_testkit::wayland_painter::WaylandPainter;
use rustix::process::Signal;
use serde_json::Value;

use crate::running::{END_WITHIN, Running, lanstream, stderr, stdout};

const OUTPUT: &str = "HEADLESS-1";

/// The command in the session of a compositor.
fn within(socket: &Path, arguments: &[&str]) -> Command {
    let mut command = lanstream(arguments);
    command.env("WAYLAND_DISPLAY", socket);
    command
}

#[test]
fn outputs_are_listed_and_select_themselves() {
    let compositor = Compositor::start(&[(320, 240), (200, 100)]);
    let output = within(compositor.socket(), &["sources", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let lines: Vec<Value> =
        stdout(&output).lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    let monitors: Vec<_> = lines.iter().filter(|line| line["kind"] == "monitor").collect();
    let names: Vec<_> = monitors.iter().map(|line| line["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["HEADLESS-1", "HEADLESS-2"]);
    assert_eq!((&monitors[1]["x"], &monitors[1]["width"]), (&320.into(), &200.into()));
    for line in monitors {
        let words: Vec<_> = line["select"].as_str().unwrap().split(' ').chain(["--json"]).collect();
        let running = Running::spawn(within(compositor.socket(), &words));
        let mut viewer = Viewer::join(&running.door(), Transport::Http);
        viewer.take_update();
        assert_eq!(&Value::from(viewer.picture.size().unwrap().width), &line["width"]);
    }
}

#[test]
fn x_is_captured_where_it_is_asked_for() {
    let compositor = Compositor::start(&[(320, 240)]);
    let output = within(compositor.socket(), &["capture", "--backend", "x11"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = stderr(&output);
    assert!(told.contains("Wayland session") && told.contains("--backend wayland"), "{told}");
}

#[test]
fn session_without_a_compositor_is_told_of() {
    let output = within(Path::new("/nonexistent/wayland-0"), &["capture"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("/nonexistent/wayland-0"), "{}", stderr(&output));
}

#[test]
fn a_compositor_that_is_killed_and_comes_back() {
    let compositor = Compositor::start(&[(320, 240)]);
    let running = Running::spawn(within(compositor.socket(), &["capture", "--json"]));
    let door = running.door();
    let mut viewers = ALL.map(|transport| Viewer::join(&door, transport));
    let mut painter = WaylandPainter::on(&compositor, OUTPUT);
    painter.fill(0, 0, 320, 240, 0x12_34_56);
    viewers.iter_mut().for_each(|viewer| viewer.watch_until_all_is([0x12, 0x34, 0x56, 255]));
    let compositor = compositor.restart();
    let lost = running.next_where("source", |source| source["state"] == "lost");
    assert!(lost["text"].as_str().unwrap().contains("the Wayland compositor is gone"), "{lost}");
    running.next_where("source", |source| source["state"] == "back");
    let mut painter = WaylandPainter::on(&compositor, OUTPUT);
    painter.fill(0, 0, 320, 240, 0x65_43_21);
    for viewer in &mut viewers {
        while viewer.hear(SOURCE)[0] != 1 {}
        while viewer.hear(SOURCE)[0] != 0 {}
        viewer.watch_until_all_is([0x65, 0x43, 0x21, 255]);
    }
}

#[test]
fn a_compositor_that_hangs_does_not_keep_it_from_ending() {
    let _machine = machine::alone();
    let compositor = Compositor::start(&[(320, 240)]);
    let running = Running::spawn(within(compositor.socket(), &["capture", "--json"]));
    let mut viewer = Viewer::join(&running.door(), Transport::Http);
    viewer.take_update();
    viewer.acknowledge();
    compositor.signal(Signal::STOP);
    // By the next numbers the compositor has been asked for a picture, which it will not give.
    running.next("stats");
    running.next("stats");
    running.signal(Signal::TERM);
    let (status, _, stderr) = running.end(END_WITHIN);
    assert_eq!(status.code(), Some(0), "{stderr}");
}

#[test]
fn nothing_is_sent_while_nothing_changes() {
    let compositor = Compositor::start(&[(320, 240)]);
    let mut painter = WaylandPainter::on(&compositor, OUTPUT);
    painter.noise(1);
    let running = Running::spawn(within(compositor.socket(), &["capture", "--json"]));
    let mut viewer = Viewer::join(&running.door(), Transport::Http);
    viewer.take_update();
    viewer.acknowledge();
    // The picture that it began with is in the numbers of one second.
    running.next_where("stats", |stats| stats["fps"].as_f64().is_some_and(|fps| fps > 0.0));
    for _ in 0..3 {
        let stats = running.next("stats");
        assert_eq!((&stats["fps"], &stats["missed_damage"]), (&0.0.into(), &0.into()), "{stats}");
    }
    painter.fill(10, 10, 20, 20, 0xff_0000);
    viewer.take_update();
    viewer.acknowledge();
}
