//! Windows: their own pixels, whatever happens around them.

use lanstream_core::geometry::Size;
use lanstream_core::source::{ErrorKind, Event, Source};
use lanstream_screen::{Kind, Target, WindowChoice, list};
use x11rb::protocol::xproto::Window;

use crate::painter::Painter;
use crate::server::{Server, all_colours, picture_of, rect};
use crate::watch::{wait_for, wait_for_end};

fn open(server: &Server, window: Window) -> Box<dyn Source> {
    server.open(&Target::Window(WindowChoice::Id(window))).unwrap()
}

fn titled(title: &str) -> Target {
    Target::Window(WindowChoice::Title(title.into()))
}

#[test]
fn covered_window_keeps_its_own_picture_and_tells_its_own_damage() {
    let server = Server::start("640x480x24");
    let painter = Painter::new(&server);
    let window = painter.window("Below", 50, 60, 200, 100);
    let mut source = open(&server, window);
    let drawn = painter.noise(window, 200, 100, 1);
    painter.window("Above", 0, 0, 640, 480);
    assert_eq!(source.name(), "window Below");
    assert_eq!(all_colours(&picture_of(source.as_mut())), drawn);
    assert!(source.damage().is_empty());

    painter.fill(window, 5, 6, 7, 8, 0xff_ffff);
    wait_for(source.as_mut(), Event::Damaged).unwrap();
    assert_eq!(source.damage().rects(), [rect(5, 6, 7, 8)]);
}

#[test]
fn window_past_the_screen_is_whole() {
    let server = Server::start("320x240x24");
    let painter = Painter::new(&server);
    let window = painter.window("Huge", -100, -50, 800, 600);
    let mut source = open(&server, window);
    let drawn = painter.noise(window, 800, 600, 2);
    assert_eq!(all_colours(&picture_of(source.as_mut())), drawn);
}

#[test]
fn border_is_not_part_of_the_picture() {
    let server = Server::start("320x240x24");
    let painter = Painter::new(&server);
    let window = painter.hidden_window("Framed", 20, 20, 100, 80, 7);
    painter.show(window);
    let mut source = open(&server, window);
    assert_eq!(source.layout().size, Size::new(100, 80).unwrap());
    let drawn = painter.noise(window, 100, 80, 3);
    assert_eq!(all_colours(&picture_of(source.as_mut())), drawn);
}

#[test]
fn resized_window_is_followed() {
    let server = Server::start("640x480x24");
    let painter = Painter::new(&server);
    let window = painter.window("Elastic", 10, 10, 100, 80);
    let mut source = open(&server, window);
    picture_of(source.as_mut());
    for (width, height) in [(300, 200), (20, 30), (301, 7)] {
        painter.resize(window, width, height);
        let drawn = painter.noise(window, width as u16, height as u16, width);
        wait_for(source.as_mut(), Event::Resized).unwrap();
        assert_eq!(source.layout().size, Size::new(width, height).unwrap());
        assert_eq!(source.damage().area(), u64::from(width * height));
        assert_eq!(all_colours(&picture_of(source.as_mut())), drawn);
    }
}

#[test]
fn window_resized_over_and_over_never_fails() {
    let server = Server::start("640x480x24");
    let painter = Painter::new(&server);
    let window = painter.window("Restless", 10, 10, 100, 80);
    let mut source = open(&server, window);
    let resizing = std::thread::spawn(move || {
        for step in 0..300 {
            painter.resize(window, 50 + step % 97, 40 + step % 53);
        }
        painter.resize(window, 123, 45);
        painter
    });
    while source.layout().size != Size::new(123, 45).unwrap() {
        source.wait(Some(std::time::Duration::from_secs(20))).unwrap();
        picture_of(source.as_mut());
    }
    let painter = resizing.join().unwrap();
    let drawn = painter.noise(window, 123, 45, 5);
    assert_eq!(all_colours(&picture_of(source.as_mut())), drawn);
}

