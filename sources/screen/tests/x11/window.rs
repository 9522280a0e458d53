//! Windows: their own pixels, whatever happens around them.

use lanstream_core::Size;
use lanstream_core::source::{ErrorKind, Event, Source};
use lanstream_screen::{Kind, Listed, MonitorChoice, Options, Target, WindowChoice, list};
use x11rb::protocol::xproto::Window;

use crate::server::{Server, all_colours, needs_rescan, picture_of, rect};
use crate::watch::{wait_for, wait_for_end};

fn open(server: &Server, window: Window) -> Box<dyn Source> {
    server.open(&Target::Window(WindowChoice::Id(window))).unwrap()
}

fn titled(title: &str) -> Target {
    Target::Window(WindowChoice::Title(title.into()))
}

#[test]
fn covered_window_keeps_its_own_picture_and_tells_its_own_damage() {
    let server = Server::start(640, 480, 24);
    let painter = server.painter();
    let window = painter.window("Below", 50, 60, 200, 100);
    let mut source = open(&server, window);
    let drawn = painter.noise(window, 200, 100, 1);
    painter.window("Above", 0, 0, 640, 480);
    assert_eq!(source.description().name, "window Below");
    assert_eq!(all_colours(&picture_of(source.as_mut())), drawn);
    assert!(source.damage().unwrap().is_empty());

    painter.fill(window, 5, 6, 7, 8, 0xff_ffff);
    wait_for(source.as_mut(), Event::Damaged).unwrap();
    assert_eq!(source.damage().unwrap().rects(), [rect(5, 6, 7, 8)]);
}

#[test]
fn window_past_the_screen_is_whole() {
    let server = Server::start(320, 240, 24);
    let painter = server.painter();
    let window = painter.window("Huge", -100, -50, 800, 600);
    let mut source = open(&server, window);
    let drawn = painter.noise(window, 800, 600, 2);
    assert_eq!(all_colours(&picture_of(source.as_mut())), drawn);
}

#[test]
fn border_is_not_part_of_the_picture() {
    let server = Server::start(320, 240, 24);
    let painter = server.painter();
    let window = painter.hidden_window("Framed", 20, 20, 100, 80, 7);
    painter.show(window);
    let mut source = open(&server, window);
    assert_eq!(source.layout().size, Size::new(100, 80).unwrap());
    let drawn = painter.noise(window, 100, 80, 3);
    assert_eq!(all_colours(&picture_of(source.as_mut())), drawn);
}

#[test]
fn resized_window_is_followed() {
    let server = Server::start(640, 480, 24);
    let painter = server.painter();
    let window = painter.window("Elastic", 10, 10, 100, 80);
    let mut source = open(&server, window);
    picture_of(source.as_mut());
    for (width, height) in [(300, 200), (20, 30), (301, 7)] {
        painter.resize(window, width, height);
        let drawn = painter.noise(window, width as u16, height as u16, width);
        wait_for(source.as_mut(), Event::Resized).unwrap();
        assert_eq!(source.layout().size, Size::new(width, height).unwrap());
        assert_eq!(source.damage().unwrap().area(), (width * height) as usize);
        assert_eq!(all_colours(&picture_of(source.as_mut())), drawn);
    }
}

#[test]
fn window_resized_over_and_over_never_fails() {
    let server = Server::start(640, 480, 24);
    let painter = server.painter();
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
        let event = source.wait(Some(std::time::Duration::from_secs(20))).unwrap();
        assert_ne!(event, Event::TimedOut, "waited for the new size in vain");
        picture_of(source.as_mut());
    }
    let painter = resizing.join().unwrap();
    let drawn = painter.noise(window, 123, 45, 5);
    assert_eq!(all_colours(&picture_of(source.as_mut())), drawn);
}

