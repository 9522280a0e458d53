//! Windows, of a compositor that hands them out.

use lanstream_core::Size;
use lanstream_core::source::{Error, ErrorKind, Event, Source};
use lanstream_screen::{Backend, Options, Target, WindowChoice, open};
use lanstream_testkit::scripted_compositor::{OutputLook, ScriptedCompositor, Speaks, Transform};

use crate::session::{expect_pixel, frame_with_all, picture_of, wait_for, wait_for_end};

const RED: [u8; 4] = [0, 0, 255, 0];

fn compositor(titles: &[&str]) -> ScriptedCompositor {
    let compositor = ScriptedCompositor::start(Speaks::ImageCopy, OutputLook::usual(64, 48));
    titles.iter().for_each(|title| compositor.open_window(title));
    compositor
}

fn window(
    compositor: &ScriptedCompositor,
    choice: WindowChoice,
    once: bool,
) -> Result<Box<dyn Source>, Error> {
    let wayland_display = Some(compositor.socket());
    let options = Options { backend: Backend::Wayland, wayland_display, once, ..Options::default() };
    open(&Target::Window(choice), &options)
}

fn titled(compositor: &ScriptedCompositor, part: &str) -> Result<Box<dyn Source>, Error> {
    window(compositor, WindowChoice::Title(part.into()), false)
}

#[test]
fn window_is_found_by_a_part_of_its_title_or_its_identifier() {
    let compositor = compositor(&["Notes - Editor", "Mail - Editor"]);
    compositor.draw((3, 4, 1, 1), &RED);
    for part in ["notes", "w1"] {
        let mut source = titled(&compositor, part).unwrap();
        assert_eq!(source.description().name, "window Notes - Editor");
        assert_eq!(picture_of(&frame_with_all(source.as_mut())).pixel(3, 4), [255, 0, 0, 255]);
    }
}

#[test]
fn window_that_is_not_there_or_not_the_only_one_is_answered_with_those_that_are() {
    let compositor = compositor(&["Notes - Editor", "Mail - Editor"]);
    for part in ["editor", "game"] {
        let error = titled(&compositor, part).err().unwrap();
        assert_eq!(error.kind, ErrorKind::NotFound);
        assert!(error.message.contains("--window w2  Mail - Editor"), "{error}");
    }
    let error = window(&compositor, WindowChoice::Id(7), false).err().unwrap();
    assert!(error.message.contains("no window 0x7") && error.message.contains("--window w1"), "{error}");
}

#[test]
fn window_that_is_renamed_or_resized_is_followed() {
    let compositor = compositor(&["Notes"]);
    let mut source = titled(&compositor, "notes").unwrap();
    frame_with_all(source.as_mut());
    compositor.rename_window("Notes", "Letters");
    wait_for(source.as_mut(), Event::Described).unwrap();
    assert_eq!(source.description().name, "window Letters");
    compositor.change_untold(OutputLook::usual(30, 20));
    wait_for(source.as_mut(), Event::Resized).unwrap();
    assert_eq!(source.layout().size, Size::new(30, 20).unwrap());
    compositor.change_untold(OutputLook { transform: Transform::_90, ..OutputLook::usual(30, 20) });
    wait_for(source.as_mut(), Event::Resized).unwrap();
    assert_eq!(source.layout().size, Size::new(20, 30).unwrap());
    compositor.draw((0, 0, 1, 1), &RED);
    let mut frame = frame_with_all(source.as_mut());
    expect_pixel(source.as_mut(), &mut frame, (19, 0), [255, 0, 0]);
}

#[test]
fn window_that_is_closed_is_lost_until_there_is_another_or_ends() {
    let compositor = compositor(&["Notes"]);
    let mut source = titled(&compositor, "notes").unwrap();
    let mut only = window(&compositor, WindowChoice::Title("notes".into()), true).unwrap();
    let mut identified = titled(&compositor, "w1").unwrap();
    frame_with_all(source.as_mut());
    compositor.close_window("Notes");
    let lost = wait_for_end(source.as_mut());
    assert_eq!(lost.kind, ErrorKind::Lost);
    assert_eq!(lost.message, "the window `Notes` was closed; waiting for a window with `notes` in its title");
    assert_eq!(wait_for_end(only.as_mut()).kind, ErrorKind::Ended);
    assert_eq!(wait_for_end(identified.as_mut()).kind, ErrorKind::Ended);
    compositor.open_window("Notes again");
    compositor.open_window("Notes once more");
    let again = window(&compositor, WindowChoice::Topmost("notes".into()), false).unwrap();
    assert_eq!(again.description().name, "window Notes again");
}
