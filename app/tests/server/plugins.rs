//! Plugins: the examples in Rust and C are shown exactly, and what an evil plugin does ends its source and nothing
//! else.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use lanstream::{Options, Registries, Server};
use lanstream_core::Size;
use lanstream_core::options::OptionValues;
use lanstream_core::source::Listener;
use lanstream_pattern::Kind;
use lanstream_testkit::http::PATIENCE;
use lanstream_testkit::library;
use lanstream_testkit::process::Process;
use lanstream_testkit::viewer::{Door, Transport, Viewer};
use rustix::process::Signal;

use crate::running::{BUILT, Running, lanstream, run, stderr};

/// Folder of the plugins that are built for these tests.
pub(crate) static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

/// Builds a plugin in C, once for each name, with these flags.
pub(crate) fn built_in_c(name: &str, source: &str, flags: &[&str]) -> PathBuf {
    library::build_in_c(FOLDER.path(), name, source, flags)
}

pub(crate) fn evil(deed: &str) -> PathBuf {
    built_in_c(&format!("evil-{}", deed.replace(':', "-")), "evil/evil.c", &[&format!("-DEVIL=\"{deed}\"")])
}

/// Returns the library of a plugin in Rust.
pub(crate) fn built_in_rust(package: &str) -> PathBuf {
    BUILT.join(format!("lib{}.so", package.replace('-', "_")))
}

pub(crate) fn name(file: &Path) -> &str {
    file.to_str().unwrap()
}

#[test]
fn the_example_in_c_is_shown_exactly() {
    let plasma = built_in_c("plasma", "examples/plasma/plasma.c", &[]);
    let running = Running::start(&["--plugin", name(&plasma), "plasma", "--size", "100x50", "--json"]);
    let mut viewer = Viewer::join(&running.door(), Transport::Http);
    for _ in 0..10 {
        viewer.take_update();
        viewer.acknowledge();
    }
    assert_eq!(viewer.picture.size(), Size::new(100, 50));
    let pixels = viewer.picture.rgbx().into_owned();
    for (index, pixel) in pixels.as_chunks::<4>().0.iter().enumerate() {
        let (x, y) = (index % 100, index / 100);
        assert_eq!((pixel[2], pixel[3]), ((x ^ y).to_le_bytes()[0], 255), "at {x},{y}");
    }
}

#[test]
fn the_example_in_rust_is_shown_exactly_in_its_own_process_and_in_this_one() {
    let library = built_in_rust("solid-color");
    for flags in [&["--json"][..], &["--json", "--in-process"]] {
        let line = ["--plugin", name(&library), "solid-color", "--color", "ff8001", "--size", "33x17"];
        let running = Running::start(&[&line, flags].concat());
        let mut viewer = Viewer::join(&running.door(), Transport::WebSocket);
        viewer.take_update();
        assert_eq!(*viewer.picture.rgbx(), [0xff, 0x80, 0x01, 255].repeat(33 * 17));
    }
}

#[test]
fn a_plugin_that_tells_damage_is_sent_in_part() {
    let library = built_in_rust("clock");
    let running = Running::start(&["--plugin", name(&library), "clock", "--json"]);
    let mut viewer = Viewer::join(&running.door(), Transport::Http);
    viewer.take_update();
    viewer.acknowledge();
    let whole = viewer.bytes;
    viewer.take_update();
    assert!(viewer.bytes < whole, "digits that change are {} bytes of {whole}", viewer.bytes);
}

#[test]
fn the_pattern_as_a_plugin_is_as_exact_as_the_built_in_one() {
    let library = built_in_rust("pattern-plugin");
    let mut registries = Registries::default();
    let program = Path::new(env!("CARGO_BIN_EXE_lanstream"));
    lanstream::plugins::register(&mut registries, program, &library).unwrap();
    for kind in Kind::ALL {
        let values = OptionValues::default().with("kind", kind.to_string()).with("size", "640x360");
        let source = registries.sources.configure("pattern-plugin", values, Listener::default()).unwrap();
        let server = Server::start(source.open, &Options::default(), |_| {}).unwrap();
        Viewer::join(&Door::from_url(server.url()), Transport::Http).watch(kind, 20);
    }
}

#[test]
fn a_plugins_options_are_part_of_the_command_line() {
    let plasma = built_in_c("plasma-help", "examples/plasma/plasma.c", &[]);
    let help = run(&["--plugin", name(&plasma), "plasma", "--help"]);
    let text = String::from_utf8_lossy(&help.stdout).into_owned();
    assert!(text.contains("Show waves of colour") && text.contains("[default: 640x360]"), "{text}");
    let wrong = run(&["--plugin", name(&plasma), "plasma", "--size", "0x"]);
    assert!(stderr(&wrong).contains("a size is WIDTHxHEIGHT"), "{}", stderr(&wrong));
    assert_eq!(wrong.status.code(), Some(1));
}

