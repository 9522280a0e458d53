//! The examples run, and show what they say.

use std::process::{Command, Stdio};

use lanstream_core::Size;
use lanstream_pattern::Kind;
use lanstream_testkit::process::Process;
use lanstream_testkit::viewer::{Door, Transport, Viewer};

use crate::running::BUILT;

/// Starts an example, and returns it with the door that it prints.
fn started(name: &str) -> (Process, Door) {
    let mut command = Command::new(BUILT.join("examples").join(name));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = Process::start(&mut command);
    let url = process.lines().recv().expect("it prints its URL");
    (process, Door::from_url(&url))
}

#[test]
fn the_embedded_server_shows_its_pattern() {
    let (mut process, door) = started("embed");
    Viewer::join(&door, Transport::Http).watch(Kind::Motion, 5);
    process.kill();
}

#[test]
fn the_pushed_images_are_shown() {
    let (mut process, door) = started("push");
    let mut viewer = Viewer::join(&door, Transport::Http);
    for _ in 0..3 {
        viewer.take_update();
        viewer.acknowledge();
        let pixels = viewer.picture.rgbx();
        let levels = (pixels[0]..=u8::MAX).chain(0..=u8::MAX);
        assert!(pixels.as_chunks::<4>().0.iter().zip(levels).all(|(pixel, level)| pixel[..3] == [level; 3]));
    }
    assert_eq!(viewer.picture.size(), Size::new(640, 360));
    process.kill();
}

#[test]
fn the_custom_source_shows_a_gradient_that_moves() {
    let (mut process, door) = started("custom_source");
    let mut viewer = Viewer::join(&door, Transport::WebSocket);
    let mut shown = Vec::new();
    for _ in 0..3 {
        viewer.take_update();
        viewer.acknowledge();
        shown.push(viewer.picture.rgbx().into_owned());
    }
    assert_eq!(viewer.picture.size(), Size::new(640, 360));
    for pixels in &shown {
        let first = pixels[0];
        let steps = pixels.as_chunks::<4>().0.iter().zip(0_u8..=255);
        assert!(steps.into_iter().all(|(pixel, step)| pixel[..3] == [first.wrapping_add(step); 3]));
    }
    assert!(shown[0] != shown[1] && shown[1] != shown[2], "it moves");
    process.kill();
}
