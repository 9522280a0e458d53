//! Waiting: what wakes a source, and what doesn't.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use lanstream_core::source::{Error, ErrorKind, Event, Source};
use lanstream_screen::{MonitorChoice, Options, Target, open};

use crate::server::{Server, all_colours, needs_rescan, picture_of};

/// Longer than anything takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for one event, over others that may come before it.
pub(crate) fn wait_for(source: &mut dyn Source, wanted: Event) -> Result<(), Error> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let event = source.wait(Some(deadline.saturating_duration_since(Instant::now())))?;
        if event == wanted {
            return Ok(());
        }
        assert_ne!(event, Event::TimedOut, "waited for {wanted:?} in vain");
    }
}

/// The error that the source ends with.
pub(crate) fn wait_for_end(source: &mut dyn Source) -> Error {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match source.wait(Some(deadline.saturating_duration_since(Instant::now()))) {
            Ok(Event::TimedOut) => panic!("waited for the end in vain"),
            Ok(_) => {}
            Err(error) => return error,
        }
    }
}

/// Waits until the source has nothing to say for as long as `pause`.
pub(crate) fn wait_for_silence(source: &mut dyn Source, pause: Duration) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let event = source.wait(Some(pause)).unwrap();
        if event == Event::TimedOut {
            return;
        }
        assert!(Instant::now() < deadline, "waited for silence in vain, after {event:?}");
    }
}

#[test]
fn nothing_happens_on_a_still_screen() {
    let server = Server::start(320, 240, 24);
    let mut source = server.screen();
    picture_of(source.as_mut());
    assert_eq!(source.wait(Some(Duration::from_millis(100))), Ok(Event::TimedOut));
    assert!(source.damage().unwrap().is_empty());
}

#[test]
fn known_damage_does_not_keep_a_source_awake() {
    let server = Server::start(320, 240, 24);
    let mut source = server.screen();
    assert!(!source.damage().unwrap().is_empty());
    assert_eq!(source.wait(Some(Duration::from_millis(20))), Ok(Event::TimedOut));
}

#[test]
fn waker_wakes_a_waiting_thread_and_one_that_comes_late() {
    let server = Server::start(320, 240, 24);
    let mut source = server.screen();
    let waker = source.waker();
    let waiting = std::thread::spawn(move || (source.wait(None), source));
    waker.wake_by_ref();
    let (event, mut source) = waiting.join().unwrap();
    assert_eq!(event, Ok(Event::Woken));

    waker.wake_by_ref();
    assert_eq!(source.wait(None), Ok(Event::Woken));
    assert_eq!(source.wait(Some(Duration::ZERO)), Ok(Event::TimedOut));
}

#[test]
fn server_that_dies_is_lost_by_wait_and_by_capture() {
    let mut server = Server::start(320, 240, 24);
    let (mut waiting, mut capturing) = (server.screen(), server.screen());
    picture_of(waiting.as_mut());
    let mut frame = picture_of(capturing.as_mut());
    server.kill();

    let error = wait_for_end(waiting.as_mut());
    assert_eq!(error.kind, ErrorKind::Lost);
    assert!(error.message.starts_with("the X display is gone"), "{error}");

    let region = lanstream_core::Region::full(frame.size());
    let error = capturing.capture(&mut frame, &region).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Lost);
}

#[test]
fn display_that_is_not_there_is_said_by_name() {
    for display in [":59499", ":64999", "nonsense"] {
        let options = Options { x_display: Some(display.into()), ..Options::default() };
        let error = open(&Target::Monitor(MonitorChoice::First), &options).err().unwrap();
        assert_eq!(error.kind, ErrorKind::NotFound);
        assert!(error.message.contains(display) && error.message.contains("lanstream pattern"), "{error}");
    }
}

/// The number of a display that refuses everyone, as servers do who know no cookie of theirs.
fn refusing_display() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let number = listener.local_addr().unwrap().port() - 6000;
    std::thread::spawn(move || {
        let (mut peer, _) = listener.accept().unwrap();
        peer.read_exact(&mut [0; 12]).unwrap();
        // A reason of 64 bytes, in words of four: refused, its length, version 11.0.
        let reason = b"Authorization required, but no authorization protocol specified\n";
        let head = [0, reason.len() as u8, 11, 0, 0, 0, reason.len() as u8 / 4, 0];
        peer.write_all(&[&head[..], reason].concat()).unwrap();
        let _until_the_client_leaves = peer.read_to_end(&mut Vec::new());
    });
    format!("127.0.0.1:{number}")
}

#[test]
fn display_that_refuses_is_said_in_one_sentence() {
    let options = Options { x_display: Some(refusing_display()), ..Options::default() };
    let error = open(&Target::Monitor(MonitorChoice::First), &options).err().unwrap();
    let number = options.x_display.unwrap();
    let reason = "Authorization required, but no authorization protocol specified";
    let expected = format!("cannot open the X display {number}: {reason}. Check $DISPLAY");
    assert!(error.message.starts_with(&expected) && !error.message.contains('\n'), "{error}");
}

#[test]
fn without_damage_everything_may_have_changed_all_the_time() {
    let server = Server::without("DAMAGE");
    let painter = server.painter();
    let mut source = server.screen();
    assert!(!needs_rescan(source.as_ref()));
    picture_of(source.as_mut());

    let drawn = painter.noise(painter.root, 320, 240, 1);
    wait_for(source.as_mut(), Event::Damaged).unwrap();
    assert_eq!(source.damage().unwrap().area(), 320 * 240);
    assert_eq!(all_colours(&picture_of(source.as_mut())), drawn);
}
