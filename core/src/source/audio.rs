//! Audio that belongs to a source's frames.

use crate::time::Pts;

/// Capability of a source that has sound.
pub trait AudioSource {
    /// Takes the next audio chunk that is due to be on its way to viewers, if there is one.
    fn take_chunk(&mut self) -> Option<AudioChunk>;
}

/// A stretch of a film's sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioChunk {
    /// Where in the film it begins, by the clock of its pictures.
    pub at: Pts,
    /// [`SOUND_RATE`] frames a second of a sample each for left and right, little-endian `f32`s.
    pub samples: Vec<u8>,
}

/// Frames of sound in a second: what nearly all sound cards play as it is.
pub const SOUND_RATE: u32 = 48_000;
/// Bytes of a frame.
pub const SOUND_FRAME_BYTES: usize = 2 * size_of::<f32>();
