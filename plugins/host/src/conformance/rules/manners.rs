//! Rules about what a source or sink leaves behind in the process, and does to it.

use std::time::{Duration, Instant};

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{MemfdFlags, Stat, fstat, memfd_create};

use super::super::buffer::{Buffer, Edge};
use super::super::process_state::{self, SharedState};
use super::super::subject::{Fault, Outcome, Subject, broken};
use super::life::WAIT;

/// Times that one is opened before anything is counted: libraries that it uses allocate for good at first.
const WARM_UP_ROUNDS: usize = 20;
/// Times that it is opened while what it leaves behind is counted.
const ROUNDS: usize = 100;
/// Threads that a source or sink may have.
const THREADS_MAX: usize = 64;
/// Time that the system may take to forget a thread that has ended.
const THREAD_END_TIMEOUT: Duration = Duration::from_millis(500);
/// Memory by which a process may grow in all rounds: allocators do not return all.
const GROWTH_BYTES_MAX: u64 = 2 << 20;
/// Time in which a thread that goes on after `destroy` would call the host.
const SILENCE: Duration = Duration::from_millis(100);
/// Descriptors of others that are open while a source runs.
const FOREIGN_DESCRIPTORS: usize = 8;

/// Opens a source or sink, uses it once and closes it. Calls its argument before the end.
pub(super) type Round<'a> = dyn FnMut(&mut dyn FnMut() -> Outcome) -> Outcome + 'a;

/// Returns rounds with a source.
fn rounds_of(subject: &Subject) -> impl FnMut(&mut dyn FnMut() -> Outcome) -> Outcome {
    let mut buffer: Option<Buffer> = None;
    move |during| {
        let mut opened = subject.open()?;
        if buffer.as_ref().is_none_or(|buffer| buffer.layout != opened.layout) {
            buffer = Some(opened.buffer(Edge::Upper)?);
        }
        let all = opened.all();
        if let Some(buffer) = &mut buffer {
            opened.capture(buffer, &all)?;
        }
        opened.wait(Some(Duration::ZERO))?;
        during()
    }
}

fn repeat(round: &mut Round<'_>, count: usize) -> Outcome {
    (0..count).try_for_each(|_| round(&mut || Ok(())))
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
    is_silent(opened.instance.close())
}

/// Tries whether nothing that was closed calls the host. `calls` counts its calls.
pub(super) fn is_silent(calls: impl Fn() -> u64) -> Outcome {
    let before = calls();
    std::thread::sleep(SILENCE);
    match calls() - before {
        0 => Ok(()),
        count => broken(format!("it called the host {count} times after destroy had returned")),
    }
}

pub(super) fn threads(subject: &Subject) -> Outcome {
    ends_its_threads(&mut rounds_of(subject))
}

pub(super) fn ends_its_threads(round: &mut Round<'_>) -> Outcome {
    repeat(round, 1)?;
    let before = process_state::threads();
    for _ in 0..ROUNDS {
        round(&mut || match process_state::threads() - before {
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
    closes_its_descriptors(&mut rounds_of(subject))
}

pub(super) fn closes_its_descriptors(round: &mut Round<'_>) -> Outcome {
    repeat(round, WARM_UP_ROUNDS)?;
    let before = process_state::descriptors();
    repeat(round, ROUNDS)?;
    let left = process_state::descriptors().len().saturating_sub(before.len());
    if left > 0 { broken(format!("{left} descriptors are left after {ROUNDS} rounds")) } else { Ok(()) }
}

pub(super) fn foreign_descriptors(subject: &Subject) -> Outcome {
    closes_no_others(|| run_once(subject))
}

pub(super) fn closes_no_others(run: impl FnOnce() -> Outcome) -> Outcome {
    let unavailable = |error| Fault::Skipped(format!("no descriptor is available: {error}"));
    let files: Vec<OwnedFd> = (0..FOREIGN_DESCRIPTORS)
        .map(|_| memfd_create(c"lanstream-foreign", MemfdFlags::CLOEXEC).map_err(unavailable))
        .collect::<Result<_, _>>()?;
    let identity =
        |file: &OwnedFd| fstat(file.as_fd()).map(|Stat { st_dev, st_ino, .. }| (st_dev, st_ino)).ok();
    let before: Vec<_> = files.iter().map(identity).collect();
    let standard = standard_descriptors();
    let done = run();
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
    releases_its_memory(&mut rounds_of(subject))
}

pub(super) fn releases_its_memory(round: &mut Round<'_>) -> Outcome {
    repeat(round, WARM_UP_ROUNDS)?;
    let before = process_state::memory_bytes();
    repeat(round, ROUNDS)?;
    let growth = process_state::memory_bytes().saturating_sub(before);
    if growth > GROWTH_BYTES_MAX {
        return broken(format!("{} KiB of memory are left after {ROUNDS} rounds", growth >> 10));
    }
    Ok(())
}

pub(super) fn process_state(subject: &Subject) -> Outcome {
    leaves_the_process_as_it_is(&mut rounds_of(subject))
}

pub(super) fn leaves_the_process_as_it_is(round: &mut Round<'_>) -> Outcome {
    let before = SharedState::now();
    let unchanged = || match SharedState::now().change_since(&before) {
        Some(what) => broken(format!("it changes {what}")),
        None => Ok(()),
    };
    let done = round(&mut || unchanged());
    unchanged()?;
    done
}
