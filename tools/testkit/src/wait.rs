//! Waiting for what tells of itself only when it is looked at: until a deadline, never for a fixed time.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// Nothing here takes so long but on a machine that is busy with other things.
const LIMIT: Duration = Duration::from_secs(60);
/// Between two looks.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Looks until there is a value. An attempt that has none says why, and the last reason is in the panic.
pub fn until<T, E: Display>(what: &str, mut attempt: impl FnMut() -> Result<T, E>) -> T {
    let end = Instant::now() + LIMIT;
    loop {
        match attempt() {
            Ok(value) => return value,
            Err(reason) if Instant::now() >= end => panic!("{what}: not within {LIMIT:?}: {reason}"),
            Err(_) => std::thread::sleep(POLL_INTERVAL),
        }
    }
}
