//! What real compositors do not do on demand, by each protocol: an output that goes, comes or is off, changes that are
//! told wrongly or not at all, buffers in other formats, rows from the bottom up.

use std::time::{Duration, Instant};

use lanstream_core::source::{Event, Source};
use lanstream_core::{FrameBuffer, Layout, PixelFormat, Region, Size};
use lanstream_screen::{Backend, MonitorChoice, Options, Target, open};
use lanstream_testkit::picture::Picture;
use lanstream_testkit::scripted_compositor::{
    Format, OutputLook, Place, ScriptedCompositor, Speaks, Transform,
};

use crate::session::{
    PATIENCE, expect, expect_pixel, frame_of, frame_with_all, picture_of, rect, wait_for, wait_for_damage,
    wait_for_end, wait_for_silence,
};

const USUAL: (u32, u32) = (64, 48);
const RED: [u8; 4] = [0, 0, 255, 0];
const GREEN: [u8; 4] = [0, 255, 0, 0];

/// Time between two parts of a picture that no change was told of, as the pipeline has it.
const RESCAN_INTERVAL: Duration = Duration::from_millis(83);

const BOTH: [Speaks; 2] = [Speaks::Screencopy, Speaks::ImageCopy];

fn usual() -> OutputLook {
    OutputLook::usual(USUAL.0, USUAL.1)
}

fn screen(compositor: &ScriptedCompositor) -> Box<dyn Source> {
    screen_of(compositor, None)
}

fn screen_of(compositor: &ScriptedCompositor, fps_max: Option<u32>) -> Box<dyn Source> {
    let wayland_display = Some(compositor.socket());
    let options = Options { backend: Backend::Wayland, wayland_display, fps_max, ..Options::default() };
    open(&Target::Monitor(MonitorChoice::First), &options).unwrap()
}

#[test]
fn output_that_goes_is_waited_for() {
    for speaks in BOTH {
        let compositor = ScriptedCompositor::start(speaks, usual());
        let mut source = screen(&compositor);
        frame_with_all(source.as_mut());
        for colour in 1..4 {
            compositor.unplug();
            wait_for(source.as_mut(), Event::Described).unwrap();
            assert_eq!(source.description().stalled.unwrap(), "the monitor SCRIPT-1 is gone");
            assert!(source.damage().unwrap().is_empty());
            compositor.plug();
            wait_for(source.as_mut(), Event::Described).unwrap();
            assert_eq!(source.description().stalled, None);
            compositor.draw((0, 0, 64, 48), &[colour, colour, colour, 0]);
            let mut frame = frame_with_all(source.as_mut());
            expect_pixel(source.as_mut(), &mut frame, (63, 47), [colour; 3]);
        }
    }
}

#[test]
fn output_that_is_off_is_told_and_comes_back() {
    for speaks in BOTH {
        let compositor = ScriptedCompositor::start(speaks, usual());
        let mut source = screen(&compositor);
        let mut frame = frame_with_all(source.as_mut());
        compositor.switch(false);
        wait_for(source.as_mut(), Event::Described).unwrap();
        assert!(source.description().stalled.unwrap().contains("may be off"));
        compositor.switch(true);
        compositor.draw((0, 0, 64, 48), &RED);
        expect_pixel(source.as_mut(), &mut frame, (0, 0), [255, 0, 0]);
        assert_eq!(source.description().stalled, None);
    }
}

#[test]
fn output_that_is_off_at_first_is_shown_when_it_is_on() {
    for speaks in BOTH {
        let compositor =
            ScriptedCompositor::start(speaks, OutputLook { format: Format::Xbgr8888, ..usual() });
        compositor.switch(false);
        let mut source = screen(&compositor);
        wait_for(source.as_mut(), Event::Described).unwrap();
        compositor.switch(true);
        wait_for(source.as_mut(), Event::Resized).unwrap();
        assert_eq!(source.layout().format, PixelFormat::Rgbx8);
        compositor.draw((0, 0, 64, 48), &RED);
        let mut frame = frame_with_all(source.as_mut());
        expect_pixel(source.as_mut(), &mut frame, (0, 0), [0, 0, 255]);
    }
}

