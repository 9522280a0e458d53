//! Compositors that are not there, go away, come back, or hand out nothing.

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread::JoinHandle;
use std::time::Duration;

use lanstream_core::source::{Error, ErrorKind, Event};
use lanstream_screen::{Backend, MonitorChoice, Options, Target, open};
use lanstream_testkit::wait::until;
use lanstream_testkit::wayland_painter::WaylandPainter;

use crate::session::{FIRST, compositor, frame_with_all, picture_of, screen, wait_for_end};

fn error_at(socket: &std::path::Path) -> Error {
    let wayland_display = Some(socket.to_owned());
    let options = Options { backend: Backend::Wayland, wayland_display, ..Options::default() };
    open(&Target::Monitor(MonitorChoice::First), &options).err().unwrap()
}

#[test]
fn compositor_that_is_not_there_is_said_by_its_socket() {
    let error = error_at("/nonexistent/wayland-7".as_ref());
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert!(error.message.contains("/nonexistent/wayland-7"), "{error}");
    assert!(
        error.message.contains("WAYLAND_DISPLAY") && error.message.contains("lanstream pattern"),
        "{error}"
    );
}

#[test]
fn compositor_that_is_killed_is_lost_and_comes_back() {
    let compositor = compositor();
    let mut source = screen(&compositor);
    frame_with_all(source.as_mut());
    let compositor = compositor.restart();
    let error = wait_for_end(source.as_mut());
    assert_eq!(error.kind, ErrorKind::Lost);
    assert!(error.message.starts_with("the Wayland compositor is gone"), "{error}");
    drop(source);
    let mut painter = WaylandPainter::on(&compositor, FIRST);
    painter.noise(21);
    picture_of(&frame_with_all(screen(&compositor).as_mut())).expect(&compositor.grab(FIRST)).unwrap();
}

#[test]
fn waker_wakes_a_waiting_thread_and_one_that_comes_late() {
    let compositor = compositor();
    let mut source = screen(&compositor);
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
fn frames_outlive_their_source_without_holding_its_connection() {
    let compositor = compositor();
    let mut painter = WaylandPainter::on(&compositor, FIRST);
    painter.noise(23);
    let shares_frames = || {
        let maps = std::fs::read_to_string(format!("/proc/{}/maps", compositor.pid())).unwrap();
        maps.contains("lanstream-frame")
    };
    let mut source = screen(&compositor);
    let frame = frame_with_all(source.as_mut());
    assert!(shares_frames());
    drop(source);
    // It has them for as long as the connection is open.
    until("the compositor to notice", || if shares_frames() { Err("it is connected") } else { Ok(()) });
    picture_of(&frame).expect(&compositor.grab(FIRST)).unwrap();
}

/// A compositor that offers shared memory and nothing else. It serves one client.
fn bare_compositor(listener: UnixListener) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut head = [0; 8];
        while client.read_exact(&mut head).is_ok() {
            let [object, word] = [0, 4].map(|at| u32::from_ne_bytes(head[at..at + 4].try_into().unwrap()));
            let mut body = vec![0; (word >> 16) as usize - head.len()];
            client.read_exact(&mut body).unwrap();
            answer(&mut client, object, word & 0xffff, &body);
        }
    })
}

/// The display's requests 0 and 1: to tell when all is done, and what there is.
fn answer(client: &mut UnixStream, object: u32, request: u32, body: &[u8]) {
    let argument = |at: usize| u32::from_ne_bytes(body[at..at + 4].try_into().unwrap());
    let mut send = |to: u32, event: u32, arguments: &[u8]| {
        let length = u32::try_from(8 + arguments.len()).unwrap();
        let head = [to.to_ne_bytes(), (length << 16 | event).to_ne_bytes()].concat();
        client.write_all(&[&head, arguments].concat()).unwrap();
    };
    match (object, request) {
        (1, 0) => send(argument(0), 0, &1_u32.to_ne_bytes()),
        (1, 1) => {
            let name = b"wl_shm\0\0";
            let (number, length, version) = (1_u32.to_ne_bytes(), 7_u32.to_ne_bytes(), 1_u32.to_ne_bytes());
            send(argument(0), 0, &[&number[..], &length, name, &version].concat());
        }
        _ => {}
    }
}

#[test]
fn compositor_that_hands_out_no_pictures_is_refused_with_what_helps() {
    let socket = std::env::temp_dir().join(format!("lanstream-bare-{}", std::process::id()));
    let serving = bare_compositor(UnixListener::bind(&socket).unwrap());
    let error = error_at(&socket);
    std::fs::remove_file(&socket).unwrap();
    serving.join().unwrap();
    assert_eq!(error.kind, ErrorKind::Unsupported);
    for word in ["wlr-screencopy", "GNOME", "portal", "plugin"] {
        assert!(error.message.contains(word), "{word}: {error}");
    }
    assert!(!error.message.contains('\n'), "{error}");
}