#[test]
fn what_is_no_plugin_is_refused_with_its_name_and_the_rule() {
    let text = FOLDER.path().join("text.so");
    std::fs::write(&text, "no library").unwrap();
    let mut cases = vec![
        (PathBuf::from("/nowhere.so"), "No such file"),
        (text, "it is no library that can be loaded here"),
        (built_in_c("no-symbol", "evil/evil.c", &["-DNO_SYMBOL"]), "does not export `lanstream_plugin`"),
    ];
    let deeds = [
        ("entry:null", "does not support version 1.3 of the interface"),
        ("entry:unaligned", "null or not aligned"),
        ("entry:major", "built for version 2 of the interface, and this is version 1"),
        ("entry:size", "its table ls_plugin says it has 8 bytes"),
        ("entry:no-factory", "its function factory is null"),
        ("entry:segv", "ended unexpectedly: signal: 11"),
        ("entry:abort", "ended unexpectedly: signal: 6"),
        ("entry:exit", "ended unexpectedly: exit status: 0"),
        ("entry:overflow", "ended unexpectedly: signal"),
        ("factory:segv", "ended unexpectedly: signal: 11"),
        ("factory:endless", "more than 64 sources"),
        ("source:size", "its table ls_source says it has 16 bytes"),
        ("source:name", "is not of lower-case letters"),
        ("source:name-null", "is at a null address"),
        ("source:name-long", "and may have"),
        ("source:name-utf8", "is not UTF-8"),
        ("source:name-plugin", "its source plugin has the name of a command of lanstream"),
        ("source:name-pattern", "there are two sources named pattern"),
        ("option:port", "the option port of its source evil has the name of a flag of lanstream"),
        ("option:name-utf8", "is not UTF-8"),
        ("option:help-utf8", "is not UTF-8"),
        ("option:range", "its option level is a number from 3 to 2, of which there is none"),
        ("option:default", "7 is not in 1..=2"),
        ("option:required-default", "its option level is required and has a default"),
        ("option:switch-default", "its option level is a switch"),
        ("option:no-words", "its option level is a choice without words"),
        ("option:kind", "is of the unknown kind 77"),
        ("option:escape", "its option level has control characters"),
        ("option:long", "may have 16384"),
        ("option:itself", "its option level refers to level, which is no other option"),
        ("source:no-capture", "the function capture of its source evil is null"),
        ("source:options", "options, and may have"),
        ("source:options-null", "the address of its options is null"),
    ];
    cases.extend(deeds.map(|(deed, rule)| (evil(deed), rule)));
    for (file, rule) in cases {
        let output = run(&["--plugin", name(&file), "sources"]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{}: {said}", file.display());
        assert!(said.contains(name(&file)) && said.contains(rule), "{rule:?} is not in: {said}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_program_is_told_why_a_plugin_is_not_loaded() {
    let output = run(&["--plugin", "./nothing.so", "pattern", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let event: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one event");
    let message = event["message"].as_str().expect("a text");
    assert!(event["event"] == "error" && message.contains("./nothing.so"), "{event}");
    assert!(stderr(&output).contains(message));
}

#[test]
fn a_file_that_everybody_can_change_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let file = evil("none:writable");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o777)).unwrap();
    let output = run(&["--plugin", name(&file), "sources"]);
    assert!(stderr(&output).contains("can be written to by other users"), "{}", stderr(&output));
}

#[test]
fn a_plugin_of_a_newer_minor_version_is_accepted() {
    let running = Running::start(&["--plugin", name(&evil("entry:newer-minor")), "evil", "--json"]);
    Viewer::join(&running.door(), Transport::Http).take_update();
}

#[test]
fn a_source_that_cannot_be_opened_says_why() {
    let deeds = [
        ("create:segv", "ended unexpectedly: signal: 11"),
        ("create:exit", "ended unexpectedly: exit status: 0"),
        ("create:null-instance", "create succeeded without an instance"),
        ("create:error-text", "it failed and did not say why"),
        ("describe:segv", "ended unexpectedly: signal: 11"),
        ("layout:width", "0x32 pixels is too small or too large"),
        ("layout:height", "64x100000 pixels is too small or too large"),
        ("layout:stride", "its stride of 252 bytes does not fit rows of 256"),
        ("layout:odd-stride", "its stride of 258 bytes does not fit"),
        ("layout:format", "its format 99 is unknown"),
        ("layout:planes", "its planar format [0, 0, 0, 0] is unknown"),
        ("text:utf8", "its name of what is shown is not UTF-8"),
        ("text:len", "its name of what is shown is not UTF-8, or longer than its place"),
    ];
    for (deed, reason) in deeds {
        let output = run(&["--plugin", name(&evil(deed)), "evil"]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{deed}: {said}");
        assert!(said.contains("plugin source evil") && said.contains(reason), "{deed}: {said}");
    }
}

#[test]
fn a_source_that_crashes_is_lost_and_started_again_while_the_server_goes_on() {
    for deed in
        ["capture:segv", "capture:abort", "capture:exit", "wait:overflow", "capture:close", "write:beyond"]
    {
        let running = Running::start(&["--plugin", name(&evil(deed)), "evil", "--json"]);
        let door = running.door();
        let mut viewer = Viewer::join(&door, Transport::Http);
        for _ in 0..3 {
            viewer.take_update();
            viewer.acknowledge();
        }
        let lost = running.next_where("source", |event| event["state"] == "lost");
        assert!(lost["text"].as_str().unwrap().contains("ended unexpectedly"), "{deed}: {lost}");
        running.next_where("source", |event| event["state"] == "back");
        // The picture of the new process.
        viewer.take_update();
        running.signal(Signal::TERM);
        let (status, _, stderr) = running.end(PATIENCE);
        assert!(status.success(), "{deed}: {stderr}");
    }
}

#[test]
fn a_source_that_breaks_a_rule_is_ended_with_the_rule() {
    let deeds = [
        ("event:unknown", "wait returned the unknown event 4242"),
        ("lent:short", "the pixels it lent, 1 bytes with a stride of 256, are no frame"),
        ("region:count", "its region has 17 rectangles"),
        ("region:outside", "its rectangle 2x1 at 63,0 is not inside of 64x32"),
        ("cursor:wide", "its cursor of 513x8 pixels has not from 1 to 512 in each direction"),
    ];
    for (deed, rule) in deeds {
        let running = Running::start(&["--plugin", name(&evil(deed)), "evil", "--json"]);
        let mut viewer = Viewer::join(&running.door(), Transport::Http);
        for _ in 0..3 {
            viewer.take_update();
            viewer.acknowledge();
        }
        let ended = running.next_where("source", |event| event["state"] == "ended");
        assert!(ended["text"].as_str().unwrap().contains(rule), "{deed}: {ended}");
        assert_eq!(running.end(PATIENCE).0.code(), Some(1), "{deed}");
    }
}

#[test]
fn pixels_that_a_plugin_lends_are_shown_and_released() {
    // The first aborts if they are released twice, or not before the next ones; the other frees them.
    for deed in ["lent:good", "lent:kept"] {
        for place in [&[][..], &["--in-process"]] {
            let plugin = evil(deed);
            let running = Running::start(&[&["--plugin", name(&plugin), "evil", "--json"], place].concat());
            let mut viewer = Viewer::join(&running.door(), Transport::Http);
            let greys = (0..20).map(|_| {
                viewer.take_update();
                let pixels = viewer.picture.rgbx().into_owned();
                assert!(pixels.as_chunks::<4>().0.iter().all(|pixel| pixel[..3] == pixels[..3]), "one grey");
                viewer.acknowledge();
                pixels[0]
            });
            let greys = greys.collect::<BTreeSet<_>>();
            assert!(greys.len() > 10, "{deed} {place:?}: {greys:?}");
            running.signal(Signal::TERM);
            let (status, stdout, stderr) = running.end(PATIENCE);
            assert!(status.success() && !stdout.contains("\"lost\""), "{deed} {place:?}: {stdout}{stderr}");
        }
    }
}

#[test]
fn a_source_that_nobody_watches_is_left_to_sleep_and_wakes_for_a_viewer() {
    /// Time for which the host leaves a source alone whose damage nobody wants.
    const PAUSE: Duration = Duration::from_millis(500);
    let mut command = lanstream(&["--plugin", name(&evil("wait:say")), "evil"]);
    let mut process = Process::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
    let url = process.lines().recv_timeout(PATIENCE).unwrap();
    let mut waits =
        BufReader::new(process.stderr()).lines().map_while(Result::ok).filter(|line| line == "waits");
    let mut next = || waits.next().map(|_| Instant::now()).expect("it waits again");
    let (first, _, third) = (next(), next(), next());
    assert!(third - first >= PAUSE, "it has a picture every 10 ms, and nobody takes one");
    let mut viewer = Viewer::join(&Door::from_url(&url), Transport::Http);
    for _ in 0..10 {
        viewer.take_update();
        viewer.acknowledge();
    }
    process.kill();
}

#[test]
fn what_a_plugin_prints_is_not_in_our_output_and_a_plugin_that_hangs_at_its_end_is_killed() {
    for deed in ["create:print", "destroy:hang", "create:block-signals"] {
        let mut command = lanstream(&["--plugin", name(&evil(deed)), "evil", "--json"]);
        command.env("RUST_BACKTRACE", "0");
        let running = Running::spawn(command);
        Viewer::join(&running.door(), Transport::Http).take_update();
        running.signal(Signal::TERM);
        let (status, stdout, stderr) = running.end(PATIENCE);
        assert!(status.success(), "{deed}: {stderr}");
        assert!(!stdout.contains("printed by a plugin"), "{deed}: {stdout}");
    }
}
