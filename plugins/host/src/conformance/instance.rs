//! An instance that the plugin under test made: what those of sources and of sinks have in common.
#![allow(unsafe_code, reason = "functions of a plugin are called")]

use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use lanstream_plugin_abi as abi;

use super::host_table::Context;
use super::report::Report;
use crate::open::Create;

/// Function that takes an instance.
type OfInstance = Option<unsafe extern "C" fn(*mut c_void)>;

/// Functions that the tables of sources and of sinks both have.
#[derive(Clone, Copy)]
pub(super) struct Functions {
    pub(super) create: Option<Create>,
    destroy: OfInstance,
    /// Makes what waits return, on any thread.
    wake: OfInstance,
    extension: Option<unsafe extern "C" fn(*mut c_void, abi::Str) -> *const c_void>,
}

/// Table of a source or of a sink.
pub(super) trait Table: Copy {
    fn functions(&self) -> Functions;
}

impl Table for abi::Source {
    fn functions(&self) -> Functions {
        let Self { create, destroy, wake, extension, .. } = *self;
        Functions { create, destroy, wake, extension }
    }
}

impl Table for abi::Sink {
    fn functions(&self) -> Functions {
        let Self { create, destroy, interrupt, extension, .. } = *self;
        Functions { create, destroy, wake: interrupt, extension }
    }
}

/// An instance. Dropping it calls `destroy`.
pub(super) struct Instance {
    pub(super) pointer: *mut c_void,
    functions: Functions,
    context: &'static Context,
    report: Arc<Report>,
}

// SAFETY: the interface lets one instance be used on any one thread at a time.
unsafe impl Send for Instance {}

impl Instance {
    /// Returns the instance that `create` of these functions made.
    pub(super) fn new(
        pointer: *mut c_void,
        functions: Functions,
        context: &'static Context,
        report: Arc<Report>,
    ) -> Self {
        Self { pointer, functions, context, report }
    }

    /// Says which function is called next.
    pub(super) fn step(&self, function: &str) {
        self.report.step(function);
    }

    /// Returns what wakes a source, or interrupts a sink, as the host does it.
    pub(super) fn waker(&self) -> impl FnOnce() + Send + use<> {
        struct Target(*mut c_void);
        // SAFETY: the function may be called on any thread while the instance is open.
        unsafe impl Send for Target {}
        let (target, wake, context) = (Target(self.pointer), self.functions.wake, self.context);
        move || {
            let target = target;
            context.wakeup.waker().wake();
            if let Some(wake) = wake {
                // SAFETY: the caller keeps the instance open until this has returned.
                unsafe { wake(target.0) };
            }
        }
    }

    /// Destroys the instance, and returns what counts how often it has called the host.
    pub(super) fn close(self) -> impl Fn() -> u64 {
        let context = self.context;
        drop(self);
        move || context.calls.load(Ordering::SeqCst)
    }

    /// Returns the address of the table of an extension.
    pub(super) fn extension(&self, id: &str) -> Option<*const c_void> {
        let extension = self.functions.extension?;
        self.step("extension");
        // SAFETY: the id is valid during the call.
        Some(unsafe { extension(self.pointer, abi::Str::new(id)) })
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Some(destroy) = self.functions.destroy {
            self.step("destroy");
            // SAFETY: it was made by `create`, and nothing uses it after this.
            unsafe { destroy(self.pointer) };
            self.step("");
        }
    }
}
