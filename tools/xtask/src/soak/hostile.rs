//! A peer that means ill and has no token: connections that say nothing, requests for other hosts, wrong tokens, noise,
//! and requests whose answers are not read.

use std::collections::VecDeque;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::dice::Dice;

/// Connections that are kept open, more than a server has places for.
const HELD: usize = 160;
/// Time to connect on a machine that is busy with other things.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Time that a peer writes for before it gives up: a server may have stopped reading.
const WRITE_TIMEOUT: Duration = Duration::from_millis(100);
/// Between two acts: a load that viewers bear beside others.
const INTERVAL: Duration = Duration::from_millis(10);
const NOISE_BYTES: usize = 512;
const ACTS: u64 = 5;

/// A thread that goes on until the value goes.
pub(crate) struct Hostile {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Hostile {
    /// Starts against these servers.
    pub(crate) fn start(servers: Vec<SocketAddr>, seed: u64) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || {
            let mut dice = Dice(seed);
            let mut held = VecDeque::new();
            while !ends.load(Ordering::Relaxed) {
                for &server in &servers {
                    held.extend(act(server, &mut dice));
                }
                while held.len() > HELD {
                    held.pop_front();
                }
                std::thread::sleep(INTERVAL);
            }
        });
        Self { is_over, thread: Some(thread) }
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _panicked = self.thread.take().map(JoinHandle::join);
    }
}

/// Does one thing, and returns the connection. That a server refuses or closes is its right.
fn act(server: SocketAddr, dice: &mut Dice) -> Option<TcpStream> {
    let mut stream = TcpStream::connect_timeout(&server, CONNECT_TIMEOUT).ok()?;
    stream.set_write_timeout(Some(WRITE_TIMEOUT)).ok()?;
    let _refused = stream.write_all(&words(server, dice));
    Some(stream)
}

fn words(server: SocketAddr, dice: &mut Dice) -> Vec<u8> {
    match dice.roll() % ACTS {
        0 => Vec::new(),
        1 => b"GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n".to_vec(),
        2 => {
            let token = "0".repeat(64);
            let head = format!("POST /session HTTP/1.1\r\nHost: {server}\r\nOrigin: http://{server}\r\n");
            format!("{head}Authorization: Bearer {token}\r\nContent-Length: 0\r\n\r\n").into_bytes()
        }
        3 => (0..NOISE_BYTES / 8).flat_map(|_| dice.roll().to_le_bytes()).collect(),
        _ => format!("GET /src/lan-stream.js HTTP/1.1\r\nHost: {server}\r\n\r\n").repeat(50).into_bytes(),
    }
}
