//! Monitors: finding them, following them, losing them.

use std::process::Command;

use lanstream_core::source::{ErrorKind, Event};
use lanstream_core::{Region, Size};
use lanstream_screen::{Kind, MonitorChoice, Target, list};

use crate::server::{Server, all_colours, frame_of, picture_of};
use crate::watch::{wait_for, wait_for_end};

fn by_name(name: &str) -> Target {
    Target::Monitor(MonitorChoice::Name(name.into()))
}

#[test]
fn monitors_are_listed_with_the_words_that_open_them() {
    let server = Server::start(640, 480, 24);
    let painter = server.painter();
    painter.set_monitor("RIGHT-1", 320, 0, 320, 480);
    let listed = list(&server.options()).unwrap();
    assert!(listed.iter().all(|listed| listed.kind == Kind::Monitor), "{listed:?}");
    let right = listed.iter().find(|listed| listed.name == "RIGHT-1").unwrap();
    assert_eq!((right.x, right.y, right.width, right.height), (320, 0, 320, 480));
    let number = right.words.strip_prefix("--display ").unwrap().parse().unwrap();
    let source = server.open(&Target::Monitor(number)).unwrap();
    assert_eq!(source.description().name, "monitor RIGHT-1");
}

#[test]
fn monitor_that_is_not_there_is_answered_with_those_that_are() {
    let server = Server::start(640, 480, 24);
    for choice in [MonitorChoice::Name("HDMI-9".into()), MonitorChoice::Number(9)] {
        let error = server.open(&Target::Monitor(choice)).err().unwrap();
        assert_eq!(error.kind, ErrorKind::NotFound);
        assert!(error.message.contains('9') && error.message.contains("640x480 at 0,0"), "{error}");
    }
}

#[test]
fn server_without_randr_has_one_monitor() {
    let server = Server::without("RANDR");
    let source = server.screen();
    assert_eq!(source.layout().size, Size::new(320, 240).unwrap());
    assert_eq!(source.description().name, "monitor screen");
}

#[test]
fn monitor_shows_its_own_part_and_follows_it() {
    let server = Server::start(640, 480, 24);
    let painter = server.painter();
    let drawn = painter.noise(painter.root, 640, 480, 13);
    let part = |x: usize, y: usize, width: usize, height: usize| -> Vec<u32> {
        (y..y + height).flat_map(|row| drawn[row * 640 + x..][..width].to_vec()).collect()
    };
    painter.set_monitor("M", 320, 16, 300, 400);
    let mut source = server.open(&by_name("M")).unwrap();
    assert_eq!(all_colours(&picture_of(source.as_mut())), part(320, 16, 300, 400));

    let mut old = frame_of(source.as_mut());
    painter.set_monitor("M", 100, 50, 200, 100);
    wait_for(source.as_mut(), Event::Resized).unwrap();
    assert_eq!(source.layout().size, Size::new(200, 100).unwrap());
    assert_eq!(source.damage().unwrap().area(), 200 * 100);
    assert_eq!(all_colours(&picture_of(source.as_mut())), part(100, 50, 200, 100));
    let everything = Region::full(old.size());
    assert_eq!(source.capture(&mut old, &everything).unwrap_err().kind, ErrorKind::Retry);

    painter.set_monitor("M", 90, 50, 200, 100);
    wait_for(source.as_mut(), Event::Resized).unwrap();
    assert_eq!(all_colours(&picture_of(source.as_mut())), part(90, 50, 200, 100));
}

#[test]
fn monitor_that_goes_is_lost() {
    let server = Server::start(640, 480, 24);
    let painter = server.painter();
    painter.set_monitor("M", 0, 0, 300, 400);
    let mut source = server.open(&by_name("M")).unwrap();
    painter.delete_monitor("M");
    let error = wait_for_end(source.as_mut());
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Lost, "the monitor M is gone"));
}

#[test]
fn screen_that_changes_its_mode_is_followed() {
    let server = Server::start(800, 600, 24);
    let painter = server.painter();
    let mut source = server.screen();
    picture_of(source.as_mut());
    let mode = "small 23.75 640 664 720 800 480 483 487 500";
    for arguments in
        [format!("--newmode {mode}"), "--addmode screen small".into(), "--output screen --mode small".into()]
    {
        let mut xrandr = Command::new("xrandr");
        xrandr.args(["-display", &server.display.name]).args(arguments.split(' '));
        assert!(xrandr.status().expect("xrandr is installed").success());
    }
    wait_for(source.as_mut(), Event::Resized).unwrap();
    assert_eq!(source.layout().size, Size::new(640, 480).unwrap());
    let drawn = painter.noise(painter.root, 640, 480, 17);
    assert_eq!(all_colours(&picture_of(source.as_mut())), drawn);
}
