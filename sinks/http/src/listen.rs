//! Opens the listening sockets: both loopback families on one port, or exactly the address the user names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

/// Connections that may wait to be accepted: a viewer whose first packet finds no room comes again a second later.
const BACKLOG: i32 = 1024;
/// Bytes that the kernel keeps for a peer that says more than is read: a viewer's messages of a second fit.
const RECEIVE_BUFFER_BYTES: usize = 64 << 10;
/// Free ports tried until one is free in both families.
const PORT_TRIES: usize = 16;

/// The sockets of one server, all on one port.
#[derive(Debug)]
pub struct Listeners {
    /// At least one.
    pub(crate) sockets: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
}

impl Listeners {
    /// Where they listen.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.addresses.first().map_or(0, SocketAddr::port)
    }
}

/// Why a port can't be listened on.
#[derive(Debug, thiserror::Error)]
#[error("can't listen on {address}: {}", reason(source))]
pub struct BindError {
    /// Where.
    pub address: SocketAddr,
    /// Why.
    #[source]
    pub source: std::io::Error,
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        _ => error.to_string(),
    }
}

/// Listens on `address`, or on the loopback addresses of both families where it is `None`. Port 0 takes a free one. A
/// system without IPv6 gets IPv4 alone.
///
/// # Errors
/// Where the port is taken or the address not this machine's.
pub fn bind(address: Option<IpAddr>, port: u16) -> Result<Listeners, BindError> {
    match address {
        Some(address) => listeners(vec![listen(SocketAddr::new(address, port))?]),
        None => bind_loopback(port),
    }
}

fn bind_loopback(port: u16) -> Result<Listeners, BindError> {
    let mut tries = 0;
    loop {
        let v4 = listen(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port))?;
        let free = v4.local_addr().map_or(port, |address| address.port());
        tries += 1;
        match listen(SocketAddr::new(Ipv6Addr::LOCALHOST.into(), free)) {
            Ok(v6) => return listeners(vec![v4, v6]),
            Err(error) if error.source.kind() != std::io::ErrorKind::AddrInUse => return listeners(vec![v4]),
            Err(error) if port != 0 || tries >= PORT_TRIES => return Err(error),
            Err(_) => {}
        }
    }
}

fn listeners(sockets: Vec<TcpListener>) -> Result<Listeners, BindError> {
    let addresses = sockets.iter().filter_map(|socket| socket.local_addr().ok()).collect();
    Ok(Listeners { sockets, addresses })
}

fn listen(address: SocketAddr) -> Result<TcpListener, BindError> {
    let open = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        #[cfg(unix)]
        socket.set_reuse_address(true)?;
        // Accepted connections inherit both.
        socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES)?;
        socket.set_tcp_nodelay(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        TcpListener::from_std(socket.into())
    };
    open().map_err(|source| BindError { address, source })
}
