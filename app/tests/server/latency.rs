//! From when on a picture is late that stood already when somebody asked for it.

use lanstream_core::protocol::ViewerMessage;
use lanstream_pattern::Kind;
use lanstream_testkit::viewer::{ALL, PONG, Transport, Viewer};

use crate::serving::Serving;

/// The server's clock, in microseconds.
fn clock_us(viewer: &mut Viewer) -> u64 {
    viewer.control.say(ViewerMessage::Ping { token: 7 });
    u64::from_le_bytes(*viewer.hear(PONG).last_chunk().unwrap())
}

/// Takes the picture that a viewer has just asked for. It was captured before.
fn take_asked(viewer: &mut Viewer, asked_us: u64, how: &str) {
    viewer.take_update();
    let late_us = i128::from(asked_us) - i128::from(viewer.captured_at_us);
    assert!(late_us <= 0, "{how}: it counts as late {late_us} µs before it was asked for");
}

#[test]
fn a_picture_that_stood_is_late_from_when_it_was_asked_for() {
    let serving = Serving::motion();
    let mut first = Viewer::join(&serving.door, Transport::Http);
    // It is not acknowledged, so nobody waits for another, and the picture stands.
    first.take_update();
    for transport in ALL {
        let mut late = Viewer::greet(&serving.door);
        let asked_us = clock_us(&mut late);
        late.take_route(&serving.door, transport);
        take_asked(&mut late, asked_us, "a newcomer");
        let asked_us = clock_us(&mut late);
        late.control.say(ViewerMessage::Refresh);
        late.acknowledge();
        take_asked(&mut late, asked_us, "a refresh");
    }
}

#[test]
fn a_picture_that_came_in_a_pause_is_late_from_its_end() {
    let serving = Serving::motion();
    let mut paused = Viewer::join(&serving.door, Transport::WebSocket);
    paused.take_update();
    paused.control.say(ViewerMessage::Flow { paused: true });
    paused.acknowledge();
    clock_us(&mut paused); // By now it stands still.
    // Another has the source go on, and then stop.
    let mut other = Viewer::join(&serving.door, Transport::Http);
    other.watch(Kind::Motion, 2);
    let asked_us = clock_us(&mut paused);
    paused.control.say(ViewerMessage::Flow { paused: false });
    take_asked(&mut paused, asked_us, "after a pause");
}
