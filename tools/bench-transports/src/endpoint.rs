//! Where the page opens WebTransport sessions.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context;
use tokio::sync::mpsc;
use wtransport::endpoint::IncomingSession;
use wtransport::endpoint::endpoint_side::Server;
use wtransport::{Endpoint, Identity, ServerConfig};

use crate::gate::Arrival;
use crate::link::Opened;
use crate::tuning::Tuning;

/// Opens a port with a tuning, and hands its sessions on. Returns the port.
///
/// # Errors
/// The kernel's.
pub(crate) fn open(
    identity: Identity,
    tuning: &Tuning,
    arrivals: mpsc::Sender<Arrival>,
) -> anyhow::Result<u16> {
    let builder = ServerConfig::builder().with_bind_address(address());
    start(builder.with_custom_transport(identity, tuning.transport()).build(), arrivals)
}

/// Opens a port with the library's own settings, and hands its sessions on. Returns the port.
///
/// # Errors
/// The kernel's.
pub(crate) fn open_plain(identity: Identity, arrivals: mpsc::Sender<Arrival>) -> anyhow::Result<u16> {
    start(ServerConfig::builder().with_bind_address(address()).with_identity(identity).build(), arrivals)
}

fn address() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
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
