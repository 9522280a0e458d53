//! A UDP path between a browser and a server that can be cut, as a firewall cuts one: packets vanish, and nobody is told.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Longest packet there is.
const PACKET_BYTES_MAX: usize = 64 << 10;

/// A way to a server's UDP port.
pub(crate) struct UdpPath {
    is_cut: Arc<AtomicBool>,
}

impl UdpPath {
    /// Packets to `port` go to the server's port, and its answers back, for as long as the process lives.
    pub(crate) fn lead(port: u16, server: u16) -> Self {
        let is_cut = Arc::new(AtomicBool::new(false));
        let front = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        let cut = Arc::clone(&is_cut);
        thread::spawn(move || pass_on(&front, server, &cut));
        Self { is_cut }
    }

    pub(crate) fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
    }

    pub(crate) fn mend(&self) {
        self.is_cut.store(false, Ordering::SeqCst);
    }
}

/// Each browser gets a socket of its own towards the server, by which answers find back.
fn pass_on(front: &UdpSocket, server: u16, is_cut: &Arc<AtomicBool>) {
    let mut ways: HashMap<SocketAddr, UdpSocket> = HashMap::new();
    let mut packet = vec![0; PACKET_BYTES_MAX];
    while let Ok((bytes, browser)) = front.recv_from(&mut packet) {
        let way = ways.entry(browser).or_insert_with(|| {
            let way = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            way.connect((Ipv4Addr::LOCALHOST, server)).unwrap();
            let (back, front, cut) =
                (way.try_clone().unwrap(), front.try_clone().unwrap(), Arc::clone(is_cut));
            thread::spawn(move || answer(&back, &front, browser, &cut));
            way
        });
        if !is_cut.load(Ordering::SeqCst) {
            // What cannot be sent is lost, as on any path.
            let _lost = way.send(&packet[..bytes]);
        }
    }
}

fn answer(back: &UdpSocket, front: &UdpSocket, browser: SocketAddr, is_cut: &AtomicBool) {
    let mut packet = vec![0; PACKET_BYTES_MAX];
    loop {
        // A server that is not there yet is told of as an error; it may come.
        let Ok(bytes) = back.recv(&mut packet) else { continue };
        if !is_cut.load(Ordering::SeqCst) {
            let _lost = front.send_to(&packet[..bytes], browser);
        }
    }
}
