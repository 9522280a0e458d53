//! Limits of admission.

use std::time::Duration;

/// Viewers at a time: each may hold two frames and a socket buffer.
pub const VIEWERS_MAX: usize = 16;
/// Tasks that are remembered while they wait for a pump of one viewer: four streams, its session, and some that are
/// about to end.
pub(super) const WAKERS_MAX: usize = 8;
/// Keys that are not used yet. The oldest ends when another is drawn.
pub const KEYS_MAX: usize = 16;
/// Time after which a viewer that has not acknowledged an update gives way to another, where all places are taken.
pub const SILENCE_MAX: Duration = Duration::from_secs(5);
/// Time from the exchange of the token to the control channel.
pub const KEY_LIFETIME: Duration = Duration::from_secs(10);
/// Time from a ticket to the session that it opens.
pub const TICKET_LIFETIME: Duration = Duration::from_secs(10);

/// Page tickets at a time, those included that let viewers come back. The oldest ends when another is drawn.
pub(super) const PAGE_TICKETS_MAX: usize = 64;

/// Limits of a transport whose streams take something of which there is little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamLimits {
    /// Viewers with streams at a time.
    pub viewers_max: usize,
    /// Streams of one viewer at a time.
    pub of_one_max: usize,
}
