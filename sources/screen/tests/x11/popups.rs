//! Menus and other pop-ups of a captured window: which are in its picture, where, and that all of it is of one instant.

use std::process::Command;
use std::time::{Duration, Instant};

use lanstream_core::source::{Event, Source};
use lanstream_screen::{Options, RegionChoice, Target, WindowChoice, open};
use lanstream_testkit::painter::Painter;
use lanstream_testkit::process::Process;
use x11rb::protocol::shape::{ConnectionExt as _, SK, SO};
use x11rb::protocol::xproto::{
    ClipOrdering, ConfigureWindowAux, ConnectionExt as _, EventMask, GrabMode, GrabStatus, Rectangle,
    StackMode, Window,
};

use crate::server::{Server, all_colours, needs_rescan, picture_of, rect};
use crate::watch::{wait_for, wait_for_silence};

/// The captured window: where it is on the screen, and its size.
const LEFT: i16 = 50;
const TOP: i16 = 60;
const WIDTH: u16 = 200;
const HEIGHT: u16 = 100;

struct Stage {
    server: Server,
    painter: Painter,
    window: Window,
    /// The window's own colours.
    drawn: Vec<u32>,
}

impl Stage {
    fn new() -> Self {
        let server = Server::start(640, 480, 24);
        let painter = server.painter();
        let window = painter.window("Owner", LEFT, TOP, WIDTH, HEIGHT);
        let drawn = painter.noise(window, WIDTH, HEIGHT, 1);
        Self { server, painter, window, drawn }
    }

    fn open(&self) -> Box<dyn Source> {
        let target = Target::Window(WindowChoice::Id(self.window));
        let mut source = open(&target, &Options { popups: true, ..self.server.options() }).unwrap();
        assert!(all_colours(&picture_of(source.as_mut())) == self.drawn);
        source
    }

    /// What the picture is with `colours` over it, `width` in a row, the first of them at `x`, `y` of the window.
    fn with_over(&self, x: i32, y: i32, width: u16, colours: &[u32]) -> Vec<u32> {
        let mut expected = self.drawn.clone();
        for (row, colours) in (y..).zip(colours.chunks(width.into())) {
            for (column, colour) in (x..).zip(colours) {
                let inside = (0..i32::from(WIDTH)).contains(&column) && (0..i32::from(HEIGHT)).contains(&row);
                if inside {
                    expected[row as usize * usize::from(WIDTH) + column as usize] = *colour;
                }
            }
        }
        expected
    }
}

/// Pictures until one is as expected, since pop-ups are found out of events.
fn show(source: &mut dyn Source, expected: &[u32]) {
    wait_for(source, Event::Damaged).unwrap();
    let seen = all_colours(&picture_of(source));
    let differing = seen.iter().zip(expected).filter(|(seen, expected)| seen != expected).count();
    assert_eq!(differing, 0, "pixels differ");
}

fn stays(source: &mut dyn Source, expected: &[u32]) {
    wait_for_silence(source, Duration::from_millis(50));
    assert!(all_colours(&picture_of(source)) == expected);
}

#[test]
fn menu_is_shown_where_it_lies_over_the_window() {
    let stage = Stage::new();
    let mut source = stage.open();
    // It reaches past the window's right and lower edge.
    let menu = stage.painter.popup(200, 120, 90, 70, 0);
    let drawn = stage.painter.noise(menu, 90, 70, 2);
    show(source.as_mut(), &stage.with_over(150, 60, 90, &drawn));

    stage.painter.fill(menu, 5, 6, 7, 8, 0xff_ffff);
    wait_for(source.as_mut(), Event::Damaged).unwrap();
    assert_eq!(source.damage().unwrap().rects(), [rect(155, 66, 7, 8)]);
    picture_of(source.as_mut());
    let drawn = stage.painter.noise(menu, 90, 70, 3);
    show(source.as_mut(), &stage.with_over(150, 60, 90, &drawn));

    let there = ConfigureWindowAux::new().x(40).y(50);
    stage.painter.conn.configure_window(menu, &there).unwrap();
    stage.painter.sync();
    show(source.as_mut(), &stage.with_over(-10, -10, 90, &drawn));

    stage.painter.close(menu);
    show(source.as_mut(), &stage.drawn);
}

#[test]
fn menu_that_was_open_before_is_shown_with_its_border() {
    let stage = Stage::new();
    let menu = stage.painter.popup(100, 100, 20, 10, 3);
    let drawn = stage.painter.noise(menu, 20, 10, 2);
    let target = Target::Window(WindowChoice::Id(stage.window));
    let mut source = open(&target, &Options { popups: true, ..stage.server.options() }).unwrap();
    assert_eq!(source.wait(Some(Duration::ZERO)), Ok(Event::TimedOut));
    let mut whole = vec![0xff_00ff; 26 * 16];
    for (row, colours) in drawn.chunks(20).enumerate() {
        whole[(row + 3) * 26 + 3..][..20].copy_from_slice(colours);
    }
    assert!(all_colours(&picture_of(source.as_mut())) == stage.with_over(50, 40, 26, &whole));
}

