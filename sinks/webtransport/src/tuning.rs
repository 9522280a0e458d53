//! QUIC for a browser on the same machine, and limits for one that means ill: as measured towards Chromium 156 over
//! loopback by `cargo xtask bench transports`.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use wtransport::config::QuicTransportConfig;
use wtransport::quinn::{MtuDiscoveryConfig, VarInt};

use crate::capped_cubic::CappedCubicConfig;

/// Bytes of a UDP packet, the most that Chromium takes: it drops larger ones. A thread of its network service takes
/// each, which is what limits: 6.4 ms of processor time for a megabyte in packets of 1200 bytes, 5.5 in 1452, 5.3
/// in 1472.
const PACKET_BYTES: u16 = 1472;
/// The same beyond loopback, where it begins with what every path takes and finds out: with IPv6 this fills an Ethernet
/// frame.
const PACKET_BYTES_REMOTE: u16 = 1452;
/// Bytes in flight. From 128 KiB on no more arrives, only the queue before Chromium's socket gets longer: round trips
/// are 2 ms with 256 KiB, 7 with 768. With 1 MiB its receive buffer loses 2 % of packets. This fits where the kernel
/// grants 208 KiB, Debian's default: it doubles that, and charges 1.4 bytes for each. Firefox, which acknowledges every
/// hundredth packet only, loses a tenth to a fifth of its speed by it.
pub const WINDOW_BYTES: u64 = 256 << 10;
/// Round trip before it was measured. The 333 ms that are assumed for the internet would be what a lost handshake
/// costs.
const INITIAL_RTT: Duration = Duration::from_millis(2);
/// Bytes that a stream may be ahead of what was acknowledged.
const SEND_WINDOW_BYTES: u64 = 2 << 20;
/// Bytes that a viewer may send unread: it has nothing to say on streams but its headers.
const RECEIVE_WINDOW_BYTES: u32 = 64 << 10;
/// Streams that a viewer may open: HTTP/3 itself needs the request and three of its own.
const STREAMS_MAX: u32 = 8;
/// Bytes of datagrams that may wait to be read.
const DATAGRAM_BYTES: usize = 16 << 10;
/// Silence after which a peer is gone, and how often it is asked while there is nothing to send.
const IDLE_TIMEOUT_MS: u32 = 20_000;
const KEEP_ALIVE: Duration = Duration::from_secs(6);

/// The settings, as the library takes them, for a socket at `address`.
pub fn transport(address: IpAddr) -> QuicTransportConfig {
    let mut config = QuicTransportConfig::default();
    let packet_bytes = if address.is_loopback() {
        config.initial_mtu(PACKET_BYTES);
        PACKET_BYTES
    } else {
        PACKET_BYTES_REMOTE
    };
    let mut discovery = MtuDiscoveryConfig::default();
    discovery.upper_bound(packet_bytes);
    config
        .mtu_discovery_config(Some(discovery))
        .initial_rtt(INITIAL_RTT)
        .send_window(SEND_WINDOW_BYTES)
        .congestion_controller_factory(Arc::new(CappedCubicConfig { bytes_max: WINDOW_BYTES }))
        .receive_window(RECEIVE_WINDOW_BYTES.into())
        .stream_receive_window(RECEIVE_WINDOW_BYTES.into())
        .max_concurrent_bidi_streams(STREAMS_MAX.into())
        .max_concurrent_uni_streams(STREAMS_MAX.into())
        .datagram_receive_buffer_size(Some(DATAGRAM_BYTES))
        .max_idle_timeout(Some(VarInt::from_u32(IDLE_TIMEOUT_MS).into()))
        .keep_alive_interval(Some(KEEP_ALIVE));
    config
}
