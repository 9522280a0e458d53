//! A mirror that does one thing wrong on purpose, and what a turn makes of it.
//!
//! It is a program of its own: this test binary, started again for the test that is none.

use std::collections::VecDeque;
use std::process::Command;
use std::time::{Duration, Instant};

use lanstream_testkit::machine;
use rustix::process::{Pid, Signal, kill_process};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt as _, CreateGCAux, Gcontext};

use super::peer::Peer;
use super::testbed::Testbed;
use super::turn::{Conditions, Loaded, Turn};
use crate::patience::Patience;
use crate::screen::{Image, Screen};

/// The test that is the program, and the variables that tell it what to do.
const PROGRAM: &str = "bench::peers::fake::program";
const FAULT: &str = "LANSTREAM_FAKE_FAULT";
const SOURCE: &str = "LANSTREAM_FAKE_SOURCE";
const MIRROR: &str = "LANSTREAM_FAKE_MIRROR";
/// The fault of an X server that does not answer.
const HANGS: &str = "hangs";

/// How late it is on purpose: more than any machine takes for a copy.
const LATE: Duration = Duration::from_millis(300);
/// Between the halves of a picture: many looks of the watcher.
const HALVES_APART: Duration = Duration::from_millis(15);
/// Pictures until it breaks: the first one and some of the warm-up.
const PICTURES_BEFORE: u32 = 4;
/// Between two looks at the display.
const LOOK_INTERVAL: Duration = Duration::from_millis(2);

