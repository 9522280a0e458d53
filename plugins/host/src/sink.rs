//! An open sink of a plugin, in the process that loaded it.
#![allow(unsafe_code, reason = "functions of a plugin are called")]

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use lanstream_core::frame_sink::{
    Backlog, Delivery, FrameSink, FrameSinkError, FrameSinkErrorKind, SinkFrame, SinkStatus, StreamInfo,
};
use lanstream_core::options::OptionValues;
use lanstream_core::source::{AudioChunk, Error, ErrorKind, SOUND_FRAME_BYTES, SOUND_RATE};
use lanstream_core::{Layout, Micros, Pts, Region};
use lanstream_plugin_abi as abi;
use lanstream_plugin_abi::convert::{layout_to_abi, region_to_abi};

use crate::interrupt::{Interrupt, Registration};
use crate::open::{Functions, OpenInstance, is_null, result, rule};

/// Number of samples in a frame of sound.
const SOUND_CHANNELS: u32 = 2;

/// An open sink.
pub(crate) struct SinkInstance {
    table: abi::Sink,
    open: OpenInstance,
    delivery: Delivery,
}

/// What belongs to a frame for a sink besides its pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameInfo {
    pub(crate) seq: u32,
    /// The frame is the one before, which still stands.
    pub(crate) is_repeated: bool,
    pub(crate) damage: Region,
    pub(crate) at: Micros,
    pub(crate) captured_at: Micros,
    pub(crate) pts: Option<Pts>,
    pub(crate) backlog: Backlog,
}

impl FrameInfo {
    /// Returns what belongs to a frame after that of the number `before`.
    pub(crate) fn of(given: &SinkFrame<'_>, before: Option<u32>) -> Self {
        let seq = given.frame.seq();
        Self {
            seq,
            is_repeated: before == Some(seq),
            damage: given.damage,
            at: given.at,
            captured_at: given.frame.captured_at(),
            pts: given.frame.pts(),
            backlog: given.backlog,
        }
    }
}

impl SinkInstance {
    /// Opens a sink, and asks which frames it gets.
    pub(crate) fn create(table: abi::Sink, values: &OptionValues) -> Result<Self, Error> {
        let functions = Functions { create: table.create, destroy: table.destroy, wake: table.interrupt };
        let open = OpenInstance::create(functions, values)?;
        let delivery = table.delivery.ok_or_else(|| is_null("delivery"))?;
        // SAFETY: the instance is open.
        let number = unsafe { delivery(open.pointer()) };
        let delivery = delivery_from_abi(number)
            .ok_or_else(|| rule(format!("delivery returned the unknown number {number}")))?;
        Ok(Self { table, open, delivery })
    }

    pub(crate) fn delivery(&self) -> Delivery {
        self.delivery
    }

    pub(crate) fn begin(&mut self, stream: &StreamInfo) -> Result<(), Error> {
        let begin = self.table.begin.ok_or_else(|| is_null("begin"))?;
        let stream = stream_to_abi(stream);
        let mut error = abi::Error::NONE;
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { begin(self.open.pointer(), &raw const stream, &raw mut error) };
        result(status, &error)
    }

    /// Gives the sink a frame, whose `pixels` lie as `layout` says.
    pub(crate) fn frame(
        &mut self,
        layout: Layout,
        pixels: &[u8],
        info: &FrameInfo,
    ) -> Result<SinkStatus, Error> {
        let frame = self.table.frame.ok_or_else(|| is_null("frame"))?;
        let given = frame_to_abi(layout, pixels, info);
        let (mut taken, mut error) = (abi::sink_status::OPEN, abi::Error::NONE);
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { frame(self.open.pointer(), &raw const given, &raw mut taken, &raw mut error) };
        result(status, &error)?;
        status_from_abi("frame", taken).map_err(rule)
    }

    /// Gives the sink a stretch of sound, if it takes any.
    pub(crate) fn audio(&mut self, at: Pts, samples: &[u8]) -> Result<SinkStatus, Error> {
        let Some(audio) = self.table.audio else { return Ok(SinkStatus::Open) };
        let given = audio_to_abi(at, samples);
        let (mut taken, mut error) = (abi::sink_status::OPEN, abi::Error::NONE);
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { audio(self.open.pointer(), &raw const given, &raw mut taken, &raw mut error) };
        result(status, &error)?;
        status_from_abi("audio", taken).map_err(rule)
    }

    pub(crate) fn finish(&mut self) -> Result<(), Error> {
        let finish = self.table.finish.ok_or_else(|| is_null("finish"))?;
        let mut error = abi::Error::NONE;
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { finish(self.open.pointer(), &raw mut error) };
        result(status, &error)
    }

    /// Returns a waker that interrupts the sink.
    pub(crate) fn interrupter(&self) -> Waker {
        self.open.waker()
    }
}

/// A plugin's sink in this process: its frames are not copied.
pub(crate) struct LoadedSink {
    instance: SinkInstance,
    /// What it is called in errors.
    name: String,
    before: Option<u32>,
    registration: Registration,
}

