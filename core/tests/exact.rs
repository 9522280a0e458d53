//! Law 1: whatever is drawn, told or not told, dropped, resized: a viewer's picture after a commit is one captured
//! frame, and after a quiet while the screen itself.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "common/scene.rs"]
mod common;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak, mpsc};
use std::task::{Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use common::{Arrivals, Screen, Scripted, Viewer, pipeline};
use lanstream_core::pipeline::RESCAN_PARTS;
use lanstream_core::planar::{Chroma, Depth, Matrix, Planar, Range};
use lanstream_core::protocol::{HELLO_CODES, HELLO_VERIFY, ViewerMessage};
use lanstream_core::viewer::{Error, ROUTES_MAX};
use lanstream_core::{Layout, PixelFormat, Rect, Size};
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
    /// The viewer's pixels are to come by another route, whatever is on its way.
    Reroute {
        viewer: usize,
    },
    LayOut(Layout),
}

fn rect() -> impl Strategy<Value = Rect> {
    (0..150u32, 0..90u32, 1..120u32, 1..80u32).prop_map(|(x, y, width, height)| Rect { x, y, width, height })
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => (rect(), any::<u32>(), prop::bool::weighted(0.8)).prop_map(|(rect, seed, told)| Op::Draw { rect, seed, told }),
        6 => (0..2usize, 1..20_000usize).prop_map(|(viewer, limit)| Op::Receive { viewer, limit }),
        4 => (0..2usize).prop_map(|viewer| Op::Acknowledge { viewer }),
        1 => (0..2usize).prop_map(|viewer| Op::Refresh { viewer }),
        1 => (0..2usize).prop_map(|viewer| Op::Reroute { viewer }),
        1 => layout().prop_map(Op::LayOut),
    ]
}

