//! Functions of a source's table: each turns its arguments into Rust's types, calls the source, and turns the result
//! back.
//!
//! All of them go through [`guarded`], which turns a panic into an error: nothing unwinds into the host.
#![allow(unsafe_code, reason = "pointers that the host passes are read and written")]

use std::any::Any;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::Duration;

use lanstream_core::options::{OptionError, OptionSpec, OptionValues};
use lanstream_core::registry::SourceFactory;
use lanstream_core::source::{Captured, CursorShape, Error, ErrorKind, Event, Listener, Report, Source};
use lanstream_core::{FrameBuffer, PixelMemory, Region};
use lanstream_plugin_abi as abi;
use lanstream_plugin_abi::convert::{
    event_to_abi, kind_to_abi, layout_from_abi, layout_to_abi, region_from_abi, region_to_abi,
};

use crate::reported_playback::ReportedPlayback;
use crate::sound::Sound;

/// An open source. It is used on one thread at a time but for its waker: locks are never contended.
pub(crate) struct Instance {
    pub(crate) source: Mutex<Box<dyn Source>>,
    waker: Waker,
    /// The host asks for a cursor, and the source has one.
    pub(crate) has_cursor: bool,
    /// The host asks for sound, and the source has some.
    pub(crate) has_audio: bool,
    pub(crate) sound: Mutex<Sound>,
    /// The host asks for playback, and viewers control that of the source.
    pub(crate) has_playback: bool,
    pub(crate) reported_playback: Mutex<ReportedPlayback>,
    /// Shape of the cursor that the host was told of last.
    pub(crate) shape: Mutex<Option<Arc<CursorShape>>>,
}

impl Instance {
    /// Returns the instance of an open source, on a host of this minor version.
    fn new(mut source: Box<dyn Source>, host_minor: u32) -> Self {
        let asks = host_minor >= abi::EXTENSIONS_MINOR;
        Self {
            waker: source.waker(),
            has_cursor: asks && source.cursor().is_some(),
            has_audio: asks && source.audio().is_some(),
            sound: Mutex::default(),
            has_playback: host_minor >= abi::PLAYBACK_MINOR && source.playback().is_some(),
            reported_playback: Mutex::new(ReportedPlayback::new()),
            shape: Mutex::default(),
            source: Mutex::new(source),
        }
    }

    /// Waits for an event: at once, if sound is due or playback has changed. One of an extension that the host does not
    /// ask for only wakes it.
    fn wait(&self, timeout: Option<Duration>) -> Result<Event, Error> {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_sound_due(source.as_mut()) {
            return Ok(Event::Sounded);
        }
        if self.has_playback_changed(source.as_mut()) {
            return Ok(Event::PlaybackChanged);
        }
        Ok(match source.wait(timeout)? {
            Event::Sounded if !self.is_sound_due(source.as_mut()) => Event::Woken,
            Event::CursorMoved if !self.has_cursor => Event::Woken,
            Event::PlaybackChanged if !self.has_playback => Event::Woken,
            event => event,
        })
    }

    fn has_playback_changed(&self, source: &mut dyn Source) -> bool {
        let mut reported = self.reported_playback.lock().unwrap_or_else(PoisonError::into_inner);
        self.has_playback && reported.has_changed(source)
    }

    fn is_sound_due(&self, source: &mut dyn Source) -> bool {
        self.has_audio && self.sound.lock().unwrap_or_else(PoisonError::into_inner).is_due(source)
    }
}

/// `create` of [`abi::Source`].
pub(crate) unsafe extern "C" fn create<F: SourceFactory + Default>(
    host: *const abi::Host,
    values: *const abi::Value,
    values_len: u64,
    instance: *mut *mut c_void,
    error: *mut abi::Error,
) -> i32 {
    // SAFETY: the host passes pointers that are valid during the call, and `host` until `destroy` has returned.
    let (host, error) = unsafe { (&*host, &mut *error) };
    // SAFETY: the host passes as many values as it says.
    let given = unsafe { slice(values, values_len) };
    guarded(error, || {
        let factory = F::default();
        // SAFETY: the texts are valid during the call.
        let options = unsafe { options(given, &factory.descriptor().options)? };
        let mut configured = factory.configure(&options, listener(host)).map_err(wrong)?;
        let source = (configured.open)()?;
        let opened = Box::new(Instance::new(source, host.abi_minor));
        // SAFETY: `instance` is a place for a pointer.
        unsafe { *instance = Box::into_raw(opened).cast() };
        Ok(())
    })
}

