//! Hardening on Windows: a crash is not handed to Windows Error Reporting, which would write the memory of this process
//! into a file. Other processes of the user can read this one's memory, which Windows has no switch for.
#![allow(unsafe_code, reason = "a switch of the process that is a call into the system")]

use windows_sys::Win32::System::Diagnostics::Debug::{
    SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SetErrorMode,
};

/// Keeps crashes of this process, and of those that it starts, from Windows Error Reporting.
pub(super) fn apply() {
    // SAFETY: it sets flags of the process and touches no memory.
    unsafe { SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX) };
}