#[test]
fn buffers_that_must_be_others_before_that_is_told_of_the_output() {
    for speaks in BOTH {
        let compositor = ScriptedCompositor::start(speaks, usual());
        let mut source = screen(&compositor);
        frame_with_all(source.as_mut());
        for (width, height, padding) in [(100, 30, 0), (10, 200, 28), (64, 48, 0), (1, 1, 0)] {
            let look = OutputLook {
                // A client of the other protocol chooses the stride.
                padding: if speaks == Speaks::Screencopy { padding } else { 0 },
                ..OutputLook::usual(width, height)
            };
            compositor.change_untold(look);
            wait_for(source.as_mut(), Event::Resized).unwrap();
            assert_eq!(source.layout().size, Size::new(width, height).unwrap());
            compositor.draw((0, 0, width, height), &RED);
            let mut frame = frame_with_all(source.as_mut());
            expect_pixel(source.as_mut(), &mut frame, (width - 1, height - 1), [255, 0, 0]);
            compositor.change(look);
            let damage = wait_for_damage(source.as_mut());
            assert!(damage.contains(rect(0, 0, width, height)));
        }
    }
}

#[test]
fn change_that_is_not_told_is_found_within_seconds() {
    for speaks in BOTH {
        let compositor = ScriptedCompositor::start(speaks, usual());
        let mut source = screen(&compositor);
        let mut frame = frame_with_all(source.as_mut());
        let damage = wait_for_damage(source.as_mut());
        source.capture(&mut frame, &damage).unwrap();
        compositor.draw_untold((5, 5, 10, 10), &RED);
        let everything = Region::full(frame.size());
        // The source is asked for pictures as the pipeline does, which rescans.
        let deadline = Instant::now() + PATIENCE;
        while picture_of(&frame).pixel(9, 9)[..3] != [255, 0, 0] {
            assert!(Instant::now() < deadline, "{speaks:?}: looked in vain");
            if source.unreliable_damage().unwrap().needs_rescan() {
                assert!(source.capture(&mut frame, &everything).unwrap().damage.is_empty());
            }
            source.wait(Some(Duration::from_millis(10))).unwrap();
        }
    }
}

/// Does what the pipeline does between two changes: takes a part of the picture once in a while where that may bring
/// something, and else waits for as long as it takes.
fn rescan(source: &mut dyn Source, frame: &mut FrameBuffer, part: &Region) {
    if source.unreliable_damage().unwrap().needs_rescan() {
        source.capture(frame, part).unwrap();
        source.wait(Some(RESCAN_INTERVAL)).unwrap();
    } else {
        let event = source.wait(Some(PATIENCE)).unwrap();
        assert_ne!(event, Event::TimedOut, "nobody told that there is a picture again");
    }
}

#[test]
fn change_that_is_not_told_is_found_where_few_pictures_are_wanted() {
    for (speaks, fps_max) in BOTH.into_iter().flat_map(|speaks| [1, 5, 10].map(|fps| (speaks, fps))) {
        let compositor = ScriptedCompositor::start(speaks, usual());
        let mut source = screen_of(&compositor, Some(fps_max));
        let mut frame = frame_with_all(source.as_mut());
        let damage = wait_for_damage(source.as_mut());
        source.capture(&mut frame, &damage).unwrap();
        // So small a part is copied, and the source keeps its picture.
        compositor.draw((0, 0, 1, 1), &GREEN);
        expect_pixel(source.as_mut(), &mut frame, (0, 0), [0, 255, 0]);
        compositor.draw_untold((5, 5, 10, 10), &RED);
        let part = Region::from(rect(5, 5, 10, 10));
        let deadline = Instant::now() + PATIENCE;
        while picture_of(&frame).pixel(9, 9)[..3] != [255, 0, 0] {
            assert!(Instant::now() < deadline, "{speaks:?}, {fps_max} a second: looked in vain");
            rescan(source.as_mut(), &mut frame, &part);
        }
    }
}

#[test]
fn change_that_is_told_too_large_or_where_nothing_is() {
    for speaks in BOTH {
        let compositor = ScriptedCompositor::start(speaks, usual());
        let mut source = screen(&compositor);
        let mut frame = frame_with_all(source.as_mut());
        let damage = wait_for_damage(source.as_mut());
        source.capture(&mut frame, &damage).unwrap();
        compositor.tell((60, 40, 1000, u32::MAX));
        assert_eq!(wait_for_damage(source.as_mut()).rects(), [rect(60, 40, 4, 8)]);
        let damage = source.damage().unwrap();
        source.capture(&mut frame, &damage).unwrap();
        // A change outside of the output says nothing of where it was.
        compositor.tell((64, 0, 5, 5));
        assert_eq!(wait_for_damage(source.as_mut()).rects(), [rect(0, 0, 64, 48)]);
    }
}