/// `destroy` of [`abi::Source`].
pub(crate) unsafe extern "C" fn destroy(instance: *mut c_void) {
    // SAFETY: it was made by `create`, and the host does not use it again.
    let instance = unsafe { Box::from_raw(instance.cast::<Instance>()) };
    let _panicked = catch_unwind(AssertUnwindSafe(move || drop(instance)));
}

/// `wake` of [`abi::Source`].
pub(crate) unsafe extern "C" fn wake(instance: *mut c_void) {
    // SAFETY: it was made by `create` and not destroyed.
    let instance = unsafe { &*instance.cast::<Instance>() };
    let _panicked = catch_unwind(AssertUnwindSafe(|| instance.waker.wake_by_ref()));
}

/// `describe` of [`abi::Source`].
pub(crate) unsafe extern "C" fn describe(
    instance: *mut c_void,
    description: *mut abi::Description,
    error: *mut abi::Error,
) -> i32 {
    // SAFETY: the host passes valid pointers.
    let (instance, description, error) =
        unsafe { (&*instance.cast::<Instance>(), &mut *description, &mut *error) };
    guarded(error, || {
        let source = instance.source.lock().unwrap_or_else(PoisonError::into_inner);
        let described = source.description();
        description.layout = layout_to_abi(source.layout());
        description.name = abi::Text::new(&described.name);
        description.stalled = abi::Text::new(described.stalled.as_deref().unwrap_or_default());
        description.alterations = abi::Text::new(&described.alterations.join("\n"));
        Ok(())
    })
}

/// `wait` of [`abi::Source`].
pub(crate) unsafe extern "C" fn wait(
    instance: *mut c_void,
    timeout_ns: u64,
    event: *mut u32,
    error: *mut abi::Error,
) -> i32 {
    // SAFETY: the host passes valid pointers.
    let (instance, event, error) = unsafe { (&*instance.cast::<Instance>(), &mut *event, &mut *error) };
    guarded(error, || {
        let timeout = (timeout_ns != abi::FOREVER).then(|| Duration::from_nanos(timeout_ns));
        *event = event_to_abi(instance.wait(timeout)?);
        Ok(())
    })
}

/// `capture` of [`abi::Source`].
pub(crate) unsafe extern "C" fn capture(
    instance: *mut c_void,
    frame: *mut abi::Frame,
    error: *mut abi::Error,
) -> i32 {
    // SAFETY: the host passes valid pointers.
    let (instance, frame, error) = unsafe { (&*instance.cast::<Instance>(), &mut *frame, &mut *error) };
    guarded(error, || {
        let mut source = instance.source.lock().unwrap_or_else(PoisonError::into_inner);
        let len = usize::try_from(frame.data_len).map_err(|_| host_error("a buffer larger than memory"))?;
        let memory = HostMemory { data: frame.data, len };
        let layout = layout_from_abi(frame.layout).ok_or_else(|| host_error("a layout that cannot be"))?;
        let buffer = FrameBuffer::new(layout, Box::new(memory));
        let mut buffer = buffer.ok_or_else(|| host_error("a buffer that is too short"))?;
        let region = region_from_abi(&frame.region);
        let mut region = region.ok_or_else(|| host_error("a region that cannot be"))?;
        region.merge(&source.damage().unwrap_or(Region::EMPTY));
        let Captured { updated, damage } = source.capture(&mut buffer, &region)?;
        if let Some(late) = source.late_rows() {
            let mut rows = 0;
            while rows < layout.cells().height {
                rows = late.arrived(rows)?;
            }
        }
        frame.updated = region_to_abi(&updated);
        frame.damage = region_to_abi(&damage);
        if let Some(pts) = buffer.pts() {
            frame.pts_us = pts.0;
            frame.flags |= abi::frame_flag::HAS_PTS;
        }
        Ok(())
    })
}

