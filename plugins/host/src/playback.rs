//! Playback of an open source, in the process that loaded its plugin: asks how it stands, passes on commands, and
//! checks what is told.
#![allow(unsafe_code, reason = "functions of a plugin are called, and its texts read through their pointers")]

use std::ffi::c_void;
use std::time::Instant;

use lanstream_core::source::{Error, Playback, PlaybackCommand, Position};
use lanstream_plugin_abi as abi;
use lanstream_plugin_abi::convert::{command_to_abi, playback_from_abi};

use crate::check::{self, Broken};
use crate::open::{result, rule};

/// `playback` of the extension's table.
type Ask = unsafe extern "C" fn(*mut c_void, *mut abi::Playback, *mut abi::Error) -> i32;
/// `control` of the extension's table.
type Control = unsafe extern "C" fn(*mut c_void, *const abi::Command, *mut abi::Error) -> i32;

/// Extension of a source whose playback viewers control.
pub(crate) struct PlaybackExtension {
    ask: Ask,
    control: Control,
}

/// Playback state of a source as it was told last.
#[derive(Clone, Debug)]
pub(crate) struct KnownPlayback {
    playback: Option<Playback>,
    told_at: Instant,
}

impl KnownPlayback {
    /// Returns what was told just now.
    pub(crate) fn new(playback: Option<Playback>) -> Self {
        Self { playback, told_at: Instant::now() }
    }

    /// Returns the state now: the position goes on at the rate that was told.
    pub(crate) fn now(&self) -> Option<Playback> {
        let told = self.playback.clone()?;
        let position = told.position.map(|told| Position { at: told.after(self.told_at.elapsed()), ..told });
        Some(Playback { position, ..told })
    }
}

impl PlaybackExtension {
    /// Reads the table of the extension; `None` if there is none.
    ///
    /// # Safety
    /// `table` is null, or what a plugin returned for [`abi::PLAYBACK_ID`].
    pub(crate) unsafe fn read(table: *const c_void) -> Result<Option<Self>, Broken> {
        // SAFETY: the caller's promise.
        let table = unsafe { check::extension::<abi::PlaybackSource>(table, "ls_playback_source")? };
        let Some(table) = table else { return Ok(None) };
        let ask = table.playback.ok_or("the function playback of its table ls_playback_source is null")?;
        let control = table.control.ok_or("the function control of its table ls_playback_source is null")?;
        Ok(Some(Self { ask, control }))
    }

    /// Asks an instance of the source how its playback stands; `None` of a live stream.
    ///
    /// # Safety
    /// `instance` is open, and of the source that has the extension.
    pub(crate) unsafe fn ask(&self, instance: *mut c_void) -> Result<Option<Playback>, Error> {
        // SAFETY: the caller's promise.
        let (status, told, error) = unsafe { self.call(instance) };
        result(status, &error)?;
        // SAFETY: nothing was called since.
        unsafe { playback(&told) }.map_err(rule)
    }

    /// Calls `playback`, and returns its result unchecked.
    ///
    /// # Safety
    /// As for [`ask`](Self::ask).
    pub(crate) unsafe fn call(&self, instance: *mut c_void) -> (i32, abi::Playback, abi::Error) {
        let (mut told, mut error) = (abi::Playback::LIVE, abi::Error::NONE);
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { (self.ask)(instance, &raw mut told, &raw mut error) };
        (status, told, error)
    }

    /// Passes on a command. Returns the result of the function.
    ///
    /// # Safety
    /// As for [`ask`](Self::ask).
    pub(crate) unsafe fn control(
        &self,
        instance: *mut c_void,
        command: PlaybackCommand,
    ) -> (i32, abi::Error) {
        let (command, mut error) = (command_to_abi(command), abi::Error::NONE);
        // SAFETY: the arguments are as the interface says.
        let status = unsafe { (self.control)(instance, &raw const command, &raw mut error) };
        (status, error)
    }
}

/// Returns the playback state that a plugin told; `None` of a live stream.
///
/// # Safety
/// No function of the instance was called since.
pub(crate) unsafe fn playback(told: &abi::Playback) -> Result<Option<Playback>, Broken> {
    let what = "tracks of sound";
    // SAFETY: the caller's promise.
    let tracks = unsafe { check::list(told.tracks, told.tracks_len, abi::TRACKS_MAX, what)? };
    // SAFETY: as above.
    let names = tracks.iter().map(|name| unsafe { check::shown(*name, "name of a track of sound") });
    let playback = playback_from_abi(told, names.collect::<Result<_, _>>()?);
    playback.as_ref().map_or(Ok(()), check_tracks)?;
    Ok(playback)
}

/// Returns an error if the tracks of sound cannot be.
pub(crate) fn check_tracks(playback: &Playback) -> Result<(), Broken> {
    let count = playback.tracks.len();
    if let Some(track) = playback.track.filter(|track| *track as usize >= count) {
        return Err(format!("the track {track} of its sound is heard, and it has {count}"));
    }
    let too_long = playback.tracks.iter().find(|name| name.len() > abi::TRACK_NAME_BYTES_MAX);
    if count > abi::TRACKS_MAX {
        return Err(format!("it has {count} tracks of sound, and may have {}", abi::TRACKS_MAX));
    }
    too_long.map_or(Ok(()), |name| {
        let max = abi::TRACK_NAME_BYTES_MAX;
        Err(format!("the name of a track of its sound has {} bytes, and may have {max}", name.len()))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use lanstream_core::Pts;

    use super::*;

    #[test]
    fn a_position_goes_on_at_the_rate_that_was_told() {
        let told = |us_per_s| Playback {
            is_playing: true,
            can_seek: true,
            began: Pts(0),
            duration: None,
            position: Some(Position { at: Pts(7), us_per_s }),
            tracks: Arc::default(),
            track: None,
        };
        let known = |us_per_s| KnownPlayback {
            playback: Some(told(us_per_s)),
            told_at: Instant::now().checked_sub(Duration::from_secs(1)).unwrap(),
        };
        assert_eq!(known(0).now(), Some(told(0)));
        let position = known(2_000_000).now().unwrap().position.unwrap();
        assert!(position.at >= Pts(2_000_007) && position.us_per_s == 2_000_000, "{position:?}");
        assert_eq!(KnownPlayback::new(None).now(), None);
    }
}