#[test]
fn menu_follows_the_window_that_moves_under_it() {
    let stage = Stage::new();
    let mut source = stage.open();
    let menu = stage.painter.popup(100, 100, 30, 20, 0);
    let drawn = stage.painter.noise(menu, 30, 20, 2);
    show(source.as_mut(), &stage.with_over(50, 40, 30, &drawn));
    stage.painter.conn.configure_window(stage.window, &ConfigureWindowAux::new().x(60).y(55)).unwrap();
    stage.painter.sync();
    show(source.as_mut(), &stage.with_over(40, 45, 30, &drawn));
}

#[test]
fn menus_are_left_out_where_they_are_not_asked_for() {
    let stage = Stage::new();
    let target = Target::Window(WindowChoice::Id(stage.window));
    let mut source = stage.server.open(&target).unwrap();
    picture_of(source.as_mut());
    let menu = stage.painter.popup(100, 100, 30, 20, 0);
    stage.painter.noise(menu, 30, 20, 2);
    stays(source.as_mut(), &stage.drawn);
}

#[test]
fn windows_of_others_are_left_out() {
    let stage = Stage::new();
    let mut source = stage.open();
    let other = stage.server.painter();
    other.popup(100, 100, 30, 20, 0);
    other.window("Other", 60, 70, 30, 20);
    // Of the same program, but windows or menus of their own.
    let sibling = stage.painter.window("Sibling", 100, 70, 30, 20);
    let menu = stage.painter.hidden_popup(150, 70, 30, 20, 0);
    stage.painter.set_transient_for(menu, sibling);
    stage.painter.show(menu);
    stays(source.as_mut(), &stage.drawn);
}

#[test]
fn dialog_and_its_menu_are_shown_in_the_frame_around_the_dialog() {
    let stage = Stage::new();
    let mut source = stage.open();
    let (manager, other) = (stage.server.painter(), stage.server.painter());
    let dialog = other.hidden_window("Dialog", 0, 0, 30, 20, 0);
    other.set_transient_for(dialog, stage.window);
    other.set_numbers(dialog, "WM_STATE", "WM_STATE", &[1, 0]);
    let frame = manager.hidden_window("", 100, 100, 40, 30, 0);
    manager.put_into(dialog, frame, 5, 5);
    other.show(dialog);
    manager.show(frame);
    manager.fill(frame, 0, 0, 40, 30, 0x33_4455);
    let drawn = other.noise(dialog, 30, 20, 2);
    let mut whole = vec![0x33_4455; 40 * 30];
    for (row, colours) in drawn.chunks(30).enumerate() {
        whole[(row + 5) * 40 + 5..][..30].copy_from_slice(colours);
    }
    show(source.as_mut(), &stage.with_over(50, 40, 40, &whole));

    let menu = other.hidden_popup(100, 100, 40, 30, 0);
    other.set_transient_for(menu, dialog);
    other.show(menu);
    let drawn = other.noise(menu, 40, 30, 3);
    show(source.as_mut(), &stage.with_over(50, 40, 40, &drawn));
}

#[test]
fn what_covers_a_menu_is_left_out_and_what_is_covered_by_the_window_too() {
    let stage = Stage::new();
    let mut source = stage.open();
    let menu = stage.painter.popup(100, 100, 30, 20, 0);
    let drawn = stage.painter.noise(menu, 30, 20, 2);
    show(source.as_mut(), &stage.with_over(50, 40, 30, &drawn));
    stage.server.painter().window("Above", 0, 0, 640, 480);
    stays(source.as_mut(), &stage.with_over(50, 40, 30, &drawn));
    let below = ConfigureWindowAux::new().stack_mode(StackMode::BELOW);
    stage.painter.conn.configure_window(menu, &below).unwrap();
    stage.painter.sync();
    show(source.as_mut(), &stage.drawn);
}

#[test]
fn menu_has_its_shape() {
    let stage = Stage::new();
    let mut source = stage.open();
    let menu = stage.painter.hidden_popup(100, 100, 30, 20, 0);
    let left = Rectangle { x: 0, y: 0, width: 12, height: 20 };
    let (set, bounding) = (SO::SET, SK::BOUNDING);
    let order = ClipOrdering::UNSORTED;
    stage.painter.conn.shape_rectangles(set, bounding, order, menu, 0, 0, &[left]).unwrap();
    stage.painter.show(menu);
    stage.painter.fill(menu, 0, 0, 30, 20, 0x12_3456);
    show(source.as_mut(), &stage.with_over(50, 40, 12, &[0x12_3456; 12 * 20]));
}

