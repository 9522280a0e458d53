//! What every viewer is told as soon as it changes: how WebTransport sessions can be had.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::protocol::Certificates;

/// The newest [`Certificates`]. It locks, but only when they change and when a viewer reads them.
#[derive(Debug, Default)]
pub struct Bulletin {
    /// Counts changes; 0: there is no WebTransport.
    edition: AtomicU64,
    certificates: Mutex<Arc<Certificates>>,
}

impl Bulletin {
    /// Puts up new ones. The caller rings every viewer's bell after it.
    pub fn post(&self, certificates: Certificates) {
        // An Arc is assigned in one step: a panic elsewhere can't leave it half-written.
        *self.certificates.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(certificates);
        self.edition.fetch_add(1, Ordering::Release);
    }

    /// The newest.
    pub fn newest(&self) -> Arc<Certificates> {
        Arc::clone(&self.certificates.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The newest, if they are newer than the edition `read`, which is brought up to date.
    pub(super) fn take(&self, read: &mut u64) -> Option<Arc<Certificates>> {
        let edition = self.edition.load(Ordering::Acquire);
        if edition == *read {
            return None;
        }
        *read = edition;
        Some(self.newest())
    }
}
