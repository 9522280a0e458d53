//! What the process of a trial tells the suite: which function it calls, and in the end the verdict.
//!
//! It is a file in memory instead of a stream: what is told last is there however the process ends, and descriptors
//! that the plugin's own processes inherit keep nobody waiting.

use std::io;

use rustix::fd::{AsFd as _, OwnedFd};
use rustix::fs::{MemfdFlags, fstat, memfd_create};
use rustix::stdio;

use super::Verdict;
use crate::process::wire::{Fields, MalformedError, Write as _};

/// Bytes for the name of the function that is called; zeroes follow it.
const STEP_BYTES: usize = 32;
/// Maximum number of bytes of a report: names of all sources, and a reason.
const REPORT_BYTES_MAX: usize = 64 << 10;

/// The file that both processes have.
#[derive(Debug)]
pub(super) struct Report(OwnedFd);

/// What the process of a trial told in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Verdict(Verdict),
    /// The file is no plugin, for this reason.
    NoPlugin(String),
    /// The plugin is loaded, and has these sources and sinks.
    Loaded {
        sources: Vec<ToldFactory>,
        sinks: Vec<ToldFactory>,
    },
}

/// A source or sink of the plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ToldFactory {
    pub(super) name: String,
    /// Names of its options that are paths, with their defaults; empty for none.
    pub(super) paths: Vec<(String, String)>,
}

impl Report {
    pub(super) fn create() -> io::Result<Self> {
        Ok(Self(memfd_create(c"lanstream-report", MemfdFlags::CLOEXEC)?))
    }

    /// Returns the file that the suite passed as standard input, and leaves an empty input to the plugin.
    pub(super) fn from_standard_input() -> io::Result<Self> {
        let file = rustix::io::fcntl_dupfd_cloexec(stdio::stdin(), stdio::raw_stderr() + 1)?;
        stdio::dup2_stdin(std::fs::File::open("/dev/null")?)?;
        Ok(Self(file))
    }

    /// Returns a descriptor of the file for another process.
    pub(super) fn descriptor(&self) -> io::Result<OwnedFd> {
        self.0.try_clone()
    }

    /// Tells which function of the plugin is called next.
    pub(super) fn step(&self, function: &str) {
        let mut bytes = [0; STEP_BYTES];
        let len = function.len().min(STEP_BYTES);
        bytes[..len].copy_from_slice(&function.as_bytes()[..len]);
        // A plugin that closed the descriptor is found out by the missing verdict.
        let _closed = rustix::io::pwrite(&self.0, &bytes, 0);
    }

    /// Tells how it ended.
    pub(super) fn finish(&self, told: &Told) {
        let mut out = Vec::new();
        told.write(&mut out);
        let _closed = rustix::io::pwrite(&self.0, &out, STEP_BYTES as u64);
    }

    /// Returns the function that was called last, and what was told in the end, if anything.
    pub(super) fn read(&self) -> io::Result<(String, Option<Told>)> {
        let len = usize::try_from(fstat(self.0.as_fd())?.st_size).unwrap_or(0).min(REPORT_BYTES_MAX);
        let mut bytes = vec![0; len.max(STEP_BYTES)];
        let read = rustix::io::pread(&self.0, &mut bytes, 0)?;
        let (step, rest) = bytes.split_at(STEP_BYTES);
        let step = String::from_utf8_lossy(step).trim_end_matches('\0').to_owned();
        let told = rest.get(..read.saturating_sub(STEP_BYTES)).and_then(|rest| Told::read(rest).ok());
        Ok((step, told))
    }
}

impl Told {
    fn write(&self, out: &mut Vec<u8>) {
        let (kind, text) = match self {
            Self::Verdict(Verdict::Kept) => (1, ""),
            Self::Verdict(Verdict::Broken(reason)) => (2, reason.as_str()),
            Self::Verdict(Verdict::Skipped(reason)) => (3, reason.as_str()),
            Self::NoPlugin(reason) => (4, reason.as_str()),
            Self::Loaded { .. } => (5, ""),
        };
        out.u32(kind);
        out.text(text);
        if let Self::Loaded { sources, sinks } = self {
            [sources, sinks].into_iter().for_each(|all| out.list(all, |out, one| one.write(out)));
        }
    }

    fn read(bytes: &[u8]) -> Result<Self, MalformedError> {
        let mut fields = Fields::new(bytes);
        let (kind, text) = (fields.u32()?, fields.text()?.to_owned());
        Ok(match kind {
            1 => Self::Verdict(Verdict::Kept),
            2 => Self::Verdict(Verdict::Broken(text)),
            3 => Self::Verdict(Verdict::Skipped(text)),
            4 => Self::NoPlugin(text),
            5 => Self::Loaded {
                sources: fields.list(ToldFactory::read)?,
                sinks: fields.list(ToldFactory::read)?,
            },
            _ => return Err(MalformedError),
        })
    }
}

impl ToldFactory {
    fn write(&self, out: &mut Vec<u8>) {
        out.text(&self.name);
        out.list(&self.paths, |out, (name, default)| {
            out.text(name);
            out.text(default);
        });
    }

    fn read(fields: &mut Fields<'_>) -> Result<Self, MalformedError> {
        let name = fields.text()?.to_owned();
        let path = |fields: &mut Fields<'_>| Ok((fields.text()?.to_owned(), fields.text()?.to_owned()));
        Ok(Self { name, paths: fields.list(path)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_read_whenever_the_process_ends() {
        let report = Report::create().unwrap();
        assert_eq!(report.read().unwrap(), (String::new(), None));
        report.step("capture");
        assert_eq!(report.read().unwrap(), ("capture".to_owned(), None));
        let all = [
            Told::Verdict(Verdict::Kept),
            Told::Verdict(Verdict::Broken("b".to_owned())),
            Told::Verdict(Verdict::Skipped("s".to_owned())),
            Told::NoPlugin("n".to_owned()),
            Told::Loaded {
                sources: vec![
                    ToldFactory { name: "a".to_owned(), paths: Vec::new() },
                    ToldFactory { name: "c".to_owned(), paths: vec![("file".to_owned(), "d".to_owned())] },
                ],
                sinks: vec![ToldFactory { name: "b".to_owned(), paths: Vec::new() }],
            },
        ];
        for told in all {
            let report = Report::create().unwrap();
            report.step("destroy");
            report.finish(&told);
            assert_eq!(report.read().unwrap(), ("destroy".to_owned(), Some(told)));
        }
    }
}
