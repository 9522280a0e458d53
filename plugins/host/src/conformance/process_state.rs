//! What a plugin shares with the process that it runs in: signals, folder, locale, threads, descriptors and memory.
#![allow(unsafe_code, reason = "the C library is asked for the locale")]

use std::collections::BTreeMap;
use std::ffi::{CStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// State that belongs to the whole process, so a plugin must leave it as it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SharedState {
    /// Lines of the system's own account that are about signals, and the mask for new files.
    lines: BTreeMap<&'static str, String>,
    folder: Option<PathBuf>,
    locale: String,
    environment: BTreeMap<OsString, OsString>,
}

/// Lines of `/proc/thread-self/status` that must not change, and what they are called.
const LINES: [(&str, &str); 4] = [
    ("SigBlk", "the mask of blocked signals"),
    ("SigIgn", "the set of ignored signals"),
    ("SigCgt", "the set of signals that are handled"),
    ("Umask", "the mask for the modes of new files"),
];

impl SharedState {
    /// Returns the state as it is now. Signals are those of this thread.
    pub(super) fn now() -> Self {
        let status = std::fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
        let lines = LINES.iter().map(|(name, _)| (*name, state_of(field(&status, name).unwrap_or_default())));
        Self {
            lines: lines.collect(),
            folder: std::env::current_dir().ok(),
            locale: locale(),
            environment: std::env::vars_os().collect(),
        }
    }

    /// Returns what has changed since `before`, if anything.
    pub(super) fn change_since(&self, before: &Self) -> Option<String> {
        let line = LINES.iter().find(|(name, _)| self.lines.get(name) != before.lines.get(name));
        if let Some((_, what)) = line {
            return Some((*what).to_owned());
        }
        if self.folder != before.folder {
            return Some("the working folder".to_owned());
        }
        if self.locale != before.locale {
            return Some(format!("the locale, from {} to {}", before.locale, self.locale));
        }
        (self.environment != before.environment).then(|| "the environment".to_owned())
    }
}

/// Signals that the C library keeps for itself, as bits of a set: 32 and 33. It ignores both in programs that it
/// starts, and handles the second from the first thread on that a process starts.
const LIBRARY_SIGNALS: u64 = 0b11 << 31;
/// Digits of a set of signals.
const SET_DIGITS: usize = 16;

/// Returns what of a line's value belongs to the process: of a set of signals those that the C library leaves to it.
fn state_of(value: &str) -> String {
    let signals = u64::from_str_radix(value, 16).ok().filter(|_| value.len() == SET_DIGITS);
    signals.map_or_else(|| value.to_owned(), |signals| format!("{:016x}", signals & !LIBRARY_SIGNALS))
}

/// Returns the value of a line of a status file.
fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    status.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim()))
}

fn locale() -> String {
    // SAFETY: with null, it only returns the name of the present locale.
    let name = unsafe { libc::setlocale(libc::LC_ALL, std::ptr::null()) };
    if name.is_null() {
        return String::new();
    }
    // SAFETY: it is text that ends with a zero, valid until the locale is set, which nobody does meanwhile.
    unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned()
}

/// Returns the number of threads of this process.
pub(super) fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

/// Returns the numbers of this process's descriptors.
pub(super) fn descriptors() -> Vec<i32> {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else { return Vec::new() };
    let mut numbers: Vec<i32> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    // One of them was that of the folder itself, which is closed by now.
    numbers.retain(|number| std::fs::symlink_metadata(format!("/proc/self/fd/{number}")).is_ok());
    numbers.sort_unstable();
    numbers
}

/// Returns the number of bytes of memory that this process has written to, without that of files.
pub(super) fn memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = field(&status, "RssAnon").and_then(|value| value.strip_suffix("kB")?.trim().parse().ok());
    kilobytes.unwrap_or(0_u64) << 10
}

/// Returns the time that this process has computed for.
pub(super) fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
}

/// Returns the time for which threads of this process waited for a processor, as they do on a busy machine.
pub(super) fn queued_time() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let schedstats = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok());
    Duration::from_nanos(schedstats.filter_map(|schedstat| queued_ns(&schedstat)).sum())
}

/// Returns the second number of a schedstat file: nanoseconds of waiting for a processor.
fn queued_ns(schedstat: &str) -> Option<u64> {
    schedstat.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_tells_how_long_a_thread_waited_for_a_processor() {
        let own = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        assert!(queued_ns(&own).is_some(), "{own}");
        assert_eq!((queued_ns("5 7 2\n"), queued_ns("")), (Some(7), None));
    }

    #[test]
    fn signals_of_the_c_library_are_not_the_plugins() {
        assert_eq!(state_of("0000000180001000"), state_of("0000000080001000"));
        assert_eq!(state_of("0000000100000440"), "0000000000000440");
        assert_ne!(state_of("0000000180001000"), state_of("0000000180000000"));
        assert_eq!(state_of("0022"), "0022");
    }
}