#[test]
fn hidden_window_keeps_its_last_picture() {
    let server = Server::start(640, 480, 24);
    let painter = server.painter();
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
    let server = Server::start(640, 480, 24);
    let painter = server.painter();
    let window = painter.hidden_window("Late", 10, 10, 100, 80, 0);
    let mut source = open(&server, window);
    assert!(source.damage().unwrap().is_empty() && !needs_rescan(source.as_ref()));
    painter.show(window);
    wait_for(source.as_mut(), Event::Damaged).unwrap();
    let drawn = painter.noise(window, 100, 80, 8);
    assert_eq!(all_colours(&picture_of(source.as_mut())), drawn);
}

#[test]
fn closed_window_that_was_chosen_by_its_title_is_lost_until_another_has_it() {
    let server = Server::start(320, 240, 24);
    let painter = server.painter();
    let window = painter.window("Brief one", 10, 10, 100, 80);
    let target = titled("brief");
    let mut source = server.open(&target).unwrap();
    picture_of(source.as_mut());
    painter.close(window);
    let error = wait_for_end(source.as_mut());
    let message = "the window `Brief one` was closed; waiting for a window with `brief` in its title";
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Lost, message));

    let target = target.successor();
    assert_eq!(server.open(&target).err().unwrap().kind, ErrorKind::NotFound);
    painter.window("Another", 10, 10, 100, 80);
    assert_eq!(server.open(&target).err().unwrap().kind, ErrorKind::NotFound);
    painter.window("A page · lanstream [0123abcd] of window Brief one", 10, 10, 100, 80);
    painter.window("Brief two", 10, 10, 100, 80);
    assert_eq!(server.open(&target).unwrap().description().name, "window Brief two");
    // Nobody is there to say which, so it is the topmost.
    let topmost = painter.window("Brief three", 10, 10, 60, 50);
    let mut source = server.open(&target).unwrap();
    let drawn = painter.noise(topmost, 60, 50, 9);
    assert_eq!(all_colours(&picture_of(source.as_mut())), drawn);
}

#[test]
fn closed_window_ends_the_source_with_once() {
    let server = Server::start(320, 240, 24);
    let painter = server.painter();
    let window = painter.window("Brief", 10, 10, 100, 80);
    let options = Options { once: true, ..server.options() };
    let mut source = lanstream_screen::open(&titled("Brief"), &options).unwrap();
    painter.close(window);
    let error = wait_for_end(source.as_mut());
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Ended, "the window `Brief` was closed"));
}

#[test]
fn closed_window_ends_the_source_that_has_its_id() {
    let server = Server::start(320, 240, 24);
    let painter = server.painter();
    let window = painter.window("Brief", 10, 10, 100, 80);
    let mut source = open(&server, window);
    picture_of(source.as_mut());
    painter.close(window);
    let error = wait_for_end(source.as_mut());
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Ended, "the window `Brief` was closed"));
}

#[test]
fn windows_are_found_by_a_part_of_their_title() {
    let server = Server::start(640, 480, 24);
    let painter = server.painter();
    let notes = painter.window("Notes - Editor", 10, 10, 100, 80);
    painter.window("Mail - Editor", 200, 10, 100, 80);
    painter.window("tiny", 0, 0, 1, 1);
    painter.window("", 0, 0, 50, 50);

    let listed = list(&server.options()).unwrap();
    let windows: Vec<_> = listed.iter().filter(|listed| listed.kind == Kind::Window).collect();
    let names: Vec<_> = windows.iter().map(|window| window.name.as_str()).collect();
    assert_eq!(names, ["(untitled)", "Mail - Editor", "Notes - Editor"]);
    assert_eq!(windows[2].words, format!("--window {notes:#x}"));
    let Listed { x, y, width, height, refusal, .. } = windows[2];
    assert_eq!((*x, *y, *width, *height, refusal), (10, 10, 100, 80, &None));

    assert_eq!(server.open(&titled("NOTES")).unwrap().description().name, "window Notes - Editor");
    let several = server.open(&titled("editor")).err().unwrap();
    assert_eq!(several.kind, ErrorKind::NotFound);
    assert!(several.message.contains(&format!("--window {notes:#x}  Notes - Editor")), "{several}");
    let none = server.open(&titled("Game")).err().unwrap();
    assert!(none.message.contains("Mail - Editor"), "{none}");
    let no_such_id = server.open(&Target::Window(WindowChoice::Id(0x123))).err().unwrap();
    assert!(no_such_id.message.starts_with("no window 0x123; there are:\n"), "{no_such_id}");
}

