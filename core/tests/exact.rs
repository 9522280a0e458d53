//! Law 1: whatever is drawn, told or not told, dropped, resized: a viewer's picture after a commit is one captured
//! frame, and after a quiet while the screen itself.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "common/scene.rs"]
mod common;

use std::sync::{Arc, Mutex};

use common::{Screen, Scripted, Viewer, pipeline};
use lanstream_core::geometry::{Rect, Size};
use lanstream_core::protocol::{HELLO_VERIFY, ViewerMessage};
use lanstream_core::{hash, pipeline::AUDIT_PARTS};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Op {
    Draw {
        rect: Rect,
        seed: u32,
        told: bool,
    },
    /// The viewer takes bytes, at most so many a call, and does not acknowledge yet.
    Receive {
        viewer: usize,
        limit: usize,
    },
    Acknowledge {
        viewer: usize,
    },
    Refresh {
        viewer: usize,
    },
    Resize(Size),
}

fn op() -> impl Strategy<Value = Op> {
    let rect = (0..150u32, 0..90u32, 1..120u32, 1..80u32).prop_map(|(x, y, width, height)| Rect {
        x,
        y,
        width,
        height,
    });
    prop_oneof![
        6 => (rect, any::<u32>(), prop::bool::weighted(0.8)).prop_map(|(rect, seed, told)| Op::Draw { rect, seed, told }),
        6 => (0..2usize, 1..20_000usize).prop_map(|(viewer, limit)| Op::Receive { viewer, limit }),
        4 => (0..2usize).prop_map(|viewer| Op::Acknowledge { viewer }),
        1 => (0..2usize).prop_map(|viewer| Op::Refresh { viewer }),
        1 => (1..160u32, 1..100u32).prop_map(|(width, height)| Op::Resize(Size { width, height })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn a_viewer_shows_one_captured_frame_and_in_the_end_the_screen(
        ops in prop::collection::vec(op(), 1..60),
        bands in [1_000..60_000usize, 1_000..60_000usize],
    ) {
        let (mut pipeline, entrance, state) = pipeline();
        let screen = Arc::new(Mutex::new(Screen::new(Size { width: 150, height: 90 })));
        let mut viewers = bands.map(|bytes| (Viewer::join(&entrance, &state, bytes, 0), None));
        let mut ops = ops.into_iter();
        let mut quiet = 0;
        let shown = Arc::clone(&screen);
        let step = move || {
            match ops.next() {
                Some(op) => perform(op, &shown, &mut viewers),
                None => {
                    settle(&shown, &mut viewers);
                    quiet += 1;
                }
            }
            let done = quiet > 400 * AUDIT_PARTS;
            if done {
                let screen = shown.lock().unwrap();
                for (viewer, _) in &viewers {
                    assert_eq!(viewer.picture.size(), Some(screen.size));
                    assert!(viewer.picture.rgbx() == Screen::rgbx(&screen.pixels), "the picture is not the screen");
                }
            }
            !done
        };
        let mut source = Scripted { screen, step, state: Arc::clone(&state), record: true };
        pipeline.run(&mut source).unwrap();
    }
}

type Seated = (Viewer, Option<u32>);

fn perform(op: Op, screen: &Mutex<Screen>, viewers: &mut [Seated; 2]) {
    match op {
        Op::Draw { rect, seed, told } => screen.lock().unwrap().draw(rect, seed, told),
        Op::Resize(size) => screen.lock().unwrap().resize(size),
        Op::Receive { viewer, limit } => receive(&mut viewers[viewer], limit, screen),
        Op::Acknowledge { viewer } => acknowledge(&mut viewers[viewer]),
        Op::Refresh { viewer } => viewers[viewer].0.say(ViewerMessage::Refresh),
    }
}

fn settle(screen: &Mutex<Screen>, viewers: &mut [Seated; 2]) {
    for viewer in viewers {
        acknowledge(viewer);
        receive(viewer, 1 << 20, screen);
    }
}

fn receive((viewer, unanswered): &mut Seated, limit: usize, screen: &Mutex<Screen>) {
    if let Some(seq) = viewer.receive(limit) {
        assert_eq!(unanswered.replace(seq), None, "one update in flight at a time");
        let screen = screen.lock().unwrap();
        let is_shown = |(size, pixels): &(Size, Vec<u8>)| {
            Some(*size) == viewer.picture.size() && Screen::rgbx(pixels) == viewer.picture.rgbx()
        };
        assert!(screen.captured.iter().rev().any(is_shown), "the picture is no captured frame");
    }
}

fn acknowledge((viewer, unanswered): &mut Seated) {
    if let Some(seq) = unanswered.take() {
        viewer.acknowledge(seq);
    }
}

#[test]
fn a_wrong_proof_or_a_refresh_brings_the_whole_picture_again_though_nothing_changes() {
    let (mut pipeline, entrance, state) = pipeline();
    let size = Size { width: 140, height: 80 };
    let screen = Arc::new(Mutex::new(Screen::new(size)));
    screen.lock().unwrap().draw(size.bounds(), 1, true);
    let mut viewer = Viewer::join(&entrance, &state, 1 << 20, HELLO_VERIFY);
    let mut updates = Vec::new();
    let shown = Arc::clone(&screen);
    let step = move || {
        let before = viewer.bytes;
        if let Some(seq) = viewer.receive(1 << 20) {
            updates.push(viewer.bytes - before);
            viewer.acknowledge(seq);
            let wrong = u64::from(updates.len() == 2);
            viewer.say(ViewerMessage::Proof { seq, hash: hash::of_rgbx(viewer.picture.rgbx()) ^ wrong });
            match updates.len() {
                1 => shown.lock().unwrap().draw(Rect { x: 3, y: 3, width: 2, height: 2 }, 2, true),
                3 => viewer.say(ViewerMessage::Refresh),
                _ => {}
            }
        }
        if updates.len() == 4 {
            assert!(updates[1] < updates[0] / 2, "a small change is a small update");
            assert!(updates[2] >= updates[0] / 2, "after a wrong proof all of the picture comes again");
            assert!(updates[3] >= updates[0] / 2, "a viewer that asks for it gets it");
        }
        updates.len() < 4
    };
    let mut source = Scripted { screen, step, state: Arc::clone(&state), record: false };
    pipeline.run(&mut source).unwrap();
}
