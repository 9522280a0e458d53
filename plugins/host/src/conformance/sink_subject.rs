//! Open sinks of the plugin under test, whose every call is checked.
#![allow(unsafe_code, reason = "functions of a plugin are called")]

use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use lanstream_core::frame_sink::{Backlog, SinkStatus, StreamInfo};
use lanstream_core::source::Description;
use lanstream_core::{Layout, Micros, Pts, Region};
use lanstream_plugin_abi as abi;

use super::buffer::Buffer;
use super::report::Report;
use super::subject::{
    Context, Failure, Fault, HostVersion, Outcome, Subject, Values, broken, check_status, no_memory,
};
use crate::sink::{FrameInfo, audio_to_abi, delivery_from_abi, frame_to_abi, status_from_abi, stream_to_abi};

/// Time from one frame to the next, as it is told.
const FRAME: Duration = Duration::from_micros(16_667);

/// An open sink.
pub(super) struct OpenedSink {
    table: abi::Sink,
    instance: *mut c_void,
    context: &'static Context,
    report: Arc<Report>,
    /// Frames that it was given.
    frames: u32,
}

// SAFETY: the interface lets one instance be used on any one thread at a time.
unsafe impl Send for OpenedSink {}

impl Subject<abi::Sink> {
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
        let (instance, context) = match self.create(self.table.create, values, version)? {
            Ok(created) => created,
            Err(failure) => return Ok(Err(failure)),
        };
        let report = Arc::clone(&self.report);
        let opened = OpenedSink { table: self.table, instance, context, report, frames: 0 };
        let Some(delivery) = self.table.delivery else { return broken("its function delivery is null") };
        self.report.step("delivery");
        // SAFETY: the instance is open.
        let number = unsafe { delivery(instance) };
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
        self.report.step("begin");
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { begin(self.instance, &raw const stream, &raw mut error) };
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
        self.report.step("frame");
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { frame(self.instance, &raw const given, &raw mut taken, &raw mut error) };
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
        self.report.step("audio");
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { audio(self.instance, &raw const given, &raw mut taken, &raw mut error) };
        check_status("audio", status, &error)?;
        status_from_abi("audio", taken).map_err(Fault::Broken)
    }

    /// Ends the sink.
    pub(super) fn finish(&mut self) -> Outcome {
        let Some(finish) = self.table.finish else { return broken("its function finish is null") };
        let mut error = abi::Error::NONE;
        self.report.step("finish");
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { finish(self.instance, &raw mut error) };
        check_status("finish", status, &error)
    }

    /// Returns what interrupts the sink, as the host does it.
    pub(super) fn interrupter(&self) -> impl FnOnce() + Send + use<> {
        struct Target(*mut c_void);
        // SAFETY: `interrupt` may be called on any thread while the instance is open.
        unsafe impl Send for Target {}
        let (target, interrupt, context) = (Target(self.instance), self.table.interrupt, self.context);
        move || {
            let target = target;
            context.wakeup.waker().wake();
            if let Some(interrupt) = interrupt {
                // SAFETY: the caller keeps the instance open until this has returned.
                unsafe { interrupt(target.0) };
            }
        }
    }

    /// Closes the sink, and returns what counts how often it has called the host.
    pub(super) fn close(self) -> impl Fn() -> u64 {
        let context = self.context;
        drop(self);
        move || context.calls.load(Ordering::SeqCst)
    }

    /// Returns the address of the table of an extension.
    pub(super) fn extension(&self, id: &str) -> Option<*const c_void> {
        let extension = self.table.extension?;
        self.report.step("extension");
        // SAFETY: the id is valid during the call.
        Some(unsafe { extension(self.instance, abi::Str::new(id)) })
    }
}

impl Drop for OpenedSink {
    fn drop(&mut self) {
        if let Some(destroy) = self.table.destroy {
            self.report.step("destroy");
            // SAFETY: it was made by `create`, and nothing uses it after this.
            unsafe { destroy(self.instance) };
            self.report.step("");
        }
    }
}
