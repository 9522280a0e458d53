//! Pixels: what is captured is what the compositor shows, and only where it changed.

use std::time::Duration;

use lanstream_core::source::{ErrorKind, Event};
use lanstream_core::{FrameBuffer, Region};
use lanstream_screen::{RegionChoice, Target, WindowChoice, open};
use lanstream_testkit::compositor::Compositor;
use lanstream_testkit::wayland_painter::WaylandPainter;

use crate::session::{
    FIRST, compositor, expect, frame_of, frame_with_all, options, picture_of, rect, screen, wait_for_damage,
    wait_for_silence,
};

#[test]
fn picture_equals_what_another_program_sees() {
    let compositor = compositor();
    let mut painter = WaylandPainter::on(&compositor, FIRST);
    painter.noise(7);
    let picture = picture_of(&frame_with_all(screen(&compositor).as_mut()));
    picture.expect(&compositor.grab(FIRST)).unwrap();
    assert!(picture.colours() > 10_000, "{} colours are no noise", picture.colours());
}

#[test]
fn damage_is_what_was_drawn_since() {
    let compositor = compositor();
    let mut painter = WaylandPainter::on(&compositor, FIRST);
    painter.noise(1);
    let mut source = screen(&compositor);
    let mut frame = frame_with_all(source.as_mut());
    // The compositor's first word about changes is that everything has.
    painter.fill(5, 5, 3, 3, 0xff_0000);
    let damage = wait_for_damage(source.as_mut());
    source.capture(&mut frame, &damage).unwrap();

    painter.fill(10, 20, 30, 40, 0x00_ff00);
    let damage = wait_for_damage(source.as_mut());
    assert_eq!(damage.rects(), [rect(10, 20, 30, 40)]);
    let captured = source.capture(&mut frame, &damage).unwrap();
    assert_eq!((captured.updated.rects(), captured.damage.rects()), (damage.rects(), damage.rects()));
    assert!(source.damage().unwrap().is_empty());
    picture_of(&frame).expect(&compositor.grab(FIRST)).unwrap();
}

#[test]
fn only_what_was_asked_for_is_written_and_the_rest_stays_damaged() {
    let compositor = compositor();
    let mut painter = WaylandPainter::on(&compositor, FIRST);
    painter.noise(3);
    let mut source = screen(&compositor);
    wait_for_damage(source.as_mut());
    let mut frame = frame_of(source.as_mut());
    let asked = rect(11, 13, 50, 20);
    let captured = source.capture(&mut frame, &Region::from(asked)).unwrap();
    assert_eq!(captured.updated.rects(), [asked]);
    let (picture, all) = (picture_of(&frame), compositor.grab(FIRST));
    for (x, y) in [(11, 13), (60, 32), (10, 13), (11, 12), (61, 32), (60, 33), (0, 0), (319, 239)] {
        let inside = asked.contains(rect(x, y, 1, 1));
        let expected = if inside { all.pixel(x, y) } else { [0xee, 0xee, 0xee, 255] };
        assert_eq!(picture.pixel(x, y), expected, "{x},{y}");
    }
    assert!(!source.damage().unwrap().is_empty());
}

#[test]
fn frames_are_brought_up_to_date_by_their_age() {
    let compositor = compositor();
    let mut painter = WaylandPainter::on(&compositor, FIRST);
    let mut source = screen(&compositor);
    let mut frames: Vec<_> =
        (0..3).map(|_| (frame_of(source.as_mut()), Region::full(source.layout().size))).collect();
    for step in 0..24 {
        // Now and then all of it, whose memory is exchanged.
        if step % 5 == 4 {
            painter.noise(step)
        } else {
            painter.fill(step * 9, step * 7, 40, 30, 0x1_0305 * step)
        }
        let damage = wait_for_damage(source.as_mut());
        frames.iter_mut().for_each(|(_, missed)| missed.merge(&damage));
        let (frame, missed) = &mut frames[step as usize % 3];
        source.capture(frame, missed).unwrap();
        *missed = Region::EMPTY;
        picture_of(frame)
            .expect(&compositor.grab(FIRST))
            .unwrap_or_else(|error| panic!("step {step}: {error}"));
    }
}

