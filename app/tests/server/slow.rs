//! Law 4: one slow viewer harms nobody. It gets less, others the same, and memory stays within what the constants say.

use lanstream::{Event, Options};
use lanstream_core::Picture;
use lanstream_core::admission::{SILENCE_MAX, VIEWERS_MAX};
use lanstream_core::pipeline::FRAMES_SPARE;
use lanstream_core::protocol::ViewerMessage;
use lanstream_pattern::Kind;
use lanstream_testkit::viewer::{ALL, PONG, STATS, Transport, UNROUTED, Viewer};
use serde_json::Value;

use crate::running::Running;
use crate::serving::Serving;

/// Frames that a viewer may hold, and bytes of its two buffers, its socket's and its stack of smaller things. The
/// frames are the pipeline's constant, the bytes the sinks'.
const FRAMES_PER_VIEWER: usize = 2;
const VIEWER_BYTES: usize = 2 * (352 << 10) + (256 << 10);
/// What it may hold by WebTransport, where all that is not acknowledged waits in buffers of the server's own.
const WEBTRANSPORT_BYTES: usize = 12 * (448 << 10);
/// What a run may take for all else while nobody watches more than one picture.
const SLACK_BYTES: usize = 16 << 20;

#[test]
fn a_viewer_that_reads_nothing() {
    for stuck in ALL {
        let serving = Serving::motion();
        let _stuck = Viewer::join(&serving.door, stuck);
        for transport in ALL {
            Viewer::join(&serving.door, transport).watch(serving.kind, 30);
        }
        serving.assert_well();
    }
}

#[test]
fn a_viewer_that_reads_but_never_acknowledges() {
    let serving = Serving::motion();
    let mut silent = ALL.map(|transport| Viewer::join(&serving.door, transport));
    for viewer in &mut silent {
        viewer.take_update();
    }
    let mut good = Viewer::join(&serving.door, Transport::Http);
    good.watch(serving.kind, 30);
    for viewer in &mut silent {
        if let Some(pixels) = viewer.pixels.as_mut() {
            assert!(pixels.is_silent(), "no update comes without credit");
        }
        let before = viewer.picture.seq();
        viewer.acknowledge();
        assert!(viewer.take_update() >= before + 20, "the next one is the newest, not the next");
        viewer.assert_exact(serving.kind);
    }
}

#[test]
fn a_viewer_is_told_for_how_long_an_update_has_not_been_acknowledged() {
    let serving = Serving::motion();
    let mut viewer = Viewer::join(&serving.door, Transport::Http);
    viewer.take_update();
    let mut unanswered_ms = || {
        let stats: Value = serde_json::from_slice(&viewer.hear(STATS)).expect("JSON");
        stats["unanswered_ms"].as_u64().expect("it is a number")
    };
    let (sooner, later) = (unanswered_ms(), unanswered_ms());
    assert!(later > sooner, "{later} ms after {sooner} ms");
}

#[test]
fn a_viewer_that_never_acknowledges_gives_way_where_all_places_are_taken() {
    let serving = Serving::motion();
    let mut silent: Vec<_> =
        (0..VIEWERS_MAX).map(|_| Viewer::join(&serving.door, Transport::WebSocket)).collect();
    silent.iter_mut().for_each(|viewer| assert!(viewer.take_update() > 0));
    let last = silent.last_mut().unwrap();
    let unanswered_ms = |viewer: &mut Viewer| {
        let stats: Value = serde_json::from_slice(&viewer.hear(STATS)).expect("JSON");
        stats["unanswered_ms"].as_u64().expect("it is a number")
    };
    while u128::from(unanswered_ms(last)) < SILENCE_MAX.as_millis() {}
    Viewer::join(&serving.door, Transport::Http).watch(serving.kind, 3);
    serving.wait_until("one to have been sent away", |events| {
        events.iter().any(|event| matches!(event, Event::ViewerLeft { reason: Some(_), .. }))
    });
    let reasons = serving.reasons();
    assert!(
        matches!(&*reasons, [reason] if reason.contains("another viewer needed its place")),
        "{reasons:?}"
    );
}

#[test]
fn stuck_viewers_take_bounded_memory() {
    const STUCK: usize = 9;
    const FRAME_BYTES: usize = 1920 * 1080 * 4;
    let running = Running::start(&["pattern", "--kind", "noise", "--size", "1920x1080", "--json"]);
    let door = running.door();
    let before = resident_bytes(running.pid());
    let transport = |i| ALL[i % ALL.len()];
    let stuck: Vec<_> = (0..STUCK).map(|i| Viewer::join(&door, transport(i))).collect();
    let mut good = Viewer::join(&door, Transport::WebSocket);
    let bound = before
        + (FRAMES_SPARE + FRAMES_PER_VIEWER * (STUCK + 1)) * FRAME_BYTES
        + (STUCK + 1) * VIEWER_BYTES
        + STUCK / ALL.len() * WEBTRANSPORT_BYTES
        + SLACK_BYTES;
    for _ in 0..4 {
        good.watch(Kind::Noise, 10);
        let now = resident_bytes(running.pid());
        assert!(now <= bound, "{} MB with {STUCK} stuck viewers, at most {} MB", now >> 20, bound >> 20);
    }
    drop((stuck, good));
    running.next_where("viewer-left", |event| event["viewers"] == 0);
}

fn resident_bytes(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") << 10
}