/// A mirror by its fault.
struct Fake(&'static str);

impl Peer for Fake {
    fn name(&self) -> &str {
        self.0
    }

    fn install(&self, _: &Patience) -> anyhow::Result<()> {
        Ok(())
    }

    fn versions(&self) -> Vec<String> {
        Vec::new()
    }

    fn start(&self, testbed: &mut Testbed<'_>) -> anyhow::Result<()> {
        if self.0 == HANGS {
            return start_hung_display(testbed);
        }
        let mut program = Command::new(std::env::current_exe()?);
        program.args(["--exact", PROGRAM, "--ignored", "--nocapture"]);
        program.env(FAULT, self.0).env(SOURCE, testbed.source()).env(MIRROR, testbed.mirror());
        testbed.start(&mut program)
    }
}

#[test]
#[ignore = "no test: the program that the others here start"]
fn program() {
    // Where all ignored tests are run, it has nothing to do.
    let Ok(fault) = std::env::var(FAULT) else { return };
    let name = |variable| std::env::var(variable).unwrap();
    let copy = Copy::between(&name(SOURCE), &name(MIRROR)).unwrap();
    // The displays end before it does where a test has failed.
    let _ended = copy.run(&fault);
}

/// Copies what one display shows to another.
struct Copy {
    source: Screen,
    mirror: Screen,
    context: Gcontext,
    seen: Image,
    shown: Image,
}

impl Copy {
    fn between(source: &str, mirror: &str) -> anyhow::Result<Self> {
        let (source, mirror) = (Screen::connect(source)?, Screen::connect(mirror)?);
        let (width, height) = source.size;
        let (seen, shown) = (source.image(width, height)?, mirror.image(width, height)?);
        let context = mirror.connection.generate_id()?;
        mirror.connection.create_gc(context, mirror.root, &CreateGCAux::new())?;
        Ok(Self { source, mirror, context, seen, shown })
    }

    fn run(mut self, fault: &str) -> anyhow::Result<()> {
        if fault == "leaves something behind" {
            Command::new("setsid").args(["sleep", "1000"]).spawn()?;
        }
        if fault == "crashes at once" {
            crash();
        }
        let (mut waiting, mut last, mut pictures) = (VecDeque::new(), Vec::new(), 0);
        loop {
            self.source.grab(&mut self.seen, 0, 0)?;
            if self.seen.bytes() != last {
                last = self.seen.bytes().to_vec();
                let due = Instant::now() + if fault == "late" { LATE } else { Duration::ZERO };
                waiting.push_back((due, last.clone()));
            }
            if waiting.front().is_some_and(|(due, _)| *due <= Instant::now()) {
                let (_, picture) = waiting.pop_front().unwrap();
                pictures += 1;
                match fault {
                    "frozen" if pictures > PICTURES_BEFORE => {}
                    "crashes" if pictures > PICTURES_BEFORE => crash(),
                    "torn" => self.show_in_halves(&picture)?,
                    "one value off" => self.show_altered(&picture)?,
                    _ => self.show(&picture)?,
                }
            }
            std::thread::sleep(LOOK_INTERVAL);
        }
    }

    fn show(&mut self, picture: &[u8]) -> anyhow::Result<()> {
        self.shown.bytes_mut().copy_from_slice(picture);
        self.mirror.put(&self.shown, self.mirror.root, self.context)
    }

    fn show_in_halves(&mut self, picture: &[u8]) -> anyhow::Result<()> {
        let half = picture.len() / 2;
        self.shown.bytes_mut()[..half].copy_from_slice(&picture[..half]);
        self.mirror.put(&self.shown, self.mirror.root, self.context)?;
        std::thread::sleep(HALVES_APART);
        self.show(picture)
    }

    /// One channel of the pixel in the middle is another by one.
    fn show_altered(&mut self, picture: &[u8]) -> anyhow::Result<()> {
        self.shown.bytes_mut().copy_from_slice(picture);
        let stride = self.shown.stride();
        let middle = usize::from(self.shown.height) / 2 * stride + stride / 2;
        self.shown.bytes_mut()[middle] ^= 1;
        self.mirror.put(&self.shown, self.mirror.root, self.context)
    }
}

/// Ends without a test's words.
fn crash() -> ! {
    eprintln!("there is no more luck");
    std::process::abort()
}

/// Starts an X server to be mirrored that answers nobody.
fn start_hung_display(testbed: &mut Testbed<'_>) -> anyhow::Result<()> {
    let mut server = Command::new("Xvfb");
    let lines = testbed.start_talking(server.args(["-displayfd", "1", "-nolisten", "tcp"]))?;
    let number = testbed.line("number of the display", &lines, |line| line.trim().parse::<u32>().ok())?;
    testbed.set_source(format!(":{number}"));
    for pid in testbed.roots().server {
        kill_process(Pid::from_raw(i32::try_from(pid)?).unwrap(), Signal::STOP)?;
    }
    Ok(())
}

/// A turn of a mirror with a fault, under a short load.
fn turn(fault: &'static str) -> Turn {
    turn_within(fault, Duration::from_secs(300))
}

/// A turn that counts as hung after a time.
fn turn_within(fault: &'static str, limit: Duration) -> Turn {
    let _alone = machine::alone();
    let patience = Patience::new().unwrap();
    let conditions = Conditions {
        size: (640, 480),
        loads: vec!["ui:25".parse().unwrap()],
        duration: Duration::from_millis(600),
        warm_up: Duration::from_millis(400),
        limit,
    };
    let logs = tempfile::tempdir().unwrap();
    Turn::take(&Fake(fault), &conditions, 1, logs.path(), &patience).unwrap()
}

/// The one load of a mirror that goes on to the end.
fn load(fault: &'static str) -> Loaded {
    let turn = turn(fault);
    assert_eq!((&turn.failure, turn.left_behind.len()), (&None, 0), "{fault}");
    assert!(turn.start_ms.is_some() && turn.first_picture_ms.is_some() && turn.memory.is_some());
    turn.loads.into_iter().next().unwrap()
}

#[test]
fn a_mirror_that_does_nothing_wrong_is_exact() {
    let load = load("none");
    assert_eq!((load.sample.pixels_differ, load.sample.torn, load.sample.sent), (0, 0, 15));
    assert!(!load.sample.latencies_ms.is_empty());
    assert!(load.used.server_cpu_seconds > 0.0 && load.used.browser_cpu_seconds == 0.0);
}

#[test]
fn a_late_mirror_is_late_and_exact() {
    let load = load("late");
    let least = load.sample.latency_ms(0.0).unwrap();
    assert!(least >= LATE.as_secs_f64() * 1e3, "{least}");
    assert_eq!((load.sample.pixels_differ, load.sample.torn), (0, 0));
}

#[test]
fn a_torn_mirror_is_seen_to_tear() {
    let load = load("torn");
    assert!(load.sample.torn > 0);
    assert_eq!(load.sample.pixels_differ, 0, "at rest all is well");
}

#[test]
fn one_value_that_is_off_by_one_is_found() {
    let load = load("one value off");
    assert_eq!((load.sample.pixels_differ, load.sample.difference_max), (1, 1));
}

#[test]
fn a_frozen_mirror_shows_no_frame() {
    let turn = turn("frozen");
    assert_eq!(turn.failure.as_deref(), Some("no frame of a load was seen"));
    assert!(turn.loads[0].sample.latencies_ms.is_empty() && turn.loads[0].sample.pixels_differ > 0);
}

#[test]
fn a_mirror_that_crashes_has_its_last_words_in_the_row() {
    for fault in ["crashes", "crashes at once"] {
        let turn = turn(fault);
        let failure = turn.failure.unwrap();
        assert!(failure.contains("ended by itself") && turn.loads.is_empty(), "{failure}");
        assert!(failure.contains("luck"), "{failure}");
    }
}

#[test]
fn an_x_server_that_hangs_is_ended() {
    let turn = turn_within(HANGS, Duration::from_secs(3));
    assert_eq!(turn.failure.as_deref(), Some("it hung, and was ended after 3 s"));
    assert_eq!(turn.left_behind.len(), 0);
}

#[test]
fn what_is_left_behind_is_named_and_ended() {
    let turn = turn("leaves something behind");
    assert_eq!((turn.failure, turn.left_behind), (None, vec!["sleep".to_owned()]));
}
