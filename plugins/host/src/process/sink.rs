//! A sink in another process.
//!
//! All frames of a stream are given in one block of shared memory, which only this process can write to: each time what
//! is damaged is copied there from the frame. A sink thus has no way to what viewers are shown, holds no frame of the
//! source while it works, and a picture that changes little costs little.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lanstream_core::frame_sink::{Delivery, FrameSink, FrameSinkError, SinkFrame, SinkStatus, StreamInfo};
use lanstream_core::source::{AudioChunk, Error, ErrorKind, SOUND_FRAME_BYTES, SOUND_RATE};
use lanstream_core::{Frame, Layout, PIXEL_BYTES, PixelMemory as _, Region};
use lanstream_plugin_abi as abi;
use lanstream_wakeup::Wakeup;
use rustix::fd::AsFd as _;

use super::launch::Launch;
use super::link::Link;
use super::memory::SharedMemory;
use super::message::{Reply, Request};
use crate::interrupt::{Interrupt, Registration};
use crate::sink::{FrameInfo, error_to_sink};

/// How much longer than other requests a sink may take to finish: an index is written, or what is left is uploaded.
const FINISH_FACTOR: u32 = 3;
/// Time that a sink has to answer once the user has given it up.
const INTERRUPT_TIMEOUT: Duration = Duration::from_secs(1);
/// Bytes of sound in a request: 160 ms, which is a whole number of microseconds, and fits into a packet.
const SOUND_BYTES_MAX: usize = abi::SOUND_BYTES_MAX as usize;

/// A sink in another process.
pub(super) struct RemoteSink {
    link: Link,
    /// What it is called in errors.
    name: String,
    delivery: Delivery,
    answer_timeout: Duration,
    /// Ends a wait for an answer when the user gives the sink up.
    wakeup: Arc<Wakeup>,
    registration: Registration,
    stream: Option<Stream>,
}

/// Memory of the frames of a stream.
struct Stream {
    memory: SharedMemory,
    layout: Layout,
    /// Number of the frame that is in it.
    seq: Option<u32>,
}

impl RemoteSink {
    /// Starts the process and opens the sink.
    pub(super) fn open(
        launch: &Launch,
        open: &Request,
        name: &str,
        interrupt: &Interrupt,
    ) -> Result<Self, FrameSinkError> {
        let failed = |error| error_to_sink(name, error, interrupt.is_interrupted());
        let wakeup = Wakeup::new().map_err(|error| failed(Error::new(ErrorKind::Lost, error.to_string())))?;
        let mut sink = Self {
            link: Link::start(launch).map_err(failed)?,
            name: name.to_owned(),
            delivery: Delivery::Newest,
            answer_timeout: launch.answer_timeout(),
            registration: interrupt.register(wakeup.waker()),
            wakeup,
            stream: None,
        };
        let sent = sink.link.send(open);
        match sent.and_then(|()| sink.answer(sink.answer_timeout)).map_err(failed)? {
            Reply::SinkOpened(delivery) => sink.delivery = delivery,
            _ => return Err(failed(sink.link.out_of_order())),
        }
        Ok(sink)
    }

    /// Sends a request, and returns whether the sink takes more.
    fn give(&mut self, request: &Request) -> Result<SinkStatus, Error> {
        self.link.send(request)?;
        self.taken(self.answer_timeout)
    }

    fn taken(&mut self, timeout: Duration) -> Result<SinkStatus, Error> {
        match self.answer(timeout)? {
            Reply::Taken(status) => Ok(status),
            _ => Err(self.link.out_of_order()),
        }
    }

    /// Waits for a reply. When the user gives the sink up, it is told, and has to answer soon.
    fn answer(&mut self, timeout: Duration) -> Result<Reply, Error> {
        let timeout = if self.registration.is_interrupted() { INTERRUPT_TIMEOUT } else { timeout };
        let mut deadline = Instant::now() + timeout;
        loop {
            let socket = Some(self.link.channel.as_fd());
            let woken = self.wakeup.sleep([socket], Some(deadline));
            let woken = woken.map_err(|error| self.link.broken(&error))?;
            if woken.by_waker {
                self.link.send(&Request::Interrupt)?;
                deadline = Instant::now() + INTERRUPT_TIMEOUT;
            }
            if woken.ready == [true] {
                return self.link.receive();
            }
            if !woken.by_waker {
                return Err(self.late(timeout));
            }
        }
    }

