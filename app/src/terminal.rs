//! The terminal on standard error: whether there is one, and whether it can be told to clear a line.

#[cfg(not(windows))]
mod fallback;
#[cfg(windows)]
mod windows;

use std::io::IsTerminal as _;

#[cfg(not(windows))]
use fallback as imp;
#[cfg(windows)]
use windows as imp;

/// Whether standard error is a terminal in which a status line can be written anew.
pub(crate) fn has_status_line() -> bool {
    std::io::stderr().is_terminal() && imp::takes_escapes()
}
