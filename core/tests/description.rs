//! What viewers are told about a source besides its pictures, from the source to the messages that a viewer reads.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "common/scene.rs"]
mod common;

use std::borrow::Cow;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use common::{Viewer, pipeline_observed_by};
use lanstream_core::pipeline::{Observation, PipelineState, feed};
use lanstream_core::protocol::{CursorAt, ServerMessage};
use lanstream_core::source::{Captured, Cursor, CursorShape, Description, Error, Event, Source};
use lanstream_core::{FrameBuffer, Layout, PixelFormat, Region, Size};

/// A source without pictures that is described differently after each wait, until nothing is left to say.
struct Renamed {
    descriptions: Vec<Description>,
    state: Arc<PipelineState>,
}

impl Source for Renamed {
    fn description(&self) -> Description {
        self.descriptions[0].clone()
    }

    fn layout(&self) -> Layout {
        Layout::packed(Size { width: 8, height: 8 }, PixelFormat::Bgrx8)
    }

    fn waker(&self) -> Waker {
        Waker::noop().clone()
    }

    fn wait(&mut self, _timeout: Option<Duration>) -> Result<Event, Error> {
        if self.descriptions.len() == 1 {
            self.state.stop.store(true, Ordering::SeqCst);
            return Ok(Event::Woken);
        }
        self.descriptions.remove(0);
        Ok(Event::Described)
    }

    fn capture(&mut self, _frame: &mut FrameBuffer, region: &Region) -> Result<Captured, Error> {
        Ok(Captured::damaged(*region))
    }
}

#[test]
fn viewers_and_the_observer_are_told_each_time_it_changes() {
    let descriptions = vec![
        Description { name: "a window".into(), ..Description::default() },
        Description { name: "another name".into(), ..Description::default() },
        Description {
            name: "another name".into(),
            stalled: Some("the window is minimised".into()),
            alterations: vec!["10 bit shown as 8 bit".into()],
        },
    ];
    let observed = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&observed);
    let (mut pipeline, feed_handle, state) =
        pipeline_observed_by(Box::new(move |observation| match observation {
            Observation::Described(description) => seen.lock().unwrap().push(description.clone()),
            Observation::Resized(size) => panic!("it is {size} all the time"),
        }));
    let mut source = Renamed { descriptions: descriptions.clone(), state: Arc::clone(&state) };
    let mut early = Viewer::join(&feed_handle, &state, 1 << 20, 0);

    pipeline.run(&mut source).unwrap();

    assert_eq!(*observed.lock().unwrap(), descriptions);
    let newest = [description_bytes(&descriptions[2])];
    assert_eq!(told(&mut early), newest);
    let mut late = Viewer::join(&feed_handle, &state, 1 << 20, 0);
    state.stop.store(false, Ordering::SeqCst);
    pipeline.run(&mut source).unwrap();
    assert_eq!(told(&mut late), newest);
}

/// A source that has a frame of the next size after each wait, until there is none.
struct Growing {
    sizes: Vec<u32>,
    state: Arc<PipelineState>,
}

impl Source for Growing {
    fn description(&self) -> Description {
        Description::default()
    }

    fn layout(&self) -> Layout {
        Layout::packed(Size { width: self.sizes[0], height: 8 }, PixelFormat::Bgrx8)
    }

    fn waker(&self) -> Waker {
        Waker::noop().clone()
    }

    fn wait(&mut self, _timeout: Option<Duration>) -> Result<Event, Error> {
        if self.sizes.len() == 1 {
            self.state.stop.store(true, Ordering::SeqCst);
            return Ok(Event::Woken);
        }
        self.sizes.remove(0);
        Ok(Event::Resized)
    }

    fn capture(&mut self, _frame: &mut FrameBuffer, region: &Region) -> Result<Captured, Error> {
        Ok(Captured::damaged(*region))
    }
}

#[test]
fn the_observer_is_told_of_each_size_but_the_first() {
    let observed = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&observed);
    let (mut pipeline, _feed_handle, state) = pipeline_observed_by(Box::new(move |observation| {
        if let Observation::Resized(size) = observation {
            seen.lock().unwrap().push(size.width);
        }
    }));
    let mut run = |sizes: &[u32]| {
        state.stop.store(false, Ordering::SeqCst);
        pipeline.run(&mut Growing { sizes: sizes.to_vec(), state: Arc::clone(&state) }).unwrap();
        std::mem::take(&mut *observed.lock().unwrap())
    };
    assert_eq!(run(&[8, 9, 9, 8]), [9, 8], "another layout of the same size is none");
    assert_eq!(run(&[8]), [0; 0]);
    assert_eq!(run(&[7, 8]), [7, 8], "a source that came back in another size");
}

#[test]
fn pointers_that_move_faster_than_a_viewer_reads_do_not_wait_for_it() {
    let (mut feed, feed_handle) = feed();
    let mut viewer = Viewer::join(&feed_handle, &Arc::default(), 1 << 20, 0);
    feed.admit(None);
    let mut last = CursorAt { x: 0, y: 0, serial: 0, moves: 0 };
    for number in 1..=100 {
        let rgba = vec![255; 4];
        let shape = CursorShape { serial: number, width: 1, height: 1, hot_x: 0, hot_y: 0, rgba };
        feed.point(Cursor { x: 7, y: number.cast_signed(), shape: Some(Arc::new(shape)) });
        last = CursorAt { x: 7, y: number.cast_signed(), serial: number, moves: number };
        assert!(viewer.control.poll_message(&Context::from_waker(Waker::noop())).is_ready());
    }
    let waiting = messages(&mut viewer);
    assert!(waiting.len() <= 3, "{} messages wait", waiting.len());
    let mut bytes = Vec::new();
    ServerMessage::CursorAt(last).write(&mut bytes);
    assert_eq!(waiting.last(), Some(&bytes), "the newest comes in the end");
}

/// The messages that wait for a viewer.
fn messages(viewer: &mut Viewer) -> Vec<Vec<u8>> {
    let context = Context::from_waker(Waker::noop());
    let mut messages = Vec::new();
    while let Poll::Ready(message) = viewer.control.poll_message(&context) {
        messages.push(message);
    }
    messages
}

/// The descriptions among them.
fn told(viewer: &mut Viewer) -> Vec<Vec<u8>> {
    let kind = description_bytes(&Description::default())[4];
    let mut messages = messages(viewer);
    messages.retain(|message| message[4] == kind);
    messages
}

fn description_bytes(description: &Description) -> Vec<u8> {
    let mut bytes = Vec::new();
    ServerMessage::Description(Cow::Borrowed(description)).write(&mut bytes);
    bytes
}