impl LoadedSink {
    pub(crate) fn new(instance: SinkInstance, name: String, interrupt: &Interrupt) -> Self {
        let registration = interrupt.register(instance.interrupter());
        Self { instance, name, before: None, registration }
    }

    fn error(&self, error: Error) -> FrameSinkError {
        error_to_sink(&self.name, error, self.registration.is_interrupted())
    }
}

impl FrameSink for LoadedSink {
    fn delivery(&self) -> Delivery {
        self.instance.delivery()
    }

    fn begin(&mut self, stream: &StreamInfo) -> Result<(), FrameSinkError> {
        self.before = None;
        self.instance.begin(stream).map_err(|error| self.error(error))
    }

    fn frame(&mut self, given: &SinkFrame<'_>) -> Result<SinkStatus, FrameSinkError> {
        let info = FrameInfo::of(given, self.before.replace(given.frame.seq()));
        let pixels = given.frame.rows(0..given.frame.cells().height);
        self.instance.frame(given.frame.layout(), pixels, &info).map_err(|error| self.error(error))
    }

    fn audio(&mut self, chunk: &Arc<AudioChunk>) -> Result<SinkStatus, FrameSinkError> {
        self.instance.audio(chunk.at, &chunk.samples).map_err(|error| self.error(error))
    }

    fn finish(mut self: Box<Self>) -> Result<(), FrameSinkError> {
        self.instance.finish().map_err(|error| self.error(error))
    }
}

/// Returns the error of the sink `name`, which is what broke off unless the user gave it up.
pub(crate) fn error_to_sink(name: &str, error: Error, is_interrupted: bool) -> FrameSinkError {
    let kind = match error.kind {
        _ if is_interrupted => FrameSinkErrorKind::Interrupted,
        ErrorKind::NotFound => FrameSinkErrorKind::NotFound,
        ErrorKind::Unsupported => FrameSinkErrorKind::Unsupported,
        _ => FrameSinkErrorKind::Broken,
    };
    FrameSinkError::new(kind, format!("{name}: {}", error.message))
}

/// Returns which frames a sink gets, if the number means any.
pub(crate) fn delivery_from_abi(number: u32) -> Option<Delivery> {
    match number {
        abi::delivery::EVERY => Some(Delivery::Every),
        abi::delivery::NEWEST => Some(Delivery::Newest),
        _ => None,
    }
}

/// Returns whether a sink takes more, as a function said.
pub(crate) fn status_from_abi(function: &str, number: u32) -> Result<SinkStatus, String> {
    match number {
        abi::sink_status::OPEN => Ok(SinkStatus::Open),
        abi::sink_status::COMPLETE => Ok(SinkStatus::Complete),
        other => Err(format!("{function} set the unknown status {other}")),
    }
}

/// Returns a stream as the interface has it.
pub(crate) fn stream_to_abi(stream: &StreamInfo) -> abi::Stream {
    let has_sound = if stream.has_sound { abi::stream_flag::HAS_SOUND } else { 0 };
    abi::Stream {
        struct_size: abi::struct_size::<abi::Stream>(),
        flags: has_sound,
        layout: layout_to_abi(stream.layout),
        sound_rate: SOUND_RATE,
        sound_channels: SOUND_CHANNELS,
        reserved: 0,
        name: abi::Text::new(&stream.description.name),
        alterations: abi::Text::new(&stream.description.alterations.join("\n")),
    }
}

/// Returns a frame as the interface has it; it borrows `pixels`.
pub(crate) fn frame_to_abi(layout: Layout, pixels: &[u8], info: &FrameInfo) -> abi::SinkFrame {
    let has_pts = if info.pts.is_some() { abi::sink_frame_flag::HAS_PTS } else { 0 };
    let is_repeated = if info.is_repeated { abi::sink_frame_flag::REPEATED } else { 0 };
    abi::SinkFrame {
        struct_size: abi::struct_size::<abi::SinkFrame>(),
        flags: has_pts | is_repeated,
        layout: layout_to_abi(layout),
        sequence: info.seq,
        data: pixels.as_ptr(),
        data_len: pixels.len() as u64,
        damage: region_to_abi(&info.damage),
        at_us: info.at.0,
        captured_us: info.captured_at.0,
        pts_us: info.pts.map_or(0, |pts| pts.0),
        held_us: microseconds(info.backlog.held),
        waiting: u32::try_from(info.backlog.waiting).unwrap_or(u32::MAX),
        reserved: 0,
    }
}

/// Returns sound as the interface has it; it borrows `samples`.
pub(crate) fn audio_to_abi(at: Pts, samples: &[u8]) -> abi::Audio {
    debug_assert!(samples.len().is_multiple_of(SOUND_FRAME_BYTES), "a chunk is of whole frames");
    abi::Audio {
        struct_size: abi::struct_size::<abi::Audio>(),
        reserved: 0,
        pts_us: at.0,
        data: samples.as_ptr(),
        data_len: samples.len() as u64,
    }
}

/// Returns a time in microseconds: what there is no room for lasts for ages.
pub(crate) fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
