//! Rules about the plugin's own table.
#![allow(unsafe_code, reason = "functions of a plugin are called")]

use lanstream_plugin_abi as abi;

use super::super::buffer::Edge;
use super::super::instance::Instance;
use super::super::subject::{HostVersion, Outcome, Subject, broken};
use crate::check;

/// Id of no kind of factory, and of no extension.
pub(super) const UNKNOWN_ID: &str = "lanstream.unknown/1";

/// Calls the exported function as a host of this version. Returns the plugin's table, if it supports the host.
fn table<T>(subject: &Subject<T>, major: u32, minor: u32) -> Outcome<Option<abi::Plugin>> {
    subject.step("lanstream_plugin");
    // SAFETY: the exported function may be called with any version.
    let table = unsafe { (subject.entry)(major, minor) };
    if table.is_null() {
        return Ok(None);
    }
    // SAFETY: the plugin's promise.
    let read = unsafe { check::table(table, "ls_plugin", size_of::<abi::Plugin>()) };
    read.map(Some).map_err(super::super::subject::Fault::Broken)
}

/// Returns the table that the host uses.
pub(super) fn own_table<T>(subject: &Subject<T>, minor: u32) -> Outcome<abi::Plugin> {
    match table(subject, abi::ABI_MAJOR, minor)? {
        Some(table) if table.abi_major == abi::ABI_MAJOR => Ok(table),
        _ => broken(format!("it does not support a host of version {}.{minor}", abi::ABI_MAJOR)),
    }
}

pub(super) fn factories(subject: &Subject) -> Outcome {
    same_factories(subject, abi::SOURCE_ID, |source: &abi::Source| source.name)
}

/// Tries whether the tables of kind `id` are the same each time they are asked for. `name` returns the name in one.
pub(super) fn same_factories<T: Copy>(
    subject: &Subject<T>,
    id: &'static str,
    name: fn(&T) -> abi::Str,
) -> Outcome {
    let Some(factory) = own_table(subject, abi::ABI_MINOR)?.factory else {
        return broken("its function factory is null");
    };
    let at = |id: &'static str, index| {
        subject.step("factory");
        // SAFETY: the id is valid during the call.
        unsafe { factory(abi::Str::new(id), index) }
    };
    for (index, before) in (0..).zip(&subject.names) {
        // SAFETY: the plugin's promise: it is the table of such a factory.
        let again = unsafe { check::table(at(id, index).cast::<T>(), "of a factory", 0) };
        // SAFETY: as above.
        let again = again.and_then(|table| unsafe { check::text(name(&table), "name") });
        if again.as_ref() != Ok(before) {
            return broken(format!("its factory {index} is {before} at first, and then {again:?}"));
        }
    }
    let count = u32::try_from(subject.names.len()).unwrap_or(u32::MAX);
    for (id, index) in [(id, count), (id, u32::MAX), (UNKNOWN_ID, 0), ("", 0)] {
        if !at(id, index).is_null() {
            return broken(format!("it has a factory of kind {id:?} at {index}, where there is none"));
        }
    }
    Ok(())
}

pub(super) fn other_major<T>(subject: &Subject<T>) -> Outcome {
    for major in [0, abi::ABI_MAJOR + 1, u32::MAX] {
        if table(subject, major, 0)?.is_some_and(|table| table.abi_major != abi::ABI_MAJOR) {
            return broken(format!("to a host of version {major}, it says another version than its own"));
        }
    }
    Ok(())
}

pub(super) fn newer_minor(subject: &Subject) -> Outcome {
    own_table(subject, abi::ABI_MINOR + 1)?;
    own_table(subject, u32::MAX)?;
    match subject.open_on(HostVersion::Newer)? {
        Ok(mut opened) => {
            let mut buffer = opened.buffer(Edge::Upper)?;
            let all = opened.all();
            opened.capture(&mut buffer, &all).map(drop)
        }
        Err(refusal) => broken(format!("it cannot be opened by a newer host: {}", refusal.words())),
    }
}

pub(super) fn extension(subject: &Subject) -> Outcome {
    has_no_unknown_extension(&subject.open()?.instance)
}

/// Asks an instance for extensions that it cannot have.
pub(super) fn has_no_unknown_extension(instance: &Instance) -> Outcome {
    for id in [UNKNOWN_ID, ""] {
        if instance.extension(id).is_some_and(|table| !table.is_null()) {
            return broken(format!("it has an extension of the unknown id {id:?}"));
        }
    }
    Ok(())
}
