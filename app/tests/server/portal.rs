//! `plugins/portal` in a session of its own with a real PipeWire: with a portal and streams that a test scripts
//! (`plugins/portal/examples/scripted_portal`), and with xdg-desktop-portal over sway.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{ChildStdin, Command, Output, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::Receiver;

use lanstream_core::{Picture, Size};
use lanstream_testkit::compositor::Compositor;
use lanstream_testkit::desktop_session::DesktopSession;
use lanstream_testkit::http::PATIENCE;
use lanstream_testkit::process::Process;
use lanstream_testkit::viewer::{Transport, Viewer};
use lanstream_testkit::wayland_painter::WaylandPainter;
use lanstream_testkit::wlr_portal::WlrPortal;
use rustix::process::Signal;

use crate::running::{Running, lanstream, stderr, stdout};
use crate::workspaces::built_with_examples;

#[path = "../../../plugins/portal/examples/scripted_portal/canvas.rs"]
mod canvas;

use canvas::{Area, Canvas};

/// Size of the canvas at the beginning.
const SIZE: (u32, u32) = (64, 48);
/// Seconds for a rule of the check that opens the source more than a hundred times.
const RULE_SECONDS: &str = "120";
/// Frames after which the backend has buffers for outputs that have changed: a second.
const FRAMES_OF_A_CHANGE: u32 = 60;
/// Where the token is in the user's home.
const TOKEN: &str = ".local/state/lanstream/portal-any.token";

/// The plugin's library.
static PLUGIN: LazyLock<PathBuf> = LazyLock::new(|| built_with_examples("portal"));

/// A portal that does as it is told.
struct ScriptedPortal {
    /// It ends with this.
    _process: Process,
    commands: ChildStdin,
    lines: Receiver<String>,
}

impl ScriptedPortal {
    fn start(session: &DesktopSession, words: &[&str]) -> Self {
        let program = PLUGIN.parent().unwrap().join("examples/scripted_portal");
        let mut command = Command::new(program);
        session.invite(command.args(words));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = Process::start(&mut command);
        let (commands, lines) = (process.stdin(), process.lines());
        let portal = Self { _process: process, commands, lines };
        portal.hear("ready");
        portal
    }

    /// Has it carry out a command.
    fn tell(&mut self, command: &str) {
        writeln!(self.commands, "{command}").unwrap();
        self.hear("done");
    }

    /// Returns the next line that begins so.
    fn hear(&self, start: &str) -> String {
        let next = || self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no line {start}"));
        std::iter::from_fn(|| Some(next())).find(|line| line.starts_with(start)).unwrap()
    }
}

/// The command that captures by the plugin in a session.
fn within(session: &DesktopSession, words: &[&str]) -> Command {
    let mut command = lanstream(&["--plugin", PLUGIN.to_str().unwrap(), "portal"]);
    session.invite(command.args(words));
    command
}

/// The colours of a canvas, as a viewer has them.
fn shown(canvas: &Canvas) -> Vec<u8> {
    canvas.pixels.iter().flat_map(|[blue, green, red, _]| [*red, *green, *blue, 255]).collect()
}

/// A session with a portal, a capture of it and its viewer.
struct Shown {
    canvas: Canvas,
    viewer: Viewer,
    running: Running,
    portal: ScriptedPortal,
    session: DesktopSession,
}

impl Shown {
    fn start(portal: &[&str], words: &[&str]) -> Self {
        let session = DesktopSession::start();
        let portal = ScriptedPortal::start(&session, portal);
        let running = Running::spawn(within(&session, &[&["--json"], words].concat()));
        let viewer = Viewer::join(&running.door(), Transport::Http);
        let mut shown = Self { canvas: Canvas::new(SIZE.0, SIZE.1), viewer, running, portal, session };
        shown.assert_shown("at the beginning");
        shown
    }

    /// Waits until the viewer shows the canvas.
    fn assert_shown(&mut self, _when: &str) {
        let expected = shown(&self.canvas);
        if *self.viewer.picture.rgbx() != expected {
            self.viewer.watch_until(|picture| *picture.rgbx() == expected);
        }
    }

    /// Paints noise that no picture before had, and waits until it is shown.
    fn assert_noise(&mut self, seed: u32) {
        self.canvas.noise(seed);
        self.portal.tell(&format!("noise {seed}"));
        self.assert_shown("noise");
    }

