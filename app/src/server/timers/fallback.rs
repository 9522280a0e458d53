//! Timers of systems on which they are fine by themselves.

/// Wish for fine timers, which these systems have.
pub(in crate::server) struct FineTimers;

impl FineTimers {
    pub(in crate::server) fn request() -> Self {
        Self
    }
}
