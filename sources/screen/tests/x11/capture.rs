//! Pixels: what is captured is what was drawn, where it was asked for and nowhere else.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use lanstream_core::source::{ErrorKind, Event};
use lanstream_core::{PixelFormat, Rect, Region};
use lanstream_screen::{RegionChoice, Target};

use crate::server::{Server, all_colours, capture, colours, frame_of, needs_rescan, picture_of, rect};
use crate::watch::wait_for;

#[test]
fn picture_equals_what_was_drawn() {
    let server = Server::start(640, 480, 24);
    let drawn = server.painter().noise(server.painter().root, 640, 480, 7);
    let mut source = server.screen();
    assert!(needs_rescan(source.as_ref()));
    assert_eq!(source.layout().format, PixelFormat::Bgrx8);
    assert_eq!(source.damage().unwrap().area(), 640 * 480);
    assert_eq!(all_colours(&picture_of(source.as_mut())), drawn);
    assert!(source.damage().unwrap().is_empty());
}

#[test]
fn damage_is_what_was_drawn_since() {
    let server = Server::start(640, 480, 24);
    let painter = server.painter();
    let mut source = server.screen();
    picture_of(source.as_mut());

    painter.fill(painter.root, 10, 20, 30, 40, 0xff_0000);
    painter.fill(painter.root, 500, 400, 50, 8, 0x00_ff00);
    wait_for(source.as_mut(), Event::Damaged).unwrap();
    let damage = source.damage().unwrap();
    assert!(damage.contains(rect(10, 20, 30, 40)) && damage.contains(rect(500, 400, 50, 8)), "{damage:?}");
    assert_eq!(damage.area(), 30 * 40 + 50 * 8);
}

#[test]
fn damage_that_a_capture_took_is_not_told_again() {
    let server = Server::start(640, 480, 24);
    let painter = server.painter();
    let mut source = server.screen();
    let mut frame = picture_of(source.as_mut());

    painter.fill(painter.root, 10, 20, 30, 40, 0xff_0000);
    capture(source.as_mut(), &mut frame, &Region::from(rect(0, 0, 100, 100)));
    assert!(source.damage().unwrap().is_empty(), "{:?}", source.damage().unwrap());
    painter.fill(painter.root, 10, 20, 30, 40, 0x00_00ff);
    wait_for(source.as_mut(), Event::Damaged).unwrap();
}

#[test]
fn damage_outside_of_what_was_captured_stays() {
    let server = Server::start(640, 480, 24);
    let painter = server.painter();
    let mut source = server.screen();
    let mut frame = picture_of(source.as_mut());

    painter.fill(painter.root, 10, 20, 30, 40, 0xff_0000);
    painter.fill(painter.root, 300, 300, 30, 40, 0xff_0000);
    wait_for(source.as_mut(), Event::Damaged).unwrap();
    capture(source.as_mut(), &mut frame, &Region::from(rect(10, 20, 30, 40)));
    assert_eq!(source.damage().unwrap().rects(), [rect(300, 300, 30, 40)]);
}

/// Has `part` change, and all of the screen after that was told: between the look at the damage and the capture.
fn check_one_instant(server: &Server, part: Rect) {
    let painter = server.painter();
    let mut source = server.screen();
    let mut frame = picture_of(source.as_mut());
    let all = frame.size().bounds();
    let fill = |Rect { x, y, width, height }, colour| {
        painter.fill(painter.root, x as i16, y as i16, width as u16, height as u16, colour);
    };
    fill(part, 0xff_0000);
    wait_for(source.as_mut(), Event::Damaged).unwrap();
    let damage = source.damage().unwrap();
    assert_eq!(damage.rects(), [part]);
    fill(all, 0x00_00ff);
    let read = capture(source.as_mut(), &mut frame, &damage);
    assert_eq!(read.rects(), [all]);
    assert!(all_colours(&frame).iter().all(|colour| *colour == 0x00_00ff));
    assert!(source.damage().unwrap().is_empty(), "{:?}", source.damage().unwrap());
}

