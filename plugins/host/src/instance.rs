//! An open source of a plugin, in the process that loaded it.
#![allow(unsafe_code, reason = "functions of a plugin are called")]

use std::ffi::c_void;
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};
use std::time::Duration;

use lanstream_core::options::OptionValues;
use lanstream_core::source::{Captured, Description, Error, ErrorKind, Event, Source, Wakeup};
use lanstream_core::{FrameBuffer, Layout, PIXEL_BYTES, Pts, Region};
use lanstream_plugin_abi as abi;
use lanstream_plugin_abi::convert::{event_from_abi, layout_to_abi, region_to_abi};

use crate::check::{self, Broken};

/// An open source, and what the host offers to it.
pub(crate) struct Instance {
    table: abi::Source,
    handle: Arc<Handle>,
    /// What the plugin was given; it outlives the instance.
    _host: Box<abi::Host>,
    context: Box<HostContext>,
}

/// Pointer to an instance, as long as it is open. It is shared with wakers, which may outlive the source.
struct Handle {
    instance: Mutex<*mut c_void>,
    wake: Option<unsafe extern "C" fn(*mut c_void)>,
    wakeup: Wakeup,
}

// SAFETY: the pointer is used by `wake`, which the interface allows on any thread until `destroy` is called, under the
// lock; and by the one thread that has the `Instance`.
unsafe impl Send for Handle {}
// SAFETY: as for `Send`.
unsafe impl Sync for Handle {}

/// What the functions of [`abi::Host`] need.
struct HostContext {
    wakeup: Wakeup,
}

/// Result of a capture.
pub(crate) struct Capture {
    pub(crate) captured: Captured,
    pub(crate) pts: Option<Pts>,
}

impl Instance {
    /// Opens a source.
    pub(crate) fn create(table: abi::Source, values: &OptionValues) -> Result<Self, Error> {
        let context = Box::new(HostContext { wakeup: Wakeup::default() });
        let host = Box::new(abi::Host {
            struct_size: abi::struct_size::<abi::Host>(),
            abi_major: abi::ABI_MAJOR,
            abi_minor: abi::ABI_MINOR,
            reserved: 0,
            context: ptr::from_ref(&*context).cast_mut().cast(),
            log: Some(log),
            sleep: Some(sleep),
            notify: Some(notify),
        });
        let given = given(values)?;
        let mut instance = ptr::null_mut();
        let mut error = abi::Error::NONE;
        let create = table.create.ok_or_else(|| rule("its function create is null".to_owned()))?;
        // SAFETY: the arguments are as the interface says, and the host lives longer than the instance.
        let status = unsafe {
            create(&raw const *host, given.as_ptr(), given.len() as u64, &raw mut instance, &raw mut error)
        };
        result(status, &error)?;
        if instance.is_null() {
            return Err(rule("create succeeded without an instance".to_owned()));
        }
        let wakeup = context.wakeup.clone();
        let handle = Arc::new(Handle { instance: Mutex::new(instance), wake: table.wake, wakeup });
        Ok(Self { table, handle, _host: host, context })
    }

    /// Describes the source.
    pub(crate) fn describe(&mut self) -> Result<(Description, Layout), Error> {
        let mut described = no_description();
        let mut error = abi::Error::NONE;
        let describe = self.table.describe.ok_or_else(|| rule("its function describe is null".to_owned()))?;
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { describe(self.instance(), &raw mut described, &raw mut error) };
        result(status, &error)?;
        check::description(&described).map_err(rule)
    }