/// Draws a pixel, and compares it and its neighbours with what has to be there.
fn check_format(speaks: Speaks, look: OutputLook, pixel: &[u8], colour: [u8; 3]) {
    let compositor = ScriptedCompositor::start(speaks, look);
    compositor.draw((3, 1, 1, 1), pixel);
    let mut source = screen(&compositor);
    let picture = picture_of(&frame_with_all(source.as_mut()));
    let row = if look.is_inverted { look.height - 2 } else { 1 };
    assert_eq!(picture.pixel(3, row)[..3], colour, "{look:?}");
    assert_eq!(picture.pixel(2, row)[..3], [0; 3], "{look:?}");
    assert_eq!(picture.colours(), 2, "{look:?}");
}

/// Tries each format, with bytes between the rows.
fn check_formats(speaks: Speaks, padding: u32) {
    let check = |format, pixel: &[u8], colour| {
        let pixel_bytes = u32::try_from(pixel.len()).unwrap();
        check_format(speaks, OutputLook { format, pixel_bytes, padding, ..usual() }, pixel, colour);
    };
    check(Format::Xrgb8888, &[3, 2, 1, 9], [1, 2, 3]);
    check(Format::Argb8888, &[3, 2, 1, 9], [1, 2, 3]);
    check(Format::Xbgr8888, &[1, 2, 3, 9], [1, 2, 3]);
    check(Format::Abgr8888, &[1, 2, 3, 9], [1, 2, 3]);
    check(Format::Bgr888, &[1, 2, 3], [1, 2, 3]);
    check(Format::Xrgb2101010, &(4_u32 << 20 | 8 << 10 | 1023).to_le_bytes(), [1, 2, 255]);
}

#[test]
fn pixels_of_any_format_and_stride() {
    for padding in [0, 4, 12, 256] {
        check_formats(Speaks::Screencopy, padding);
    }
    // A client of the other protocol chooses the stride.
    check_formats(Speaks::ImageCopy, 0);
    let inverted = OutputLook { is_inverted: true, ..usual() };
    check_format(Speaks::Screencopy, inverted, &[3, 2, 1, 9], [1, 2, 3]);
}

#[test]
fn buffers_lack_what_changed_since_they_were_written() {
    for speaks in BOTH {
        let compositor = ScriptedCompositor::start(speaks, usual());
        let mut source = screen(&compositor);
        let (mut frame, mut drawn) = (frame_with_all(source.as_mut()), black());
        for step in 0..40_u8 {
            let (x, y) = (u32::from(step) * 7 % 50, u32::from(step) * 5 % 40);
            let place = if step % 8 == 7 { (0, 0, 64, 48) } else { (x, y, 9, 6) };
            compositor.draw(place, &[step, 0, 0, 0]);
            fill(&mut drawn, place, [0, 0, step, 255]);
            // Now and then nobody takes it, and more than one change is in the next.
            if step % 3 != 0 {
                expect(source.as_mut(), &mut frame, &drawn);
            }
        }
        expect(source.as_mut(), &mut frame, &drawn);
    }
}

#[test]
fn transform_that_comes_with_the_picture() {
    let compositor = ScriptedCompositor::start(Speaks::ImageCopy, usual());
    let mut source = screen(&compositor);
    frame_with_all(source.as_mut());
    compositor.change_untold(OutputLook { transform: Transform::_270, ..usual() });
    wait_for(source.as_mut(), Event::Resized).unwrap();
    assert_eq!(source.layout().size, Size::new(48, 64).unwrap());
    compositor.draw((0, 0, 1, 1), &RED);
    let mut frame = frame_with_all(source.as_mut());
    expect_pixel(source.as_mut(), &mut frame, (0, 63), [255, 0, 0]);
    compositor.change(OutputLook { transform: Transform::Flipped, ..usual() });
    wait_for(source.as_mut(), Event::Resized).unwrap();
    compositor.draw((0, 0, 1, 1), &RED);
    let mut frame = frame_with_all(source.as_mut());
    expect_pixel(source.as_mut(), &mut frame, (63, 0), [255, 0, 0]);
}

