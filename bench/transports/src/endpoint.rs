//! Where the page opens WebTransport sessions.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use anyhow::Context;
use tokio::sync::mpsc;
use wtransport::endpoint::IncomingSession;
use wtransport::endpoint::endpoint_side::Server;
use wtransport::tls::server::build_default_tls_config;
use wtransport::{Endpoint, Identity, ServerConfig};

use crate::gate::Arrival;
use crate::link::Opened;
use crate::tuning::Tuning;

/// Opens a port with a tuning, and hands its sessions on. Returns the port.
pub fn open_tuned(identity: Identity, tuning: &Tuning, arrivals: mpsc::Sender<Arrival>) -> anyhow::Result<u16> {
    let mut tls = build_default_tls_config(identity);
    if !tuning.cipher.is_empty() {
        let mut provider = wtransport::tls::rustls::crypto::ring::default_provider();
        provider.cipher_suites.retain(|suite| format!("{:?}", suite.suite()).contains(&tuning.cipher) || format!("{:?}", suite.suite()).contains("TLS13_AES_128"));
        provider.cipher_suites.sort_by_key(|suite| !format!("{:?}", suite.suite()).contains(&tuning.cipher));
        let _ = provider;
        tls.ignore_client_order = true;
    }
    let socket = UdpSocket::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    if tuning.send_buffer > 0 {
        rustix::net::sockopt::set_socket_send_buffer_size(&socket, tuning.send_buffer)?;
    }
    if tuning.receive_buffer > 0 {
        rustix::net::sockopt::set_socket_recv_buffer_size(&socket, tuning.receive_buffer)?;
    }
    let builder = ServerConfig::builder().with_bind_socket(socket);
    start(builder.with_custom_tls_and_transport(tls, tuning.transport()).build(), arrivals)
}

/// Opens a port with the library's own settings, and hands its sessions on. Returns the port.
pub fn open_plain(identity: Identity, arrivals: mpsc::Sender<Arrival>) -> anyhow::Result<u16> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    start(ServerConfig::builder().with_bind_address(address).with_identity(identity).build(), arrivals)
}

fn start(config: ServerConfig, arrivals: mpsc::Sender<Arrival>) -> anyhow::Result<u16> {
    let endpoint = Endpoint::server(config)?;
    let port = endpoint.local_addr()?.port();
    tokio::spawn(accept(endpoint, arrivals));
    Ok(port)
}

async fn accept(endpoint: Endpoint<Server>, arrivals: mpsc::Sender<Arrival>) {
    loop {
        let session = endpoint.accept().await;
        let arrivals = arrivals.clone();
        tokio::spawn(async move {
            if let Err(error) = admit(session, &arrivals).await {
                eprintln!("transport bench: a session: {error:#}");
            }
        });
    }
}

async fn admit(session: IncomingSession, arrivals: &mpsc::Sender<Arrival>) -> anyhow::Result<()> {
    let request = session.await?;
    let cell = request.path().trim_start_matches('/').parse().context("a session for no cell")?;
    let opened = Opened::WebTransport(request.accept().await?);
    arrivals.send(Arrival::Path(cell, opened)).await?;
    Ok(())
}
