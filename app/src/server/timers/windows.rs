//! Timers of Windows, which are 15.6 ms apart unless a program asks for finer ones: a sleep of a sixtieth of a second
//! takes two of them then, and pictures come at half their rate.
#![allow(unsafe_code, reason = "timers are asked for by calls into the system")]

use windows_sys::Win32::Media::{TIMERR_NOERROR, timeBeginPeriod, timeEndPeriod};

/// Time between two ticks of a timer, the least that there is.
const PERIOD_MS: u32 = 1;

/// While it exists, timers of this process are fine.
pub(in crate::server) struct FineTimers {
    is_granted: bool,
}

impl FineTimers {
    /// A system that refuses has coarse timers, and fewer pictures a second.
    pub(in crate::server) fn request() -> Self {
        // SAFETY: it sets a state of the process and touches no memory.
        Self { is_granted: unsafe { timeBeginPeriod(PERIOD_MS) } == TIMERR_NOERROR }
    }
}

impl Drop for FineTimers {
    fn drop(&mut self) {
        if self.is_granted {
            // SAFETY: as above; it takes back what was granted, once.
            unsafe { timeEndPeriod(PERIOD_MS) };
        }
    }
}
