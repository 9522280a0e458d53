//! The sink: the page's listener, its files and upgrades, and pixels as one response without end.

use std::net::SocketAddr;
use std::sync::Arc;

use lanstream_core::admission::Admission;
use lanstream_core::sink::{Serving, Shutdown, Sink, TransportInfo};

use crate::assets::Asset;
use crate::config::{Config, TRANSPORT};
use crate::listen::Listeners;
use crate::serve::serve;
use crate::upgrade::Upgrade;

/// The page's listener, which every viewer comes through: files, exchange of the token, upgrades, and pixels where
/// [`TRANSPORT`] is offered.
#[derive(Debug)]
pub struct HttpSink {
    listeners: Listeners,
    assets: &'static [Asset],
    upgrades: Vec<Upgrade>,
}

impl HttpSink {
    /// Returns a sink that serves `assets` and passes connections on to `upgrades`.
    pub fn new(listeners: Listeners, assets: &'static [Asset], upgrades: Vec<Upgrade>) -> Self {
        Self { listeners, assets, upgrades }
    }
}

impl Sink for HttpSink {
    fn transports(&self) -> Vec<TransportInfo> {
        vec![TRANSPORT]
    }

    fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners.addresses().to_vec()
    }

    fn serve(self: Box<Self>, admission: Arc<Admission>, shutdown: Shutdown) -> Serving {
        let config = Config { admission, assets: self.assets, upgrades: self.upgrades.into() };
        Box::pin(serve(self.listeners, config, shutdown))
    }
}