#[test]
fn frames_of_another_connection_or_of_the_heap_are_filled_too() {
    let compositor = compositor();
    let mut painter = WaylandPainter::on(&compositor, FIRST);
    painter.noise(5);
    let mut old = screen(&compositor);
    let foreign = frame_of(old.as_mut());
    drop(old);
    let mut source = screen(&compositor);
    let layout = source.layout();
    let heap = FrameBuffer::new(layout, Box::new(vec![0_u8; layout.bytes()])).unwrap();
    wait_for_damage(source.as_mut());
    for mut frame in [foreign, heap] {
        source.capture(&mut frame, &Region::full(layout.size)).unwrap();
        picture_of(&frame).expect(&compositor.grab(FIRST)).unwrap();
    }
}

#[test]
fn nothing_happens_on_a_still_output() {
    let compositor = compositor();
    let _painter = WaylandPainter::on(&compositor, FIRST);
    let mut source = screen(&compositor);
    let mut frame = frame_with_all(source.as_mut());
    expect(source.as_mut(), &mut frame, &compositor.grab(FIRST));
    // The look that the compositor is asked for now and then tells nothing.
    source.damage();
    wait_for_silence(source.as_mut(), Duration::from_millis(100), |source| {
        let damage = source.damage().unwrap();
        source.capture(&mut frame, &damage).unwrap();
    });
    for _ in 0..20 {
        assert!(source.damage().unwrap().is_empty());
        let event = source.wait(Some(Duration::from_millis(100))).unwrap();
        assert!(matches!(event, Event::TimedOut | Event::Woken), "{event:?}");
    }
}

#[test]
fn nothing_is_captured_while_nobody_asks() {
    let compositor = compositor();
    let mut painter = WaylandPainter::on(&compositor, FIRST);
    let mut source = screen(&compositor);
    for seed in 0..10 {
        painter.noise(seed);
        assert_eq!(source.wait(Some(Duration::from_millis(20))), Ok(Event::TimedOut));
    }
    picture_of(&frame_with_all(source.as_mut())).expect(&compositor.grab(FIRST)).unwrap();
    // Who looked once and comes back is not shown what there was then.
    for seed in 20..30 {
        painter.noise(seed);
        source.wait(Some(Duration::from_millis(20))).unwrap();
    }
    picture_of(&frame_with_all(source.as_mut())).expect(&compositor.grab(FIRST)).unwrap();
}

#[test]
fn region_is_a_part_of_one_output_and_so_is_its_damage() {
    let compositor = Compositor::start(&[(320, 240), (200, 240)]);
    let mut painter = WaylandPainter::on(&compositor, "HEADLESS-2");
    painter.noise(5);
    let target = Target::Region(RegionChoice(rect(350, 44, 101, 57)));
    let mut source = open(&target, &options(&compositor)).unwrap();
    assert_eq!(source.description().name, "region 101x57 at 350,44");
    let mut frame = frame_with_all(source.as_mut());
    let part = |compositor: &Compositor| compositor.grab("HEADLESS-2").part(30, 44, 101, 57);
    picture_of(&frame).expect(&part(&compositor)).unwrap();
    painter.fill(20, 40, 20, 10, 0xff_0000);
    expect(source.as_mut(), &mut frame, &part(&compositor));
    painter.fill(20, 40, 20, 10, 0x00_00ff);
    assert_eq!(wait_for_damage(source.as_mut()).rects(), [rect(0, 0, 10, 6)]);
}

#[test]
fn region_over_two_outputs_is_refused_with_those_there_are() {
    let compositor = Compositor::start(&[(320, 240), (200, 240)]);
    let target = Target::Region(RegionChoice(rect(300, 0, 40, 10)));
    let error = open(&target, &options(&compositor)).err().unwrap();
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert!(error.message.contains("one monitor") && error.message.contains("HEADLESS-2"), "{error}");
}

#[test]
fn windows_are_refused_with_what_helps() {
    let compositor = compositor();
    let target = Target::Window(WindowChoice::Title("foo".into()));
    let error = open(&target, &options(&compositor)).err().unwrap();
    assert_eq!(error.kind, ErrorKind::Unsupported);
    assert!(error.message.contains("--display") && error.message.contains("--region"), "{error}");
}