#[test]
fn picture_is_of_one_instant() {
    for server in [Server::start(320, 240, 24), Server::without("MIT-SHM")] {
        check_one_instant(&server, rect(10, 20, 30, 40));
    }
}

#[test]
fn picture_that_is_looked_at_again_while_pieces_come_is_of_one_instant() {
    let server = Server::start(1920, 1080, 24);
    check_one_instant(&server, rect(0, 300, 1920, 700));
    check_one_instant(&server, rect(100, 300, 1700, 700));
}

/// Captures some rectangles of noise over a marked frame, and looks at every pixel.
fn check_only_what_was_asked_for(server: &Server, rects: &[Rect]) {
    let painter = server.painter();
    let mut source = server.screen();
    let size = source.layout().size;
    let drawn = painter.noise(painter.root, size.width as u16, size.height as u16, 3);
    let mut frame = frame_of(source.as_mut());
    let mut region = Region::EMPTY;
    rects.iter().for_each(|rect| region.add(*rect));
    capture(source.as_mut(), &mut frame, &region);
    for (index, colour) in (0..).zip(all_colours(&frame)) {
        let pixel = rect(index % size.width, index / size.width, 1, 1);
        let expected = if region.contains(pixel) { drawn[index as usize] } else { 0xee_eeee };
        assert_eq!(colour, expected, "{pixel:?} of {region:?}");
    }
}

#[test]
fn every_way_writes_what_was_asked_for_and_nothing_else() {
    let several: Vec<_> = (0..12).map(|index| rect(index * 25 + 1, index * 19 + 2, 7 + index, 3)).collect();
    let bands = [rect(0, 0, 320, 1), rect(0, 100, 320, 30), rect(0, 239, 320, 1)];
    let wide = [rect(1, 5, 319, 10), rect(0, 50, 319, 10), rect(40, 100, 200, 10)];
    let corners = [rect(0, 0, 1, 1), rect(319, 0, 1, 1), rect(0, 239, 1, 1), rect(319, 239, 1, 1)];
    for server in [Server::start(320, 240, 24), Server::without("MIT-SHM")] {
        check_only_what_was_asked_for(&server, &several);
        check_only_what_was_asked_for(&server, &bands);
        check_only_what_was_asked_for(&server, &wide);
        check_only_what_was_asked_for(&server, &corners);
        check_only_what_was_asked_for(&server, &[rect(0, 0, 320, 240)]);
        check_only_what_was_asked_for(&server, &[rect(0, 10, 320, 20), rect(5, 100, 9, 9)]);
    }
    let large = Server::start(1920, 1080, 24);
    check_only_what_was_asked_for(&large, &[rect(3, 5, 1000, 1000), rect(1100, 40, 801, 999)]);
    check_only_what_was_asked_for(&large, &[rect(0, 500, 1920, 580), rect(1, 1, 1900, 400)]);
}

#[test]
fn frames_are_brought_up_to_date_by_their_age() {
    let server = Server::start(320, 240, 24);
    let painter = server.painter();
    let mut source = server.screen();
    let mut frames: Vec<_> = (0..3).map(|_| (picture_of(source.as_mut()), Region::EMPTY)).collect();
    for step in 0..20_i16 {
        painter.fill(painter.root, step * 9, step * 7, 40, 30, 0x01_0305 * step as u32);
        wait_for(source.as_mut(), Event::Damaged).unwrap();
        let damage = source.damage().unwrap();
        frames.iter_mut().for_each(|(_, missed)| missed.merge(&damage));
        let (frame, missed) = &mut frames[step as usize % 3];
        capture(source.as_mut(), frame, missed);
        *missed = Region::EMPTY;
        assert_eq!(all_colours(frame), all_colours(&picture_of(server.screen().as_mut())), "step {step}");
    }
}

