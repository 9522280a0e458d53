//! The system's timers while a server runs: sources sleep until a picture is due, which is milliseconds.

#[cfg(not(windows))]
mod fallback;
#[cfg(windows)]
mod windows;

#[cfg(not(windows))]
pub(super) use fallback::FineTimers;
#[cfg(windows)]
pub(super) use windows::FineTimers;
