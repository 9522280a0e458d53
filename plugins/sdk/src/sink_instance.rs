//! Functions of a sink's table: each turns its arguments into Rust's types, calls the sink, and turns the result back.
//!
//! All of them but those without an error go through [`guarded`](crate::instance::guarded), as those of sources do.
#![allow(unsafe_code, reason = "pointers that the host passes are read and written")]

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lanstream_core::frame_sink::{
    Backlog, Delivery, FrameSink, FrameSinkError, FrameSinkErrorKind, SinkFrame, SinkStatus, StreamInfo,
};
use lanstream_core::registry::FrameSinkFactory;
use lanstream_core::source::{AudioChunk, Description, Error, ErrorKind};
use lanstream_core::{Frame, FrameBuffer, Layout, Micros, PixelMemory, Pts};
use lanstream_plugin_abi as abi;
use lanstream_plugin_abi::convert::{layout_from_abi, region_from_abi};

use crate::instance::{guarded, host_error, listener, options, slice, wrong};

/// An open sink. The factory is its own: interrupting it interrupts no other.
struct Instance {
    factory: Box<dyn FrameSinkFactory>,
    /// Used on one thread at a time; the lock is never contended.
    state: Mutex<State>,
}

struct State {
    /// `None` once it has finished.
    sink: Option<Box<dyn FrameSink>>,
    stream: Option<Stream>,
}

/// The frame of a stream, whose pixels are where the host has them during a call.
struct Stream {
    frame: Frame,
    pixels: Arc<AtomicPtr<u8>>,
}

impl Instance {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn sink(&mut self) -> Result<&mut dyn FrameSink, Error> {
        Ok(self.sink.as_mut().ok_or_else(|| host_error("a call to a sink that has finished"))?.as_mut())
    }
}

/// `create` of [`abi::Sink`].
pub(crate) unsafe extern "C" fn create<F: FrameSinkFactory + Default + 'static>(
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
        let open = factory.configure(&options, listener(host)).map_err(wrong)?;
        let sink = Some(open().map_err(to_source)?);
        let state = Mutex::new(State { sink, stream: None });
        let opened = Box::new(Instance { factory: Box::new(factory), state });
        // SAFETY: `instance` is a place for a pointer.
        unsafe { *instance = Box::into_raw(opened).cast() };
        Ok(())
    })
}

/// `destroy` of [`abi::Sink`].
pub(crate) unsafe extern "C" fn destroy(instance: *mut c_void) {
    // SAFETY: it was made by `create`, and the host does not use it again.
    let instance = unsafe { Box::from_raw(instance.cast::<Instance>()) };
    let _panicked = catch_unwind(AssertUnwindSafe(move || drop(instance)));
}

/// `interrupt` of [`abi::Sink`].
pub(crate) unsafe extern "C" fn interrupt(instance: *mut c_void) {
    // SAFETY: it was made by `create` and not destroyed.
    let instance = unsafe { &*instance.cast::<Instance>() };
    let _panicked = catch_unwind(AssertUnwindSafe(|| instance.factory.interrupt()));
}

/// `delivery` of [`abi::Sink`]. A sink that panics has none, which the host refuses.
pub(crate) unsafe extern "C" fn delivery(instance: *mut c_void) -> u32 {
    // SAFETY: it was made by `create` and not destroyed.
    let instance = unsafe { &*instance.cast::<Instance>() };
    let asked = catch_unwind(AssertUnwindSafe(|| Some(instance.state().sink().ok()?.delivery())));
    match asked {
        Ok(Some(Delivery::Every)) => abi::delivery::EVERY,
        Ok(Some(Delivery::Newest)) => abi::delivery::NEWEST,
        Ok(None) | Err(_) => 0,
    }
}

/// `begin` of [`abi::Sink`].
pub(crate) unsafe extern "C" fn begin(
    instance: *mut c_void,
    stream: *const abi::Stream,
    error: *mut abi::Error,
) -> i32 {
    // SAFETY: the host passes valid pointers.
    let (instance, stream, error) = unsafe { (&*instance.cast::<Instance>(), &*stream, &mut *error) };
    guarded(error, || {
        let layout = layout_from_abi(stream.layout).ok_or_else(|| host_error("a layout that cannot be"))?;
        let text = |text: &abi::Text| {
            text.as_str().map(str::to_owned).ok_or_else(|| host_error("text that is not UTF-8"))
        };
        let description = Description {
            name: text(&stream.name)?,
            alterations: text(&stream.alterations)?.lines().map(str::to_owned).collect(),
            stalled: None,
        };
        let has_sound = stream.flags & abi::stream_flag::HAS_SOUND != 0;
        let mut state = instance.state();
        state.stream = Some(Stream::new(layout)?);
        state.sink()?.begin(&StreamInfo { layout, description, has_sound }).map_err(to_source)
    })
}