#[test]
fn window_that_is_renamed_is_told_and_goes_on() {
    let server = Server::start(640, 480, 24);
    let painter = server.painter();
    let window = painter.window("Before", 10, 10, 100, 80);
    let mut source = server.open(&titled("Before")).unwrap();
    assert_eq!(source.description().name, "window Before");
    painter.set_text(window, "WM_NAME", "STRING", b"Apr\xe8s");
    wait_for(source.as_mut(), Event::Described).unwrap();
    assert_eq!(source.description().name, "window Après");
    painter.set_text(window, "_NET_WM_NAME", "UTF8_STRING", "その後".as_bytes());
    wait_for(source.as_mut(), Event::Described).unwrap();
    assert_eq!(source.description().name, "window その後");
    let drawn = painter.noise(window, 100, 80, 10);
    assert_eq!(all_colours(&picture_of(source.as_mut())), drawn);
}

#[test]
fn window_that_cannot_be_seen_is_said_to_stand_still() {
    let server = Server::start(640, 480, 24);
    let painter = server.painter();
    let window = painter.window("Shy", 10, 10, 100, 80);
    let mut source = open(&server, window);
    assert_eq!(source.description().stalled, None);
    painter.hide(window);
    wait_for(source.as_mut(), Event::Described).unwrap();
    assert_eq!(source.description().stalled.as_deref(), Some("the window is hidden"));
    painter.set_numbers(window, "WM_STATE", "WM_STATE", &[3, 0]);
    wait_for(source.as_mut(), Event::Described).unwrap();
    assert_eq!(source.description().stalled.as_deref(), Some("the window is minimised"));
    painter.show(window);
    wait_for(source.as_mut(), Event::Described).unwrap();
    assert_eq!(source.description().stalled, None);
}

#[test]
fn window_whose_frame_is_hidden_stands_still_and_comes_back() {
    let server = Server::start(640, 480, 24);
    let painter = server.painter();
    let frame = painter.window("", 10, 10, 120, 100);
    let window = painter.window("Framed", 10, 10, 100, 80);
    painter.put_into(window, frame, 5, 15);
    let mut source = open(&server, window);
    let drawn = painter.noise(window, 100, 80, 11);
    // As window managers with several desktops do, which leave the window in it as it is.
    painter.hide(frame);
    wait_for(source.as_mut(), Event::Described).unwrap();
    assert_eq!(source.description().stalled.as_deref(), Some("the window is hidden"));
    assert_eq!(all_colours(&picture_of(source.as_mut())), drawn);
    painter.show(frame);
    wait_for(source.as_mut(), Event::Described).unwrap();
    assert_eq!(source.description().stalled, None);
    let drawn = painter.noise(window, 100, 80, 12);
    assert_eq!(all_colours(&picture_of(source.as_mut())), drawn);
    painter.fill(window, 1, 2, 3, 4, 0xff_ffff);
    wait_for(source.as_mut(), Event::Damaged).unwrap();
}

#[test]
fn what_is_not_as_the_window_has_it_is_said() {
    for (depth, alterations) in [(24, ""), (16, ""), (30, "10 bit shown as 8 bit")] {
        let server = Server::start(320, 240, depth);
        assert_eq!(server.screen().description().alterations.join(", "), alterations, "{depth} bits");
    }
    let server = Server::start(320, 240, 24);
    let painter = server.painter();
    let window = painter.translucent_window("Glass", 10, 10, 100, 80);
    let mut source = open(&server, window);
    assert_eq!(source.description().alterations, ["alpha ignored, shown over black"]);
    // Half of red, multiplied beforehand as programs do, and nothing at all.
    painter.fill_translucent(window, 0, 0, 50, 80, 0x8080_0000);
    painter.fill_translucent(window, 50, 0, 50, 80, 0);
    let seen = all_colours(&picture_of(source.as_mut()));
    assert_eq!((seen[0], seen[99]), (0x80_0000, 0));
}

