//! Sound of a source, from the source to a frame sink: which streams have any, and what has no place in one.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

#[path = "common/scene.rs"]
mod common;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use common::{clock, pipeline};
use lanstream_core::frame_sink::{
    Delivery, Driver, FrameSink, FrameSinkError, SinkFrame, SinkStatus, StreamInfo,
};
use lanstream_core::pipeline::PipelineState;
use lanstream_core::source::{
    AudioChunk, AudioSource, Captured, Description, Error, Event, Playback, PlaybackCommand, PlaybackSource,
    Source,
};
use lanstream_core::{FrameBuffer, Layout, PixelFormat, Pts, Region, Size};

/// Frames and stretches of sound of a source.
const FRAMES: i64 = 5;

/// A source with a stretch of sound for each frame.
struct Humming {
    state: Arc<PipelineState>,
    /// What is done while it waits.
    meanwhile: Box<dyn FnMut() + Send>,
    captured: i64,
    sounded: i64,
    /// Its controls say which of its tracks is heard: this one, if it has controls.
    track: Option<Option<u32>>,
}

impl Source for Humming {
    fn description(&self) -> Description {
        Description::default()
    }

    fn layout(&self) -> Layout {
        Layout::packed(Size { width: 1, height: 1 }, PixelFormat::Rgbx8)
    }

    fn waker(&self) -> Waker {
        Waker::noop().clone()
    }

    fn wait(&mut self, _: Option<Duration>) -> Result<Event, Error> {
        (self.meanwhile)();
        if self.captured == FRAMES {
            self.state.stop.store(true, Ordering::SeqCst);
        }
        Ok(Event::Damaged)
    }

    fn capture(&mut self, frame: &mut FrameBuffer, _: &Region) -> Result<Captured, Error> {
        self.captured += 1;
        frame.bytes_mut().fill(self.captured.to_le_bytes()[0]);
        frame.set_pts(Some(Pts(self.captured)));
        Ok(Captured::all(frame.layout()))
    }

    fn audio(&mut self) -> Option<&mut dyn AudioSource> {
        Some(self)
    }

    fn playback(&mut self) -> Option<&mut dyn PlaybackSource> {
        if self.track.is_some() { Some(self) } else { None }
    }
}

impl AudioSource for Humming {
    fn take_chunk(&mut self) -> Option<AudioChunk> {
        (self.sounded < self.captured).then(|| {
            self.sounded += 1;
            AudioChunk { at: Pts(self.sounded), samples: vec![0; 8] }
        })
    }
}

impl PlaybackSource for Humming {
    fn playback(&self) -> Option<Playback> {
        let track = self.track?;
        Some(Playback {
            is_playing: true,
            can_seek: false,
            began: Pts(0),
            duration: None,
            position: None,
            tracks: Arc::default(),
            track,
        })
    }

    fn control(&mut self, _: PlaybackCommand) {}
}

/// Whether each stream had sound, and where the stretches began.
#[derive(Default)]
struct Heard {
    has_sound: Vec<bool>,
    at: Vec<i64>,
}

struct Listener(Arc<Mutex<Heard>>);

impl FrameSink for Listener {
    fn delivery(&self) -> Delivery {
        Delivery::Every
    }

    fn begin(&mut self, stream: &StreamInfo) -> Result<(), FrameSinkError> {
        self.0.lock().unwrap().has_sound.push(stream.has_sound);
        Ok(())
    }

    fn frame(&mut self, _: &SinkFrame<'_>) -> Result<SinkStatus, FrameSinkError> {
        Ok(SinkStatus::Open)
    }

    fn audio(&mut self, chunk: &Arc<AudioChunk>) -> Result<SinkStatus, FrameSinkError> {
        self.0.lock().unwrap().at.push(chunk.at.0);
        Ok(SinkStatus::Open)
    }

    fn finish(self: Box<Self>) -> Result<(), FrameSinkError> {
        Ok(())
    }
}

/// Runs a source to its end. Returns what a sink heard of it.
fn heard_of(track: Option<Option<u32>>) -> Heard {
    let (mut pipeline, feed_handle, state) = pipeline();
    let heard = Arc::<Mutex<Heard>>::default();
    let mut driver = Driver::new(Box::new(Listener(Arc::clone(&heard))), &feed_handle, clock).unwrap();
    let meanwhile = Box::new(move || {
        driver.advance(&Context::from_waker(Waker::noop())).unwrap();
    });
    pipeline.run(&mut Humming { state, meanwhile, captured: 0, sounded: 0, track }).unwrap();
    Arc::into_inner(heard).unwrap().into_inner().unwrap()
}

#[test]
fn a_source_without_controls_is_heard_if_it_has_sound() {
    let Heard { has_sound, at } = heard_of(None);
    assert_eq!(has_sound, [true]);
    // The first came before the stream had begun.
    assert_eq!(at, [2, 3, 4, 5]);
}

#[test]
fn controls_say_whether_a_track_is_heard_and_a_stream_without_sound_is_given_none() {
    assert_eq!(heard_of(Some(Some(0))).has_sound, [true]);
    let Heard { has_sound, at } = heard_of(Some(None));
    assert_eq!((has_sound, at), (vec![false], Vec::new()));
}
