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
use lanstream_core::pipeline::PipelineState;
use lanstream_core::protocol::ServerMessage;
use lanstream_core::source::{Captured, Description, Error, Event, Source};
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
        pipeline_observed_by(Box::new(move |description| seen.lock().unwrap().push(description.clone())));
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

/// The descriptions among the messages that wait for a viewer.
fn told(viewer: &mut Viewer) -> Vec<Vec<u8>> {
    let kind = description_bytes(&Description::default())[4];
    let context = Context::from_waker(Waker::noop());
    let mut messages = Vec::new();
    while let Poll::Ready(message) = viewer.control.poll_message(&context) {
        messages.push(message);
    }
    messages.retain(|message| message[4] == kind);
    messages
}

fn description_bytes(description: &Description) -> Vec<u8> {
    let mut bytes = Vec::new();
    ServerMessage::Description(Cow::Borrowed(description)).write(&mut bytes);
    bytes
}
