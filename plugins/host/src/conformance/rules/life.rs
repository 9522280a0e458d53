//! Rules about opening, waiting and closing.

use std::time::{Duration, Instant};

use lanstream_core::options::OptionKind;
use lanstream_core::source::Event;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::super::buffer::Edge;
use super::super::process_state;
use super::super::subject::{Failure, Fault, HostVersion, Opened, Outcome, Subject, Values, broken};

/// Times that a source is opened and closed.
const ROUNDS: usize = 100;
/// Time that `wait` is given where it does not matter what it returns. A source of 60 frames a second has an event.
pub(super) const WAIT: Duration = Duration::from_millis(20);
/// Time that `wait` may take longer than it is given: far more than a system under load delays a thread.
const WAIT_LATE_MAX: Duration = Duration::from_secs(2);
/// Time after which a wait is ended by a wake-up.
const WAKE_AFTER: Duration = Duration::from_millis(20);
/// Texts for options that are text: empty, long, of many bytes, of bytes that mean something to C, and not UTF-8.
const TEXTS: [&[u8]; 9] = [
    b"",
    b" ",
    b"%s%n%s%n",
    b"-1",
    b"0x0",
    b"99999999999999999999x99999999999999999999",
    "\u{1f469}\u{200d}\u{1f4bb}".as_bytes(),
    b"a\0b",
    b"\xff\xfe\xc3\x28",
];
/// Folder that there is not, in which the paths are that options are given.
const NOWHERE: &[u8] = b"/nonexistent/";
/// Number of bytes of the longest text.
const LONG_TEXT_BYTES: usize = 16 << 10;

pub(super) fn create(subject: &Subject) -> Outcome {
    match subject.open_on(HostVersion::Own).map_err(Fault::must_not_be_skipped)? {
        Ok(_opened) => Ok(()),
        Err(failure) => broken(format!("{}: give what it needs with --set NAME=VALUE", failure.words())),
    }
}

pub(super) fn create_destroy(subject: &Subject) -> Outcome {
    (0..ROUNDS).try_for_each(|_| subject.open().map(drop))
}

pub(super) fn destroy_early(subject: &Subject) -> Outcome {
    drop(subject.open()?);
    let mut waited = subject.open()?;
    waited.wait(Some(Duration::ZERO))?;
    drop(waited);
    let mut captured = subject.open()?;
    let mut buffer = captured.buffer(Edge::Upper)?;
    let all = captured.all();
    captured.capture(&mut buffer, &all).map(drop)
}

pub(super) fn two_instances(subject: &Subject) -> Outcome {
    let (first, second) = (subject.open()?, subject.open()?);
    std::thread::scope(|scope| {
        let other = scope.spawn(move || run(second, 10).map(drop));
        let first = run(first, 10)?;
        other.join().map_err(|_| Fault::Skipped("a thread of the suite failed".to_owned()))??;
        // It goes on after the other has ended.
        run(first, 3).map(drop)
    })
}

/// Waits and captures some times.
fn run(mut opened: Opened, rounds: usize) -> Outcome<Opened> {
    for _ in 0..rounds {
        opened.wait(Some(WAIT))?;
        let (mut buffer, all) = (opened.buffer(Edge::Upper)?, opened.all());
        opened.capture(&mut buffer, &all)?;
    }
    Ok(opened)
}

/// Returns the options of a source, with values that mean nothing or cannot be, one at a time.
pub(super) fn wrong_values<T>(subject: &Subject<T>) -> Vec<Values> {
    let long = vec![b'a'; LONG_TEXT_BYTES];
    let texts: Vec<&[u8]> = TEXTS.into_iter().chain([long.as_slice()]).collect();
    // Nothing can be there, and nothing is written there.
    let paths: Vec<_> = texts.iter().map(|text| [NOWHERE, *text].concat()).collect();
    let paths: Vec<&[u8]> = paths.iter().map(Vec::as_slice).chain([&b""[..]]).collect();
    let of_option = |option: &lanstream_core::options::OptionSpec| {
        let values: &[&[u8]] = match option.kind {
            OptionKind::Text { .. } | OptionKind::Arguments => &texts,
            OptionKind::Path => &paths,
            OptionKind::Integer { .. } => &[b"", b"x", b"99999999999999999999"],
            OptionKind::Choice(_) => &[b"", b"none of them"],
            _ => &[],
        };
        values.iter().map(|value| subject.values_with(&option.name, value)).collect::<Vec<_>>()
    };
    let unknown = subject.values_with("no-such-option", b"1");
    subject.descriptor.options.iter().flat_map(of_option).chain([unknown]).collect()
}

