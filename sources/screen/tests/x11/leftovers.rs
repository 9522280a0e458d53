//! Nothing stays behind: no shared memory that the system keeps, and no connection held open by old frames.

use std::process::Command;

use x11rb::protocol::xproto::ConnectionExt as _;

use crate::painter::Painter;
use crate::server::{Server, picture_of};

#[test]
fn no_segment_outlives_its_frame() {
    let server = Server::start("320x240x24");
    let frame = picture_of(server.screen().as_mut());
    let list = Command::new("ipcs").args(["-m", "-p"]).output().expect("ipcs is installed").stdout;
    let own = std::process::id().to_string();
    let list = String::from_utf8_lossy(&list);
    assert!(!list.lines().any(|line| line.split_whitespace().nth(2) == Some(&own)), "{list}");
    let mapped = || std::fs::read_to_string(format!("/proc/{own}/maps")).unwrap().contains("lanstream-frame");
    assert!(mapped());
    drop(frame);
}

#[test]
fn frames_outlive_their_source_without_holding_its_connection() {
    let server = Server::start("320x240x24");
    let painter = Painter::new(&server);
    let drawn = painter.noise(painter.root, 320, 240, 19);
    let mut source = server.screen();
    let frame = picture_of(source.as_mut());
    let before = painter.conn.list_hosts().unwrap().reply().is_ok();
    drop(source);
    assert!(before);
    assert_eq!(crate::server::all_colours(&frame), drawn);
}
