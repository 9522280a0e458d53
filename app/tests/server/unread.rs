//! Law 4: nobody waits for whoever reads the log, or does not. Pictures go on and the run ends in time, whatever is
//! full, stopped or closed.

use std::io::{BufReader, Read};
use std::process::{ChildStderr, Command, Stdio};
use std::sync::mpsc::Receiver;

use lanstream_pattern::Kind;
use lanstream_testkit::display::Display;
use lanstream_testkit::http::{PATIENCE, Peer, request};
use lanstream_testkit::machine;
use lanstream_testkit::process::Process;
use lanstream_testkit::viewer::{ALL, Door, Transport, Viewer};
use lanstream_testkit::wait;
use rustix::process::Signal;
use serde_json::Value;

use crate::running::{END_WITHIN, SMALL, lanstream};

/// Bytes of a pipe, the least that the system makes.
const PIPE_BYTES: usize = 4096;
/// Requests that are denied. A log line of each is many times what pipe and queue hold.
const DENIED: usize = 4000;

/// A run whose log nobody reads.
struct Unheard {
    process: Process,
    events: Receiver<String>,
    log: Option<ChildStderr>,
}

impl Unheard {
    fn start(flags: &[&str]) -> (Self, Door) {
        let mut command = lanstream(&[&SMALL[..], &["--json"], flags].concat());
        let mut process = Process::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
        let (events, log) = (process.lines(), process.stderr());
        rustix::pipe::fcntl_setpipe_size(&log, PIPE_BYTES).unwrap();
        let ready: Value = serde_json::from_str(&events.recv_timeout(PATIENCE).unwrap()).unwrap();
        let door = Door::from_url(ready["url"].as_str().unwrap());
        (Self { process, events, log: Some(log) }, door)
    }

    /// Requests of a stranger, each on a connection of its own.
    fn annoy(door: &Door) {
        for _ in 0..DENIED {
            let mut peer = Peer::connect(door.address);
            peer.send(&request("GET /", &["Host: evil.test".into()]));
            assert_eq!(peer.head().expect("an answer").0, 403);
        }
    }

    fn end(mut self) {
        self.process.signal(Signal::TERM);
        assert!(self.process.ends_within(END_WITHIN), "SIGTERM does not end it");
        assert_eq!(self.process.wait().code(), Some(0));
    }
}

#[test]
fn a_log_that_nobody_reads_while_strangers_fill_it() {
    let _machine = machine::alone();
    for flags in [&["-v"][..], &["-vv"]] {
        let (run, door) = Unheard::start(flags);
        let mut watching = ALL.map(|transport| Viewer::join(&door, transport));
        watching.iter_mut().for_each(|viewer| viewer.watch(Kind::Motion, 3));
        Unheard::annoy(&door);
        watching.iter_mut().for_each(|viewer| viewer.watch(Kind::Motion, 30));
        for transport in ALL {
            Viewer::join(&door, transport).watch(Kind::Motion, 3);
        }
        run.end();
    }
}

#[test]
fn lines_that_strangers_cause_are_summed_up() {
    let _machine = machine::alone();
    let (mut run, door) = Unheard::start(&["-v"]);
    let log = run.log.take().unwrap();
    let read = std::thread::spawn(move || {
        let mut text = String::new();
        BufReader::new(log).read_to_string(&mut text).map(|_| text)
    });
    Unheard::annoy(&door);
    run.end();
    let log = read.join().unwrap().unwrap();
    let (summed_up, told): (Vec<_>, Vec<_>) = log
        .lines()
        .filter(|line| line.contains("denied"))
        .partition(|line| line.contains(" more lines like: "));
    let count = |line: &&str| line.split(' ').find_map(|word| word.parse::<usize>().ok()).unwrap();
    assert_eq!(told.len() + summed_up.iter().map(count).sum::<usize>(), DENIED, "{log}");
    assert!(told.len() < DENIED / 10, "{} lines of strangers", told.len());
}

#[test]
fn a_log_that_is_closed() {
    let _machine = machine::alone();
    let (mut run, door) = Unheard::start(&["-vv"]);
    drop(run.log.take());
    Viewer::join(&door, Transport::Http).watch(Kind::Motion, 30);
    run.end();
}

#[test]
fn an_error_that_nobody_reads_ends_the_run_all_the_same() {
    let _machine = machine::alone();
    let (run, door) = Unheard::start(&["-vv"]);
    Unheard::annoy(&door);
    // Of two that want the same port the second fails, into the same full pipe.
    let port = door.port().to_string();
    let full = run.log.as_ref().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lanstream"));
    let writer =
        std::fs::OpenOptions::new().write(true).open(format!("/proc/self/fd/{}", raw(full))).unwrap();
    command.args(SMALL).args(["--port", &port]).stdout(Stdio::null()).stderr(writer);
    let mut second = Process::start(&mut command);
    wait::until("the second ends", || if second.has_ended() { Ok(()) } else { Err("it goes on") });
    assert_eq!(second.wait().code(), Some(1));
    while run.events.try_recv().is_ok() {}
    run.end();
}

fn raw(pipe: &ChildStderr) -> i32 {
    use std::os::fd::AsRawFd as _;
    pipe.as_raw_fd()
}

#[test]
fn a_display_that_hangs_while_it_is_opened() {
    let _machine = machine::alone();
    let display = Display::start(64, 48);
    display.signal(Signal::STOP);
    let mut command = lanstream(&["capture"]);
    command.env("DISPLAY", &display.name).stdout(Stdio::null()).stderr(Stdio::null());
    let mut process = Process::start(&mut command);
    let tasks = format!("/proc/{}/task", process.id());
    wait::until("it hears signals", || {
        let names = std::fs::read_dir(&tasks).unwrap().flatten();
        let mut names = names.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
        if names.any(|name| name.trim() == "signals") { Ok(()) } else { Err("there is no such thread") }
    });
    process.signal(Signal::TERM);
    let has_ended = process.ends_within(END_WITHIN);
    display.signal(Signal::CONT);
    assert!(has_ended, "SIGTERM does not end it");
    assert_eq!(process.wait().code(), Some(0));
}
