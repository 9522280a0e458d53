//! Frame sinks behind a source: which frames they get, how a slow one holds captures back, and how they end.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "common/scene.rs"]
mod common;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use common::{Arrivals, Screen, Scripted, Viewer, clock, pipeline};
use lanstream_core::frame_sink::{
    Delivery, Driver, DriverStep, FRAMES_WAITING_MAX, FrameSink, FrameSinkError, FrameSinkErrorKind,
    SinkFrame, SinkStatus, StreamInfo,
};
use lanstream_core::pipeline::{FeedHandle, Pipeline, PipelineState};
use lanstream_core::{Layout, Rect, Size};

const SIZE: Size = Size { width: 200, height: 100 };

/// What a sink was given.
#[derive(Default)]
struct Given {
    begun: Vec<Layout>,
    pictures: Vec<(Layout, Vec<u8>)>,
    /// Pictures that were given again.
    repeats: usize,
    times: Vec<u64>,
    held: Duration,
    is_finished: bool,
}

/// Keeps copies of what it is given, and checks that the damage covers what differs.
struct Recorder {
    delivery: Delivery,
    given: Arc<Mutex<Given>>,
    /// Pictures after which it has enough.
    enough: usize,
    /// Pictures after which it breaks.
    breaks: usize,
}

impl Recorder {
    fn new(delivery: Delivery) -> (Self, Arc<Mutex<Given>>) {
        let given = Arc::<Mutex<Given>>::default();
        (Self { delivery, given: Arc::clone(&given), enough: usize::MAX, breaks: usize::MAX }, given)
    }
}

impl FrameSink for Recorder {
    fn delivery(&self) -> Delivery {
        self.delivery
    }

    fn begin(&mut self, stream: &StreamInfo) -> Result<(), FrameSinkError> {
        assert_eq!((stream.description.name.as_str(), stream.has_sound), ("scripted", false));
        self.given.lock().unwrap().begun.push(stream.layout);
        Ok(())
    }

    fn frame(&mut self, given: &SinkFrame<'_>) -> Result<SinkStatus, FrameSinkError> {
        let mut all = self.given.lock().unwrap();
        let (layout, pixels) =
            (given.frame.layout(), given.frame.rows(0..given.frame.cells().height).to_vec());
        assert_eq!(all.begun.last(), Some(&layout), "a layout is announced before its first frame");
        all.times.push(given.at.0);
        all.held = given.backlog.held;
        if given.damage.is_empty() {
            all.repeats += 1;
            assert_eq!(all.pictures.last(), Some(&(layout, pixels)));
            return Ok(SinkStatus::Open);
        }
        if let Some((before, old)) = all.pictures.last().filter(|(before, _)| *before == layout) {
            let width = before.cells().width;
            for (index, _) in (0..).zip(old.chunks(4).zip(pixels.chunks(4))).filter(|(_, (a, b))| a != b) {
                let at = Rect::new(index % width, index / width, 1, 1).unwrap();
                assert!(given.damage.contains(at), "{at:?} differs and is not in {:?}", given.damage);
            }
        }
        all.pictures.push((layout, pixels));
        match all.pictures.len() {
            count if count >= self.breaks => {
                Err(FrameSinkError::new(FrameSinkErrorKind::Broken, "the disk is full"))
            }
            count if count >= self.enough => Ok(SinkStatus::Complete),
            _ => Ok(SinkStatus::Open),
        }
    }

    fn finish(self: Box<Self>) -> Result<(), FrameSinkError> {
        self.given.lock().unwrap().is_finished = true;
        Ok(())
    }
}

fn advance(driver: &mut Driver) -> Result<DriverStep, FrameSinkError> {
    driver.advance(&Context::from_waker(Waker::noop()))
}

fn driver(recorder: Recorder, feed_handle: &FeedHandle) -> Driver {
    Driver::new(Box::new(recorder), feed_handle, clock).unwrap()
}

/// Draws in every step something new, runs `each` with the number of the step, and ends after `steps`. Returns what was
/// captured, without what came twice in a row.
fn run(
    pipeline: &mut Pipeline,
    state: Arc<PipelineState>,
    steps: u32,
    mut each: impl FnMut(u32, &Mutex<Screen>) + Send,
) -> Vec<(Layout, Vec<u8>)> {
    let screen = Arc::new(Mutex::new(Screen::new(SIZE)));
    let (shown, mut number) = (Arc::clone(&screen), 0);
    let step = move || {
        number += 1;
        let rect = Rect { x: number * 37 % 170, y: number * 23 % 80, width: 50, height: 30 };
        shown.lock().unwrap().draw(rect, number, true);
        each(number, &shown);
        number < steps
    };
    let arrivals = Arrivals { rows: 40, lost_each: 7, losses: 3, ..Arrivals::default() };
    let mut source = Scripted { screen: Arc::clone(&screen), step, state, record: true, arrivals };
    pipeline.run(&mut source).unwrap();
    drop(source);
    let mut captured = std::mem::take(&mut screen.lock().unwrap().captured);
    captured.dedup();
    captured
}

