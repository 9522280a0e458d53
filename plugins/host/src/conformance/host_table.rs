//! The host's table that a source under test is given: its functions count how often they are called.
#![allow(unsafe_code, reason = "a plugin passes pointers")]

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lanstream_core::source::Wakeup;
use lanstream_plugin_abi as abi;

/// Minor version of a host that is newer than any that a plugin can have been built for.
const NEWER_MINOR: u32 = 99;

/// Version of the host that a source is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HostVersion {
    Own,
    /// A table with functions that the plugin cannot know.
    Newer,
}

/// The table of a newer host: it begins with what this version knows.
#[repr(C)]
pub(super) struct NewerHost {
    pub(super) host: abi::Host,
    unknown: [u64; 8],
}

/// What the functions of the host's table need. It is never released, so that calls after `destroy` can be counted.
#[derive(Debug, Default)]
pub(super) struct Context {
    pub(super) wakeup: Wakeup,
    pub(super) calls: AtomicU64,
}

/// Returns the table of a host of this version.
pub(super) fn host_table(context: &'static Context, version: HostVersion) -> NewerHost {
    let (size, minor) = match version {
        HostVersion::Own => (abi::struct_size::<abi::Host>(), abi::ABI_MINOR),
        HostVersion::Newer => (abi::struct_size::<NewerHost>(), NEWER_MINOR),
    };
    let host = abi::Host {
        struct_size: size,
        abi_major: abi::ABI_MAJOR,
        abi_minor: minor,
        reserved: 0,
        context: ptr::from_ref(context).cast_mut().cast(),
        log: Some(log),
        sleep: Some(sleep),
        notify: Some(notify),
    };
    NewerHost { host, unknown: [u64::MAX; 8] }
}

/// Returns the context that a plugin passes, and counts the call.
///
/// # Safety
/// It is that of the table which the plugin was given.
unsafe fn called(context: *mut c_void) -> &'static Context {
    // SAFETY: contexts are never released.
    let context = unsafe { &*context.cast::<Context>() };
    context.calls.fetch_add(1, Ordering::SeqCst);
    context
}

unsafe extern "C" fn log(context: *mut c_void, _level: u32, _text: abi::Str) {
    // SAFETY: the plugin passes its context.
    unsafe { called(context) };
}

unsafe extern "C" fn sleep(context: *mut c_void, timeout_ns: u64) -> u32 {
    // SAFETY: the plugin passes its context.
    let context = unsafe { called(context) };
    let timeout = (timeout_ns != abi::FOREVER).then(|| Duration::from_nanos(timeout_ns));
    if context.wakeup.sleep(timeout) { abi::event::WOKEN } else { abi::event::TIMED_OUT }
}

unsafe extern "C" fn notify(context: *mut c_void) {
    // SAFETY: the plugin passes its context.
    let context = unsafe { called(context) };
    context.wakeup.waker().wake();
}
