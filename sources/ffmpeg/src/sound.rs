//! The sound of a film: another FFmpeg decodes it and runs as far ahead as the pipe and a buffer let it, so that it is
//! with viewers before its pictures are seen.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use lanstream_core::Pts;
use lanstream_core::source::{AudioChunk, SOUND_FRAME_BYTES, SOUND_RATE};

use crate::mix::Mix;
use crate::program::Program;

/// Bytes that are read ahead: half a second.
const AHEAD_BYTES: usize = SOUND_RATE as usize / 2 * SOUND_FRAME_BYTES;
/// Frames that go to viewers together: 20 ms.
const STRETCH_FRAMES: usize = SOUND_RATE as usize / 50;
const STRETCH_BYTES: usize = STRETCH_FRAMES * SOUND_FRAME_BYTES;
/// Bytes read at once.
const READ_BYTES: usize = 32 * 1024;

/// FFmpeg's output, and how much of it went to viewers.
pub(crate) struct SoundTrack {
    /// Goes before the program: FFmpeg hears at once that no one reads it.
    pipe: OwnedFd,
    /// `None` means its pictures come from the same.
    program: Option<Program>,
    buffer: Vec<u8>,
    /// Where its first frame is, by the clock of its pictures.
    start: Duration,
    /// Frames that went to viewers.
    sent: u64,
    mix: Mix,
    ended: bool,
    /// What was wrong with it, once it has ended.
    complaint: Option<String>,
}

impl SoundTrack {
    /// What FFmpeg decodes of a film.
    pub(crate) fn new((program, pipe): (Program, OwnedFd), start: Duration, mix: Mix) -> Self {
        Self { program: Some(program), ..Self::with_pictures(pipe, start, mix) }
    }

    /// What the FFmpeg that has its pictures writes to another pipe.
    pub(crate) fn with_pictures(pipe: OwnedFd, start: Duration, mix: Mix) -> Self {
        let buffer = Vec::with_capacity(AHEAD_BYTES + READ_BYTES);
        Self { program: None, pipe, buffer, start, sent: 0, mix, ended: false, complaint: None }
    }

    /// To be waited for, where there is room for more.
    pub(crate) fn pipe(&self) -> Option<BorrowedFd<'_>> {
        (!self.ended && self.buffer.len() < AHEAD_BYTES).then(|| self.pipe.as_fd())
    }

    /// Reads what there is now, once.
    pub(crate) fn read(&mut self) {
        let before = self.buffer.len();
        self.buffer.resize(before + READ_BYTES, 0);
        let read = match rustix::io::read(&self.pipe, &mut self.buffer[before..]) {
            Err(rustix::io::Errno::INTR) => None,
            other => Some(other.unwrap_or(0)),
        };
        self.buffer.truncate(before + read.unwrap_or(0));
        // It would pause with its words in the pipe.
        self.program.iter_mut().for_each(|program| program.log_mut().read());
        if read == Some(0) {
            self.ended = true;
            self.complaint = self.program.as_mut().and_then(|program| program.finish().complaint());
        }
    }

    /// Whether FFmpeg could make nothing of it by the rules for its layout.
    pub(crate) fn cannot_be_mixed(&self) -> bool {
        let has_nothing = self.ended && self.sent == 0 && self.buffer.is_empty();
        has_nothing && self.complaint.is_some() && self.mix == Mix::Layout
    }

    /// What was wrong with it, once: for people.
    pub(crate) fn take_complaint(&mut self) -> Option<String> {
        let complaint = self.complaint.take()?;
        let what = if self.sent == 0 && self.buffer.is_empty() {
            "its sound is missing"
        } else {
            "its sound is not whole"
        };
        Some(format!("{what}: {complaint}"))
    }

    /// Tells its program to end, without waiting for that.
    pub(crate) fn dismiss(&mut self) {
        self.program.iter_mut().for_each(Program::dismiss);
    }

    /// The film begins at another time of that clock.
    pub(crate) fn delay(&mut self, by: Duration) {
        self.start += by;
    }

    /// Where its first frame is, by that clock.
    pub(crate) fn begins_at(&self) -> Duration {
        self.start
    }

    /// Whether all of it went to viewers.
    pub(crate) fn is_over(&self) -> bool {
        self.ended && self.stretch_bytes() == 0
    }

    /// When the next stretch must be heard by that clock, if it is there.
    pub(crate) fn next_at(&self) -> Option<Pts> {
        let sent = Duration::from_micros(self.sent * 1_000_000 / u64::from(SOUND_RATE));
        (self.stretch_bytes() > 0).then(|| Pts::at(self.start + sent))
    }

    /// The next stretch.
    pub(crate) fn take(&mut self) -> Option<AudioChunk> {
        let at = self.next_at()?;
        let bytes = self.stretch_bytes();
        self.sent += (bytes / SOUND_FRAME_BYTES) as u64;
        Some(AudioChunk { at, samples: self.buffer.drain(..bytes).collect() })
    }

    /// Bytes of the next stretch: the last may be shorter, and none is begun that is not there.
    fn stretch_bytes(&self) -> usize {
        let whole_frames = self.buffer.len() / SOUND_FRAME_BYTES * SOUND_FRAME_BYTES;
        match self.buffer.len() {
            STRETCH_BYTES.. => STRETCH_BYTES,
            _ if self.ended => whole_frames,
            _ => 0,
        }
    }
}
