//! Extension of a source that has sound.
#![allow(unsafe_code, reason = "pointers that the host passes are read and written")]

use std::ffi::c_void;
use std::sync::PoisonError;

use lanstream_plugin_abi as abi;

use crate::instance::{Instance, guarded};

/// Table of the extension.
pub(crate) static TABLE: abi::AudioSource =
    abi::AudioSource { struct_size: abi::struct_size::<abi::AudioSource>(), reserved: 0, take: Some(take) };

/// `take` of [`abi::AudioSource`].
unsafe extern "C" fn take(instance: *mut c_void, audio: *mut abi::Audio, error: *mut abi::Error) -> i32 {
    // SAFETY: the host passes valid pointers.
    let (instance, audio, error) = unsafe { (&*instance.cast::<Instance>(), &mut *audio, &mut *error) };
    guarded(error, || {
        let taken = instance.sound.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(abi::Audio { pts_us, data, data_len, .. }) = taken {
            (audio.pts_us, audio.data, audio.data_len) = (pts_us, data, data_len);
        }
        Ok(())
    })
}
