//! Extension of sources that have sound. It came with minor version 2.

use core::ffi::c_void;

use crate::{Audio, Error};

/// Id of the extension: [`AudioSource`].
pub const AUDIO_ID: &str = "lanstream.audio/1";
/// Frames of sound in a second, each of a sample for the left and one for the right.
pub const SOUND_RATE: u32 = 48_000;
/// Bytes of a frame of sound.
pub const SOUND_FRAME_BYTES: u32 = 8;
/// Bytes of the longest stretch of sound of a source: 160 ms.
pub const SOUND_BYTES_MAX: u32 = SOUND_RATE / 100 * 16 * SOUND_FRAME_BYTES;

/// Extension of a source: how its sound is taken.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct AudioSource {
    /// Size of this table.
    pub struct_size: u32,
    /// 0.
    pub reserved: u32,
    /// Hands over the stretch of sound that is due, if there is one.
    pub take:
        Option<unsafe extern "C" fn(instance: *mut c_void, audio: *mut Audio, error: *mut Error) -> i32>,
}

impl Audio {
    /// No sound.
    pub const NONE: Self = Self {
        struct_size: crate::struct_size::<Self>(),
        reserved: 0,
        pts_us: 0,
        data: core::ptr::null(),
        data_len: 0,
    };
}
