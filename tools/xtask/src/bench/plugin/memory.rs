//! What a process has in memory, by whether it shares it: `/proc/PID/smaps`.

use anyhow::Context;
use serde::Serialize;

/// Memory of a process.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Memory {
    /// Pages that it alone has.
    pub(super) own_mib: f64,
    /// Pages of memory files, such as frames, that it has mapped.
    pub(super) shared_mib: f64,
}

impl Memory {
    /// Reads it from the system.
    pub(super) fn of(pid: u32) -> anyhow::Result<Self> {
        let path = format!("/proc/{pid}/smaps");
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("{path}: the process has ended"))?;
        Ok(Self::read(&text))
    }

    fn read(smaps: &str) -> Self {
        const KIB_PER_MIB: f64 = 1024.0;
        let mut memory = Self::default();
        let mut is_frame = false;
        for line in smaps.lines() {
            let Some((name, value)) = line.split_once(':').filter(|(name, _)| !name.contains(' ')) else {
                is_frame = line.contains("/memfd:");
                continue;
            };
            let mib =
                || value.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or_default() / KIB_PER_MIB;
            match name {
                "Rss" if is_frame => memory.shared_mib += mib(),
                "Private_Clean" | "Private_Dirty" if !is_frame => memory.own_mib += mib(),
                _ => {}
            }
        }
        memory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_told_from_other_memory() {
        let smaps = "\
55d0-55d1 r-xp 00000000 fe:00 42  /usr/bin/lanstream
Rss:                2048 kB
Private_Clean:      1024 kB
Private_Dirty:         0 kB
7f00-7f01 rw-s 00000000 00:01 7  /memfd:lanstream frame (deleted)
Rss:                8192 kB
Private_Clean:         0 kB
Private_Dirty:      4096 kB
7f02-7f03 rw-p 00000000 00:00 0
Rss:                 512 kB
Private_Dirty:       512 kB
";
        assert_eq!(Memory::read(smaps), Memory { own_mib: 1.5, shared_mib: 8.0 });
    }
}
