//! Rules about the life of sinks, and about what they leave behind.

use lanstream_core::frame_sink::SinkStatus;
use lanstream_plugin_abi as abi;

use super::super::sink_subject::{OpenedSink, SinkSubject};
use super::super::subject::{Failure, Fault, HostVersion, Outcome, broken};
use super::sink_frames::{Frames, begun, first_frame};
use super::{life, loading, manners};

/// Times that a sink is opened and closed.
const ROUNDS: usize = 100;
/// Frames of a sink that is used for a while.
const FRAMES: usize = 10;

pub(super) fn create(subject: &SinkSubject) -> Outcome {
    match subject.open_sink_on(HostVersion::Own).map_err(Fault::must_not_be_skipped)? {
        Ok(_opened) => Ok(()),
        Err(failure) => broken(format!("{}: give what it needs with --set NAME=VALUE", failure.words())),
    }
}

pub(super) fn factories(subject: &SinkSubject) -> Outcome {
    loading::same_factories(subject, abi::SINK_ID, |sink: &abi::Sink| sink.name)
}

pub(super) fn newer_minor(subject: &SinkSubject) -> Outcome {
    loading::own_table(subject, abi::ABI_MINOR + 1)?;
    loading::own_table(subject, u32::MAX)?;
    match subject.open_sink_on(HostVersion::Newer)? {
        Ok(mut opened) => first_frame(&mut opened),
        Err(refusal) => broken(format!("it cannot be opened by a newer host: {}", refusal.words())),
    }
}

pub(super) fn extension(subject: &SinkSubject) -> Outcome {
    loading::has_no_unknown_extension(&subject.open_sink()?.instance)
}

pub(super) fn create_destroy(subject: &SinkSubject) -> Outcome {
    (0..ROUNDS).try_for_each(|_| subject.open_sink().map(drop))
}

pub(super) fn destroy_early(subject: &SinkSubject) -> Outcome {
    drop(subject.open_sink()?);
    drop(begun(subject)?);
    let (mut opened, mut frames) = begun(subject)?;
    frames.give(&mut opened).map(drop)
}

pub(super) fn two_instances(subject: &SinkSubject) -> Outcome {
    let (mut first, second) = (begun(subject)?, begun(subject)?);
    std::thread::scope(|scope| {
        let other = scope.spawn(move || run(second));
        give_some(&mut first)?;
        other.join().map_err(|_| Fault::Skipped("a thread of the suite failed".to_owned()))??;
        // It goes on after the other has ended.
        first.0.finish()
    })
}

/// Gives some frames, and finishes.
fn run(mut sink: (OpenedSink, Frames)) -> Outcome {
    give_some(&mut sink)?;
    sink.0.finish()
}

fn give_some((opened, frames): &mut (OpenedSink, Frames)) -> Outcome {
    for _ in 0..FRAMES {
        if frames.give(opened)? == SinkStatus::Complete {
            break;
        }
    }
    Ok(())
}

pub(super) fn options(subject: &SinkSubject) -> Outcome {
    each_refusal(subject, |_| Ok(()))
}

pub(super) fn errors(subject: &SinkSubject) -> Outcome {
    each_refusal(subject, |failure| failure.check("create"))
}

/// Opens the sink with wrong values.
fn each_refusal(subject: &SinkSubject, check: impl Fn(&Failure) -> Outcome) -> Outcome {
    for values in life::wrong_values(subject) {
        if let Err(failure) = subject.open_sink_with(&values, HostVersion::Own)? {
            check(&failure)?;
        }
    }
    subject.open_sink().map(drop)
}

pub(super) fn descriptor_limit(subject: &SinkSubject) -> Outcome {
    let opened = life::without_free_descriptors(|| subject.open_sink_on(HostVersion::Own))?;
    if let Err(failure) = opened? {
        failure.check("create")?;
    }
    subject.open_sink().map(drop)
}

/// The suite itself judges what comes of it.
pub(super) fn run_once(subject: &SinkSubject) -> Outcome {
    run(begun(subject)?)
}

pub(super) fn silence(subject: &SinkSubject) -> Outcome {
    let (mut opened, mut frames) = begun(subject)?;
    frames.give(&mut opened)?;
    opened.finish()?;
    manners::is_silent(opened.instance.close())
}

/// Returns rounds with a sink.
fn rounds_of(subject: &SinkSubject) -> impl FnMut(&mut dyn FnMut() -> Outcome) -> Outcome {
    |during| {
        let (mut opened, mut frames) = begun(subject)?;
        frames.give(&mut opened)?;
        during()?;
        opened.finish()
    }
}

pub(super) fn threads(subject: &SinkSubject) -> Outcome {
    manners::ends_its_threads(&mut rounds_of(subject))
}

pub(super) fn descriptors(subject: &SinkSubject) -> Outcome {
    manners::closes_its_descriptors(&mut rounds_of(subject))
}

pub(super) fn foreign_descriptors(subject: &SinkSubject) -> Outcome {
    manners::closes_no_others(|| run_once(subject))
}

pub(super) fn memory(subject: &SinkSubject) -> Outcome {
    manners::releases_its_memory(&mut rounds_of(subject))
}

pub(super) fn process_state(subject: &SinkSubject) -> Outcome {
    manners::leaves_the_process_as_it_is(&mut rounds_of(subject))
}
