//! Rules about frames.

use std::time::{Duration, Instant};

use lanstream_core::Rect;
use lanstream_core::Region;
use lanstream_core::options::OptionKind;
use lanstream_core::source::Event;

use super::super::buffer::{Buffer, Edge};
use super::super::picture::{Mask, cells, is_padding_untouched};
use super::super::process_state::{cpu_time, queued_time};
use super::super::subject::{Fault, HostVersion, Opened, Outcome, Shot, Subject, broken};
use super::life::WAIT;
use crate::lent::Kept;

/// Times that a source is waited for and captured.
const ROUNDS: usize = 100;
/// Times that a picture is compared with the one before.
const COMPARISONS: usize = 30;
/// Bytes that a buffer holds before a capture: no picture has all of its pixels like one of them.
const POISONS: [u8; 2] = [0xa5, 0x5a];
/// Sizes in which most faults of rows show: single pixels, odd rows, rows that end within a page.
const SIZES: [&str; 7] = ["1x1", "1x64", "64x1", "3x2", "17x33", "257x129", "641x361"];
/// Time for which nobody captures.
const IDLE: Duration = Duration::from_secs(1);
/// Share of that time, without that in which it waited for a processor, that a source may compute for: one of 240
/// frames a second that looks at its clock takes less.
const IDLE_CPU_SHARE_MAX: f64 = 0.2;
/// Least share of the time that counts, however long several threads waited for a processor together.
const IDLE_COUNTED_SHARE_MIN: f64 = 0.25;
/// Time for which lent pixels are looked at.
const LENT_FOR: Duration = Duration::from_millis(2);
/// Number of frames whose pixels are kept while others are captured, as viewers do that have not caught up.
const KEPT: usize = 3;

pub(super) fn capture(subject: &Subject) -> Outcome {
    let mut opened = subject.open()?;
    let mut captured = 0;
    let done = wait_and_capture(&mut opened, &mut captured);
    if captured == 0 {
        done.map_err(Fault::must_not_be_skipped)?;
        return broken(format!("it had no picture in {ROUNDS} attempts"));
    }
    done
}

