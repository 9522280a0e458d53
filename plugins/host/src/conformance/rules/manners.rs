//! Rules about what a source leaves behind in the process, and does to it.

use std::time::{Duration, Instant};

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{MemfdFlags, Stat, fstat, memfd_create};

use super::super::buffer::{Buffer, Edge};
use super::super::process_state::{self, SharedState};
use super::super::subject::{Fault, Outcome, Subject, broken};
use super::life::WAIT;

/// Times that a source is opened before anything is counted: libraries that it uses allocate for good at first.
const WARM_UP_ROUNDS: usize = 20;
/// Times that it is opened while what it leaves behind is counted.
const ROUNDS: usize = 100;
/// Threads that a source may have.
const THREADS_MAX: usize = 64;
/// Time that the system may take to forget a thread that has ended.
const THREAD_END_TIMEOUT: Duration = Duration::from_millis(500);
/// Memory by which a process may grow in all rounds: allocators do not return all.
const GROWTH_BYTES_MAX: u64 = 2 << 20;
/// Time in which a thread that goes on after `destroy` would call the host.
const SILENCE: Duration = Duration::from_millis(100);
/// Descriptors of others that are open while a source runs.
const FOREIGN_DESCRIPTORS: usize = 8;

/// Opens the source, captures once and closes it. Calls `during` before the end.
fn round(subject: &Subject, buffer: &mut Option<Buffer>, during: impl FnOnce() -> Outcome) -> Outcome {
    let mut opened = subject.open()?;
    if buffer.as_ref().is_none_or(|buffer| buffer.layout != opened.layout) {
        *buffer = Some(opened.buffer(Edge::Upper)?);
    }
    let all = opened.all();
    if let Some(buffer) = buffer {
        opened.capture(buffer, &all)?;
    }
    opened.wait(Some(Duration::ZERO))?;
    during()
}

fn rounds(subject: &Subject, count: usize, buffer: &mut Option<Buffer>) -> Outcome {
    (0..count).try_for_each(|_| round(subject, buffer, || Ok(())))
}

/// The suite itself judges what comes of it.
pub(super) fn run_once(subject: &Subject) -> Outcome {
    let mut opened = subject.open()?;
    let (mut buffer, all) = (opened.buffer(Edge::Upper)?, opened.all());
    for _ in 0..5 {
        opened.capture(&mut buffer, &all)?;
        opened.wait(Some(WAIT))?;
    }
    Ok(())
}

pub(super) fn silence(subject: &Subject) -> Outcome {
    let mut opened = subject.open()?;
    let (mut buffer, all) = (opened.buffer(Edge::Upper)?, opened.all());
    opened.capture(&mut buffer, &all)?;
    opened.wait(Some(WAIT))?;
    let calls = opened.close();
    let before = calls();
    std::thread::sleep(SILENCE);
    match calls() - before {
        0 => Ok(()),
        count => broken(format!("it called the host {count} times after destroy had returned")),
    }
}

pub(super) fn threads(subject: &Subject) -> Outcome {
    let mut buffer = None;
    round(subject, &mut buffer, || Ok(()))?;
    let before = process_state::threads();
    for _ in 0..ROUNDS {
        round(subject, &mut buffer, || match process_state::threads() - before {
            own if own > THREADS_MAX => broken(format!("it has {own} threads, and may have {THREADS_MAX}")),
            _ => Ok(()),
        })?;
        let begin = Instant::now();
        while process_state::threads() > before {
            if begin.elapsed() > THREAD_END_TIMEOUT {
                let left = process_state::threads() - before;
                return broken(format!("{left} of its threads went on after destroy had returned"));
            }
            std::thread::yield_now();
        }
    }
    Ok(())
}

pub(super) fn descriptors(subject: &Subject) -> Outcome {
    let mut buffer = None;
    rounds(subject, WARM_UP_ROUNDS, &mut buffer)?;
    let before = process_state::descriptors();
    rounds(subject, ROUNDS, &mut buffer)?;
    let left = process_state::descriptors().len().saturating_sub(before.len());
    if left > 0 { broken(format!("{left} descriptors are left after {ROUNDS} sources")) } else { Ok(()) }
}

pub(super) fn foreign_descriptors(subject: &Subject) -> Outcome {
    let unavailable = |error| Fault::Skipped(format!("no descriptor is available: {error}"));
    let files: Vec<OwnedFd> = (0..FOREIGN_DESCRIPTORS)
        .map(|_| memfd_create(c"lanstream-foreign", MemfdFlags::CLOEXEC).map_err(unavailable))
        .collect::<Result<_, _>>()?;
    let identity =
        |file: &OwnedFd| fstat(file.as_fd()).map(|Stat { st_dev, st_ino, .. }| (st_dev, st_ino)).ok();
    let before: Vec<_> = files.iter().map(identity).collect();
    let standard = standard_descriptors();
    let done = run_once(subject);
    let is_same = files.iter().map(identity).eq(before) && standard == standard_descriptors();
    // One of them may be closed, or be another's by now.
    files.into_iter().for_each(std::mem::forget);
    if !is_same {
        return broken("it closed a descriptor that is not its own");
    }
    done
}

/// Returns what standard input, output and error lead to.
fn standard_descriptors() -> Vec<Option<(u64, u64)>> {
    use std::os::unix::fs::MetadataExt as _;
    let identity = |number: i32| {
        let metadata = std::fs::metadata(format!("/proc/self/fd/{number}")).ok()?;
        Some((metadata.dev(), metadata.ino()))
    };
    (0..=2).map(identity).collect()
}

pub(super) fn memory(subject: &Subject) -> Outcome {
    let mut buffer = None;
    rounds(subject, WARM_UP_ROUNDS, &mut buffer)?;
    let before = process_state::memory_bytes();
    rounds(subject, ROUNDS, &mut buffer)?;
    let growth = process_state::memory_bytes().saturating_sub(before);
    if growth > GROWTH_BYTES_MAX {
        return broken(format!("{} KiB of memory are left after {ROUNDS} sources", growth >> 10));
    }
    Ok(())
}

pub(super) fn process_state(subject: &Subject) -> Outcome {
    let before = SharedState::now();
    let mut buffer = None;
    let unchanged = || match SharedState::now().change_since(&before) {
        Some(what) => broken(format!("it changes {what}")),
        None => Ok(()),
    };
    let done = round(subject, &mut buffer, unchanged);
    unchanged()?;
    done
}
