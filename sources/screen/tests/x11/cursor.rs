//! The pointer: where it is, what it looks like, and that it is noticed.

use lanstream_core::source::{CursorSource, Event, Source};
use lanstream_screen::{MonitorChoice, Options, RegionChoice, Target, open};
use lanstream_testkit::painter::Painter;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ChangeWindowAttributesAux, ConnectionExt as _, MOTION_NOTIFY_EVENT};
use x11rb::protocol::xtest::ConnectionExt as _;

use crate::server::{Server, picture_of, rect};
use crate::watch::wait_for;

fn open_with_pointer(server: &Server, target: &Target) -> Box<dyn Source> {
    open(target, &Options { cursor: true, ..server.options() }).unwrap()
}

fn screen_with_pointer(server: &Server) -> Box<dyn Source> {
    open_with_pointer(server, &Target::Monitor(MonitorChoice::First))
}

fn warp(painter: &Painter, x: i16, y: i16) {
    painter.conn.warp_pointer(x11rb::NONE, painter.root, 0, 0, 0, 0, x, y).unwrap();
    painter.sync();
}

/// Moves it as a hand on a mouse would.
fn push(painter: &Painter, x: i16, y: i16) {
    painter.conn.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, painter.root, x, y, 0).unwrap();
    painter.sync();
}

/// A red cursor of 8 by 8 pixels, of which the left half shows, with its hotspot at 3, 4.
fn set_half_red_cursor(painter: &Painter) {
    let conn = &painter.conn;
    let (shape, mask, cursor) =
        (conn.generate_id().unwrap(), conn.generate_id().unwrap(), conn.generate_id().unwrap());
    for (pixmap, width) in [(shape, 8), (mask, 4)] {
        conn.create_pixmap(1, pixmap, painter.root, 8, 8).unwrap();
        let context = conn.generate_id().unwrap();
        conn.create_gc(context, pixmap, &x11rb::protocol::xproto::CreateGCAux::new().foreground(0)).unwrap();
        let area = |width| x11rb::protocol::xproto::Rectangle { x: 0, y: 0, width, height: 8 };
        conn.poly_fill_rectangle(pixmap, context, &[area(8)]).unwrap();
        conn.change_gc(context, &x11rb::protocol::xproto::ChangeGCAux::new().foreground(1)).unwrap();
        conn.poly_fill_rectangle(pixmap, context, &[area(width)]).unwrap();
    }
    conn.create_cursor(cursor, shape, mask, 0xffff, 0, 0, 0, 0, 0, 3, 4).unwrap();
    conn.change_window_attributes(painter.root, &ChangeWindowAttributesAux::new().cursor(cursor)).unwrap();
    painter.sync();
}

#[test]
fn shape_hotspot_and_place_are_told() {
    let server = Server::start(320, 240, 24);
    let painter = server.painter();
    warp(&painter, 40, 50);
    let mut source = screen_with_pointer(&server);
    wait_for(source.as_mut(), Event::CursorMoved).unwrap();
    let before = source.cursor().map(CursorSource::cursor).unwrap();
    assert_eq!((before.x, before.y), (40, 50));

    set_half_red_cursor(&painter);
    wait_for(source.as_mut(), Event::CursorMoved).unwrap();
    let cursor = source.cursor().map(CursorSource::cursor).unwrap();
    let shape = cursor.shape.unwrap();
    assert_eq!((cursor.x, cursor.y, shape.hot_x, shape.hot_y), (40, 50, 3, 4));
    assert_ne!(Some(shape.serial), before.shape.map(|shape| shape.serial));
    let pixel = |x: usize, y: usize| &shape.rgba[(y * usize::from(shape.width) + x) * 4..][..4];
    assert_eq!(
        (pixel(0, 0), pixel(3, 7), pixel(4, 0)),
        (&[255, 0, 0, 255][..], &[255, 0, 0, 255][..], &[0; 4][..])
    );
}

#[test]
fn shapes_of_another_server_have_other_serials() {
    let serial = || {
        let server = Server::start(320, 240, 24);
        set_half_red_cursor(&server.painter());
        let mut source = screen_with_pointer(&server);
        wait_for(source.as_mut(), Event::CursorMoved).unwrap();
        source.cursor().and_then(|source| source.cursor().shape).unwrap().serial
    };
    assert_ne!(serial(), serial());
}

#[test]
fn motion_wakes_the_source() {
    let server = Server::start(320, 240, 24);
    let painter = server.painter();
    set_half_red_cursor(&painter);
    let mut source = screen_with_pointer(&server);
    wait_for(source.as_mut(), Event::CursorMoved).unwrap();
    for (x, y) in [(10, 20), (300, 200), (0, 0)] {
        push(&painter, x, y);
        wait_for(source.as_mut(), Event::CursorMoved).unwrap();
        let cursor = source.cursor().map(CursorSource::cursor).unwrap();
        assert_eq!((cursor.x, cursor.y), (x.into(), y.into()));
    }
}

#[test]
fn pointer_that_a_program_moved_is_seen_by_the_next_capture() {
    let server = Server::start(320, 240, 24);
    let painter = server.painter();
    let mut source = screen_with_pointer(&server);
    wait_for(source.as_mut(), Event::CursorMoved).unwrap();
    warp(&painter, 70, 80);
    picture_of(source.as_mut());
    wait_for(source.as_mut(), Event::CursorMoved).unwrap();
    assert_eq!(source.cursor().map(CursorSource::cursor).map(|cursor| (cursor.x, cursor.y)), Some((70, 80)));
}

#[test]
fn place_is_relative_and_the_pointer_hidden_outside() {
    let server = Server::start(320, 240, 24);
    let painter = server.painter();
    set_half_red_cursor(&painter);
    push(&painter, 110, 120);
    let target = Target::Region(RegionChoice(rect(100, 100, 50, 50)));
    let mut source = open_with_pointer(&server, &target);
    wait_for(source.as_mut(), Event::CursorMoved).unwrap();
    let inside = source.cursor().map(CursorSource::cursor).unwrap();
    assert_eq!((inside.x, inside.y, inside.shape.is_some()), (10, 20, true));
    push(&painter, 99, 120);
    wait_for(source.as_mut(), Event::CursorMoved).unwrap();
    let outside = source.cursor().map(CursorSource::cursor).unwrap();
    assert_eq!((outside.x, outside.y, outside.shape), (-1, 20, None));
}

#[test]
fn nobody_who_did_not_ask_is_told() {
    let server = Server::start(320, 240, 24);
    let mut source = server.screen();
    picture_of(source.as_mut());
    push(&server.painter(), 10, 20);
    assert_eq!(source.cursor().map(CursorSource::cursor), None);
    assert_eq!(source.wait(Some(std::time::Duration::from_millis(50))), Ok(Event::TimedOut));
}
