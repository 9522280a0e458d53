//! What every connection needs, the transport's description and its limits.

use std::sync::Arc;

use lanstream_core::admission::{Admission, StreamLimits};
use lanstream_core::protocol::TransportId;
use lanstream_core::sink::TransportInfo;

use crate::assets::Asset;
use crate::upgrade::Upgrade;

/// One response without end for each route. With smaller bands the browser is woken more often and takes processor time
/// from the packing.
pub const TRANSPORT: TransportInfo = TransportInfo {
    id: TransportId::new(1).expect("the number is in range"),
    name: "http",
    summary: "One HTTP response",
    band_bytes: 1 << 20,
    is_universal: true,
    is_listed: true,
    endpoint: None,
};

/// Viewers with streams at a time. A browser opens six connections to a host; with more than four streams its next page
/// would wait for a free one, so later viewers get their pixels by another transport.
pub const HTTP_STREAMS_MAX: usize = 4;
/// Limits of streams. Whenever its route changes a viewer opens another, perhaps before those before have ended.
pub(crate) const STREAM_LIMITS: StreamLimits = StreamLimits { viewers_max: HTTP_STREAMS_MAX, of_one_max: 8 };

/// What every connection needs.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) admission: Arc<Admission>,
    pub(crate) assets: &'static [Asset],
    pub(crate) upgrades: Arc<[Upgrade]>,
}