/// Returns the values that the host passes, with the defaults of `specs`.
///
/// # Safety
/// The texts are valid during the call.
pub(crate) unsafe fn options(given: &[abi::Value], specs: &[OptionSpec]) -> Result<OptionValues, Error> {
    let mut options = OptionValues::default();
    for value in given {
        // SAFETY: the caller's promise.
        let (name, value) = unsafe { (text(value.name)?, text(value.value)?) };
        options.add(name, value);
    }
    options.complete(specs).map_err(wrong)
}

/// Returns the error of an option that has a wrong value.
pub(crate) fn wrong(error: OptionError) -> Error {
    Error::new(ErrorKind::NotFound, error.to_string())
}

/// Runs `call`, and stores why it failed.
pub(crate) fn guarded(error: &mut abi::Error, call: impl FnOnce() -> Result<(), Error>) -> i32 {
    let result = catch_unwind(AssertUnwindSafe(call));
    let failure = match result {
        Ok(Ok(())) => return abi::OK,
        Ok(Err(failure)) => failure,
        Err(panic) => Error::new(ErrorKind::Ended, format!("it panicked: {}", message(panic.as_ref()))),
    };
    error.kind = kind_to_abi(failure.kind);
    error.text = abi::Text::new(&failure.message);
    abi::FAILED
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

pub(crate) fn host_error(what: &str) -> Error {
    Error::new(ErrorKind::Ended, format!("the host passed {what}"))
}

/// Returns a listener that writes reports to the host's log.
pub(crate) fn listener(host: &abi::Host) -> Listener {
    let host = HostLog(*host);
    Listener::new(move |report| match report {
        Report::Line { is_error, text } => host.log(is_error, &text),
        Report::Progress { frames, time, .. } => host.log(false, &format!("{frames} frames, at {time}")),
        _ => {}
    })
}

/// Log of the host.
struct HostLog(abi::Host);

// SAFETY: the host's `log` may be called on any thread until `destroy` has returned, and neither source nor sink
// reports anything after it.
unsafe impl Send for HostLog {}
// SAFETY: as for `Send`.
unsafe impl Sync for HostLog {}

impl HostLog {
    fn log(&self, is_error: bool, text: &str) {
        let level = if is_error { abi::log_level::WARN } else { abi::log_level::INFO };
        if let Some(log) = self.0.log {
            // SAFETY: the function takes its own context, and text that is valid during the call.
            unsafe { log(self.0.context, level, abi::Str::new(text)) };
        }
    }
}

/// Buffer that the host lends for one capture.
struct HostMemory {
    data: *mut u8,
    len: usize,
}

// SAFETY: the memory is used on the thread that captures alone.
unsafe impl Send for HostMemory {}
// SAFETY: as for `Send`.
unsafe impl Sync for HostMemory {}

impl PixelMemory for HostMemory {
    fn byte_len(&self) -> usize {
        self.len
    }

    fn bytes(&self, range: std::ops::Range<usize>) -> &[u8] {
        // SAFETY: the host's buffer is `len` initialised bytes during the capture, for which this lives.
        let all = unsafe { std::slice::from_raw_parts(self.data, self.len) };
        &all[range]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as for `bytes`; nobody else uses the buffer during the capture.
        unsafe { std::slice::from_raw_parts_mut(self.data, self.len) }
    }
}

/// # Safety
/// `data` is valid for `len` items as long as the result is used, or null with `len` 0.
pub(crate) unsafe fn slice<'a, T>(data: *const T, len: u64) -> &'a [T] {
    let Ok(len) = usize::try_from(len) else { return &[] };
    if data.is_null() {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(data, len) }
}

/// # Safety
/// `text` is valid as long as the result is used.
unsafe fn text<'a>(text: abi::Str) -> Result<&'a str, Error> {
    // SAFETY: the caller's promise.
    let bytes = unsafe { slice(text.data, text.len) };
    std::str::from_utf8(bytes).map_err(|_| host_error("text that is not UTF-8"))
}
