//! The rule about cursors that are apart from the pixels.
#![allow(unsafe_code, reason = "a function of a plugin is called, and its pixels are read")]

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use lanstream_core::source::Event;

use super::super::buffer::Edge;
use super::super::subject::{Fault, Opened, Outcome, Subject, broken, check_status};
use super::life::WAIT;
use crate::cursor::{ShapeSize, pixels};

/// Times that a source is waited for, captured, and asked if its cursor has moved.
const ROUNDS: usize = 100;

/// Sizes of shapes and hashes of their pixels, by their serials.
type Shapes = BTreeMap<u32, (u16, u16, u64)>;

pub(super) fn cursor(subject: &Subject) -> Outcome {
    let mut opened = subject.open()?;
    if opened.extensions.cursor.is_none() {
        return Err(Fault::Skipped("it has no cursor apart from its pixels".to_owned()));
    }
    let mut shapes = Shapes::new();
    look(&mut opened, &mut shapes)?;
    for _ in 0..ROUNDS {
        let event = opened.wait(Some(WAIT))?;
        if event == Event::CursorMoved {
            look(&mut opened, &mut shapes)?;
        } else {
            let (mut buffer, all) = (opened.buffer(Edge::Upper)?, opened.all());
            opened.capture(&mut buffer, &all)?;
        }
    }
    Ok(())
}

/// Asks where the cursor is, and compares its shape with what had the same serial before.
fn look(opened: &mut Opened, shapes: &mut Shapes) -> Outcome {
    let Some(cursor) = &mut opened.extensions.cursor else { return Ok(()) };
    opened.instance.step("cursor");
    // SAFETY: the instance is open, and of the source that has the extension.
    let (status, told, error) = unsafe { cursor.call(opened.instance.pointer) };
    check_status("cursor", status, &error)?;
    // SAFETY: nothing was called since.
    let Some(shape) = unsafe { cursor.check(&told) }.map_err(Fault::Broken)?.shape else { return Ok(()) };
    // SAFETY: as above.
    let pixels = unsafe { pixels(&told, ShapeSize::of(&shape)) }.map_err(Fault::Broken)?;
    let mut hasher = DefaultHasher::new();
    pixels.hash(&mut hasher);
    let now = (shape.width, shape.height, hasher.finish());
    if *shapes.entry(told.serial).or_insert(now) != now {
        return broken(format!("the shape of its cursor changed, and not its serial {}", told.serial));
    }
    Ok(())
}
