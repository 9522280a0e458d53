//! Watch cell of the WebTransport certificates, which every viewer is sent when they change.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::protocol::Certificates;

/// The newest [`Certificates`]. It locks, but only when they change and when a viewer reads them.
#[derive(Debug, Default)]
pub struct CertificateWatch {
    /// Number of changes; 0 if there is no WebTransport.
    version: AtomicU64,
    certificates: Mutex<Arc<Certificates>>,
}

impl CertificateWatch {
    /// Replaces the certificates. The caller must then wake every viewer's control channel.
    pub fn publish(&self, certificates: Certificates) {
        // An Arc is assigned in one step: a panic elsewhere can't leave it half-written.
        *self.certificates.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(certificates);
        self.version.fetch_add(1, Ordering::Release);
    }

    /// Returns the latest certificates.
    pub fn latest(&self) -> Arc<Certificates> {
        Arc::clone(&self.certificates.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the newest if they are newer than the version `read`, which is brought up to date.
    pub(crate) fn take(&self, read: &mut u64) -> Option<Arc<Certificates>> {
        let version = self.version.load(Ordering::Acquire);
        if version == *read {
            return None;
        }
        *read = version;
        Some(self.latest())
    }
}