    /// Fills a rectangle, by the command of that name.
    fn fill(&mut self, command: &str, area: Area, colour: u32) {
        let Area { x, y, width, height } = area;
        self.canvas.fill(area, colour);
        self.portal.tell(&format!("{command} {x} {y} {width} {height} {colour:06x}"));
    }
}

#[test]
#[ignore = "builds plugins/portal, which needs system packages"]
fn every_format_is_shown_exactly() {
    for format in ["BGRx", "RGBx", "BGRA", "RGBA"] {
        let mut shown = Shown::start(&["--format", format], &[]);
        for seed in 1..=4 {
            shown.assert_noise(seed);
            shown.fill("fill", Area { x: seed, y: 7, width: 20, height: 5 }, 0x12_34_56 + seed);
            shown.assert_shown("a part");
        }
    }
}

#[test]
#[ignore = "builds plugins/portal, which needs system packages"]
fn a_first_picture_that_went_nowhere_is_asked_for_again() {
    let mut shown = Shown::start(&["--lose-first"], &[]);
    shown.assert_noise(1);
}

#[test]
#[ignore = "builds plugins/portal, which needs system packages"]
fn rows_are_where_the_desktop_says_that_they_are() {
    let mut shown = Shown::start(&[], &[]);
    for (seed, (stride, offset)) in (1..).zip([(12, 0), (-40, 0), (0, 4096), (-4, 60), (1, 3), (0, 0)]) {
        shown.portal.tell(&format!("stride {stride}"));
        shown.portal.tell(&format!("offset {offset}"));
        shown.assert_noise(seed);
        shown.fill("fill", Area { x: 60, y: 46, width: 4, height: 2 }, 0x65_43_21 + seed);
        shown.assert_shown("a corner");
    }
}

#[test]
#[ignore = "builds plugins/portal, which needs system packages"]
fn the_picture_follows_size_crop_and_turn() {
    let mut shown = Shown::start(&[], &[]);
    shown.assert_noise(1);
    shown.portal.tell("size 101 33");
    shown.canvas = Canvas::new(101, 33);
    shown.assert_shown("another size");
    shown.assert_noise(2);
    shown.portal.tell("crop 3 4 50 20");
    shown.canvas.noise(3);
    shown.portal.tell("noise 3");
    let whole = shown.canvas.clone();
    let part = |x: u32, y: u32| whole.pixels[((y + 4) * 101 + x + 3) as usize];
    shown.canvas = Canvas {
        width: 50,
        height: 20,
        pixels: (0..20).flat_map(|y| (0..50).map(move |x| part(x, y))).collect(),
    };
    shown.assert_shown("a part");
    let cropped = shown.canvas.clone();
    // Turned by a quarter: the first row of the picture is the first column of what is shown, from the bottom up.
    shown.portal.tell("transform 1");
    shown.portal.tell("noise 3");
    let turned = |x: u32, y: u32| cropped.pixels[((19 - x) * 50 + y) as usize];
    shown.canvas = Canvas {
        width: 20,
        height: 50,
        pixels: (0..50).flat_map(|y| (0..20).map(move |x| turned(x, y))).collect(),
    };
    shown.assert_shown("turned");
    assert_eq!(shown.viewer.picture.size().unwrap().width, 20);
}

#[test]
#[ignore = "builds plugins/portal, which needs system packages"]
fn pictures_that_cannot_be_are_skipped_and_their_damage_is_not() {
    let mut shown = Shown::start(&[], &[]);
    shown.assert_noise(1);
    shown.fill("skip", Area { x: 40, y: 30, width: 9, height: 9 }, 0xff_0000);
    shown.fill("fill", Area { x: 0, y: 0, width: 3, height: 3 }, 0x00_ff00);
    shown.assert_shown("what the corrupted picture told of");
    shown.portal.tell("short");
    let stalled = shown.running.next_where("description", |told| told["stalled"].is_string());
    assert!(stalled["stalled"].as_str().unwrap().contains("smaller than it says"), "{stalled}");
    shown.assert_noise(2);
}

#[test]
#[ignore = "builds plugins/portal, which needs system packages"]
fn changes_that_the_desktop_does_not_tell_of_are_found() {
    let mut shown = Shown::start(&[], &[]);
    shown.assert_noise(1);
    shown.fill("lie", Area { x: 20, y: 20, width: 30, height: 20 }, 0x00_00ff);
    shown.assert_shown("what was not told");
}

