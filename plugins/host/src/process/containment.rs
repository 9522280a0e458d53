//! Limits of a plugin's process, so that what it takes too much of is its own loss.

use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Maximum number of bytes that the process may have for data of its own: sixteen of the largest frames. The system
/// refuses more, whether or not it is used; each thread takes its stack of it, so threads are bounded as well.
const DATA_BYTES_MAX: u64 = 16 << 30;
/// Score by which the system ends this process before any other when memory runs out.
const OOM_SCORE: &str = "1000";

/// Limits this process. Where the system does not allow a limit, the process goes on without it.
pub(crate) fn contain() {
    let _unlimited = fs::write("/proc/self/oom_score_adj", OOM_SCORE);
    // What is taken already, such as by a sanitizer, must not be more.
    let is_below = data_bytes().is_some_and(|bytes| bytes < DATA_BYTES_MAX);
    let present = getrlimit(Resource::Data);
    if is_below && present.current.is_none_or(|bytes| bytes > DATA_BYTES_MAX) {
        let limit = Rlimit { current: Some(DATA_BYTES_MAX), ..present };
        let _unlimited = setrlimit(Resource::Data, limit);
    }
}

/// Returns the number of bytes of data that this process has.
fn data_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmData:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}
