//! Extension of a source whose playback viewers control.
#![allow(unsafe_code, reason = "pointers that the host passes are read and written")]

use std::ffi::c_void;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use lanstream_core::Micros;
use lanstream_core::source::{Playback, PlaybackSnapshot, Source};
use lanstream_plugin_abi as abi;
use lanstream_plugin_abi::convert::command_from_abi;
use lanstream_plugin_abi::playback_flag::{
    CAN_SEEK, CONTROLLED, HAS_DURATION, HAS_POSITION, HAS_TRACK, PLAYING,
};

use crate::instance::{Instance, guarded, host_error};

/// Table of the extension.
pub(crate) static TABLE: abi::PlaybackSource = abi::PlaybackSource {
    struct_size: abi::struct_size::<abi::PlaybackSource>(),
    reserved: 0,
    playback: Some(playback),
    control: Some(control),
};

/// What the host knows of the playback of an open source.
pub(crate) struct ToldPlayback {
    /// When the source was opened: times are counted from there.
    began: Instant,
    /// State that the host was told last, or told that it has changed to; `None` within of a live stream.
    last: Option<Option<PlaybackSnapshot>>,
    /// Names of tracks, and where the host may read them until it asks again.
    names: Arc<[String]>,
    places: Vec<abi::Str>,
}

impl ToldPlayback {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), last: None, names: Arc::default(), places: Vec::new() }
    }

    /// Returns whether playback of `source` goes otherwise than the host was told, once for each change.
    pub(crate) fn has_changed(&mut self, source: &mut dyn Source) -> bool {
        let state = state_of(source);
        let has_changed = match (&self.last, &state) {
            (Some(Some(told)), Some(state)) => !told.predicts(state, self.now()),
            (Some(told), state) => told.is_some() != state.is_some(),
            (None, _) => true,
        };
        if has_changed {
            self.know(state);
        }
        has_changed
    }

    fn know(&mut self, state: Option<Playback>) {
        let at = self.now();
        self.last = Some(state.map(|playback| PlaybackSnapshot { playback, at }));
    }

    fn now(&self) -> Micros {
        Micros(u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// Tells the host how playback stands.
    fn tell(&mut self, state: Option<Playback>) -> abi::Playback {
        let told = state.as_ref().map_or(abi::Playback::LIVE, |state| self.table(state));
        self.know(state);
        told
    }

    fn table(&mut self, state: &Playback) -> abi::Playback {
        self.names = Arc::clone(&state.tracks);
        self.places = self.names.iter().map(|name| abi::Str::new(name)).collect();
        let flags = [
            (true, CONTROLLED),
            (state.is_playing, PLAYING),
            (state.can_seek, CAN_SEEK),
            (state.duration.is_some(), HAS_DURATION),
            (state.position.is_some(), HAS_POSITION),
            (state.track.is_some(), HAS_TRACK),
        ];
        let microseconds = |duration: std::time::Duration| u64::try_from(duration.as_micros());
        abi::Playback {
            flags: flags.iter().filter(|(has, _)| *has).map(|(_, flag)| flag).sum(),
            began_us: state.began.0,
            duration_us: state.duration.map_or(0, |duration| microseconds(duration).unwrap_or(u64::MAX)),
            position_us: state.position.map_or(0, |position| position.at.0),
            rate_us_per_s: state.position.map_or(0, |position| position.us_per_s),
            track: state.track.unwrap_or(0),
            tracks: self.places.as_ptr(),
            tracks_len: self.places.len() as u64,
            ..abi::Playback::LIVE
        }
    }
}

fn state_of(source: &mut dyn Source) -> Option<Playback> {
    source.playback().and_then(|controls| controls.playback())
}

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
        *told = instance.told_playback.lock().unwrap_or_else(PoisonError::into_inner).tell(state);
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