/// `frame` of [`abi::Sink`].
pub(crate) unsafe extern "C" fn frame(
    instance: *mut c_void,
    frame: *const abi::SinkFrame,
    status: *mut u32,
    error: *mut abi::Error,
) -> i32 {
    // SAFETY: the host passes valid pointers.
    let (instance, given) = unsafe { (&*instance.cast::<Instance>(), &*frame) };
    // SAFETY: as above.
    let (status, error) = unsafe { (&mut *status, &mut *error) };
    guarded(error, || {
        let mut state = instance.state();
        let State { sink: Some(sink), stream: Some(stream) } = &mut *state else {
            return Err(host_error("a frame outside of a stream"));
        };
        *status = status_to_abi(stream.give(given, sink.as_mut())?);
        Ok(())
    })
}

/// `audio` of [`abi::Sink`].
pub(crate) unsafe extern "C" fn audio(
    instance: *mut c_void,
    audio: *const abi::Audio,
    status: *mut u32,
    error: *mut abi::Error,
) -> i32 {
    // SAFETY: the host passes valid pointers.
    let (instance, audio) = unsafe { (&*instance.cast::<Instance>(), &*audio) };
    // SAFETY: as above.
    let (status, error) = unsafe { (&mut *status, &mut *error) };
    guarded(error, || {
        // SAFETY: the host passes as many bytes as it says.
        let samples = unsafe { slice(audio.data, audio.data_len) }.to_vec();
        let chunk = Arc::new(AudioChunk { at: Pts(audio.pts_us), samples });
        *status = status_to_abi(instance.state().sink()?.audio(&chunk).map_err(to_source)?);
        Ok(())
    })
}

/// `finish` of [`abi::Sink`].
pub(crate) unsafe extern "C" fn finish(instance: *mut c_void, error: *mut abi::Error) -> i32 {
    // SAFETY: the host passes valid pointers.
    let (instance, error) = unsafe { (&*instance.cast::<Instance>(), &mut *error) };
    guarded(error, || {
        let sink = instance.state().sink.take();
        let sink = sink.ok_or_else(|| host_error("a call to a sink that has finished"))?;
        sink.finish().map_err(to_source)
    })
}

impl Stream {
    fn new(layout: Layout) -> Result<Self, Error> {
        let pixels = Arc::new(AtomicPtr::new(ptr::null_mut()));
        let memory = HostPixels { pixels: Arc::clone(&pixels), len: layout.bytes() };
        let buffer = FrameBuffer::new(layout, Box::new(memory));
        let buffer = buffer.ok_or_else(|| host_error("a stride that is too short"))?;
        Ok(Self { frame: Frame::new(buffer), pixels })
    }

    /// Gives the sink a frame of the host.
    fn give(&mut self, given: &abi::SinkFrame, sink: &mut dyn FrameSink) -> Result<SinkStatus, Error> {
        let layout = self.frame.layout();
        if layout_from_abi(given.layout) != Some(layout) || given.data_len < layout.bytes() as u64 {
            return Err(host_error("a frame of another layout than its stream"));
        }
        let damage = region_from_abi(&given.damage);
        let damage = damage.ok_or_else(|| host_error("a region that cannot be"))?;
        let has_pts = given.flags & abi::sink_frame_flag::HAS_PTS != 0;
        let pts = has_pts.then_some(Pts(given.pts_us));
        self.frame.take_over(given.sequence, Micros(given.captured_us), pts);
        let held = Duration::from_micros(given.held_us);
        let backlog = Backlog { waiting: given.waiting as usize, held };
        self.pixels.store(given.data.cast_mut(), Ordering::Relaxed);
        let frame = SinkFrame { frame: &self.frame, damage, at: Micros(given.at_us), backlog };
        sink.frame(&frame).map_err(to_source)
    }
}

fn status_to_abi(status: SinkStatus) -> u32 {
    match status {
        SinkStatus::Open => abi::sink_status::OPEN,
        SinkStatus::Complete => abi::sink_status::COMPLETE,
    }
}

/// Returns a sink's error as the interface has it. The host knows by itself whether the user gave the sink up.
fn to_source(error: FrameSinkError) -> Error {
    let kind = match error.kind {
        FrameSinkErrorKind::NotFound => ErrorKind::NotFound,
        FrameSinkErrorKind::Unsupported => ErrorKind::Unsupported,
        _ => ErrorKind::Lost,
    };
    Error::new(kind, error.message)
}

/// Pixels that the host shows during a call. Nothing refers to them at other times: a sink borrows the frame.
struct HostPixels {
    pixels: Arc<AtomicPtr<u8>>,
    len: usize,
}

impl PixelMemory for HostPixels {
    fn byte_len(&self) -> usize {
        self.len
    }

    fn bytes(&self, range: std::ops::Range<usize>) -> &[u8] {
        // The calls of one instance are ordered by the host.
        let pixels = self.pixels.load(Ordering::Relaxed);
        // SAFETY: a sink reads a frame while it is given one alone, and then these are `len` bytes of the host.
        let all = unsafe { std::slice::from_raw_parts(pixels, self.len) };
        &all[range]
    }

    /// Nothing may be written.
    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut []
    }
}
