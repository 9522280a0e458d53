//! How a run ends, as its viewers hear of it: the reason comes before the end, whole, whatever they were about to say
//! themselves, and it is the same that the terminal and programs are told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Waker;
use std::time::Duration;

use lanstream::{Options, Server, SourceError, SourceErrorKind};
use lanstream_core::protocol::ViewerMessage;
use lanstream_core::source::{Captured, Description, Event, Source};
use lanstream_core::{FrameBuffer, Layout, Region, Size};
use lanstream_pattern::{Kind, Pattern};
use lanstream_testkit::http::PATIENCE;
use lanstream_testkit::viewer::{ALL, Door, GOODBYE, SOURCE, Transport, Viewer};
use lanstream_testkit::websocket::Heard;
use rustix::process::Signal;
use serde_json::Value;

use crate::running::{Running, lanstream};

/// Runs of each kind: what is lost by chance is lost in one of so many.
const RUNS: usize = 8;
const SIZE: Size = Size { width: 64, height: 48 };
const ENDED: u8 = 2;
const GOING_AWAY: u16 = 1001;

/// Ends when it is told to.
struct Film {
    pattern: Pattern,
    is_over: Arc<AtomicBool>,
}

impl Source for Film {
    fn description(&self) -> Description {
        Description { name: "film".into(), ..Description::default() }
    }

    fn layout(&self) -> Layout {
        self.pattern.layout()
    }

