//! Sound of an open source between the event that tells of it and the call that takes it.

use std::time::Duration;

use lanstream_core::source::{AudioChunk, SOUND_RATE, Source};
use lanstream_plugin_abi as abi;

/// Bytes of the longest stretch that is handed over.
const STRETCH_BYTES_MAX: usize = abi::SOUND_BYTES_MAX as usize;

/// Sound that is due, and what was handed over last.
#[derive(Debug, Default)]
pub(crate) struct Sound {
    due: Option<AudioChunk>,
    /// Samples that the host may read until it is asked for the next.
    taken: Vec<u8>,
}

impl Sound {
    /// Returns whether sound of `source` is due. What is due is taken from the source once.
    pub(crate) fn is_due(&mut self, source: &mut dyn Source) -> bool {
        if self.due.is_none() {
            self.due = source.audio().and_then(|audio| audio.take_chunk());
        }
        self.due.is_some()
    }

    /// Hands over what is due, up to the length that the interface allows; the rest stays due.
    pub(crate) fn take(&mut self) -> Option<abi::Audio> {
        let AudioChunk { at, mut samples } = self.due.take()?;
        if samples.len() > STRETCH_BYTES_MAX {
            let rest = samples.split_off(STRETCH_BYTES_MAX);
            let frames = abi::SOUND_BYTES_MAX / abi::SOUND_FRAME_BYTES;
            self.due = Some(AudioChunk {
                at: at.after(Duration::from_secs(1) * frames / SOUND_RATE),
                samples: rest,
            });
        }
        self.taken = samples;
        let (data, data_len) = (self.taken.as_ptr(), self.taken.len() as u64);
        Some(abi::Audio { pts_us: at.0, data, data_len, ..abi::Audio::NONE })
    }
}