#[test]
fn hidden_window_keeps_its_last_picture() {
    let server = Server::start("640x480x24");
    let painter = Painter::new(&server);
    let window = painter.window("Shy", 10, 10, 100, 80);
    let mut source = open(&server, window);
    let drawn = painter.noise(window, 100, 80, 6);
    painter.hide(window);
    assert_eq!(all_colours(&picture_of(source.as_mut())), drawn);
    painter.show(window);
    let drawn = painter.noise(window, 100, 80, 7);
    wait_for(source.as_mut(), Event::Damaged).unwrap();
    assert_eq!(all_colours(&picture_of(source.as_mut())), drawn);
}

#[test]
fn window_that_was_never_shown_is_waited_for() {
    let server = Server::start("640x480x24");
    let painter = Painter::new(&server);
    let window = painter.hidden_window("Late", 10, 10, 100, 80, 0);
    let mut source = open(&server, window);
    assert!(source.damage().is_empty() && !source.needs_audit());
    painter.show(window);
    wait_for(source.as_mut(), Event::Damaged).unwrap();
    let drawn = painter.noise(window, 100, 80, 8);
    assert_eq!(all_colours(&picture_of(source.as_mut())), drawn);
}

#[test]
fn closed_window_ends_the_source() {
    let server = Server::start("320x240x24");
    let painter = Painter::new(&server);
    let window = painter.window("Brief", 10, 10, 100, 80);
    let mut source = open(&server, window);
    picture_of(source.as_mut());
    painter.close(window);
    let error = wait_for_end(source.as_mut());
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Ended, "the window `Brief` was closed"));
}

#[test]
fn windows_are_found_by_a_part_of_their_title() {
    let server = Server::start("640x480x24");
    let painter = Painter::new(&server);
    let notes = painter.window("Notes - Editor", 10, 10, 100, 80);
    painter.window("Mail - Editor", 200, 10, 100, 80);
    painter.window("tiny", 0, 0, 1, 1);
    painter.window("", 0, 0, 50, 50);

    let listed = list(&server.options()).unwrap();
    let windows: Vec<_> = listed.iter().filter(|listed| listed.kind == Kind::Window).collect();
    let names: Vec<_> = windows.iter().map(|window| window.name.as_str()).collect();
    assert_eq!(names, ["Mail - Editor", "Notes - Editor"]);
    assert_eq!(windows[1].words, format!("--window {notes:#x}"));
    assert_eq!((windows[1].x, windows[1].y, windows[1].size), (10, 10, Size::new(100, 80).unwrap()));

    assert_eq!(server.open(&titled("NOTES")).unwrap().name(), "window Notes - Editor");
    let several = server.open(&titled("editor")).err().unwrap();
    assert_eq!(several.kind, ErrorKind::NotFound);
    assert!(several.message.contains(&format!("--window {notes:#x}  Notes - Editor")), "{several}");
    let none = server.open(&titled("Game")).err().unwrap();
    assert!(none.message.contains("Mail - Editor"), "{none}");
    let no_such_id = server.open(&Target::Window(WindowChoice::Id(0x123))).err().unwrap();
    assert!(no_such_id.message.starts_with("no window 0x123; there are:\n"), "{no_such_id}");
}

#[test]
fn titles_that_can_be_seen_are_those_within_the_picture() {
    let server = Server::start("640x480x24");
    let painter = Painter::new(&server);
    painter.window("Left viewer", 10, 10, 100, 80);
    let right = painter.window("Right", 400, 10, 100, 80);
    let region = |x| Target::Region(lanstream_screen::RegionChoice(rect(x, 0, 50, 50)));
    assert!(server.screen().shows_title("viewer"));
    assert!(server.open(&region(100)).unwrap().shows_title("viewer"));
    assert!(!server.open(&region(110)).unwrap().shows_title("viewer"));
    assert!(!open(&server, right).shows_title("viewer"));
    assert!(open(&server, right).shows_title("Right"));
    assert!(!server.screen().shows_title("nowhere"));
}

#[test]
fn without_composite_windows_are_refused_and_monitors_are_not() {
    let server = Server::without("Composite");
    let painter = Painter::new(&server);
    let window = painter.window("Plain", 10, 10, 100, 80);
    let error = server.open(&Target::Window(WindowChoice::Id(window))).err().unwrap();
    assert_eq!(error.kind, ErrorKind::Unsupported);
    assert!(error.message.contains("COMPOSITE"), "{error}");
    picture_of(server.screen().as_mut());
}