    fn waker(&self) -> Waker {
        self.pattern.waker()
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, SourceError> {
        if self.is_over.load(Ordering::SeqCst) {
            return Err(SourceError::new(SourceErrorKind::Finished, "film has ended"));
        }
        self.pattern.wait(timeout)
    }

    fn damage(&self) -> Option<Region> {
        self.pattern.damage()
    }

    fn capture(&mut self, frame: &mut FrameBuffer, region: &Region) -> Result<Captured, SourceError> {
        self.pattern.capture(frame, region)
    }
}

/// A server of a film, and what ends the film.
fn film() -> (Server, impl Fn()) {
    let pattern =
        Pattern::new(lanstream_pattern::Options { kind: Kind::Motion, size: SIZE, fps: 60 }).unwrap();
    let (is_over, waker) = (Arc::new(AtomicBool::new(false)), pattern.waker());
    let end = {
        let is_over = Arc::clone(&is_over);
        move || {
            is_over.store(true, Ordering::SeqCst);
            waker.wake_by_ref();
        }
    };
    let mut film = Some(Film { pattern, is_over });
    let open = move || Ok(Box::new(film.take().expect("it is opened once")) as Box<dyn Source>);
    (Server::start(Box::new(open), &Options::default(), |_| {}).unwrap(), end)
}

/// A viewer on each transport, and one that has pings on their way that nobody will answer.
fn audience(door: &Door) -> Vec<Viewer> {
    let mut viewers: Vec<_> = ALL.iter().map(|transport| Viewer::join(door, *transport)).collect();
    viewers.iter_mut().for_each(|viewer| {
        viewer.take_update();
        viewer.acknowledge();
    });
    viewers.push(Viewer::greet(door));
    viewers
}

/// The bodies of messages of a kind among what came until the end, which was as it should be.
fn said(viewer: &mut Viewer, kind: u8) -> Vec<Vec<u8>> {
    let all = viewer.control.hear_out();
    assert_eq!(all.last(), Some(&Heard::Close(GOING_AWAY)), "{all:?}");
    let before = std::mem::take(&mut viewer.heard).into_iter();
    let after = all.into_iter().filter_map(|heard| match heard {
        Heard::Binary(message) => Some((message[4], message[8..].to_vec())),
        _ => None,
    });
    let heard: Vec<_> = before.chain(after).collect();
    assert_eq!(heard.last().map(|(kind, _)| *kind), Some(GOODBYE), "the goodbye comes last");
    viewer.heard.clone_from(&heard);
    heard.into_iter().filter(|(each, _)| *each == kind).map(|(_, body)| body).collect()
}

fn coded(code: u8, text: &str) -> Vec<u8> {
    [&[code], text.as_bytes()].concat()
}

#[test]
fn a_source_that_ends_is_told_of_before_the_goodbye() {
    for run in 0..RUNS {
        let (server, end) = film();
        let mut viewers = audience(&Door::from_url(server.url()));
        end();
        server.block_on(server.ended().cancelled());
        // At once, as a program does that has nothing else to show.
        for viewer in &mut viewers {
            for token in 0..20 {
                viewer.control.say(ViewerMessage::Ping { token });
            }
        }
        server.stop();
        for viewer in &mut viewers {
            let told = said(viewer, SOURCE);
            assert_eq!(told.last(), Some(&coded(ENDED, "film has ended")), "run {run}: {told:?}");
            let goodbyes = viewer.heard.iter().filter(|(kind, _)| *kind == GOODBYE);
            assert_eq!(
                goodbyes.map(|(_, body)| body.clone()).collect::<Vec<_>>(),
                [coded(1, "film has ended")]
            );
        }
    }
}

#[test]
fn who_comes_after_the_end_of_a_source_is_told_of_it_too() {
    let (server, end) = film();
    let door = Door::from_url(server.url());
    let mut early = Viewer::join(&door, Transport::WebSocket);
    early.take_update();
    end();
    while early.hear(SOURCE)[0] != ENDED {}
    let mut late = Viewer::greet(&door);
    assert_eq!(late.hear(SOURCE), coded(ENDED, "film has ended"));
    server.stop();
}

/// What is left of the events, after those that were read.
fn ended(rest: &str) -> Value {
    let mut events =
        rest.lines().map(|line| serde_json::from_str::<Value>(line).expect("each line is an event"));
    events.rfind(|event| event["event"] == "ended").expect("the end is an event")
}

#[test]
fn a_run_that_is_stopped_says_so_to_all() {
    for run in 0..RUNS {
        let running = Running::start(&["pattern", "--size", "640x360", "--kind", "motion", "--json"]);
        let mut viewers = audience(&running.door());
        running.signal(Signal::INT);
        let (status, rest, stderr) = running.end(PATIENCE);
        assert!(status.success(), "run {run}: {stderr}");
        for viewer in &mut viewers {
            assert_eq!(said(viewer, GOODBYE), [coded(0, "lanstream was stopped")], "run {run}");
        }
        let ended = ended(&rest);
        assert_eq!((&ended["code"], &ended["reason"]), (&"stopped".into(), &"lanstream was stopped".into()));
    }
    let running = Running::start(&["pattern"]);
    running.line();
    running.signal(Signal::INT);
    let (_, rest, stderr) = running.end(PATIENCE);
    assert_eq!((rest.as_str(), stderr.lines().last()), ("", Some("lanstream was stopped")), "{stderr}");
}

/// A stream of raw pictures on stdin, whose writer leaves.
#[cfg(feature = "ffmpeg")]
#[test]
fn a_stream_that_breaks_off_says_the_same_to_all() {
    use std::io::Write;

    let mut command = lanstream(&["pipe", "--size", "64x48", "--format", "rgb0", "--fps", "25", "--json"]);
    let (reader, mut writer) = std::io::pipe().unwrap();
    command.stdin(reader);
    let running = Running::spawn(command);
    let picture = vec![7; 64 * 48 * 4];
    writer.write_all(&picture).unwrap();
    let mut viewer = Viewer::join(&running.door(), Transport::Http);
    viewer.take_update();
    viewer.acknowledge();
    writer.write_all(&picture[..100]).unwrap();
    drop(writer);
    let source = running.next_where("source", |source| source["state"] == "ended");
    let reason = source["text"].as_str().unwrap().to_owned();
    assert!(reason.contains("stdin"), "{reason}");
    assert_eq!(said(&mut viewer, SOURCE).last(), Some(&coded(ENDED, &reason)));
    let (status, rest, stderr) = running.end(PATIENCE);
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert_eq!(ended(&rest)["reason"], reason.as_str());
    assert!(stderr.contains(&reason), "{stderr}");
}
