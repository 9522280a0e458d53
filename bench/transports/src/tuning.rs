//! How QUIC is set up for a browser on the same machine.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use wtransport::config::QuicTransportConfig;
use wtransport::quinn::{MtuDiscoveryConfig, congestion};

use crate::window;

/// The settings that matter.
#[derive(Clone, Debug)]
pub struct Tuning {
    pub mtu: u16,
    pub mtu_max: u16,
    pub rtt: Duration,
    pub send_window: u64,
    pub controller: String,
    pub window: u64,
    pub gso: bool,
    pub fair: bool,
    pub chunk: usize,
    pub threshold: u32,
    pub time: f32,
    pub send_buffer: usize,
    pub receive_buffer: usize,
    pub cipher: String,
    pub copy: bool,
    pub text: String,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            mtu: 1452,
            mtu_max: 1452,
            rtt: Duration::from_millis(2),
            send_window: 32 << 20,
            controller: "fixed".to_owned(),
            window: 768 << 10,
            gso: true,
            fair: false,
            chunk: 256 << 10,
            threshold: 3,
            time: 9.0 / 8.0,
            send_buffer: 0,
            receive_buffer: 0,
            cipher: String::new(),
            copy: false,
            text: String::new(),
        }
    }
}

impl FromStr for Tuning {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let mut tuning = Self { text: text.to_owned(), ..Self::default() };
        for pair in text.split(',').filter(|s| !s.is_empty()) {
            let (key, value) = pair.split_once('=').context("a setting is key=value")?;
            tuning.set(key, value)?;
        }
        Ok(tuning)
    }
}

impl Tuning {
    fn set(&mut self, key: &str, value: &str) -> anyhow::Result<()> {
        match key {
            "mtu" => self.mtu = value.parse()?,
            "mtu_max" => self.mtu_max = value.parse()?,
            "rtt_us" => self.rtt = Duration::from_micros(value.parse()?),
            "send_window" => self.send_window = value.parse()?,
            "cc" => self.controller = value.to_owned(),
            "window" => self.window = value.parse::<u64>()? << 10,
            "gso" => self.gso = value.parse()?,
            "fair" => self.fair = value.parse()?,
            "chunk" => self.chunk = value.parse::<usize>()? << 10,
            "threshold" => self.threshold = value.parse()?,
            "time" => self.time = value.parse()?,
            "sndbuf" => self.send_buffer = value.parse::<usize>()? << 10,
            "rcvbuf" => self.receive_buffer = value.parse::<usize>()? << 10,
            "cipher" => self.cipher = value.to_owned(),
            "copy" => self.copy = value.parse()?,
            _ => anyhow::bail!("there is no setting {key}"),
        }
        Ok(())
    }

    /// As quinn takes it.
    pub fn transport(&self) -> QuicTransportConfig {
        let mut config = QuicTransportConfig::default();
        if self.controller == "default" {
            return config;
        }
        let mut discovery = MtuDiscoveryConfig::default();
        discovery.upper_bound(self.mtu_max);
        config
            .initial_mtu(self.mtu)
            .mtu_discovery_config(Some(discovery))
            .initial_rtt(self.rtt)
            .send_window(self.send_window)
            .send_fairness(self.fair)
            .packet_threshold(self.threshold)
            .time_threshold(self.time)
            .enable_segmentation_offload(self.gso);
        match self.controller.as_str() {
            "cubic" => {
                let mut cubic = congestion::CubicConfig::default();
                cubic.initial_window(self.window);
                config.congestion_controller_factory(Arc::new(cubic));
            }
            "bbr" => {
                let mut bbr = congestion::BbrConfig::default();
                bbr.initial_window(self.window);
                config.congestion_controller_factory(Arc::new(bbr));
            }
            _ => {
                config.congestion_controller_factory(Arc::new(window::Fixed { bytes: self.window }));
            }
        }
        config
    }
}
