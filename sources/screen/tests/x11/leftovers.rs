//! Nothing stays behind: no shared memory that the system keeps, and no connection held open by old frames.

use std::process::Command;
use std::time::{Duration, Instant};

use x11rb::protocol::res::ConnectionExt as _;

use crate::server::{Server, all_colours, picture_of};

#[test]
fn no_segment_is_left_to_the_system() {
    let server = Server::start(320, 240, 24);
    let frame = picture_of(server.screen().as_mut());
    let list = Command::new("ipcs").args(["-m", "-p"]).output().expect("ipcs is installed").stdout;
    let (list, own) = (String::from_utf8_lossy(&list), std::process::id().to_string());
    assert!(!list.lines().any(|line| line.split_whitespace().nth(2) == Some(&own)), "{list}");
    let named = std::fs::read_dir("/dev/shm").unwrap().flatten();
    assert!(!named.map(|file| file.file_name()).any(|name| name.to_string_lossy().contains("lanstream")));
    drop(frame);
}

#[test]
fn frames_outlive_their_source_without_holding_its_connection() {
    let server = Server::start(320, 240, 24);
    let painter = server.painter();
    let clients = || painter.conn.res_query_clients().unwrap().reply().unwrap().clients.len();
    let drawn = painter.noise(painter.root, 320, 240, 19);
    let alone = clients();
    let mut source = server.screen();
    let frame = picture_of(source.as_mut());
    assert_eq!(clients(), alone + 1);
    drop(source);
    // The server notices in its own time.
    let deadline = Instant::now() + Duration::from_secs(20);
    while clients() > alone {
        assert!(Instant::now() < deadline, "the connection is still open");
    }
    assert_eq!(all_colours(&frame), drawn);
}
