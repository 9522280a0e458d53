//! The number of a window.

use windows_sys::Win32::Foundation::HWND;

/// Number by which the system knows a window. Handles of windows have 32 bits that count, also in a program of 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WindowId(pub(super) u32);

impl WindowId {
    /// Returns `None` for no window.
    pub(super) fn of(handle: HWND) -> Option<Self> {
        let low = handle.addr() & u32::MAX as usize;
        u32::try_from(low).ok().filter(|number| *number != 0).map(Self)
    }

    pub(super) fn handle(self) -> HWND {
        std::ptr::without_provenance_mut(self.0 as usize)
    }

    /// The command line's words that select it.
    pub(super) fn words(self) -> String {
        format!("--window {:#x}", self.0)
    }
}