    fn late(&self, timeout: Duration) -> Error {
        let message = if self.registration.is_interrupted() {
            "it was given up before it had finished: what it wrote may be cut off".to_owned()
        } else {
            format!("it did not answer within {} s", timeout.as_secs_f32())
        };
        Error::new(ErrorKind::Lost, message)
    }

    fn begin_stream(&mut self, stream: &StreamInfo) -> Result<SinkStatus, Error> {
        let layout = without_gaps(stream.layout);
        let no_memory = |error: io::Error| {
            Error::new(ErrorKind::Lost, format!("there is no shared memory for frames: {error}"))
        };
        let (memory, file) = SharedMemory::create_for_readers(layout.bytes()).map_err(no_memory)?;
        self.stream = Some(Stream { memory, layout, seq: None });
        self.link.send_with(&Request::Begin(StreamInfo { layout, ..stream.clone() }), &file)?;
        self.taken(self.answer_timeout)
    }

    fn give_frame(&mut self, given: &SinkFrame<'_>) -> Result<SinkStatus, Error> {
        let Some(stream) = &mut self.stream else { return Ok(SinkStatus::Open) };
        stream.copy(given.frame, &given.damage);
        let info = FrameInfo::of(given, stream.seq.replace(given.frame.seq()));
        self.give(&Request::Frame(info))
    }

    fn give_sound(&mut self, chunk: &AudioChunk) -> Result<SinkStatus, Error> {
        let mut at = chunk.at;
        for samples in chunk.samples.chunks(SOUND_BYTES_MAX) {
            let chunk = AudioChunk { at, samples: samples.to_vec() };
            if self.give(&Request::Audio(chunk))? == SinkStatus::Complete {
                return Ok(SinkStatus::Complete);
            }
            at = at.after(Duration::from_secs(1) * sound_frames(samples) / SOUND_RATE);
        }
        Ok(SinkStatus::Open)
    }

    fn error(&self, error: Error) -> FrameSinkError {
        error_to_sink(&self.name, error, self.registration.is_interrupted())
    }
}

impl FrameSink for RemoteSink {
    fn delivery(&self) -> Delivery {
        self.delivery
    }

    fn begin(&mut self, stream: &StreamInfo) -> Result<(), FrameSinkError> {
        self.begin_stream(stream).map(drop).map_err(|error| self.error(error))
    }

    fn frame(&mut self, given: &SinkFrame<'_>) -> Result<SinkStatus, FrameSinkError> {
        self.give_frame(given).map_err(|error| self.error(error))
    }

    fn audio(&mut self, chunk: &Arc<AudioChunk>) -> Result<SinkStatus, FrameSinkError> {
        self.give_sound(chunk).map_err(|error| self.error(error))
    }

    fn finish(mut self: Box<Self>) -> Result<(), FrameSinkError> {
        let sent = self.link.send(&Request::Finish);
        let finished = sent.and_then(|()| self.taken(self.answer_timeout * FINISH_FACTOR));
        finished.map(drop).map_err(|error| self.error(error))
    }
}

impl Stream {
    /// Copies what is damaged in a frame. The memory holds the sink's frame before.
    fn copy(&mut self, frame: &Frame, damage: &Region) {
        let stride = self.layout.stride;
        let bytes = self.memory.bytes_mut();
        for rect in damage.rects() {
            for y in rect.y..rect.y + rect.height {
                let from = frame.row(rect.x, y, rect.width);
                let start = y as usize * stride + rect.x as usize * PIXEL_BYTES;
                bytes[start..start + from.len()].copy_from_slice(from);
            }
        }
    }
}

/// Returns a layout with rows that follow each other.
fn without_gaps(layout: Layout) -> Layout {
    Layout { stride: layout.cells().width as usize * PIXEL_BYTES, ..layout }
}

/// Returns the number of frames of sound.
fn sound_frames(samples: &[u8]) -> u32 {
    u32::try_from(samples.len() / SOUND_FRAME_BYTES).unwrap_or(u32::MAX)
}