    /// Waits for an event.
    pub(crate) fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        let timeout = timeout.map_or(abi::FOREVER, nanoseconds);
        let mut event = 0;
        let mut error = abi::Error::NONE;
        let wait = self.table.wait.ok_or_else(|| rule("its function wait is null".to_owned()))?;
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { wait(self.instance(), timeout, &raw mut event, &raw mut error) };
        result(status, &error)?;
        event_from_abi(event).ok_or_else(|| rule(format!("wait returned the unknown event {event}")))
    }

    /// Captures into `bytes`, which lie as `layout` says.
    pub(crate) fn capture(
        &mut self,
        bytes: &mut [u8],
        layout: Layout,
        region: &Region,
    ) -> Result<Capture, Error> {
        let mut frame = frame(bytes, layout, region);
        let mut error = abi::Error::NONE;
        let capture = self.table.capture.ok_or_else(|| rule("its function capture is null".to_owned()))?;
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { capture(self.instance(), &raw mut frame, &raw mut error) };
        let lent = Lent::of(&frame);
        result(status, &error)?;
        if let Some(lent) = &lent {
            lent.copy_to(bytes, layout).map_err(rule)?;
        }
        let cells = layout.cells();
        let is_all = frame.flags & abi::frame_flag::ALL != 0 || lent.is_some();
        let captured = if is_all {
            Captured::all(layout)
        } else {
            let damage = check::region(&frame.damage, cells).map_err(rule)?;
            let mut updated = check::region(&frame.updated, cells).map_err(rule)?;
            updated.merge(&damage);
            Captured { updated, damage }
        };
        let has_pts = frame.flags & abi::frame_flag::HAS_PTS != 0;
        Ok(Capture { captured, pts: has_pts.then_some(Pts(frame.pts_us)) })
    }

    /// Returns a waker that ends `wait`.
    pub(crate) fn waker(&self) -> Waker {
        Waker::from(Arc::clone(&self.handle))
    }

    fn instance(&self) -> *mut c_void {
        *self.handle.instance.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let mut instance = self.handle.instance.lock().unwrap_or_else(PoisonError::into_inner);
        let pointer = std::mem::replace(&mut *instance, ptr::null_mut());
        if let Some(destroy) = self.table.destroy.filter(|_| !pointer.is_null()) {
            // SAFETY: it was made by `create`, and nothing uses it after this.
            unsafe { destroy(pointer) };
        }
        let _ = &self.context;
    }
}

// SAFETY: the interface lets one instance be used on any one thread at a time.
unsafe impl Send for Instance {}

impl Wake for Handle {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wakeup.waker().wake();
        let instance = self.instance.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(wake) = self.wake.filter(|_| !instance.is_null()) {
            // SAFETY: the instance is open as long as the lock is held, and `wake` may be called on any thread.
            unsafe { wake(*instance) };
        }
    }
}

/// Pixels that a plugin lent, which are released when this is dropped.
pub(crate) struct Lent {
    pixels: *const u8,
    len: u64,
    stride: u64,
    owner: *mut c_void,
    release: Option<unsafe extern "C" fn(*mut c_void)>,
}

impl Lent {
    pub(crate) fn of(frame: &abi::Frame) -> Option<Self> {
        (frame.flags & abi::frame_flag::LENT != 0).then_some(Self {
            pixels: frame.lent,
            len: frame.lent_len,
            stride: frame.lent_stride,
            owner: frame.lent_owner,
            release: frame.lent_release,
        })
    }

    /// Copies all rows to where `layout` has them.
    pub(crate) fn copy_to(&self, bytes: &mut [u8], layout: Layout) -> Result<(), Broken> {
        let cells = layout.cells();
        let (row, rows) = (cells.width as usize * PIXEL_BYTES, cells.height as usize);
        let (len, stride) = self.extent(row, rows).ok_or_else(|| {
            let Self { len, stride, .. } = self;
            format!(
                "the pixels it lent, {len} bytes with a stride of {stride}, are no frame of {cells} cells"
            )
        })?;
        // SAFETY: the plugin lends as many bytes as it says until they are released.
        let pixels = unsafe { std::slice::from_raw_parts(self.pixels, len) };
        for (to, from) in bytes.chunks_mut(layout.stride).zip(pixels.chunks(stride)).take(rows) {
            to[..row].copy_from_slice(&from[..row]);
        }
        Ok(())
    }
}

impl Lent {
    /// Returns the number of bytes and the stride, if there are so many rows of `row` bytes.
    fn extent(&self, row: usize, rows: usize) -> Option<(usize, usize)> {
        let (len, stride) = (usize::try_from(self.len).ok()?, usize::try_from(self.stride).ok()?);
        let needed = stride.checked_mul(rows - 1)?.checked_add(row)?;
        (!self.pixels.is_null() && stride >= row && needed <= len).then_some((len, stride))
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: it is called once, with the owner that came with it.
            unsafe { release(self.owner) };
        }
    }
}

/// A plugin's source in this process.
pub(crate) struct LoadedSource {
    instance: Instance,
    description: Description,
    layout: Layout,
}

impl LoadedSource {
    pub(crate) fn new(mut instance: Instance) -> Result<Self, Error> {
        let (description, layout) = instance.describe()?;
        Ok(Self { instance, description, layout })
    }
}

