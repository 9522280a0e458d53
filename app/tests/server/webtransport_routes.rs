//! Routes over WebTransport: they end alone, with their session, and with their viewer, and the picture goes on
//! elsewhere.

use std::net::{Ipv4Addr, SocketAddr};

use lanstream_core::protocol::HEADER_BYTES;
use lanstream_testkit::udp::UdpPath;
use lanstream_testkit::viewer::{ALL, Transport, UNROUTED, Viewer, route};
use lanstream_testkit::webtransport::{Rebound, Session};
use wtransport::quinn::VarInt;

use crate::serving::Serving;

fn watching(serving: &Serving) -> Viewer {
    let mut viewer = Viewer::join(&serving.door, Transport::WebTransport);
    viewer.watch(serving.kind, 3);
    viewer
}

/// A viewer in the middle of an update.
fn in_the_middle(serving: &Serving) -> Viewer {
    let mut viewer = watching(serving);
    let pixels = viewer.pixels.as_mut().unwrap();
    pixels.take(HEADER_BYTES + 1).expect("another update");
    viewer
}

fn goes_on_elsewhere(serving: &Serving, mut viewer: Viewer) {
    assert_eq!(viewer.hear(UNROUTED), viewer.route.to_le_bytes());
    viewer.session = None;
    for transport in ALL {
        viewer.take_route(&serving.door, transport);
        viewer.watch(serving.kind, 3);
    }
    drop(viewer);
    serving.wait_until_empty();
    serving.assert_well();
}

#[test]
fn a_session_that_is_closed_in_the_middle_of_an_update() {
    let serving = Serving::motion();
    let viewer = in_the_middle(&serving);
    viewer.session.as_ref().unwrap().close();
    goes_on_elsewhere(&serving, viewer);
}

#[test]
fn a_stream_that_is_stopped_in_the_middle_of_an_update() {
    let serving = Serving::motion();
    let mut viewer = in_the_middle(&serving);
    viewer.pixels.take().unwrap().reset();
    goes_on_elsewhere(&serving, viewer);
}

#[test]
fn a_path_that_is_cut_in_the_middle_of_an_update() {
    let serving = Serving::motion();
    let mut viewer = Viewer::greet(&serving.door);
    let venue = viewer.find_venue(&serving.door);
    let path = UdpPath::lead(0, venue.address.port());
    let mut config = venue.config();
    config.set_dns_resolver(Rebound(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), path.port)));
    let authority = format!("localhost:{}", venue.address.port());
    viewer.session = Session::ask(config, &authority, &serving.door.page(), &viewer.ticket()).ok();
    viewer.take_route(&serving.door, Transport::WebTransport);
    viewer.watch(serving.kind, 5);
    path.cut();
    goes_on_elsewhere(&serving, viewer);
}

#[test]
fn a_viewer_that_thinks_for_long_keeps_its_session() {
    let serving = Serving::motion();
    let mut viewer = watching(&serving);
    let mut other = watching(&serving);
    for _ in 0..10 {
        viewer.take_update();
        // Room for more is all that it tells the server, which acknowledges that and waits for nothing.
        viewer.quic().set_receive_window(VarInt::from_u32(1 << 20));
        viewer.quic().set_receive_window(VarInt::from_u32(8 << 20));
        other.watch(serving.kind, 30);
        viewer.assert_exact(serving.kind);
        viewer.acknowledge();
    }
    viewer.watch(serving.kind, 3);
}

#[test]
fn a_second_session_of_a_viewer_replaces_the_first() {
    let serving = Serving::motion();
    let mut viewer = watching(&serving);
    let venue = viewer.find_venue(&serving.door);
    let second = Session::open(&serving.door, &venue, &viewer.ticket());
    let first = viewer.session.replace(second).expect("it has one");
    viewer.take_route(&serving.door, Transport::WebTransport);
    viewer.watch(serving.kind, 3);
    let how = first.wait_closed();
    assert!(how.contains("has another session"), "{how}");
    serving.assert_well();
}

#[test]
fn a_session_ends_with_its_viewers_control_channel() {
    let serving = Serving::motion();
    let mut idle = Viewer::greet(&serving.door);
    idle.open_session(&serving.door);
    for viewer in [idle, watching(&serving)] {
        let Viewer { control, session, .. } = viewer;
        drop(control);
        let how = session.unwrap().wait_closed();
        assert!(how.contains("the viewer has left"), "{how}");
    }
    serving.wait_until_empty();
    serving.assert_well();
}

#[test]
fn routes_of_a_viewer_that_never_opens_a_session_hold_nobody_up() {
    let serving = Serving::motion();
    let mut viewer = Viewer::greet(&serving.door);
    for number in 1..20 {
        viewer.control.say(route(number, Transport::WebTransport, 0, 0));
    }
    viewer.route = 20;
    viewer.take_route(&serving.door, Transport::WebSocket);
    viewer.watch(serving.kind, 3);
    drop(viewer);
    serving.assert_well();
}

#[test]
fn routes_by_turns_in_one_session_take_streams_of_their_own() {
    let serving = Serving::motion();
    let mut viewer = watching(&serving);
    for turn in 0..40 {
        let mut before = viewer.pixels.take().unwrap();
        viewer.take_route(&serving.door, Transport::WebTransport);
        before.rest();
        viewer.watch(serving.kind, turn % 3);
    }
    drop(viewer);
    serving.wait_until_empty();
    serving.assert_well();
}
