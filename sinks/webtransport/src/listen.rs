//! Opens the UDP sockets: on the page's own port where that is free, so that who forwards one number forwards both.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};

use socket2::{Domain, Protocol, Socket, Type};

/// Bytes that the kernel keeps for sending and for receiving, if it gives so much. A burst of packets that finds no
/// room waits or is lost.
const BUFFER_BYTES: usize = 2 << 20;
/// Free ports tried until one is free at all addresses.
const PORT_TRIES: usize = 16;

/// The sockets of one server, all on one port.
#[derive(Debug)]
pub struct Sockets {
    pub(crate) sockets: Vec<UdpSocket>,
    addresses: Vec<SocketAddr>,
}

impl Sockets {
    /// Where they listen.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.addresses.first().map_or(0, SocketAddr::port)
    }
}

/// Why there is no UDP port.
#[derive(Debug, thiserror::Error)]
#[error("can't listen on UDP {address}: {source}")]
pub struct BindError {
    /// Where.
    pub address: SocketAddr,
    /// Why.
    #[source]
    pub source: std::io::Error,
}

/// Listens at `addresses`, which have one port, or on a free port where that one is taken.
///
/// # Errors
/// Where the system gives no UDP socket there.
pub fn bind(addresses: &[SocketAddr]) -> Result<Sockets, BindError> {
    let mut bound = bind_all(addresses);
    for _ in 0..PORT_TRIES {
        match bound {
            Err(error) if error.source.kind() == ErrorKind::AddrInUse => bound = bind_anywhere(addresses),
            other => return other,
        }
    }
    bound
}

/// On the port that is free at the first address.
fn bind_anywhere(addresses: &[SocketAddr]) -> Result<Sockets, BindError> {
    let Some(first) = addresses.first() else { return bind_all(addresses) };
    let address = SocketAddr::new(first.ip(), 0);
    let probe = open(address)?;
    let port = probe.local_addr().map_err(|source| BindError { address, source })?.port();
    drop(probe);
    let moved: Vec<_> = addresses.iter().map(|address| SocketAddr::new(address.ip(), port)).collect();
    bind_all(&moved)
}

fn bind_all(addresses: &[SocketAddr]) -> Result<Sockets, BindError> {
    let sockets = addresses.iter().map(|address| open(*address)).collect::<Result<Vec<_>, _>>()?;
    let addresses = sockets.iter().filter_map(|socket| socket.local_addr().ok()).collect();
    Ok(Sockets { sockets, addresses })
}

fn open(address: SocketAddr) -> Result<UdpSocket, BindError> {
    let open = || {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        // As much of it as the system gives.
        socket.set_send_buffer_size(BUFFER_BYTES)?;
        socket.set_recv_buffer_size(BUFFER_BYTES)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        Ok(socket.into())
    };
    open().map_err(|source| BindError { address, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_taken_is_replaced_at_all_addresses() {
        let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let sockets = bind(&[address]).unwrap();
        assert_ne!(sockets.port(), address.port());
        drop(taken);
        assert_eq!(bind(&[address]).unwrap().port(), address.port());
    }
}
