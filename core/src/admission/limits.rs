//! Limits of admission.

use std::time::Duration;

/// Viewers at a time: each may hold two frames and a socket buffer.
pub const VIEWERS_MAX: usize = 16;
/// Tasks that are remembered while they wait for a pump of one viewer: four streams, its session, and some that are
/// about to end.
pub(super) const WAKERS_MAX: usize = 8;
/// Time from the exchange of the token to the control channel.
pub const KEY_LIFETIME: Duration = Duration::from_secs(10);
/// Time from a ticket to the session that it opens.
pub const TICKET_LIFETIME: Duration = Duration::from_secs(10);

/// Limits of a transport whose streams take something of which there is little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamLimits {
    /// Viewers with streams at a time.
    pub viewers_max: usize,
    /// Streams of one viewer at a time.
    pub of_one_max: usize,
}