#[test]
#[ignore = "builds plugins/portal, which needs system packages"]
fn the_pointer_is_told_of_apart_from_the_pixels() {
    let mut shown = Shown::start(&[], &[]);
    shown.portal.hear("select types=3 cursor=4");
    shown.assert_noise(1);
    shown.portal.tell("pointer 10 20");
    shown.portal.tell("shape 6 5");
    let shape = shown.viewer.next_cursor_shape();
    assert_eq!((shape.width, shape.height, shape.hot_x, shape.hot_y), (6, 5, 1, 2));
    assert!(
        shape.rgba.as_chunks::<4>().0.iter().all(|pixel| *pixel == [255, 255, 255, 128]),
        "{:?}",
        shape.rgba
    );
    shown.portal.tell("pointer 33 -2");
    while shown.viewer.next_cursor_place().y != -2 {}
    shown.assert_noise(2);
}

#[test]
#[ignore = "builds plugins/portal, which needs system packages"]
fn the_pointer_is_asked_for_as_the_user_wants_it() {
    for (words, cursors, mode) in
        [(&["--cursor", "off"], "7", 1), (&["--cursor", "drawn"], "7", 2), (&["--cursor", "on"], "3", 2)]
    {
        let session = DesktopSession::start();
        let portal = ScriptedPortal::start(&session, &["--cursors", cursors]);
        let _running = Running::spawn(within(&session, words));
        portal.hear(&format!("select types=3 cursor={mode} "));
    }
}

#[test]
#[ignore = "builds plugins/portal, which needs system packages"]
fn what_was_picked_is_kept_for_the_user_alone_until_it_is_forgotten() {
    let session = DesktopSession::start();
    let portal = ScriptedPortal::start(&session, &[]);
    let path = session.folder().join(TOKEN);
    for (words, token) in [(&[][..], "none"), (&[], "token-1"), (&["--forget"], "none"), (&[], "token-3")] {
        let running = Running::spawn(within(&session, &[&["--json"], words].concat()));
        portal.hear(&format!("select types=3 cursor=4 persist=2 token={token}"));
        running.door();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        running.signal(Signal::TERM);
        running.end(PATIENCE);
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "token-4");
}

/// Runs the capture to its own end, which must be with status 1.
fn refused(session: &DesktopSession, words: &[&str]) -> String {
    let Output { status, stdout, stderr } = within(session, words).output().unwrap();
    let text = String::from_utf8_lossy(&stderr).into_owned();
    assert_eq!(status.code(), Some(1), "{text}{}", String::from_utf8_lossy(&stdout));
    text
}