#[test]
fn a_slow_recorder_gets_every_frame_and_holds_captures_back() {
    let (mut pipeline, feed_handle, state) = pipeline();
    let (recorder, given) = Recorder::new(Delivery::Every);
    let mut driver = driver(recorder, &feed_handle);
    let mut viewer = Viewer::join(&feed_handle, &state, 1 << 20, 0);
    let mut exact = 0;
    let handle = driver.handle();
    let captured = run(&mut pipeline, state, 600, |number, screen| {
        while let Some(seq) = viewer.receive(1 << 20) {
            viewer.acknowledge(seq);
            exact += u32::from(screen.lock().unwrap().captured_in(&viewer.picture).is_some());
        }
        assert!(handle.waiting() <= FRAMES_WAITING_MAX);
        if number.is_multiple_of(30) {
            assert!(matches!(advance(&mut driver), Ok(DriverStep::Wait(_))));
        }
        if number == 300 {
            screen.lock().unwrap().resize(Size { width: 120, height: 140 });
        }
    });
    driver.handle().close();
    assert_eq!(advance(&mut driver), Ok(DriverStep::Over));
    let frames = driver.handle().frames();
    assert_eq!(driver.handle().skipped(), 0);
    driver.finish().unwrap();
    let given = given.lock().unwrap();
    assert!(given.is_finished && given.begun.len() == 2);
    assert_eq!((given.pictures.len(), frames), (captured.len(), captured.len() as u64));
    assert!(given.pictures == captured, "each frame is as it was captured, in its order");
    assert!(given.times.is_sorted_by(|a, b| a < b));
    assert!(given.held > Duration::ZERO, "captures were held back, and counted");
    assert!((80..600).contains(&frames) && exact > 50, "{frames} frames, {exact} exact in the viewer");
}

#[test]
fn a_slow_consumer_of_the_newest_frame_holds_up_nobody() {
    let (mut pipeline, feed_handle, state) = pipeline();
    let (recorder, given) = Recorder::new(Delivery::Newest);
    let mut slow = driver(recorder, &feed_handle);
    let (recorder, all) = Recorder::new(Delivery::Every);
    let mut quick = driver(recorder, &feed_handle);
    let captured = run(&mut pipeline, state, 300, |number, _| {
        advance(&mut quick).unwrap();
        if number.is_multiple_of(20) {
            advance(&mut slow).unwrap();
        }
    });
    for driver in [&mut slow, &mut quick] {
        driver.handle().close();
        assert_eq!(advance(driver), Ok(DriverStep::Over));
    }
    let (given, all) = (given.lock().unwrap(), all.lock().unwrap());
    assert!(all.pictures == captured && captured.len() > 80, "{} captured", captured.len());
    assert!((10..20).contains(&given.pictures.len()), "{} given", given.pictures.len());
    assert!(given.pictures.iter().all(|picture| captured.contains(picture)));
    assert_eq!(given.pictures.last(), captured.last());
    assert!(slow.handle().skipped() > 50);
    assert_eq!(given.held, Duration::ZERO);
}

#[test]
fn without_a_viewer_a_sink_alone_has_the_source_captured() {
    let (mut pipeline, feed_handle, state) = pipeline();
    let captured = run(&mut pipeline, Arc::clone(&state), 20, |_, _| {});
    assert_eq!(captured.len(), 0, "nothing is captured for nobody");
    state.stop.store(false, Ordering::SeqCst);
    let (recorder, given) = Recorder::new(Delivery::Newest);
    let mut driver = driver(recorder, &feed_handle);
    run(&mut pipeline, state, 20, |_, _| assert!(advance(&mut driver).is_ok()));
    assert!(given.lock().unwrap().pictures.len() > 4);
}

#[test]
fn a_picture_that_stands_is_given_again() {
    let (mut pipeline, feed_handle, state) = pipeline();
    let (recorder, given) = Recorder::new(Delivery::Every);
    let mut driver = driver(recorder, &feed_handle);
    run(&mut pipeline, state, 5, |_, _| assert!(advance(&mut driver).is_ok()));
    advance(&mut driver).unwrap();
    let count = given.lock().unwrap().pictures.len();
    // The clock goes on by a millisecond with each look at it.
    while given.lock().unwrap().repeats < 3 {
        let Ok(DriverStep::Wait(Some(left))) = advance(&mut driver) else { panic!("it waits for more") };
        assert!(left <= Duration::from_secs(1));
    }
    let given = given.lock().unwrap();
    assert_eq!(given.pictures.len(), count);
    let last: Vec<_> = given.times.windows(2).rev().take(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(last.iter().all(|us| *us >= 1_000_000), "{last:?}");
}

#[test]
fn a_sink_that_has_enough_and_one_that_breaks_let_the_source_go_on() {
    let (mut pipeline, feed_handle, state) = pipeline();
    let (recorder, enough) = Recorder::new(Delivery::Every);
    let mut content = Some(driver(Recorder { enough: 5, ..recorder }, &feed_handle));
    let (recorder, broken) = Recorder::new(Delivery::Every);
    let mut breaking = Some(driver(Recorder { breaks: 8, ..recorder }, &feed_handle));
    let (recorder, all) = Recorder::new(Delivery::Every);
    let mut last = driver(recorder, &feed_handle);
    let captured = run(&mut pipeline, state, 200, |_, _| {
        advance(&mut last).unwrap();
        if content.as_mut().map(advance) == Some(Ok(DriverStep::Complete)) {
            content.take().unwrap().finish().unwrap();
        }
        breaking
            .take_if(|driver| advance(driver).is_err_and(|error| error.kind == FrameSinkErrorKind::Broken));
    });
    assert!(content.is_none() && breaking.is_none());
    last.handle().close();
    assert_eq!(advance(&mut last), Ok(DriverStep::Over));
    assert_eq!((enough.lock().unwrap().pictures.len(), broken.lock().unwrap().pictures.len()), (5, 8));
    assert!(enough.lock().unwrap().is_finished && !broken.lock().unwrap().is_finished);
    assert!(all.lock().unwrap().pictures == captured && captured.len() > 50);
}
