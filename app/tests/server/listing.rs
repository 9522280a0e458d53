//! What there is to capture: `lanstream sources` lists it, and what is not there is answered with what is.

use std::process::{Output, Stdio};

use lanstream_pattern::Kind;
use lanstream_testkit::display::Display;
use lanstream_testkit::painter::Painter;
use lanstream_testkit::viewer::{Transport, Viewer};
use serde_json::Value;

use crate::running::{Running, SCREEN, lanstream, on, run, stderr, stdout};

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
    let display = Display::start(SCREEN.0, SCREEN.1);
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
    let display = Display::start(SCREEN.0, SCREEN.1);
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