#[test]
fn drawing_that_races_captures_is_never_missed() {
    let server = Server::start(320, 240, 24);
    let mut source = server.screen();
    let mut frame = picture_of(source.as_mut());
    let painter = server.painter();
    let drawing = std::thread::spawn(move || {
        for step in 0..6000_u32 {
            let (x, y) = ((step * 7919 % 300) as i16, (step * 104_729 % 220) as i16);
            painter.fill(painter.root, x, y, 20, 15, step.wrapping_mul(2_654_435) & 0xff_ffff);
        }
    });
    let mut captures = 0;
    while !drawing.is_finished() || !source.damage().unwrap().is_empty() {
        let damage = source.damage().unwrap();
        if damage.is_empty() {
            source.wait(Some(Duration::from_millis(5))).unwrap();
            continue;
        }
        capture(source.as_mut(), &mut frame, &damage);
        captures += 1;
    }
    drawing.join().unwrap();
    while source.wait(Some(Duration::from_millis(50))).unwrap() == Event::Damaged {
        let damage = source.damage().unwrap();
        capture(source.as_mut(), &mut frame, &damage);
    }
    assert!(captures > 20, "{captures} captures are no race");
    assert_eq!(all_colours(&frame), all_colours(&picture_of(server.screen().as_mut())));
}

/// A part of a screen that is filled with one colour after the other.
struct Flicker {
    done: Arc<AtomicBool>,
    drawing: JoinHandle<()>,
}

impl Flicker {
    fn start(server: &Server, Rect { x, y, width, height }: Rect) -> Self {
        let (painter, done) = (server.painter(), Arc::new(AtomicBool::new(false)));
        let stop = Arc::clone(&done);
        let drawing = std::thread::spawn(move || {
            for colour in (0..0xff_ffff).take_while(|_| !stop.load(Ordering::Relaxed)) {
                painter.fill(painter.root, x as i16, y as i16, width as u16, height as u16, colour);
            }
        });
        Self { done, drawing }
    }

    fn stop(self) {
        self.done.store(true, Ordering::Relaxed);
        self.drawing.join().unwrap();
    }
}

/// Whether `area` comes in pieces, all of one picture, while it changes.
fn check_pieces(server: &Server, area: Rect) {
    let mut source = server.screen();
    let mut frame = picture_of(source.as_mut());
    let flicker = Flicker::start(server, area);
    let mut moments = HashSet::new();
    for _ in 0..30 {
        source.capture(&mut frame, &Region::from(area)).unwrap();
        let (mut rows, mut pieces) = (area.y, 0);
        while rows < area.bottom() {
            let there = source.late_rows().unwrap().arrived(rows).unwrap().min(area.bottom());
            let first = colours(&frame, Rect { width: 1, height: 1, ..area })[0];
            moments.insert(first);
            let new: HashSet<_> =
                colours(&frame, Rect { y: rows, height: there - rows, ..area }).into_iter().collect();
            assert_eq!(new, HashSet::from([first]), "rows {rows} to {there}");
            (rows, pieces) = (there, pieces + 1);
        }
        assert!(pieces >= 2, "{pieces} pieces");
        assert_eq!(source.late_rows().unwrap().arrived(rows).unwrap(), u32::MAX);
    }
    flicker.stop();
    assert!(moments.len() > 5, "{} moments are no race", moments.len());
}

#[test]
fn what_is_large_comes_in_pieces_of_one_moment() {
    let server = Server::start(1920, 2160, 24);
    check_pieces(&server, rect(0, 0, 1920, 2160));
    check_pieces(&server, rect(200, 100, 1500, 2000));
}

#[test]
fn several_rectangles_are_of_one_moment() {
    // Large enough that a server would turn to another program in the midst of a capture, unless it is held.
    let server = Server::start(7680, 4320, 24);
    let mut source = server.screen();
    let mut frame = picture_of(source.as_mut());
    let mut region = Region::EMPTY;
    (0..16).for_each(|index| region.add(rect(index, index * 270, 7600, 240)));
    let flicker = Flicker::start(&server, rect(0, 0, 7680, 4320));
    let mut moments = HashSet::new();
    for _ in 0..30 {
        capture(source.as_mut(), &mut frame, &region);
        let seen: HashSet<_> =
            region.rects().iter().map(|band| colours(&frame, rect(band.x, band.y, 1, 1))[0]).collect();
        assert_eq!(seen.len(), 1, "{seen:x?} in one capture");
        moments.extend(seen);
    }
    flicker.stop();
    assert!(moments.len() > 10, "{} pictures are no race", moments.len());
}

