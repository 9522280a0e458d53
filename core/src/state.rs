//! What a source's pipeline and those around it tell each other while it runs.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use crate::audience::Audience;
use crate::time::Micros;

/// What others set and read while the pipeline runs.
#[derive(Debug, Default)]
pub struct PipelineState {
    /// Ends the run. Wake the source's thread after setting it.
    pub stop: AtomicBool,
    /// Frames published.
    pub frames: AtomicU64,
    /// Tiles that changed without reported damage, found by the rescan.
    pub missed_damage: AtomicU64,
    /// Microseconds the last capture took.
    pub capture_us: AtomicU32,
    /// Microseconds the last comparison took.
    pub compare_us: AtomicU32,
    /// Viewers that are here, as the admission counts them.
    pub viewers: AtomicUsize,
    /// Viewers among them that take frames now.
    pub audience: Audience,
}

impl PipelineState {
    /// Counts one capture that was compared, in which `missed_damage` tiles had changed without reported damage.
    pub fn account(&self, began: Micros, captured: Micros, compared: Micros, missed_damage: usize) {
        self.capture_us.store(captured.us_since(began), Ordering::Relaxed);
        self.compare_us.store(compared.us_since(captured), Ordering::Relaxed);
        self.missed_damage.fetch_add(missed_damage as u64, Ordering::Relaxed);
    }
}