#[test]
fn viewers_that_vanish_leave_no_trace() {
    let running = Running::start(&["pattern", "--kind", "motion", "--size", "640x360", "--json"]);
    let door = running.door();
    for round in 0..3 {
        let mut viewers: Vec<_> = (0..4).map(|i| Viewer::join(&door, ALL[i % ALL.len()])).collect();
        for viewer in viewers.iter_mut().skip(round) {
            viewer.watch(Kind::Motion, 2);
        }
        running.next_where("viewer-joined", |event| event["viewers"] == 4);
        viewers.into_iter().for_each(vanish);
        running.next_where("viewer-left", |event| event["viewers"] == 0);
    }
    running.next_where("stats", |event| event["viewers"] == 0);
    let stats: Value = running.next("stats");
    assert_eq!((&stats["viewers"], &stats["mbps"]), (&0.into(), &0.0.into()));
    Viewer::join(&door, Transport::Http).watch(Kind::Motion, 3);
}

fn vanish(viewer: Viewer) {
    if let Some(pixels) = viewer.pixels {
        pixels.reset();
    }
    viewer.control.peer.reset();
}

#[test]
fn a_stream_that_vanishes_alone_is_told_of_and_replaced() {
    let serving = Serving::motion();
    let mut viewer = Viewer::join(&serving.door, Transport::Http);
    viewer.watch(serving.kind, 2);
    viewer.pixels.take().unwrap().reset();
    assert_eq!(viewer.hear(UNROUTED), viewer.route.to_le_bytes());
    viewer.take_route(&serving.door, Transport::WebSocket);
    viewer.watch(serving.kind, 3);
    serving.assert_well();
}

fn bars() -> Serving {
    Serving::start(Kind::Bars, &Options::default())
}

/// A viewer that has seen one picture whole, and left.
fn seen(serving: &Serving, transport: Transport) -> Viewer {
    let mut viewer = Viewer::join(&serving.door, transport);
    viewer.take_update();
    assert_eq!(viewer.base, 0);
    viewer.assert_exact(serving.kind);
    viewer
}

#[test]
fn who_comes_back_gets_only_what_changed() {
    let serving = bars();
    for transport in ALL {
        let Viewer { epoch, picture, bytes: whole, .. } = seen(&serving, transport);
        let held = picture.seq();
        let mut back = Viewer::come_back(&serving.door, transport, epoch, picture);
        back.take_update();
        assert_eq!(back.base, held);
        assert!(back.bytes * 4 < whole, "{} bytes after {whole}", back.bytes);
        back.assert_exact(serving.kind);
        back.acknowledge();
        back.watch(serving.kind, 3);
    }
}

#[test]
fn who_comes_back_to_another_run_gets_everything() {
    let (before, after) = (bars(), bars());
    for transport in ALL {
        let Viewer { epoch, picture, .. } = seen(&before, transport);
        let mut back = Viewer::come_back(&after.door, transport, epoch, picture);
        assert_ne!(back.epoch, epoch);
        back.take_update();
        assert_eq!(back.base, 0);
        back.assert_exact(after.kind);
    }
}

#[test]
fn who_says_nothing_of_the_run_gets_everything() {
    let serving = bars();
    let Viewer { picture, .. } = seen(&serving, Transport::Http);
    let mut back = Viewer::come_back(&serving.door, Transport::Http, 0, picture);
    back.take_update();
    assert_eq!(back.base, 0);
    back.assert_exact(serving.kind);
}

#[test]
fn who_asks_for_everything_gets_it() {
    let serving = bars();
    for transport in ALL {
        let mut viewer = seen(&serving, transport);
        viewer.control.say(ViewerMessage::Refresh);
        viewer.acknowledge();
        viewer.picture = Picture::default();
        viewer.take_update();
        assert_eq!(viewer.base, 0);
        viewer.assert_exact(serving.kind);
    }
}

#[test]
fn a_pause_stops_pixels_and_its_end_brings_the_newest() {
    let serving = Serving::motion();
    for transport in ALL {
        let mut viewer = Viewer::join(&serving.door, transport);
        viewer.watch(serving.kind, 3);
        viewer.take_update();
        let paused_at = viewer.picture.seq();
        viewer.control.say(ViewerMessage::Flow { paused: true });
        viewer.acknowledge();
        assert_nothing_comes(&mut viewer, paused_at);
        viewer.control.say(ViewerMessage::Flow { paused: false });
        assert!(viewer.take_update() > paused_at);
        viewer.assert_exact(serving.kind);
        viewer.acknowledge();
        viewer.watch(serving.kind, 3);
    }
}

/// The report over a whole second of the pause tells of no update, and none came.
fn assert_nothing_comes(viewer: &mut Viewer, paused_at: u32) {
    viewer.control.say(ViewerMessage::Ping { token: 1 });
    viewer.hear(PONG);
    viewer.heard.retain(|(kind, _)| *kind != STATS);
    viewer.hear(STATS);
    let stats: Value = serde_json::from_slice(&viewer.hear(STATS)).unwrap();
    assert_eq!((&stats["fps"], &stats["mbps"]), (&0.0.into(), &0.0.into()));
    assert_eq!(viewer.picture.seq(), paused_at);
    assert!(viewer.pixels.as_mut().is_none_or(|pixels| pixels.is_silent()));
}

#[test]
fn who_pings_and_reads_nothing() {
    use lanstream_testkit::websocket::{FINAL, PING};
    let serving = Serving::motion();
    let mut rude = Viewer::join(&serving.door, Transport::WebSocket);
    for _ in 0..500 {
        rude.control.send(FINAL | PING, &[7; 120]);
    }
    let mut good = Viewer::join(&serving.door, Transport::WebSocket);
    good.watch(serving.kind, 30);
    drop((rude, good));
    serving.wait_until_empty();
    serving.assert_well();
}