#[test]
fn frames_of_another_connection_or_of_the_heap_are_filled_too() {
    let server = Server::start(320, 240, 24);
    let painter = server.painter();
    let drawn = painter.noise(painter.root, 320, 240, 5);
    let mut old = server.screen();
    let foreign = frame_of(old.as_mut());
    drop(old);
    let mut source = server.screen();
    let layout = source.layout();
    let heap = lanstream_core::FrameBuffer::new(layout, Box::new(vec![0_u8; layout.bytes()])).unwrap();
    for mut frame in [foreign, heap] {
        capture(source.as_mut(), &mut frame, &Region::full(layout.size));
        assert_eq!(all_colours(&frame), drawn);
    }
}

#[test]
fn without_shared_memory_it_is_slower_but_equal() {
    let server = Server::without("MIT-SHM");
    let painter = server.painter();
    let drawn = painter.noise(painter.root, 320, 240, 9);
    assert_eq!(all_colours(&picture_of(server.screen().as_mut())), drawn);
}

#[test]
fn sixteen_bit_screen_becomes_eight_bits_a_channel() {
    let server = Server::start(320, 240, 16);
    let painter = server.painter();
    painter.fill(painter.root, 0, 0, 320, 240, 0);
    for (index, colour) in [0xf800, 0x07e0, 0x001f, 0xffff, 0x8410].into_iter().enumerate() {
        painter.fill(painter.root, index as i16 * 3, 0, 3, 240, colour);
    }
    let mut source = server.screen();
    let frame = picture_of(source.as_mut());
    let row = colours(&frame, rect(0, 100, 15, 1));
    let expected = [0xff_0000, 0x00_ff00, 0x00_00ff, 0xff_ffff, 0x84_8284];
    assert_eq!(row, expected.map(|colour| [colour; 3]).concat());
    // An odd width has rows that the server pads.
    let mut frame = frame_of(source.as_mut());
    capture(source.as_mut(), &mut frame, &Region::from(rect(1, 1, 5, 3)));
    assert_eq!(colours(&frame, rect(1, 3, 5, 1)), [0xff_0000, 0xff_0000, 0x00_ff00, 0x00_ff00, 0x00_ff00]);
}

#[test]
fn palette_screens_are_refused() {
    let server = Server::start(320, 240, 8);
    let error = server.open(&Target::Monitor(lanstream_screen::MonitorChoice::First)).err().unwrap();
    assert_eq!(error.kind, ErrorKind::Unsupported);
    assert!(error.message.contains("depth 8") && error.message.contains("24"), "{error}");
}

#[test]
fn region_is_a_part_of_the_screen_and_so_is_its_damage() {
    let server = Server::start(320, 240, 24);
    let painter = server.painter();
    let drawn = painter.noise(painter.root, 320, 240, 11);
    let part = rect(33, 44, 101, 57);
    let mut source = server.open(&Target::Region(RegionChoice(part))).unwrap();
    let picture = all_colours(&picture_of(source.as_mut()));
    let expected: Vec<_> = (44..101).flat_map(|y| drawn[y * 320 + 33..][..101].to_vec()).collect();
    assert_eq!(picture, expected);

    painter.fill(painter.root, 0, 0, 20, 20, 0);
    painter.fill(painter.root, 30, 40, 10, 10, 0);
    wait_for(source.as_mut(), Event::Damaged).unwrap();
    assert_eq!(source.damage().unwrap().rects(), [rect(0, 0, 7, 6)]);
}

#[test]
fn region_past_the_screen_is_refused_with_its_size() {
    let server = Server::start(320, 240, 24);
    let error = server.open(&Target::Region(RegionChoice(rect(300, 0, 21, 10)))).err().unwrap();
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert!(error.message.contains("320x240"), "{error}");
}