#[test]
fn menu_with_alpha_is_shown_as_the_screen_shows_it() {
    for (is_composited, shown) in [(false, 0x80_0000), (true, 0xa0_2020)] {
        let stage = Stage::new();
        stage.painter.fill(stage.window, 0, 0, WIDTH, HEIGHT, 0x40_4040);
        if is_composited {
            stage.painter.own_selection("_NET_WM_CM_S0");
        }
        let target = Target::Window(WindowChoice::Id(stage.window));
        let mut source = open(&target, &Options { popups: true, ..stage.server.options() }).unwrap();
        picture_of(source.as_mut());
        let menu = stage.painter.translucent_window("", 100, 100, 30, 20);
        stage.painter.set_transient_for(menu, stage.window);
        // Half of red, multiplied beforehand.
        stage.painter.fill_translucent(menu, 0, 0, 30, 20, 0x8080_0000);
        wait_for(source.as_mut(), Event::Damaged).unwrap();
        let seen = all_colours(&picture_of(source.as_mut()));
        let at = 45 * usize::from(WIDTH) + 55;
        assert_eq!((seen[0], seen[at]), (0x40_4040, shown));
    }
}

#[test]
fn window_and_menu_are_of_one_instant() {
    let stage = Stage::new();
    let mut source = stage.open();
    let menu = stage.painter.popup(40, 50, 120, 130, 0);
    wait_for(source.as_mut(), Event::Damaged).unwrap();
    for step in 1..=200_u32 {
        // All of it happens at once, and the source has heard of none when it looks.
        stage.painter.conn.grab_server().unwrap();
        match step % 5 {
            0 => stage.painter.hide(menu),
            1 => stage.painter.show(menu),
            _ => {}
        }
        let there = ConfigureWindowAux::new().x((step % 7 * 9) as i32 + 20).y((step % 11) as i32 + 40);
        stage.painter.conn.configure_window(menu, &there).unwrap();
        stage.painter.fill(stage.window, 0, 0, WIDTH, HEIGHT, step);
        stage.painter.fill(menu, 0, 0, 120, 130, step);
        stage.painter.conn.ungrab_server().unwrap();
        stage.painter.sync();
        let seen = all_colours(&picture_of(source.as_mut()));
        assert!(seen.iter().all(|colour| *colour == step), "step {step}");
    }
}

#[test]
fn grab_of_an_open_menu_is_left_alone() {
    let stage = Stage::new();
    let mut source = stage.open();
    let menu = stage.painter.popup(100, 100, 30, 20, 0);
    let grab = |painter: &Painter, window| {
        let (events, mode, none) = (EventMask::BUTTON_PRESS, GrabMode::ASYNC, x11rb::NONE);
        let asked =
            painter.conn.grab_pointer(false, window, events, mode, mode, none, none, x11rb::CURRENT_TIME);
        asked.unwrap().reply().unwrap().status
    };
    assert_eq!(grab(&stage.painter, menu), GrabStatus::SUCCESS);
    let drawn = stage.painter.noise(menu, 30, 20, 2);
    show(source.as_mut(), &stage.with_over(50, 40, 30, &drawn));
    let other = stage.server.painter();
    assert_eq!(grab(&other, other.root), GrabStatus::ALREADY_GRABBED);
}

fn xdotool(server: &Server, words: &str) {
    let mut command = Command::new("xdotool");
    command.env("DISPLAY", &server.display.name).args(words.split(' '));
    assert!(command.status().expect("xdotool is installed").success(), "{words}");
}

#[test]
fn menu_of_xterm_is_in_the_picture_as_on_the_screen() {
    let server = Server::start(640, 480, 24);
    let mut xterm = Command::new("xterm");
    xterm.env("DISPLAY", &server.display.name).args([
        "-T",
        "Terminal",
        "-geometry",
        "60x20+20+20",
        "-e",
        "sleep 60",
    ]);
    let _xterm = Process::start(&mut xterm);
    let titled = Target::Window(WindowChoice::Title("Terminal".into()));
    let options = Options { popups: true, ..server.options() };
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut window = loop {
        match open(&titled, &options) {
            Ok(window) => break window,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
    };
    let listed = lanstream_screen::list(&options).unwrap();
    let place = listed.iter().find(|listed| listed.name == "Terminal").unwrap();
    let region = rect(place.x as u32, place.y as u32, place.width, place.height);
    let mut screen = server.open(&Target::Region(RegionChoice(region))).unwrap();
    wait_until_alike(window.as_mut(), screen.as_mut(), &[]);
    let before = all_colours(&picture_of(window.as_mut()));

    xdotool(&server, "mousemove 100 100 keydown ctrl mousedown 1");
    let with_menu = wait_until_alike(window.as_mut(), screen.as_mut(), &before);
    let menu = with_menu.iter().zip(&before).filter(|(now, before)| now != before).count();
    assert!(menu > 5000, "{menu} pixels are of the menu");
    xdotool(&server, "mousemove 600 400 mouseup 1 keyup ctrl");
    wait_until_alike(window.as_mut(), screen.as_mut(), &with_menu);
}

/// Looks until window and screen show the same, and something else than before.
fn wait_until_alike(window: &mut dyn Source, screen: &mut dyn Source, before: &[u32]) -> Vec<u32> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let event = window.wait(Some(Duration::from_millis(20))).unwrap();
        assert!(Instant::now() < deadline, "window and screen never showed the same, after {event:?}");
        if needs_rescan(window) {
            let (seen, shown) = (all_colours(&picture_of(window)), all_colours(&picture_of(screen)));
            if seen == shown && seen != before {
                return seen;
            }
        }
    }
}
