//! Extensions of an open source, in the process that loaded its plugin.
#![allow(unsafe_code, reason = "tables that a plugin returned are read")]

use std::ffi::c_void;

use lanstream_core::source::Event;
use lanstream_plugin_abi as abi;

use crate::audio::AudioExtension;
use crate::check::Broken;
use crate::cursor::CursorExtension;
use crate::playback::PlaybackExtension;

/// Extensions that a source has.
pub(crate) struct Extensions {
    pub(crate) cursor: Option<CursorExtension>,
    pub(crate) audio: Option<AudioExtension>,
    pub(crate) playback: Option<PlaybackExtension>,
}

impl Extensions {
    /// Reads the tables of all extensions that the host knows.
    ///
    /// # Safety
    /// `table` returns null, or what the plugin returned for the id.
    pub(crate) unsafe fn read(table: impl Fn(&'static str) -> *const c_void) -> Result<Self, Broken> {
        // SAFETY: the caller's promise.
        let cursor = unsafe { CursorExtension::read(table(abi::CURSOR_ID)) }?;
        // SAFETY: as above.
        let audio = unsafe { AudioExtension::read(table(abi::AUDIO_ID)) }?;
        // SAFETY: as above.
        let playback = unsafe { PlaybackExtension::read(table(abi::PLAYBACK_ID)) }?;
        Ok(Self { cursor, audio, playback })
    }

    /// Returns an error if an event is of an extension that the source does not have.
    pub(crate) fn check(&self, event: Event) -> Result<(), Broken> {
        let (id, is_there) = match event {
            Event::CursorMoved => (abi::CURSOR_ID, self.cursor.is_some()),
            Event::Sounded => (abi::AUDIO_ID, self.audio.is_some()),
            Event::PlaybackChanged => (abi::PLAYBACK_ID, self.playback.is_some()),
            _ => return Ok(()),
        };
        let missing = || format!("wait returned an event of the extension {id}, which it does not have");
        if is_there { Ok(()) } else { Err(missing()) }
    }
}
