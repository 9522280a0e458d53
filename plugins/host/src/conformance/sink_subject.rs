//! Open sinks of the plugin under test, whose every call is checked.
#![allow(unsafe_code, reason = "functions of a plugin are called")]

use std::time::Duration;

use lanstream_core::frame_sink::{Backlog, SinkStatus, StreamInfo};
use lanstream_core::source::Description;
use lanstream_core::{Layout, Micros, Pts, Region};
use lanstream_plugin_abi as abi;

use super::buffer::Buffer;
use super::instance::Instance;
use super::subject::{
    Failure, Fault, HostVersion, Outcome, Subject, Values, broken, check_status, no_memory,
};
use crate::sink::{FrameInfo, audio_to_abi, delivery_from_abi, frame_to_abi, status_from_abi, stream_to_abi};

/// Time from one frame to the next, as it is told.
const FRAME: Duration = Duration::from_micros(16_667);

/// A sink under test.
pub(super) type SinkSubject = Subject<abi::Sink>;

/// An open sink.
pub(super) struct OpenedSink {
    table: abi::Sink,
    pub(super) instance: Instance,
    /// Frames that it was given.
    frames: u32,
}

impl SinkSubject {
    /// Opens the sink with its own options. If it cannot be opened, nothing that needs it can be tried.
    pub(super) fn open_sink(&self) -> Outcome<OpenedSink> {
        self.open_sink_with(&self.values, HostVersion::Own)?
            .map_err(|failure| Fault::Skipped(format!("it cannot be opened: {}", failure.words())))
    }

    /// Opens the sink on a host of some version, with its own options.
    pub(super) fn open_sink_on(&self, version: HostVersion) -> Outcome<Result<OpenedSink, Failure>> {
        self.open_sink_with(&self.values, version)
    }

    /// Opens the sink, and asks which frames it gets.
    pub(super) fn open_sink_with(
        &self,
        values: &Values,
        version: HostVersion,
    ) -> Outcome<Result<OpenedSink, Failure>> {
        let instance = match self.create(values, version)? {
            Ok(instance) => instance,
            Err(failure) => return Ok(Err(failure)),
        };
        let opened = OpenedSink { table: self.table, instance, frames: 0 };
        let Some(delivery) = self.table.delivery else { return broken("its function delivery is null") };
        self.report.step("delivery");
        // SAFETY: the instance is open.
        let number = unsafe { delivery(opened.instance.pointer) };
        match delivery_from_abi(number) {
            Some(_) => Ok(Ok(opened)),
            None => broken(format!("delivery returned the unknown number {number}")),
        }
    }
}

impl OpenedSink {
    /// Begins a stream. Returns the failure of a sink that does not take such frames.
    pub(super) fn begin(&mut self, layout: Layout, has_sound: bool) -> Outcome<Result<(), Failure>> {
        let description = Description { name: "a trial".to_owned(), ..Description::default() };
        let stream = stream_to_abi(&StreamInfo { layout, description, has_sound });
        let Some(begin) = self.table.begin else { return broken("its function begin is null") };
        let mut error = abi::Error::NONE;
        self.instance.step("begin");
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { begin(self.instance.pointer, &raw const stream, &raw mut error) };
        if status == abi::OK {
            return Ok(Ok(()));
        }
        let failure = Failure::of(&error);
        failure.check("begin")?;
        Ok(Err(failure))
    }

    /// Gives a frame, which the sink must not write to. `is_repeated` says that it is the one before.
    pub(super) fn frame(
        &mut self,
        buffer: &Buffer,
        damage: Region,
        is_repeated: bool,
    ) -> Outcome<SinkStatus> {
        no_memory(buffer.protect())?;
        self.frames += u32::from(!is_repeated);
        let at = Micros::at(FRAME * self.frames) + if is_repeated { FRAME / 2 } else { Duration::ZERO };
        let info = FrameInfo {
            seq: self.frames,
            is_repeated,
            damage,
            at,
            captured_at: Micros::at(FRAME * self.frames),
            pts: None,
            backlog: Backlog::default(),
        };
        let given = frame_to_abi(buffer.layout, buffer.bytes(), &info);
        let Some(frame) = self.table.frame else { return broken("its function frame is null") };
        let (mut taken, mut error) = (abi::sink_status::OPEN, abi::Error::NONE);
        self.instance.step("frame");
        // SAFETY: the arguments are as the interface says.
        let status =
            unsafe { frame(self.instance.pointer, &raw const given, &raw mut taken, &raw mut error) };
        check_status("frame", status, &error)?;
        status_from_abi("frame", taken).map_err(Fault::Broken)
    }

    /// Returns whether the sink has a function for sound.
    pub(super) fn takes_sound(&self) -> bool {
        self.table.audio.is_some()
    }

    /// Gives a stretch of sound.
    pub(super) fn audio(&mut self, at: Pts, samples: &[u8]) -> Outcome<SinkStatus> {
        let Some(audio) = self.table.audio else { return Ok(SinkStatus::Open) };
        let given = audio_to_abi(at, samples);
        let (mut taken, mut error) = (abi::sink_status::OPEN, abi::Error::NONE);
        self.instance.step("audio");
        // SAFETY: the arguments are as the interface says.
        let status =
            unsafe { audio(self.instance.pointer, &raw const given, &raw mut taken, &raw mut error) };
        check_status("audio", status, &error)?;
        status_from_abi("audio", taken).map_err(Fault::Broken)
    }

    /// Ends the sink.
    pub(super) fn finish(&mut self) -> Outcome {
        let Some(finish) = self.table.finish else { return broken("its function finish is null") };
        let mut error = abi::Error::NONE;
        self.instance.step("finish");
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { finish(self.instance.pointer, &raw mut error) };
        check_status("finish", status, &error)
    }
}
