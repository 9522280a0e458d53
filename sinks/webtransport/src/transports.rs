//! Descriptions of the transports that a session carries.

use lanstream_core::protocol::TransportId;
use lanstream_core::sink::TransportInfo;

/// One stream of the session for each route. Packing a band takes a twentieth of the time that it travels, so small
/// bands cost nothing, and the first leaves sooner.
pub const STREAM: TransportInfo = TransportInfo {
    id: TransportId::new(3).expect("the number is in range"),
    name: "webtransport",
    summary: "A WebTransport stream; where a viewer has none, as auto",
    band_bytes: 256 << 10,
    is_universal: false,
    is_listed: true,
    endpoint: None,
};

/// Datagrams of the session; what gets lost comes again on a stream.
pub const DATAGRAMS: TransportInfo = TransportInfo {
    id: TransportId::new(4).expect("the number is in range"),
    name: "webtransport-datagrams",
    summary: "WebTransport datagrams",
    is_listed: false,
    ..STREAM
};
