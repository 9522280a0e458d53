//! Hardening of this process: what it holds, the screen and the token, goes into no file when it crashes. A debug build
//! is one for debuggers.

#[cfg(not(any(target_os = "linux", windows)))]
mod fallback;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(not(any(target_os = "linux", windows)))]
use fallback as imp;
#[cfg(target_os = "linux")]
use linux as imp;
#[cfg(windows)]
use windows as imp;

/// Keeps the system from writing files with this process's memory when it crashes, as far as it can be kept from it.
pub(crate) fn apply() {
    if cfg!(not(debug_assertions)) {
        imp::apply();
    }
}