/// Waits and captures as the host does, and counts the frames.
fn wait_and_capture(opened: &mut Opened, captured: &mut usize) -> Outcome {
    let mut buffer = opened.buffer(Edge::Upper)?;
    let mut is_due = true;
    for _ in 0..ROUNDS {
        if std::mem::take(&mut is_due) {
            let all = opened.all();
            let is_captured = opened.capture(&mut buffer, &all)?.is_some();
            *captured += usize::from(is_captured);
            is_due = !is_captured;
        }
        match opened.wait(Some(WAIT))? {
            Event::Resized => {
                buffer = opened.buffer(Edge::Upper)?;
                is_due = true;
            }
            Event::Damaged => is_due = true,
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn bounds(subject: &Subject) -> Outcome {
    for edge in [Edge::Lower, Edge::Upper] {
        let mut opened = subject.open()?;
        for _ in 0..ROUNDS / 10 {
            opened.wait(Some(WAIT))?;
            let all = opened.all();
            let mut own = opened.buffer(edge)?;
            opened.capture(&mut own, &all)?;
            let mut padded = opened.padded_buffer(edge)?;
            opened.capture(&mut padded, &all)?;
        }
    }
    Ok(())
}

pub(super) fn stride(subject: &Subject) -> Outcome {
    let mut opened = subject.open()?;
    let all = opened.all();
    let mut shots = Vec::new();
    for poison in POISONS {
        let mut buffer = opened.padded_buffer(Edge::Upper)?;
        buffer.bytes_mut().fill(poison);
        let layout = buffer.layout;
        if opened.capture(&mut buffer, &all)?.is_none() {
            return Err(no_picture());
        }
        if !is_padding_untouched(buffer.bytes(), layout, poison) {
            return broken("it writes between the rows of the host's buffer: use the stride of the frame");
        }
        shots.push(cells(buffer.bytes(), layout));
    }
    let is_unwritten = |index: usize| {
        let [first, second] = [shots[0][index], shots[1][index]];
        first[..3] == [POISONS[0]; 3] && second[..3] == [POISONS[1]; 3]
    };
    match Mask::of(opened.layout, &[]).first_outside(is_unwritten) {
        None => Ok(()),
        Some((x, y)) => {
            broken(format!("it does not write the pixel at {x},{y} of rows with a larger stride"))
        }
    }
}

pub(super) fn sizes(subject: &Subject) -> Outcome {
    let is_size = |option: &&lanstream_core::options::OptionSpec| {
        option.name == "size" && matches!(option.kind, OptionKind::Text { .. })
    };
    if subject.descriptor.options.iter().find(is_size).is_none() {
        return Err(Fault::Skipped("it has no option named size".to_owned()));
    }
    for size in SIZES {
        let values = subject.values_with("size", size.as_bytes());
        let Ok(mut opened) = subject.open_with(&values, HostVersion::Own)? else { continue };
        for edge in [Edge::Lower, Edge::Upper] {
            let (mut buffer, all) = (opened.buffer(edge)?, opened.all());
            opened.capture(&mut buffer, &all)?;
        }
    }
    Ok(())
}

pub(super) fn damage(subject: &Subject) -> Outcome {
    let mut opened = subject.open()?;
    let mut buffer = opened.buffer(Edge::Upper)?;
    let mut before = None;
    for _ in 0..COMPARISONS {
        let (layout, all) = (buffer.layout, opened.all());
        if let Some(shot) = opened.capture(&mut buffer, &all)? {
            let now = cells(buffer.bytes(), layout);
            if let Some(before) = before.replace(now.clone()) {
                check_damage(&opened, &shot, &before, &now)?;
            }
        }
        if opened.wait(Some(WAIT))? == Event::Resized {
            buffer = opened.buffer(Edge::Upper)?;
            before = None;
        }
    }
    Ok(())
}

fn check_damage(opened: &Opened, shot: &Shot, before: &[[u8; 4]], now: &[[u8; 4]]) -> Outcome {
    let mask = Mask::of(opened.layout, &[&shot.damage]);
    match mask.first_outside(|index| before[index] != now[index]) {
        None => Ok(()),
        Some((x, y)) => {
            let rects = shot.damage.rects().len();
            broken(format!("the pixel at {x},{y} changed outside of the {rects} rectangles that it reported"))
        }
    }
}

pub(super) fn updated(subject: &Subject) -> Outcome {
    let mut opened = subject.open()?;
    // The first capture is of all.
    let (mut buffer, all) = (opened.buffer(Edge::Upper)?, opened.all());
    opened.capture(&mut buffer, &all)?;
    for poison in [POISONS, POISONS].as_flattened() {
        if opened.wait(Some(WAIT))? == Event::Resized {
            buffer = opened.buffer(Edge::Upper)?;
        }
        buffer.bytes_mut().fill(*poison);
        let (layout, region) = (buffer.layout, Region::from(Rect { x: 0, y: 0, width: 1, height: 1 }));
        let before = cells(buffer.bytes(), layout);
        let Some(shot) = opened.capture(&mut buffer, &region)? else { continue };
        let after = cells(buffer.bytes(), layout);
        let mask = Mask::of(layout, &[&region, &shot.updated, &shot.damage]);
        if let Some((x, y)) = mask.first_outside(|index| before[index] != after[index]) {
            return broken(format!(
                "it wrote the pixel at {x},{y}, which it was not asked for and does not report"
            ));
        }
    }
    Ok(())
}

pub(super) fn lent(subject: &Subject) -> Outcome {
    let mut opened = subject.open()?;
    let mut has_lent = false;
    let mut kept = Vec::new();
    for _ in 0..COMPARISONS {
        let (mut buffer, all) = (opened.buffer(Edge::Upper)?, opened.all());
        let layout = buffer.layout;
        if let Some((_, Some(pixels))) = opened.capture_lent(&mut buffer, &all)? {
            has_lent = true;
            let copy = |bytes: &mut [u8]| pixels.copy_to(bytes, layout).map_err(Fault::Broken);
            copy(buffer.bytes_mut())?;
            let before = cells(buffer.bytes(), layout);
            std::thread::sleep(LENT_FOR);
            copy(buffer.bytes_mut())?;
            if before != cells(buffer.bytes(), layout) {
                return broken("the pixels that it lent changed before they were released");
            }
            subject.step("lent_release");
            if kept.len() < KEPT {
                kept.extend(pixels.keep(layout).ok().map(|pixels| (pixels, buffer)));
            }
        }
        opened.wait(Some(WAIT))?;
    }
    drop(opened);
    kept.into_iter().try_for_each(|(pixels, before)| are_as_before(subject, pixels, &before))?;
    if has_lent { Ok(()) } else { Err(Fault::Skipped("it lends no pixels".to_owned())) }
}

/// Compares kept pixels with what they were, after their source has gone, and releases them on another thread.
fn are_as_before(subject: &Subject, pixels: Kept, before: &Buffer) -> Outcome {
    let layout = before.layout;
    if cells(pixels.bytes(), layout) != cells(before.bytes(), layout) {
        return broken("the pixels that it lent to be kept changed before they were released");
    }
    subject.step("lent_release");
    std::thread::scope(|scope| {
        scope.spawn(move || drop(pixels));
    });
    Ok(())
}

pub(super) fn idle(subject: &Subject) -> Outcome {
    let mut opened = subject.open()?;
    let (mut buffer, all) = (opened.buffer(Edge::Upper)?, opened.all());
    opened.capture(&mut buffer, &all)?;
    let (begin, cpu_before, queued_before) = (Instant::now(), cpu_time(), queued_time());
    while let Some(left) = IDLE.checked_sub(begin.elapsed()).filter(|left| !left.is_zero()) {
        opened.wait(Some(left))?;
    }
    let (took, elapsed) = (cpu_time() - cpu_before, begin.elapsed());
    let queued = queued_time().saturating_sub(queued_before);
    let counted = elapsed.saturating_sub(queued).max(elapsed.mul_f64(IDLE_COUNTED_SHARE_MIN));
    if took > counted.mul_f64(IDLE_CPU_SHARE_MAX) {
        return broken(format!("it computed for {took:.0?} of {counted:.0?} in which nobody captured"));
    }
    Ok(())
}

fn no_picture() -> Fault {
    Fault::Skipped("it had no picture at that moment".to_owned())
}