/// Pixels side by side, or in planes of any kind.
fn layout() -> impl Strategy<Value = Layout> {
    let size = (1..160u32, 1..100u32).prop_map(|(width, height)| Size { width, height });
    let planar = (
        prop::sample::select(&Chroma::ALL),
        prop::sample::select(&Depth::ALL),
        prop::sample::select(&Matrix::ALL),
        any::<bool>(),
    );
    let planar = planar.prop_map(|(chroma, depth, matrix, is_full)| Planar {
        chroma,
        depth,
        matrix,
        range: if is_full { Range::Full } else { Range::Limited },
    });
    (size, prop::option::of(planar)).prop_map(|(size, planar)| match planar {
        Some(planar) => Layout::planar(size, planar).unwrap(),
        None => Layout::packed(size, PixelFormat::Bgrx8),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn a_viewer_shows_one_captured_frame_and_in_the_end_the_screen(
        ops in prop::collection::vec(op(), 1..60),
        bands in [1_000..60_000usize, 1_000..60_000usize],
        (rows, lost_each) in prop_oneof![Just((u32::MAX, u32::MAX)), (1..60u32, 1..9u32)],
        all in any::<bool>(),
    ) {
        let (mut pipeline, feed_handle, state) = pipeline();
        let screen = Arc::new(Mutex::new(Screen::new(Size { width: 150, height: 90 })));
        let mut flags = [0, HELLO_CODES].into_iter();
        let mut viewers = bands.map(|bytes| (Viewer::join(&feed_handle, &state, bytes, flags.next().unwrap()), None));
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
            let done = quiet > 400 * RESCAN_PARTS;
            if done {
                let screen = shown.lock().unwrap();
                for (viewer, _) in &viewers {
                    assert!(screen.is_in(&viewer.picture), "the picture is not the screen");
                }
            }
            !done
        };
        let mut source = Scripted { screen, step, state: Arc::clone(&state), record: true, arrivals: Arrivals { rows, lost_each, losses: 9, all, ..Arrivals::default() } };
        pipeline.run(&mut source).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn a_viewer_that_takes_what_is_compared_so_far_stays_exact(
        drawings in prop::collection::vec(prop::collection::vec((rect(), any::<u32>()), 0..4), 1..20),
        band_bytes in 1_000..60_000usize,
        rows in prop_oneof![Just(u32::MAX), 1..60u32],
    ) {
        watch_eagerly(band_bytes, rows, drawings.into_iter());
    }
}

type Seated = (Viewer, Option<u32>);

fn perform(op: Op, screen: &Mutex<Screen>, viewers: &mut [Seated; 2]) {
    match op {
        Op::Draw { rect, seed, told } => screen.lock().unwrap().draw(rect, seed, told),
        Op::LayOut(layout) => screen.lock().unwrap().lay_out(layout),
        Op::Receive { viewer, limit } => receive(&mut viewers[viewer], limit, screen),
        Op::Acknowledge { viewer } => acknowledge(&mut viewers[viewer]),
        Op::Refresh { viewer } => viewers[viewer].0.say(ViewerMessage::Refresh),
        Op::Reroute { viewer } => {
            drop(viewers[viewer].0.reroute());
            viewers[viewer].1 = None;
        }
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
        let is_captured = screen.lock().unwrap().captured_in(&viewer.picture).is_some();
        assert!(is_captured, "the picture is no captured frame");
    }
}

fn acknowledge((viewer, unanswered): &mut Seated) {
    if let Some(seq) = unanswered.take() {
        viewer.acknowledge(seq);
    }
}

#[test]
fn a_wrong_proof_or_a_refresh_brings_the_whole_picture_again_though_nothing_changes() {
    let (mut pipeline, feed_handle, state) = pipeline();
    let size = Size { width: 140, height: 80 };
    let screen = Arc::new(Mutex::new(Screen::new(size)));
    screen.lock().unwrap().draw(size.bounds(), 1, true);
    let mut viewer = Viewer::join(&feed_handle, &state, 1 << 20, HELLO_VERIFY);
    let mut updates = Vec::new();
    let shown = Arc::clone(&screen);
    let step = move || {
        let before = viewer.bytes;
        if let Some(seq) = viewer.receive(1 << 20) {
            updates.push(viewer.bytes - before);
            viewer.acknowledge(seq);
            let wrong = u64::from(updates.len() == 2);
            viewer.say(ViewerMessage::Proof { seq, hash: viewer.picture.hash() ^ wrong });
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
    let mut source =
        Scripted { screen, step, state: Arc::clone(&state), record: false, arrivals: Arrivals::default() };
    pipeline.run(&mut source).unwrap();
}

#[test]
fn routes_that_hang_are_counted() {
    let (_pipeline, feed_handle, state) = pipeline();
    let mut viewer = Viewer::join(&feed_handle, &state, 1 << 20, 0);
    let mut hanging = Vec::new();
    for _ in 1..ROUTES_MAX {
        let pump = viewer.reroute();
        hanging.push(pump);
    }
    assert_eq!(viewer.try_reroute().err(), Some(Error::Routes));
    hanging.clear();
    drop(viewer.reroute());
}

/// Takes pixels as soon as there are any: on the source's own thread, while it still compares.
struct Eager {
    viewer: Mutex<Viewer>,
    screen: Arc<Mutex<Screen>>,
    /// Times that an update had begun and could not yet be complete.
    begun_early: AtomicU32,
}

/// The pipeline keeps it, and the viewer keeps the pipeline's feed: it must not keep the viewer.
struct WakeEager(Weak<Eager>);

impl Wake for WakeEager {
    fn wake(self: Arc<Self>) {
        if let Some(eager) = self.0.upgrade() {
            eager.take(&Waker::from(self));
        }
    }
}

impl Eager {
    fn take(&self, waker: &Waker) {
        // What is said in here wakes, too.
        let Ok(mut viewer) = self.viewer.try_lock() else { return };
        let before = viewer.bytes;
        let mut completed = None;
        while let Some(seq) = viewer.receive_or_wake(usize::MAX, waker) {
            let screen = self.screen.lock().unwrap();
            assert!(screen.captured_in(&viewer.picture) == Some(screen.captured.len() - 1));
            viewer.acknowledge(seq);
            completed = Some(seq);
        }
        let has_begun = viewer.bytes > before && completed.is_none();
        self.begun_early.fetch_add(u32::from(has_begun), Ordering::Relaxed);
    }
}

/// Draws, a set after the other, for an eager viewer. Returns how many updates began early; in the end the picture is
/// the screen.
fn watch_eagerly(
    band_bytes: usize,
    rows: u32,
    drawings: impl Iterator<Item = Vec<(Rect, u32)>> + Send,
) -> u32 {
    let (mut pipeline, feed_handle, state) = pipeline();
    let screen = Arc::new(Mutex::new(Screen::new(Size { width: 150, height: 90 })));
    let viewer = Mutex::new(Viewer::join(&feed_handle, &state, band_bytes, 0));
    let eager = Arc::new(Eager { viewer, screen: Arc::clone(&screen), begun_early: AtomicU32::new(0) });
    let waker = Waker::from(Arc::new(WakeEager(Arc::downgrade(&eager))));
    let shown = Arc::clone(&screen);
    let mut drawings = drawings.fuse();
    // Long enough for what was drawn last to be captured row by row.
    let mut quiet = 0..300;
    let step = move || {
        waker.wake_by_ref();
        let Some(drawing) = drawings.next() else { return quiet.next().is_some() };
        drawing.into_iter().for_each(|(rect, seed)| shown.lock().unwrap().draw(rect, seed, true));
        true
    };
    let mut source = Scripted {
        screen: Arc::clone(&screen),
        step,
        state: Arc::clone(&state),
        record: true,
        arrivals: Arrivals { rows, ..Arrivals::default() },
    };
    pipeline.run(&mut source).unwrap();
    let viewer = eager.viewer.lock().unwrap();
    assert!(screen.lock().unwrap().is_in(&viewer.picture));
    eager.begun_early.load(Ordering::Relaxed)
}

#[test]
fn an_update_begins_before_all_of_it_is_compared_and_is_exact() {
    let drawing = |round| {
        let rect = Rect { x: round % 100, y: round % 20, width: 30, height: 70 };
        vec![(rect, round), (Rect { x: round % 130, y: 85, width: 9, height: 5 }, round + 7)]
    };
    let early = watch_eagerly(4_000, u32::MAX, (0..200).map(drawing));
    assert!(early > 150, "{early} updates began while they were compared");
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[test]
fn a_viewer_on_another_thread_that_overtakes_the_comparison_is_woken_and_stays_exact() {
    let (mut pipeline, feed_handle, state) = pipeline();
    let screen = Arc::new(Mutex::new(Screen::new(Size { width: 1600, height: 900 })));
    let mut viewer = Viewer::join(&feed_handle, &state, 8_000, 0);
    let (told, updates) = mpsc::channel();
    let done = Arc::new(AtomicBool::new(false));
    let watching = Arc::clone(&done);
    let watcher = std::thread::spawn(move || {
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        while !watching.load(Ordering::SeqCst) {
            match viewer.receive_or_wake(usize::MAX, &waker) {
                Some(seq) => {
                    viewer.acknowledge(seq);
                    told.send(viewer.picture.clone()).unwrap();
                }
                None => std::thread::park(),
            }
        }
    });
    let shown = Arc::clone(&screen);
    let (began, mut rounds) = (Instant::now(), 1..100_u32);
    let step = move || {
        // One update for each picture, and none is left out, since the next is drawn when this one has arrived.
        assert!(began.elapsed() < Duration::from_secs(60), "nobody woke the viewer");
        let Ok(arrived) = updates.recv_timeout(Duration::from_millis(1)) else { return true };
        let mut screen = shown.lock().unwrap();
        assert!(screen.is_in(&arrived), "the picture is not the screen");
        let Some(round) = rounds.next() else { return false };
        screen.draw(Rect { x: round % 100, y: round % 50, width: 1400, height: 2 }, round, true);
        screen.draw(Rect { x: round % 100, y: 880, width: 1400, height: 2 }, round + 7, true);
        true
    };
    let mut source =
        Scripted { screen, step, state: Arc::clone(&state), record: false, arrivals: Arrivals::default() };
    pipeline.run(&mut source).unwrap();
    done.store(true, Ordering::SeqCst);
    watcher.thread().unpark();
    watcher.join().unwrap();
}
