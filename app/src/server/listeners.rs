//! Listeners of a server, and the sinks that serve them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use lanstream_core::admission::Admission;
use lanstream_http::{Listeners, Offer};
use lanstream_webtransport::Sockets;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle as Task;
use tokio_util::sync::CancellationToken;

use super::{Options, StartError};
use crate::{assets, webtransport};

/// What a server listens on.
pub(super) struct Ports {
    pub(super) http: Listeners,
    udp: Option<Sockets>,
}

impl Ports {
    pub(super) fn bind(runtime: &Runtime, options: &Options) -> Result<Self, StartError> {
        let _entered = runtime.enter();
        let http = lanstream_http::bind(options.bind, options.port)?;
        let udp = webtransport::bind(http.addresses(), options)?;
        Ok(Self { http, udp })
    }

    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        let udp = self.udp.as_ref().map_or(&[][..], Sockets::addresses);
        [self.http.addresses(), udp].concat()
    }

    /// Starts the sinks, which run until `shutdown`.
    pub(super) fn serve(
        self,
        runtime: &Runtime,
        admission: &Arc<Admission>,
        options: &Options,
        shutdown: &CancellationToken,
    ) -> Result<Vec<Task<()>>, StartError> {
        let offer = options.transport.offer(self.udp.as_ref().map(Sockets::port));
        let mut serving = Vec::new();
        if let Some(udp) = self.udp {
            let (port, shutdown) = (self.http.port(), shutdown.clone());
            serving.push(webtransport::start(runtime, udp, port, admission, options, shutdown)?);
        }
        let http = lanstream_http::serve(self.http, http(admission, offer, shutdown), shutdown.clone());
        serving.push(runtime.spawn(http));
        Ok(serving)
    }
}

fn http(admission: &Arc<Admission>, offer: Offer, shutdown: &CancellationToken) -> lanstream_http::Config {
    let shutdown = shutdown.clone();
    lanstream_http::Config {
        admission: Arc::clone(admission),
        assets: assets::VIEWER,
        offer,
        control: Arc::new(move |socket| {
            Box::pin(lanstream_websocket::serve(
                socket.stream,
                socket.control,
                socket.viewer_guard,
                shutdown.clone(),
            ))
        }),
    }
}

/// Where this machine reaches a listener: one on all addresses is no place to go to.
pub(super) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
