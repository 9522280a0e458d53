//! Extension of a source whose playback viewers control.
#![allow(unsafe_code, reason = "pointers that the host passes are read and written")]

use std::ffi::c_void;
use std::sync::PoisonError;

use lanstream_plugin_abi as abi;
use lanstream_plugin_abi::convert::command_from_abi;

use crate::instance::{Instance, guarded, host_error};
use crate::reported_playback::state_of;

/// Table of the extension.
pub(crate) static TABLE: abi::PlaybackSource = abi::PlaybackSource {
    struct_size: abi::struct_size::<abi::PlaybackSource>(),
    reserved: 0,
    playback: Some(playback),
    control: Some(control),
};

/// `playback` of [`abi::PlaybackSource`]. The instance keeps the names of tracks, so that they stay until it is asked
/// again.
unsafe extern "C" fn playback(
    instance: *mut c_void,
    told: *mut abi::Playback,
    error: *mut abi::Error,
) -> i32 {
    // SAFETY: the host passes valid pointers.
    let (instance, told, error) = unsafe { (&*instance.cast::<Instance>(), &mut *told, &mut *error) };
    guarded(error, || {
        let state = state_of(instance.source.lock().unwrap_or_else(PoisonError::into_inner).as_mut());
        let struct_size = told.struct_size;
        *told = instance.reported_playback.lock().unwrap_or_else(PoisonError::into_inner).report(state);
        told.struct_size = struct_size;
        Ok(())
    })
}

/// `control` of [`abi::PlaybackSource`].
unsafe extern "C" fn control(
    instance: *mut c_void,
    command: *const abi::Command,
    error: *mut abi::Error,
) -> i32 {
    // SAFETY: the host passes valid pointers.
    let (instance, command, error) = unsafe { (&*instance.cast::<Instance>(), &*command, &mut *error) };
    guarded(error, || {
        let command = command_from_abi(command).ok_or_else(|| host_error("a command that there is not"))?;
        let mut source = instance.source.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(controls) = source.playback() {
            controls.control(command);
        }
        Ok(())
    })
}
