//! What the host was told of the playback of an open source, which tells when it has changed without a command.

use std::sync::Arc;
use std::time::Instant;

use lanstream_core::Micros;
use lanstream_core::source::{Playback, PlaybackSnapshot, Source};
use lanstream_plugin_abi as abi;
use lanstream_plugin_abi::playback_flag::{
    CAN_SEEK, CONTROLLED, HAS_DURATION, HAS_POSITION, HAS_TRACK, PLAYING,
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
    pub(crate) fn tell(&mut self, state: Option<Playback>) -> abi::Playback {
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

/// Returns how playback of a source stands; `None` of a live stream.
pub(crate) fn state_of(source: &mut dyn Source) -> Option<Playback> {
    source.playback().and_then(|controls| controls.playback())
}