#[test]
#[ignore = "builds plugins/portal, which needs system packages"]
fn what_is_missing_is_said_in_a_sentence() {
    let session = DesktopSession::without_pipewire();
    let text = refused(&session, &[]);
    assert!(
        text.contains("no portal that hands out screens") && text.contains("xdg-desktop-portal"),
        "{text}"
    );
    let mut command = within(&session, &[]);
    let output = command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere").output().unwrap();
    assert!(stderr(&output).contains("there is no session bus"), "{}", stderr(&output));
    let session = DesktopSession::start();
    for (portal, words, said) in [
        (&["--no-remote"][..], &[][..], "install pipewire and wireplumber"),
        (&["--format", "xBGR_210LE"], &[], "no pixels with 8 bits a colour"),
        (&["--answer", "decline"], &[], "nothing was shared in the desktop's dialog"),
        (&["--answer", "fail"], &[], "the desktop's portal refuses the screen cast"),
    ] {
        let _portal = ScriptedPortal::start(&session, portal);
        let text = refused(&session, words);
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
#[ignore = "builds plugins/portal, which needs system packages"]
fn viewers_are_told_while_the_dialog_is_open() {
    let session = DesktopSession::start();
    let _portal = ScriptedPortal::start(&session, &["--answer", "never"]);
    let running = Running::spawn(within(&session, &["--json"]));
    running.door();
    let told = running.next_where("description", |told| told["stalled"].is_string());
    assert!(told["stalled"].as_str().unwrap().contains("a choice in the dialog"), "{told}");
    running.signal(Signal::TERM);
    assert_eq!(running.end(PATIENCE).0.code(), Some(0));
}

#[test]
#[ignore = "builds plugins/portal, which needs system packages"]
fn a_cast_that_the_user_ends_is_not_begun_again() {
    for ends in [&["close"][..], &["end", "close"], &["close", "end"]] {
        let mut shown = Shown::start(&[], &[]);
        ends.iter().for_each(|command| shown.portal.tell(command));
        let ended = shown.running.next_where("source", |source| source["state"] != "live");
        assert_eq!(ended["state"], "ended", "{ended}");
        assert!(ended["text"].as_str().unwrap().contains("the desktop has ended the screen cast"), "{ended}");
    }
}

#[test]
#[ignore = "builds plugins/portal, which needs system packages"]
fn a_stream_that_breaks_off_is_begun_again() {
    let mut shown = Shown::start(&[], &[]);
    shown.assert_noise(1);
    shown.portal.tell("end");
    let lost = shown.running.next_where("source", |source| source["state"] != "live");
    assert_eq!(lost["state"], "lost", "{lost}");
    shown.running.next_where("source", |source| source["state"] == "back");
    shown.assert_noise(2);
}

#[test]
#[ignore = "builds plugins/portal, which needs system packages"]
fn pipewire_that_is_killed_and_comes_back() {
    let mut shown = Shown::start(&[], &[]);
    shown.assert_noise(1);
    shown.session.kill_pipewire();
    let lost = shown.running.next_where("source", |source| source["state"] != "live");
    assert_eq!(lost["state"], "lost", "{lost}");
    assert!(lost["text"].as_str().unwrap().contains("PipeWire is gone"), "{lost}");
    shown.session.start_pipewire();
    // The desktop's end of it is gone as well.
    let again = ScriptedPortal::start(&shown.session, &[]);
    drop(std::mem::replace(&mut shown.portal, again));
    shown.running.next_where("source", |source| source["state"] == "back");
    shown.canvas = Canvas::new(SIZE.0, SIZE.1);
    shown.assert_noise(2);
}

#[test]
#[ignore = "builds plugins/portal, which needs system packages"]
fn it_keeps_the_rules_of_plugins() {
    let session = DesktopSession::start();
    let _portal = ScriptedPortal::start(&session, &["--animate"]);
    let mut command = lanstream(&["plugin", "check", PLUGIN.to_str().unwrap()]);
    session.invite(command.args(["--time-limit", RULE_SECONDS]));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

/// Waits until a viewer shows what an output does, as another program sees it.
fn assert_same(viewer: &mut Viewer, compositor: &Compositor) {
    let expected = compositor.grab("HEADLESS-1");
    let size = Size { width: expected.width, height: expected.height };
    let is_same = |picture: &Picture| picture.size() == Some(size) && *picture.rgbx() == expected.bytes;
    if !is_same(&viewer.picture) {
        viewer.watch_until(is_same);
    }
}

#[test]
#[ignore = "builds plugins/portal, which needs system packages"]
fn a_compositor_is_shown_exactly_by_the_portal_that_people_have() {
    let compositor = Compositor::start(&[(320, 240)]);
    let session = DesktopSession::start();
    let _portal = WlrPortal::start(&session, compositor.socket(), false);
    let running = Running::spawn(within(&session, &["--json", "--kind", "monitor"]));
    let mut viewer = Viewer::join(&running.door(), Transport::Http);
    let mut painter = WaylandPainter::on(&compositor, "HEADLESS-1");
    for seed in 1..=5 {
        painter.noise(seed);
        assert_same(&mut viewer, &compositor);
        painter.fill(10 * seed, 20, 30, 40, 0x12_34_56 * seed);
        assert_same(&mut viewer, &compositor);
    }
    drop(painter);
    for (first, change) in
        [(100, "resolution 200x120"), (200, "transform 90"), (300, "transform flipped-180")]
    {
        compositor.command(&format!("output HEADLESS-1 {change}"));
        let mut painter = WaylandPainter::on(&compositor, "HEADLESS-1");
        // The backend tells of nothing that changes while it makes buffers of another size.
        (first..first + FRAMES_OF_A_CHANGE).for_each(|seed| painter.noise(seed));
        assert_same(&mut viewer, &compositor);
    }
}

#[test]
#[ignore = "builds plugins/portal, which needs system packages"]
fn the_portal_that_people_have_is_asked_once() {
    let compositor = Compositor::start(&[(320, 240)]);
    let session = DesktopSession::start();
    let _portal = WlrPortal::start(&session, compositor.socket(), true);
    let token = session.folder().join(TOKEN);
    for _ in 0..2 {
        let before = std::fs::read_to_string(&token).ok();
        let running = Running::spawn(within(&session, &["--json"]));
        running.door();
        let kept = std::fs::read_to_string(&token).unwrap();
        assert!(!kept.is_empty() && before != Some(kept.clone()), "{before:?} {kept}");
    }
}
