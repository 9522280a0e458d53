//! A UDP path to a server that can be cut, as when a machine sleeps or a forwarded port is gone.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part of this module")]

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Time after which a thread looks whether it is to end.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// Carries packets of one client both ways, until it is cut.
pub struct Relay {
    /// Where the client finds the server.
    pub address: SocketAddr,
    is_cut: Arc<AtomicBool>,
    is_over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Relay {
    pub fn start(server: SocketAddr) -> Self {
        let client_side = socket();
        let server_side = socket();
        server_side.connect(server).unwrap();
        let address = client_side.local_addr().unwrap();
        let mut relay =
            Self { address, is_cut: Arc::default(), is_over: Arc::default(), threads: Vec::new() };
        let (from_client, to_client) = (client_side.try_clone().unwrap(), client_side);
        let (from_server, to_server) = (server_side.try_clone().unwrap(), server_side);
        let client = Arc::new(std::sync::OnceLock::new());
        let known = Arc::clone(&client);
        relay.carry(from_client, move |packet, from| {
            client.get_or_init(|| from);
            let _lost = to_server.send(packet);
        });
        relay.carry(from_server, move |packet, _| {
            let _lost = known.get().map(|client| to_client.send_to(packet, client));
        });
        relay
    }

    /// From now on nothing comes through.
    pub fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
    }

    fn carry(&mut self, from: UdpSocket, onward: impl Fn(&[u8], SocketAddr) + Send + 'static) {
        let (is_cut, is_over) = (Arc::clone(&self.is_cut), Arc::clone(&self.is_over));
        self.threads.push(std::thread::spawn(move || {
            let mut packet = vec![0; 1 << 16];
            while !is_over.load(Ordering::SeqCst) {
                if let Ok((len, sender)) = from.recv_from(&mut packet)
                    && !is_cut.load(Ordering::SeqCst)
                {
                    onward(&packet[..len], sender);
                }
            }
        }));
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        self.threads.drain(..).for_each(|thread| thread.join().expect("a relay only carries"));
    }
}

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a UDP port is free");
    socket.set_read_timeout(Some(LOOK_INTERVAL)).unwrap();
    socket
}