#[test]
fn titles_of_every_encoding_are_read() {
    let server = Server::start(320, 240, 24);
    let painter = server.painter();
    let window = painter.window("Latin", 10, 10, 100, 80);
    let titles: [(&str, &[u8], &str); 5] = [
        ("STRING", b"\xdcn\xef", "Ünï"),
        ("UTF8_STRING", "Ünï 日本".as_bytes(), "Ünï 日本"),
        ("COMPOUND_TEXT", b"\x1b$(BF|K\\8l\x1b(B x", "日本語 x"),
        ("COMPOUND_TEXT", b"\x1b-L\xbf\xe0\xd8\xd2\xd5\xe2", "Привет"),
        ("STRING", b"a\x1b[2Jb\nc", "a\u{fffd}[2Jb c"),
    ];
    for (encoding, bytes, title) in titles {
        painter.set_text(window, "WM_NAME", encoding, bytes);
        let listed = list(&server.options()).unwrap();
        assert_eq!(listed.last().unwrap().name, title);
    }
    painter.set_text(window, "_NET_WM_NAME", "UTF8_STRING", "gpj.\u{202e}exe".as_bytes());
    assert_eq!(list(&server.options()).unwrap().last().unwrap().name, "gpj.\u{fffd}exe");
}

#[test]
fn what_cannot_be_captured_is_listed_with_the_reason() {
    let server = Server::start(320, 240, 8);
    let painter = server.painter();
    let window = painter.window("Old", 10, 10, 100, 80);
    let listed = list(&server.options()).unwrap();
    assert_eq!(listed.iter().map(|listed| listed.kind).collect::<Vec<_>>(), [Kind::Monitor, Kind::Window]);
    assert!(
        listed[0].refusal.as_deref().unwrap().starts_with("pixels of depth 8 can't be captured"),
        "{listed:?}"
    );
    let targets = [Target::Monitor(MonitorChoice::First), Target::Window(WindowChoice::Id(window))];
    for (target, listed) in targets.iter().zip(&listed) {
        assert_eq!(Some(server.open(target).err().unwrap().message), listed.refusal);
    }

    let server = Server::without("Composite");
    let painter = server.painter();
    painter.window("Plain", 10, 10, 100, 80);
    let listed = list(&server.options()).unwrap();
    assert_eq!(listed[0].refusal, None);
    assert!(listed[1].refusal.as_deref().unwrap().contains("COMPOSITE"), "{listed:?}");
}

#[test]
fn titles_that_can_be_seen_are_those_within_the_picture() {
    let server = Server::start(640, 480, 24);
    let painter = server.painter();
    painter.window("Left viewer", 10, 10, 100, 80);
    let right = painter.window("Right", 400, 10, 100, 80);
    let region = |x| Target::Region(lanstream_screen::RegionChoice(rect(x, 0, 50, 50)));
    assert!(server.screen().title_probe().unwrap().shows_title("viewer"));
    assert!(server.open(&region(100)).unwrap().title_probe().unwrap().shows_title("viewer"));
    assert!(!server.open(&region(110)).unwrap().title_probe().unwrap().shows_title("viewer"));
    assert!(!open(&server, right).title_probe().unwrap().shows_title("viewer"));
    assert!(open(&server, right).title_probe().unwrap().shows_title("Right"));
    assert!(!server.screen().title_probe().unwrap().shows_title("nowhere"));
}

#[test]
fn without_composite_windows_are_refused_and_monitors_are_not() {
    let server = Server::without("Composite");
    let painter = server.painter();
    let window = painter.window("Plain", 10, 10, 100, 80);
    let error = server.open(&Target::Window(WindowChoice::Id(window))).err().unwrap();
    assert_eq!(error.kind, ErrorKind::Unsupported);
    assert!(error.message.contains("COMPOSITE"), "{error}");
    picture_of(server.screen().as_mut());
}
