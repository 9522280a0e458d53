//! Pixels as monitors have them. To a thread that does not say that it knows of them, Windows tells sizes and places as
//! they would be without a monitor's scale, and hands out pictures that it has scaled.
#![allow(unsafe_code, reason = "a state of the thread that is set by calls into the system")]

use windows_sys::Win32::UI::HiDpi::{
    DPI_AWARENESS_CONTEXT, DPI_AWARENESS_CONTEXT_PER_MONITOR_AWARE,
    DPI_AWARENESS_CONTEXT_PER_MONITOR_AWARE_V2, SetThreadDpiAwarenessContext,
};

/// While it exists, the thread deals in the pixels of monitors. The rest of the process has what it chose.
pub(super) struct MonitorPixels {
    before: DPI_AWARENESS_CONTEXT,
}

impl MonitorPixels {
    pub(super) fn enter() -> Self {
        // SAFETY: it sets a state of this thread and touches no memory.
        let mut before = unsafe { SetThreadDpiAwarenessContext(DPI_AWARENESS_CONTEXT_PER_MONITOR_AWARE_V2) };
        if before.is_null() {
            // Windows 10 before version 1703 has the first version alone.
            // SAFETY: as above.
            before = unsafe { SetThreadDpiAwarenessContext(DPI_AWARENESS_CONTEXT_PER_MONITOR_AWARE) };
        }
        Self { before }
    }
}

impl Drop for MonitorPixels {
    fn drop(&mut self) {
        if !self.before.is_null() {
            // SAFETY: as above; the context is one that the system returned.
            unsafe { SetThreadDpiAwarenessContext(self.before) };
        }
    }
}
