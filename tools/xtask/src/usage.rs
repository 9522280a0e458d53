//! What a process has of the machine: memory, descriptors and threads.

use anyhow::Context;

/// What a process has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Usage {
    /// Resident memory in MiB.
    pub(crate) memory_mib: f64,
    /// The part of it in MiB that is no file's and no other process's.
    pub(crate) unshared_mib: f64,
    pub(crate) descriptors: f64,
    pub(crate) threads: f64,
}

impl Usage {
    /// Reads it from `/proc`.
    ///
    /// # Errors
    /// If the process has ended.
    pub(crate) fn of(pid: u32) -> anyhow::Result<Self> {
        let ended = || format!("process {pid} has ended");
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).with_context(ended)?;
        let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).with_context(ended)?.count();
        Ok(Self {
            memory_mib: field(&status, "VmRSS:").with_context(ended)? / 1024.0,
            unshared_mib: field(&status, "RssAnon:").with_context(ended)? / 1024.0,
            descriptors: f64::from(u32::try_from(descriptors)?),
            threads: field(&status, "Threads:").with_context(ended)?,
        })
    }
}

/// Number of a field of `/proc/PID/status`.
fn field(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_descriptors_and_threads() {
        let usage = Usage::of(std::process::id()).unwrap();
        assert!(usage.memory_mib > 0.1 && usage.descriptors >= 3.0 && usage.threads >= 1.0, "{usage:?}");
    }

    #[test]
    fn fields_are_told_apart() {
        let status = "VmHWM:\t9 kB\nVmRSS:\t   2048 kB\nThreads:\t5\n";
        assert_eq!(field(status, "VmRSS:"), Some(2048.0));
        assert_eq!(field(status, "Threads:"), Some(5.0));
        assert_eq!(field(status, "None:"), None);
    }
}
