//! Playback state that was last reported to the host, by which a change without a command is noticed.

use std::sync::Arc;
use std::time::Instant;

use lanstream_core::Micros;
use lanstream_core::source::{Playback, PlaybackSnapshot, Source};
use lanstream_plugin_abi as abi;
use lanstream_plugin_abi::convert::playback_to_abi;

/// Playback state of an open source that was last reported to the host.
pub(crate) struct ReportedPlayback {
    /// When the source was opened: times are counted from there.
    began: Instant,
    /// Last state that was reported, by itself or by an event; `Some(None)` is that of a live stream.
    last: Option<Option<PlaybackSnapshot>>,
    /// Names of tracks, and their addresses, which the host may read until it asks again.
    names: Arc<[String]>,
    places: Vec<abi::Str>,
}

impl ReportedPlayback {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), last: None, names: Arc::default(), places: Vec::new() }
    }

    /// Returns whether playback of `source` differs from what was reported. Each change counts once.
    pub(crate) fn has_changed(&mut self, source: &mut dyn Source) -> bool {
        let state = state_of(source);
        let has_changed = match (&self.last, &state) {
            (Some(Some(last)), Some(state)) => !last.predicts(state, self.now()),
            (Some(last), state) => last.is_some() != state.is_some(),
            (None, _) => true,
        };
        if has_changed {
            self.remember(state);
        }
        has_changed
    }

    fn remember(&mut self, state: Option<Playback>) {
        let at = self.now();
        self.last = Some(state.map(|playback| PlaybackSnapshot { playback, at }));
    }

    fn now(&self) -> Micros {
        Micros(u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// Returns the table that reports a state to the host.
    pub(crate) fn report(&mut self, state: Option<Playback>) -> abi::Playback {
        let mut table = playback_to_abi(state.as_ref());
        self.names = state.as_ref().map(|state| Arc::clone(&state.tracks)).unwrap_or_default();
        self.places = self.names.iter().map(|name| abi::Str::new(name)).collect();
        (table.tracks, table.tracks_len) = (self.places.as_ptr(), self.places.len() as u64);
        self.remember(state);
        table
    }
}

/// Returns the playback state of a source; `None` of a live stream.
pub(crate) fn state_of(source: &mut dyn Source) -> Option<Playback> {
    source.playback().and_then(|controls| controls.playback())
}
