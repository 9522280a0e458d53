//! A sink in the process of its plugin: carries out the requests that are for it.

use std::task::Waker;

use lanstream_core::Layout;
use lanstream_core::frame_sink::{Delivery, SinkStatus, StreamInfo};
use lanstream_core::source::{AudioChunk, Error};
use rustix::fd::OwnedFd;

use super::memory::ReadOnlyMemory;
use super::message::{Request, lost};
use crate::sink::SinkInstance;

/// An open sink, with the stream that it is given.
pub(super) struct ServedSink {
    instance: SinkInstance,
    stream: Option<Stream>,
}

/// Frames of one layout, each of which is in the same memory.
struct Stream {
    layout: Layout,
    memory: ReadOnlyMemory,
}

impl ServedSink {
    pub(super) fn new(instance: SinkInstance) -> Self {
        Self { instance, stream: None }
    }

    pub(super) fn delivery(&self) -> Delivery {
        self.instance.delivery()
    }

    /// Returns a waker that interrupts the sink.
    pub(super) fn interrupter(&self) -> Waker {
        self.instance.interrupter()
    }

    /// Carries out a request, and returns whether the sink takes more.
    pub(super) fn carry_out(
        &mut self,
        request: Request,
        descriptor: Option<OwnedFd>,
    ) -> Result<SinkStatus, Error> {
        match request {
            Request::Begin(stream) => self.begin(&stream, descriptor).map(|()| SinkStatus::Open),
            Request::Frame(info) => {
                let stream = self.stream.as_ref().ok_or_else(|| lost("a frame came outside of a stream"))?;
                self.instance.frame(stream.layout, stream.memory.bytes(), &info)
            }
            Request::Audio(AudioChunk { at, samples }) => self.instance.audio(at, &samples),
            Request::Finish => self.instance.finish().map(|()| SinkStatus::Complete),
            _ => Err(lost("a request is for a source")),
        }
    }

    fn begin(&mut self, stream: &StreamInfo, descriptor: Option<OwnedFd>) -> Result<(), Error> {
        let file = descriptor.ok_or_else(|| lost("a stream came without the descriptor of its memory"))?;
        let layout = stream.layout;
        let memory = ReadOnlyMemory::open(&file, layout.bytes()).map_err(|error| lost(error.to_string()))?;
        self.stream = Some(Stream { layout, memory });
        self.instance.begin(stream)
    }
}
