//! An open source or sink of a plugin, in the process that loaded it: what both have in common.
#![allow(unsafe_code, reason = "functions of a plugin are called, and call back")]

use std::ffi::c_void;
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};
use std::time::Duration;

use lanstream_core::options::OptionValues;
use lanstream_core::source::{Error, ErrorKind, Wakeup};
use lanstream_plugin_abi as abi;

use crate::check::{self, Broken};

/// `create` of a table.
pub(crate) type Create = unsafe extern "C" fn(
    host: *const abi::Host,
    values: *const abi::Value,
    values_len: u64,
    instance: *mut *mut c_void,
    error: *mut abi::Error,
) -> i32;
/// A function of a table that takes the instance alone.
type Call = unsafe extern "C" fn(instance: *mut c_void);

/// Functions of a table with which an instance is opened and closed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Functions {
    pub(crate) create: Option<Create>,
    pub(crate) destroy: Option<Call>,
    /// Ends a wait: `wake` of a source, `interrupt` of a sink. It may be called on any thread.
    pub(crate) wake: Option<Call>,
}

/// An open source or sink, and what the host offers to it.
pub(crate) struct OpenInstance {
    destroy: Option<Call>,
    handle: Arc<Handle>,
    /// What the plugin was given; it outlives the instance.
    _host: Box<abi::Host>,
    _context: Box<HostContext>,
}

/// Pointer to an instance, as long as it is open. It is shared with wakers, which may outlive the instance.
struct Handle {
    instance: Mutex<*mut c_void>,
    wake: Option<Call>,
    wakeup: Wakeup,
}

// SAFETY: the pointer is used by `wake`, which the interface allows on any thread until `destroy` is called, under the
// lock; and by the one thread that has the `OpenInstance`.
unsafe impl Send for Handle {}
// SAFETY: as for `Send`.
unsafe impl Sync for Handle {}

/// What the functions of [`abi::Host`] need.
struct HostContext {
    wakeup: Wakeup,
}

impl OpenInstance {
    /// Calls `create`.
    pub(crate) fn create(functions: Functions, values: &OptionValues) -> Result<Self, Error> {
        let context = Box::new(HostContext { wakeup: Wakeup::default() });
        let host = Box::new(host_table(&context));
        let given = given(values)?;
        let mut instance = ptr::null_mut();
        let mut error = abi::Error::NONE;
        let create = functions.create.ok_or_else(|| is_null("create"))?;
        // SAFETY: the arguments are as the interface says, and the host lives longer than the instance.
        let status = unsafe {
            create(&raw const *host, given.as_ptr(), given.len() as u64, &raw mut instance, &raw mut error)
        };
        result(status, &error)?;
        if instance.is_null() {
            return Err(rule("create succeeded without an instance".to_owned()));
        }
        let wakeup = context.wakeup.clone();
        let handle = Arc::new(Handle { instance: Mutex::new(instance), wake: functions.wake, wakeup });
        Ok(Self { destroy: functions.destroy, handle, _host: host, _context: context })
    }

    /// First argument of the other functions.
    pub(crate) fn pointer(&self) -> *mut c_void {
        *self.handle.instance.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps until the waker is used, and returns whether it was.
    pub(crate) fn sleep(&self, timeout: Option<Duration>) -> bool {
        self.handle.wakeup.sleep(timeout)
    }

    /// Returns a waker that ends a wait of the instance.
    pub(crate) fn waker(&self) -> Waker {
        Waker::from(Arc::clone(&self.handle))
    }
}

impl Drop for OpenInstance {
    fn drop(&mut self) {
        let mut instance = self.handle.instance.lock().unwrap_or_else(PoisonError::into_inner);
        let pointer = std::mem::take(&mut *instance);
        if let Some(destroy) = self.destroy.filter(|_| !pointer.is_null()) {
            // SAFETY: it was made by `create`, and nothing uses it after this.
            unsafe { destroy(pointer) };
        }
    }
}

// SAFETY: the interface lets one instance be used on any one thread at a time.
unsafe impl Send for OpenInstance {}

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

/// Returns the error that a function reported, if it failed.
pub(crate) fn result(status: i32, error: &abi::Error) -> Result<(), Error> {
    if status == abi::OK { Ok(()) } else { Err(check::reported(error)) }
}

/// Returns the error of a plugin that broke a rule: its source or sink is over.
pub(crate) fn rule(broken: Broken) -> Error {
    Error::new(ErrorKind::Ended, format!("it breaks a rule: {broken}"))
}

/// Returns the error of a table without a function. It was checked when the plugin was loaded.
pub(crate) fn is_null(function: &str) -> Error {
    rule(format!("its function {function} is null"))
}

fn host_table(context: &HostContext) -> abi::Host {
    abi::Host {
        struct_size: abi::struct_size::<abi::Host>(),
        abi_major: abi::ABI_MAJOR,
        abi_minor: abi::ABI_MINOR,
        reserved: 0,
        context: ptr::from_ref(context).cast_mut().cast(),
        log: Some(log),
        sleep: Some(sleep),
        notify: Some(notify),
    }
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
