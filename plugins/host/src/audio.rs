//! The sound of an open source, in the process that loaded its plugin: takes it, and checks it.
#![allow(
    unsafe_code,
    reason = "functions of a plugin are called, and its samples read through their pointer"
)]

use std::ffi::c_void;

use lanstream_core::Pts;
use lanstream_core::source::{AudioChunk, Error, SOUND_FRAME_BYTES};
use lanstream_plugin_abi as abi;

use crate::check::{self, Broken};
use crate::open::{result, rule};

/// Bytes of the longest stretch of sound of a source.
const SOUND_BYTES_MAX: usize = abi::SOUND_BYTES_MAX as usize;

/// `take` of the extension's table.
type Take = unsafe extern "C" fn(*mut c_void, *mut abi::Audio, *mut abi::Error) -> i32;

/// Extension of a source that has sound.
pub(crate) struct AudioExtension {
    take: Take,
}

impl AudioExtension {
    /// Reads the table of the extension; `None` if there is none.
    ///
    /// # Safety
    /// `table` is null, or what a plugin returned for [`abi::AUDIO_ID`].
    pub(crate) unsafe fn read(table: *const c_void) -> Result<Option<Self>, Broken> {
        // SAFETY: the caller's promise.
        let table = unsafe { check::extension::<abi::AudioSource>(table, "ls_audio_source")? };
        let Some(table) = table else { return Ok(None) };
        let take = table.take.ok_or("the function take of its table ls_audio_source is null")?;
        Ok(Some(Self { take }))
    }

    /// Takes the stretch of sound that is due from an instance of the source, if there is one.
    ///
    /// # Safety
    /// `instance` is open, and of the source that has the extension.
    pub(crate) unsafe fn take(&self, instance: *mut c_void) -> Result<Option<AudioChunk>, Error> {
        // SAFETY: the caller's promise.
        let (status, taken, error) = unsafe { self.call(instance) };
        result(status, &error)?;
        // SAFETY: nothing was called since.
        unsafe { chunk(&taken) }.map_err(rule)
    }

    /// Calls the function, and returns its result unchecked.
    ///
    /// # Safety
    /// As for [`take`](Self::take).
    pub(crate) unsafe fn call(&self, instance: *mut c_void) -> (i32, abi::Audio, abi::Error) {
        let (mut taken, mut error) = (abi::Audio::NONE, abi::Error::NONE);
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { (self.take)(instance, &raw mut taken, &raw mut error) };
        (status, taken, error)
    }
}

/// Returns the stretch of sound that a plugin handed over.
///
/// # Safety
/// No function of the instance was called since.
pub(crate) unsafe fn chunk(taken: &abi::Audio) -> Result<Option<AudioChunk>, Broken> {
    // SAFETY: the caller's promise.
    let samples = unsafe { check::list(taken.data, taken.data_len, SOUND_BYTES_MAX, "bytes of sound")? };
    check_samples(samples)?;
    let chunk = AudioChunk { at: Pts(taken.pts_us), samples: samples.to_vec() };
    Ok((!samples.is_empty()).then_some(chunk))
}

/// Returns an error if samples are no stretch of sound.
pub(crate) fn check_samples(samples: &[u8]) -> Result<(), Broken> {
    let len = samples.len();
    if len > SOUND_BYTES_MAX || !len.is_multiple_of(SOUND_FRAME_BYTES) {
        return Err(format!(
            "its sound has {len} bytes, which are not up to {SOUND_BYTES_MAX} in frames of {SOUND_FRAME_BYTES}"
        ));
    }
    match samples.as_chunks().0.iter().position(|sample| !f32::from_le_bytes(*sample).is_finite()) {
        Some(index) => Err(format!("the sample {index} of its sound is infinite or not a number")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_is_whole_frames_of_numbers_up_to_a_length() {
        let lens = [0, 8, SOUND_BYTES_MAX, 4, 9, SOUND_BYTES_MAX + 8];
        let are_sound = lens.map(|len| check_samples(&vec![0; len]).is_ok());
        assert_eq!(are_sound, [true, true, true, false, false, false]);
        let of = |samples: [f32; 2]| check_samples(samples.map(f32::to_le_bytes).as_flattened());
        assert_eq!(of([-1.0, f32::MAX]), Ok(()));
        for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let said = of([0.0, wrong]).unwrap_err();
            assert!(said.contains("the sample 1"), "{said}");
        }
    }
}