impl Source for LoadedSource {
    fn description(&self) -> Description {
        self.description.clone()
    }

    fn layout(&self) -> Layout {
        self.layout
    }

    fn waker(&self) -> Waker {
        self.instance.waker()
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        let event = self.instance.wait(timeout)?;
        if matches!(event, Event::Resized | Event::Described) {
            (self.description, self.layout) = self.instance.describe()?;
        }
        Ok(event)
    }

    fn capture(&mut self, frame: &mut FrameBuffer, region: &Region) -> Result<Captured, Error> {
        let layout = frame.layout();
        let Capture { captured, pts } = self.instance.capture(frame.bytes_mut(), layout, region)?;
        frame.set_pts(pts);
        Ok(captured)
    }
}

/// Returns a description to be filled.
pub(crate) fn no_description() -> abi::Description {
    abi::Description {
        struct_size: abi::struct_size::<abi::Description>(),
        reserved: 0,
        layout: abi::Layout::default(),
        name: abi::Text::EMPTY,
        stalled: abi::Text::EMPTY,
        alterations: abi::Text::EMPTY,
    }
}

/// Returns a frame to be captured into `bytes`.
pub(crate) fn frame(bytes: &mut [u8], layout: Layout, region: &Region) -> abi::Frame {
    abi::Frame {
        struct_size: abi::struct_size::<abi::Frame>(),
        flags: 0,
        layout: layout_to_abi(layout),
        reserved: 0,
        data: bytes.as_mut_ptr(),
        data_len: bytes.len() as u64,
        region: region_to_abi(region),
        updated: abi::Region::default(),
        damage: abi::Region::default(),
        pts_us: 0,
        lent: ptr::null(),
        lent_len: 0,
        lent_stride: 0,
        lent_owner: ptr::null_mut(),
        lent_release: None,
    }
}

/// Returns the values as the interface has them; they borrow from `values`.
fn given(values: &OptionValues) -> Result<Vec<abi::Value>, Error> {
    let text = |text: &std::ffi::OsStr| {
        let text = text.to_str().map(abi::Str::new);
        text.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "the value of an option is not UTF-8, which plugins need")
        })
    };
    values
        .iter()
        .map(|(name, value)| Ok(abi::Value { name: abi::Str::new(name), value: text(value)? }))
        .collect()
}

/// Returns a timeout as the interface has it: what it has no room for lasts centuries.
pub(crate) fn nanoseconds(timeout: Duration) -> u64 {
    u64::try_from(timeout.as_nanos()).map_or(abi::FOREVER - 1, |ns| ns.min(abi::FOREVER - 1))
}

fn result(status: i32, error: &abi::Error) -> Result<(), Error> {
    if status == abi::OK { Ok(()) } else { Err(check::reported(error)) }
}

/// Returns the error of a plugin that broke a rule: its source is over.
fn rule(broken: Broken) -> Error {
    Error::new(ErrorKind::Ended, format!("it breaks a rule: {broken}"))
}

unsafe extern "C" fn log(_context: *mut c_void, level: u32, text: abi::Str) {
    // SAFETY: the plugin passes text that is valid during the call.
    let Ok(text) = (unsafe { check::text(text, "log line") }) else { return };
    match level {
        abi::log_level::ERROR => tracing::error!(target: "lanstream::plugin", "{text}"),
        abi::log_level::WARN => tracing::warn!(target: "lanstream::plugin", "{text}"),
        abi::log_level::INFO => tracing::info!(target: "lanstream::plugin", "{text}"),
        _ => tracing::debug!(target: "lanstream::plugin", "{text}"),
    }
}

unsafe extern "C" fn sleep(context: *mut c_void, timeout_ns: u64) -> u32 {
    // SAFETY: the plugin passes its context while the instance is open.
    let context = unsafe { &*context.cast::<HostContext>() };
    let timeout = (timeout_ns != abi::FOREVER).then(|| Duration::from_nanos(timeout_ns));
    if context.wakeup.sleep(timeout) { abi::event::WOKEN } else { abi::event::TIMED_OUT }
}

unsafe extern "C" fn notify(context: *mut c_void) {
    // SAFETY: as for `sleep`.
    let context = unsafe { &*context.cast::<HostContext>() };
    context.wakeup.waker().wake();
}
