//! A UDP path between a viewer and a server that can be cut, as a firewall cuts one: packets vanish, and nobody is
//! told.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

/// Longest packet there is.
const PACKET_BYTES_MAX: usize = 64 << 10;

/// A way to a server's UDP port.
pub struct UdpPath {
    /// Where it begins.
    pub port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    is_cut: AtomicBool,
    /// Of how many packets one is lost; 0: none.
    loss: AtomicU32,
    passed: AtomicU32,
}

impl State {
    fn passes(&self) -> bool {
        let (loss, passed) = (self.loss.load(Ordering::SeqCst), self.passed.fetch_add(1, Ordering::SeqCst));
        !self.is_cut.load(Ordering::SeqCst) && (loss == 0 || !passed.is_multiple_of(loss))
    }
}

impl UdpPath {
    /// Packets to `port`, or a free one where it is 0, go to the server's port, and its answers back, for as long as
    /// the process lives.
    pub fn lead(port: u16, server: u16) -> Self {
        let front = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        let path = Self { port: front.local_addr().unwrap().port(), state: Arc::default() };
        let state = Arc::clone(&path.state);
        thread::spawn(move || pass_on(&front, server, &state));
        path
    }

    /// From now on, one of so many.
    pub fn lose_one_of(&self, packets: u32) {
        self.state.loss.store(packets, Ordering::SeqCst);
    }

    /// Loses every packet from now on.
    pub fn cut(&self) {
        self.state.is_cut.store(true, Ordering::SeqCst);
    }

    /// Loses none any more for being cut.
    pub fn mend(&self) {
        self.state.is_cut.store(false, Ordering::SeqCst);
    }
}

/// Each browser gets a socket of its own towards the server, by which answers find back.
fn pass_on(front: &UdpSocket, server: u16, state: &Arc<State>) {
    let mut ways: HashMap<SocketAddr, UdpSocket> = HashMap::new();
    let mut packet = vec![0; PACKET_BYTES_MAX];
    while let Ok((bytes, browser)) = front.recv_from(&mut packet) {
        let way = ways.entry(browser).or_insert_with(|| {
            let way = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            way.connect((Ipv4Addr::LOCALHOST, server)).unwrap();
            let (back, front, state) =
                (way.try_clone().unwrap(), front.try_clone().unwrap(), Arc::clone(state));
            thread::spawn(move || answer(&back, &front, browser, &state));
            way
        });
        if state.passes() {
            // What cannot be sent is lost, as on any path.
            let _lost = way.send(&packet[..bytes]);
        }
    }
}

fn answer(back: &UdpSocket, front: &UdpSocket, browser: SocketAddr, state: &State) {
    let mut packet = vec![0; PACKET_BYTES_MAX];
    loop {
        // A server that is not there yet is told of as an error; it may come.
        let Ok(bytes) = back.recv(&mut packet) else { continue };
        if state.passes() {
            let _lost = front.send_to(&packet[..bytes], browser);
        }
    }
}
