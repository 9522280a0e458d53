//! Routes and places: a viewer's pixels by turns over every transport, and no more of anything than there is.

use lanstream_core::admission::VIEWERS_MAX;
use lanstream_http::HTTP_STREAMS_MAX;
use lanstream_testkit::pixels::Pixels;
use lanstream_testkit::viewer::{ALL, HELLO, Transport, Viewer, WELCOME, route};

use crate::serving::Serving;

#[test]
fn a_stream_that_is_asked_for_before_its_route() {
    let serving = Serving::motion();
    let mut viewer = Viewer::enter(&serving.door);
    let stream = serving.door.stream(&viewer.key, 1).expect("it may wait");
    viewer.control.say(HELLO);
    viewer.hear(WELCOME);
    viewer.control.say(route(1, Transport::Http, 0, 0));
    viewer.pixels = Some(Pixels::Http(stream));
    viewer.watch(serving.kind, 3);
}

#[test]
fn streams_of_routes_that_never_come_end() {
    let serving = Serving::motion();
    let mut viewer = Viewer::join(&serving.door, Transport::Http);
    let mut again = serving.door.stream(&viewer.key, 1).expect("a second time");
    let mut other = serving.door.stream(&viewer.key, 9).expect("of another route");
    viewer.watch(serving.kind, 3);
    assert_eq!(again.rest(), b"");
    assert_eq!(other.rest(), b"");
    viewer.watch(serving.kind, 3);
    serving.assert_well();
}

#[test]
fn routes_by_turns_are_exact_and_the_one_before_ends() {
    let serving = Serving::motion();
    let mut viewer = Viewer::join(&serving.door, Transport::Http);
    for turn in 0..40 {
        let transport = ALL[turn % ALL.len()];
        let mut before = viewer.pixels.take();
        // Some end between updates, some in the middle of one.
        if turn % 3 > 0 {
            viewer.pixels = before.take();
            viewer.watch(serving.kind, turn % 3);
        }
        viewer.take_route(&serving.door, transport);
        if let Some(mut before) = before {
            before.rest();
        }
    }
    viewer.watch(serving.kind, 3);
    drop(viewer);
    serving.wait_until_empty();
    serving.assert_well();
}

#[test]
fn more_streams_than_there_are() {
    let serving = Serving::motion();
    let mut first: Vec<_> =
        (0..HTTP_STREAMS_MAX).map(|_| Viewer::join(&serving.door, Transport::Http)).collect();
    let mut fifth = Viewer::greet(&serving.door);
    assert_eq!(serving.door.stream(&fifth.key, 1).err(), Some(503));
    fifth.take_route(&serving.door, Transport::WebSocket);
    fifth.watch(serving.kind, 3);
    first.iter_mut().for_each(|viewer| viewer.watch(serving.kind, 3));
    drop((first, fifth));
    serving.wait_until_empty();
    serving.assert_well();
}

#[test]
fn a_viewer_that_changes_routes_is_one_of_those_with_streams() {
    let serving = Serving::motion();
    let mut others: Vec<_> =
        (1..HTTP_STREAMS_MAX).map(|_| Viewer::join(&serving.door, Transport::Http)).collect();
    let mut viewer = Viewer::join(&serving.door, Transport::Http);
    // The streams before are still open, at least at this end.
    let mut before = Vec::new();
    for _ in 0..6 {
        before.push(viewer.pixels.take());
        viewer.take_route(&serving.door, Transport::Http);
        viewer.watch(serving.kind, 1);
    }
    others.iter_mut().for_each(|viewer| viewer.watch(serving.kind, 2));
    drop((before, others, viewer));
    serving.wait_until_empty();
    serving.assert_well();
}

#[test]
fn more_viewers_than_there_are_places() {
    let serving = Serving::motion();
    let mut all: Vec<_> =
        (0..VIEWERS_MAX).map(|_| Viewer::join(&serving.door, Transport::WebSocket)).collect();
    assert_eq!(serving.door.exchange().status, 503);
    all.iter_mut().for_each(|viewer| viewer.watch(serving.kind, 2));
    drop(all);
    serving.wait_until_empty();
    serving.assert_well();
}
