//! How QUIC is set up: as the WebTransport sink does it, or with settings of one's own to compare with that.

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context, bail};
use lanstream_webtransport::{CappedCubicConfig, WINDOW_BYTES};
use wtransport::config::QuicTransportConfig;
use wtransport::quinn::MtuDiscoveryConfig;
use wtransport::quinn::congestion::{BbrConfig, ControllerFactory, CubicConfig};

/// Bytes handed over at once; from 16 KiB to 1 MiB it makes no difference.
pub(crate) const CHUNK_BYTES: usize = 256 << 10;

/// Settings, the sink's unless said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tuning {
    /// What was said.
    pub(crate) text: String,
    control: Option<Control>,
    packet_bytes: Option<u16>,
    window_bytes: Option<u64>,
    send_bytes: Option<u64>,
    is_offloaded: Option<bool>,
}

/// What decides how much is in flight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Control {
    /// Cubic, up to the window.
    #[default]
    Capped,
    /// Cubic, from the window on. It grows to 20 MB while the page is not kept busy, and loses up to 2.8 % of packets
    /// when it is.
    Cubic,
    /// BBR, from the window on. It loses four packets of ten when the page is kept busy.
    Bbr,
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
            ("control", "capped") => self.control = Some(Control::Capped),
            ("control", "cubic") => self.control = Some(Control::Cubic),
            ("control", "bbr") => self.control = Some(Control::Bbr),
            ("packet", _) => self.packet_bytes = Some(value.parse()?),
            ("window", _) => self.window_bytes = Some(value.parse()?),
            ("send", _) => self.send_bytes = Some(value.parse()?),
            ("offload", _) => self.is_offloaded = Some(value.parse()?),
            _ => bail!(
                "there is no setting {name}={value}: they are control=capped|cubic|bbr, packet, window, send, offload"
            ),
        }
        Ok(())
    }

    /// As the library takes it.
    pub(crate) fn transport(&self) -> QuicTransportConfig {
        let mut config = lanstream_webtransport::transport(IpAddr::V4(Ipv4Addr::LOCALHOST));
        if let Some(bytes) = self.packet_bytes {
            let mut discovery = MtuDiscoveryConfig::default();
            discovery.upper_bound(bytes);
            config.initial_mtu(bytes).mtu_discovery_config(Some(discovery));
        }
        self.send_bytes.map(|bytes| config.send_window(bytes));
        self.is_offloaded.map(|is_offloaded| config.enable_segmentation_offload(is_offloaded));
        if self.control.is_some() || self.window_bytes.is_some() {
            config.congestion_controller_factory(self.controllers());
        }
        config
    }

    fn controllers(&self) -> Arc<dyn ControllerFactory + Send + Sync> {
        let window_bytes = self.window_bytes.unwrap_or(WINDOW_BYTES);
        match self.control.unwrap_or_default() {
            Control::Capped => Arc::new(CappedCubicConfig { bytes_max: window_bytes }),
            Control::Cubic => {
                let mut cubic = CubicConfig::default();
                cubic.initial_window(window_bytes);
                Arc::new(cubic)
            }
            Control::Bbr => {
                let mut bbr = BbrConfig::default();
                bbr.initial_window(window_bytes);
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
        assert_eq!((tuning.control, tuning.window_bytes), (Some(Control::Cubic), Some(1 << 20)));
        assert_eq!(tuning.packet_bytes, None);
    }

    #[test]
    fn a_setting_that_does_not_exist_is_an_error() {
        for text in ["windows=1", "control=vegas", "window", "packet=-1"] {
            assert!(text.parse::<Tuning>().is_err(), "{text}");
        }
    }
}
