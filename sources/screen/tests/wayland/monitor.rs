//! Outputs: finding them, and following them when they turn, change their mode, go and come.

use lanstream_core::source::{ErrorKind, Event, Source};
use lanstream_core::{Region, Size};
use lanstream_screen::{Kind, MonitorChoice, RegionChoice, Target, list, open};
use lanstream_testkit::compositor::Compositor;
use lanstream_testkit::wait::until;
use lanstream_testkit::wayland_painter::WaylandPainter;

use crate::session::{
    FIRST, SIZE, by_name, compositor, expect, frame_of, frame_with_all, options, picture_of, rect, screen,
    wait_for,
};

#[test]
fn outputs_are_listed_by_place_with_the_words_that_open_them() {
    let compositor = Compositor::start(&[(320, 240), (200, 100)]);
    compositor.command("output HEADLESS-1 position 200 0");
    compositor.command("output HEADLESS-2 position 0 0");
    let listed = list(&options(&compositor)).unwrap();
    let names: Vec<_> = listed.iter().map(|listed| listed.name.as_str()).collect();
    assert_eq!(names, ["HEADLESS-2", "HEADLESS-1"]);
    assert!(listed.iter().all(|listed| listed.kind == Kind::Monitor && listed.refusal.is_none()));
    assert_eq!((listed[1].x, listed[1].y, listed[1].width, listed[1].height), (200, 0, 320, 240));
    let number = listed[1].words.strip_prefix("--display ").unwrap().parse().unwrap();
    let source = open(&Target::Monitor(number), &options(&compositor)).unwrap();
    assert_eq!(source.description().name, "monitor HEADLESS-1");
}

#[test]
fn output_that_is_not_there_is_answered_with_those_that_are() {
    let compositor = compositor();
    for choice in [MonitorChoice::Name("HDMI-9".into()), MonitorChoice::Number(9)] {
        let error = open(&Target::Monitor(choice), &options(&compositor)).err().unwrap();
        assert_eq!(error.kind, ErrorKind::NotFound);
        assert!(error.message.contains('9') && error.message.contains("320x240 at 0,0"), "{error}");
    }
}

#[test]
fn each_output_has_its_own_picture() {
    let compositor = Compositor::start(&[(320, 240), (200, 100)]);
    for (seed, name) in [(3, "HEADLESS-1"), (4, "HEADLESS-2")] {
        let mut painter = WaylandPainter::on(&compositor, name);
        painter.noise(seed);
        let mut source = open(&by_name(name), &options(&compositor)).unwrap();
        picture_of(&frame_with_all(source.as_mut())).expect(&compositor.grab(name)).unwrap();
    }
}

/// Has the compositor do something to an output of noise, and compares what comes of it.
fn check_after(compositor: &Compositor, source: &mut dyn Source, command: &str) {
    compositor.command(command);
    let mut painter = WaylandPainter::on(compositor, FIRST);
    painter.noise(11);
    let mut shown = compositor.grab(FIRST);
    let size = Size::new(shown.width, shown.height).unwrap();
    while source.layout().size != size {
        wait_for(source, Event::Resized).unwrap();
    }
    let mut frame = frame_of(source);
    expect(source, &mut frame, &shown);
    for step in 0..3 {
        painter.fill(10 + 20 * step, 20, 30, 10, 0xff << (8 * step));
        shown = compositor.grab(FIRST);
        expect(source, &mut frame, &shown);
    }
}

#[test]
fn turned_output_is_shown_upright() {
    let compositor = compositor();
    let mut source = screen(&compositor);
    for transform in ["90", "180", "270", "flipped", "flipped-90", "flipped-180", "flipped-270", "normal"] {
        check_after(&compositor, source.as_mut(), &format!("output {FIRST} transform {transform}"));
    }
}

#[test]
fn region_of_a_turned_and_scaled_output_is_what_is_seen_there() {
    let compositor = compositor();
    compositor.command(&format!("output {FIRST} transform 90 scale 2"));
    let mut painter = WaylandPainter::on(&compositor, FIRST);
    painter.noise(9);
    let target = Target::Region(RegionChoice(rect(10, 20, 30, 40)));
    let mut source = open(&target, &options(&compositor)).unwrap();
    let picture = picture_of(&frame_with_all(source.as_mut()));
    picture.expect(&compositor.grab(FIRST).part(20, 40, 60, 80)).unwrap();
}

#[test]
fn scaled_output_has_its_own_pixels() {
    let compositor = compositor();
    let mut source = screen(&compositor);
    for scale in ["2", "1.25", "1"] {
        check_after(&compositor, source.as_mut(), &format!("output {FIRST} scale {scale}"));
        assert_eq!(source.layout().size, Size::new(SIZE.0, SIZE.1).unwrap());
    }
}

#[test]
fn output_that_changes_its_mode_is_followed() {
    let compositor = compositor();
    let mut source = screen(&compositor);
    let mut old = frame_with_all(source.as_mut());
    for mode in ["640x480", "200x300", "1x1", "320x240"] {
        check_after(&compositor, source.as_mut(), &format!("output {FIRST} resolution {mode}"));
        let everything = Region::full(old.size());
        if old.size() != source.layout().size {
            assert_eq!(source.capture(&mut old, &everything).unwrap_err().kind, ErrorKind::Retry);
        }
    }
}

#[test]
fn output_that_comes_later_can_be_captured() {
    let compositor = compositor();
    let mut first = screen(&compositor);
    frame_with_all(first.as_mut());
    let name = compositor.add_output();
    let mut painter = WaylandPainter::on(&compositor, &name);
    painter.noise(17);
    let mut source = open(&by_name(&name), &options(&compositor)).unwrap();
    picture_of(&frame_with_all(source.as_mut())).expect(&compositor.grab(&name)).unwrap();
}

#[test]
fn titles_are_looked_for_on_the_output_that_is_captured() {
    let compositor = Compositor::start(&[(320, 240), (200, 100)]);
    let mut sources =
        ["HEADLESS-1", "HEADLESS-2"].map(|name| open(&by_name(name), &options(&compositor)).unwrap());
    let mut shows = |title: &str| {
        sources.each_mut().map(|source| source.title_probe().is_some_and(|probe| probe.shows_title(title)))
    };
    assert_eq!(shows("[7a]"), [false, false]);
    compositor.command("focus output HEADLESS-2");
    let terminal = compositor.program("foot", &["--title", "page [7a]", "sleep", "3600"]);
    until("a window with the title", || {
        if shows("[7a]") == [false, true] { Ok(()) } else { Err("there is none") }
    });
    assert_eq!(shows("[7b]"), [false, false]);
    drop(terminal);
    until("the window to go", || if shows("[7a]") == [false, false] { Ok(()) } else { Err("it is there") });
}
