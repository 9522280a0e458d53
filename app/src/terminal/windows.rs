//! The console of Windows, which understands control sequences where it is asked to.
#![allow(unsafe_code, reason = "the console's mode is asked for and set by calls into the system")]

use windows_sys::Win32::System::Console::{
    ENABLE_VIRTUAL_TERMINAL_PROCESSING, GetConsoleMode, GetStdHandle, STD_ERROR_HANDLE, SetConsoleMode,
};

/// Asks the console on standard error to understand them. Returns whether it does.
pub(super) fn takes_escapes() -> bool {
    let mut mode = 0;
    // SAFETY: it returns the handle that the process has, or none, and touches no memory.
    let console = unsafe { GetStdHandle(STD_ERROR_HANDLE) };
    // SAFETY: the system refuses handles that are no console's, and writes the number alone.
    if unsafe { GetConsoleMode(console, &raw mut mode) } == 0 {
        return false;
    }
    // SAFETY: as above; it touches no memory.
    unsafe { SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0 }
}
