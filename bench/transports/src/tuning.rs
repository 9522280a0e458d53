//! How QUIC is set up for a browser on the same machine, and why: what was measured towards Chromium 156 over loopback.
//!
//! One thread of Chromium's network service is what limits: it takes 6 to 8 µs for a packet, whatever comes from here. So the
//! settings buy larger packets, no losses and a short queue, not a multiple of the speed.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use wtransport::config::QuicTransportConfig;
use wtransport::quinn::MtuDiscoveryConfig;
use wtransport::quinn::congestion::{BbrConfig, ControllerFactory, CubicConfig};

use crate::window::Capped;

/// Bytes of a UDP packet, the most that Chromium takes: it drops larger ones. Its network service needs 6.4 ms of processor
/// time for a megabyte in packets of 1200 bytes, 5.5 in 1452, 5.3 in 1472.
const PACKET_BYTES: u16 = 1472;
/// Bytes in flight. From 128 KiB on no more arrives, the queue before Chromium's socket only gets longer: round trips are 2 ms
/// with 256 KiB, 7 with 768. With 1 MiB its receive buffer loses 2 % of packets, with 1.3 MiB 12 %. This one fits where the
/// kernel grants 208 KiB, Debian's default: it doubles that, and charges 1.4 bytes for each. Firefox, which acknowledges every
/// hundredth packet only, loses up to a fifth of its speed by it.
const WINDOW_BYTES: u64 = 256 << 10;
/// A round trip before any was measured. The library's third of a second is a third of a second to wait for a lost handshake.
const RTT: Duration = Duration::from_millis(2);
/// Bytes that a stream's writer may be ahead of what was acknowledged.
const SEND_BYTES: u64 = 2 << 20;
/// Bytes handed over at once; from 16 KiB to 1 MiB it makes no difference.
pub(crate) const CHUNK_BYTES: usize = 256 << 10;

/// Settings, ours unless said.
#[derive(Clone, Debug)]
pub(crate) struct Tuning {
    /// What was said.
    pub(crate) text: String,
    control: Control,
    packet_bytes: u16,
    window_bytes: u64,
    send_bytes: u64,
    is_offloaded: bool,
}

/// What decides how much is in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Control {
    /// Cubic, up to the window.
    Capped,
    /// Cubic, from the window on. It grows to 20 MB while the page is not kept busy, and loses up to 2.8 % of packets when it is.
    Cubic,
    /// BBR, from the window on. It loses four packets of ten when the page is kept busy.
    Bbr,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            text: String::new(),
            control: Control::Capped,
            packet_bytes: PACKET_BYTES,
            window_bytes: WINDOW_BYTES,
            send_bytes: SEND_BYTES,
            is_offloaded: true,
        }
    }
}

impl FromStr for Tuning {
    type Err = anyhow::Error;

    /// Reads settings such as `window=1048576,control=cubic`.
    fn from_str(text: &str) -> anyhow::Result<Self> {
        let mut tuning = Self { text: text.to_owned(), ..Self::default() };
        for setting in text.split(',') {
            let (name, value) = setting.split_once('=').context("a setting is name=value")?;
            tuning.set(name, value)?;
        }
        Ok(tuning)
    }
}

impl Tuning {
    fn set(&mut self, name: &str, value: &str) -> anyhow::Result<()> {
        match (name, value) {
            ("control", "capped") => self.control = Control::Capped,
            ("control", "cubic") => self.control = Control::Cubic,
            ("control", "bbr") => self.control = Control::Bbr,
            ("packet", _) => self.packet_bytes = value.parse()?,
            ("window", _) => self.window_bytes = value.parse()?,
            ("send", _) => self.send_bytes = value.parse()?,
            ("offload", _) => self.is_offloaded = value.parse()?,
            _ => bail!(
                "there is no setting {name}={value}: they are control=capped|cubic|bbr, packet, window, send, offload"
            ),
        }
        Ok(())
    }

    /// As the library takes it.
    pub(crate) fn transport(&self) -> QuicTransportConfig {
        let mut discovery = MtuDiscoveryConfig::default();
        discovery.upper_bound(self.packet_bytes);
        let mut config = QuicTransportConfig::default();
        config
            .initial_mtu(self.packet_bytes)
            .mtu_discovery_config(Some(discovery))
            .initial_rtt(RTT)
            .send_window(self.send_bytes)
            // One send of the kernel for ten packets. Without it the server takes twice the processor time.
            .enable_segmentation_offload(self.is_offloaded)
            .congestion_controller_factory(self.controllers());
        config
    }

    fn controllers(&self) -> Arc<dyn ControllerFactory + Send + Sync> {
        match self.control {
            Control::Capped => Arc::new(Capped { bytes_max: self.window_bytes }),
            Control::Cubic => {
                let mut cubic = CubicConfig::default();
                cubic.initial_window(self.window_bytes);
                Arc::new(cubic)
            }
            Control::Bbr => {
                let mut bbr = BbrConfig::default();
                bbr.initial_window(self.window_bytes);
                Arc::new(bbr)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_stays_ours() {
        let tuning: Tuning = "control=cubic,window=1048576".parse().unwrap();
        assert_eq!((tuning.control, tuning.window_bytes), (Control::Cubic, 1 << 20));
        assert_eq!(tuning.packet_bytes, PACKET_BYTES);
    }

    #[test]
    fn a_setting_that_does_not_exist_is_an_error() {
        for text in ["windows=1", "control=vegas", "window", "packet=-1"] {
            assert!(text.parse::<Tuning>().is_err(), "{text}");
        }
    }
}
