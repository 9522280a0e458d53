//! Limits of admission.

use std::time::Duration;

/// Viewers at a time: each may hold two frames and a socket buffer.
pub const VIEWERS_MAX: usize = 16;
/// Viewers with HTTP streams at a time. A browser opens six connections to a host; with more than four streams its next
/// page would wait for a free one, so later viewers get their pixels by WebSocket, which has a limit of its own.
pub const HTTP_STREAMS_MAX: usize = 4;
/// HTTP streams of one viewer at a time: whenever its route changes it opens one, perhaps before those before have ended.
pub(super) const STREAMS_OF_ONE_MAX: usize = 8;
/// Carriers of one viewer that are remembered while they wait: all HTTP streams, its WebTransport session, and some that are
/// about to end.
pub(super) const WAKERS_MAX: usize = HTTP_STREAMS_MAX + 4;
/// Time from the exchange of the token to the control channel.
pub const KEY_LIFETIME: Duration = Duration::from_secs(10);

/// Time from a ticket to the WebTransport session that it opens.
pub const TICKET_LIFETIME: Duration = Duration::from_secs(10);