pub(super) fn options(subject: &Subject) -> Outcome {
    each_refusal(subject, |_| Ok(()))
}

pub(super) fn errors(subject: &Subject) -> Outcome {
    each_refusal(subject, |failure| failure.check("create"))
}

/// Opens the source with wrong values. One that takes them has to be usable.
fn each_refusal(subject: &Subject, check: impl Fn(&Failure) -> Outcome) -> Outcome {
    for values in wrong_values(subject) {
        match subject.open_with(&values, HostVersion::Own)? {
            Ok(mut opened) => opened.wait(Some(Duration::ZERO)).map(drop)?,
            Err(failure) => check(&failure)?,
        }
    }
    subject.open().map(drop)
}

pub(super) fn descriptor_limit(subject: &Subject) -> Outcome {
    let opened = without_free_descriptors(|| subject.open_on(HostVersion::Own))?;
    if let Err(failure) = opened? {
        failure.check("create")?;
    }
    subject.open().map(drop)
}

/// Runs `job` while this process has no free descriptor.
pub(super) fn without_free_descriptors<T>(job: impl FnOnce() -> T) -> Outcome<T> {
    let before = getrlimit(Resource::Nofile);
    let highest = process_state::descriptors().last().copied().unwrap_or(0);
    let full = Rlimit { current: Some(u64::from(highest.unsigned_abs()) + 1), ..before };
    let limited = setrlimit(Resource::Nofile, full);
    limited.map_err(|error| Fault::Skipped(format!("descriptors cannot be limited here: {error}")))?;
    // Numbers below the highest may be free.
    let filling: Vec<_> = std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()).collect();
    let done = job();
    drop(filling);
    let restored = setrlimit(Resource::Nofile, before);
    restored.map_err(|error| Fault::Skipped(format!("the limit stays: {error}")))?;
    Ok(done)
}

pub(super) fn timeout(subject: &Subject) -> Outcome {
    let mut opened = subject.open()?;
    for timeout in [Duration::ZERO, Duration::from_millis(1), Duration::from_millis(50)] {
        let begin = Instant::now();
        opened.wait(Some(timeout))?;
        let took = begin.elapsed();
        if took > timeout + WAIT_LATE_MAX {
            return broken(format!("wait took {took:.1?} instead of at most {timeout:?}"));
        }
    }
    Ok(())
}

pub(super) fn wake(subject: &Subject) -> Outcome {
    let mut opened = subject.open()?;
    (opened.instance.waker())();
    ends_by_waking(&mut opened)?;
    for _ in 0..3 {
        let waker = opened.instance.waker();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(WAKE_AFTER);
                waker();
            });
            ends_by_waking(&mut opened)
        })?;
    }
    Ok(())
}

/// Waits until a wait is ended by a wake-up. Other events may come before.
fn ends_by_waking(opened: &mut Opened) -> Outcome {
    let begin = Instant::now();
    while opened.wait(None)? != Event::Woken {
        if begin.elapsed() > WAIT_LATE_MAX {
            return broken("wait returns other events, and never that it was woken");
        }
    }
    Ok(())
}

pub(super) fn events(subject: &Subject) -> Outcome {
    let mut opened = subject.open()?;
    for round in 0..ROUNDS / 4 {
        if round % 2 == 1 {
            let (mut buffer, all) = (opened.buffer(Edge::Upper)?, opened.all());
            opened.capture(&mut buffer, &all)?;
        }
        let event = opened.wait_only(Some(WAIT))?;
        let (description, layout) = opened.described()?;
        if layout != opened.layout && event != Event::Resized {
            let (before, now) = (opened.layout.size, layout.size);
            return broken(format!("its layout changed from {before} to {now} without the event RESIZED"));
        }
        if description != opened.description && !matches!(event, Event::Described | Event::Resized) {
            return broken("its description changed without the event DESCRIBED");
        }
        opened.describe()?;
    }
    Ok(())
}