/// A black picture.
fn black() -> Picture {
    let pixels = (USUAL.0 * USUAL.1) as usize;
    Picture { width: USUAL.0, height: USUAL.1, bytes: [0, 0, 0, 255].repeat(pixels) }
}

fn fill(picture: &mut Picture, (x, y, width, height): Place, pixel: [u8; 4]) {
    for y in y..y + height {
        (x..x + width).for_each(|x| picture.set(x, y, pixel));
    }
}

#[test]
fn ten_bits_are_told() {
    for speaks in BOTH {
        let compositor =
            ScriptedCompositor::start(speaks, OutputLook { format: Format::Xrgb2101010, ..usual() });
        assert_eq!(screen(&compositor).description().alterations, ["10 bit shown as 8 bit"]);
    }
}

#[test]
fn rows_from_the_bottom_up_are_followed() {
    let compositor =
        ScriptedCompositor::start(Speaks::Screencopy, OutputLook { is_inverted: true, ..usual() });
    let mut source = screen(&compositor);
    let mut frame = frame_with_all(source.as_mut());
    compositor.draw((10, 40, 5, 5), &RED);
    expect_pixel(source.as_mut(), &mut frame, (10, 3), [255, 0, 0]);
    compositor.draw((0, 0, 64, 48), &GREEN);
    expect_pixel(source.as_mut(), &mut frame, (10, 3), [0, 255, 0]);
    assert_eq!(picture_of(&frame).colours(), 1);
}

#[test]
fn damage_of_a_turned_output_is_where_it_is_seen() {
    for speaks in BOTH {
        let compositor =
            ScriptedCompositor::start(speaks, OutputLook { transform: Transform::_90, ..usual() });
        let mut source = screen(&compositor);
        assert_eq!(source.layout().size, Size::new(48, 64).unwrap());
        let mut frame = frame_with_all(source.as_mut());
        let damage = wait_for_damage(source.as_mut());
        source.capture(&mut frame, &damage).unwrap();
        compositor.draw((10, 40, 5, 6), &RED);
        let damage = wait_for_damage(source.as_mut());
        assert_eq!(damage.rects(), [rect(2, 10, 6, 5)]);
        source.capture(&mut frame, &damage).unwrap();
        let picture = picture_of(&frame);
        assert_eq!((picture.pixel(2, 10), picture.pixel(7, 14)), ([255, 0, 0, 255], [255, 0, 0, 255]));
    }
}

#[test]
fn nothing_is_asked_for_while_nobody_watches() {
    for speaks in BOTH {
        let compositor = ScriptedCompositor::start(speaks, usual());
        let mut source = screen(&compositor);
        for value in 0..20 {
            compositor.draw((0, 0, 64, 48), &[value; 4]);
            assert_eq!(source.wait(Some(Duration::from_millis(5))), Ok(Event::TimedOut));
        }
        assert_eq!(compositor.requests(), 0);
        let mut frame = frame_with_all(source.as_mut());
        expect_pixel(source.as_mut(), &mut frame, (0, 0), [19; 3]);
        // Whoever has left is waited for in vain for a moment.
        wait_for_silence(source.as_mut(), Duration::from_millis(200), |_| {});
        let before = compositor.requests();
        for value in 20..40 {
            compositor.draw((0, 0, 64, 48), &[value; 4]);
            source.wait(Some(Duration::from_millis(5))).unwrap();
        }
        assert_eq!(compositor.requests(), before);
        let mut frame = frame_with_all(source.as_mut());
        expect_pixel(source.as_mut(), &mut frame, (0, 0), [39; 3]);
    }
}

#[test]
fn wide_output_is_captured_and_wider_ones_are_refused() {
    for speaks in BOTH {
        let compositor = ScriptedCompositor::start(speaks, OutputLook::usual(16_384, 2));
        compositor.draw((16_383, 1, 1, 1), &RED);
        let mut source = screen(&compositor);
        assert_eq!(source.layout(), Layout::packed(Size::new(16_384, 2).unwrap(), PixelFormat::Bgrx8));
        assert_eq!(picture_of(&frame_with_all(source.as_mut())).pixel(16_383, 1), [255, 0, 0, 255]);
        frame_of(source.as_mut());
        compositor.change_untold(OutputLook::usual(16_385, 2));
        let error = wait_for_end(source.as_mut());
        assert!(error.message.contains("16385x2"), "{error}");
    }
}
