//! Extensions of an open source, found by their ids.
#![allow(unsafe_code, reason = "text that the host passes is read through its pointer")]

use std::ffi::c_void;

use lanstream_plugin_abi as abi;

use crate::instance::{Instance, slice};
use crate::{audio, cursor, playback};

/// `extension` of [`abi::Source`].
pub(crate) unsafe extern "C" fn extension(instance: *mut c_void, id: abi::Str) -> *const c_void {
    // SAFETY: it was made by `create` and not destroyed.
    let instance = unsafe { &*instance.cast::<Instance>() };
    // SAFETY: the host passes text that is valid during the call.
    let id = unsafe { slice(id.data, id.len) };
    if id == abi::CURSOR_ID.as_bytes() && instance.has_cursor {
        (&raw const cursor::TABLE).cast()
    } else if id == abi::AUDIO_ID.as_bytes() && instance.has_audio {
        (&raw const audio::TABLE).cast()
    } else if id == abi::PLAYBACK_ID.as_bytes() && instance.has_playback {
        (&raw const playback::TABLE).cast()
    } else {
        std::ptr::null()
    }
}
