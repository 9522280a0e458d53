//! A path between a browser and a server that can be slow, and be cut: bytes for the browser are passed on no faster
//! than it may.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes passed on at a time: a millisecond of a pipe of 100 Mbit/s.
const PIECE_BYTES: usize = 12 << 10;

/// A port that is known before the server is, which must let in what comes from there.
pub struct Relay {
    listener: TcpListener,
    /// Where it begins.
    pub port: u16,
    pace: Arc<Pace>,
}

/// When the pipe is free again, for all connections together.
struct Pace {
    byte: Duration,
    free_at: Mutex<Instant>,
}

impl Relay {
    /// One of so many bits a second.
    pub fn of(bits_per_second: f64) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let byte = Duration::from_secs_f64(8.0 / bits_per_second);
        Self { listener, port, pace: Arc::new(Pace { byte, free_at: Mutex::new(Instant::now()) }) }
    }

    /// Passes on what comes, to the server's port, for as long as the process lives. Returns what cuts the connections.
    pub fn lead_to(self, port: u16) -> Connections {
        let (listener, pace) = (self.listener, self.pace);
        let connections = Connections::default();
        let open = connections.clone();
        thread::spawn(move || {
            for browser in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { continue };
                let (to_server, to_browser) = (server.try_clone().unwrap(), browser.try_clone().unwrap());
                // Whoever sends small messages one by one does not want them to wait for each other.
                [&to_server, &to_browser].iter().for_each(|end| end.set_nodelay(true).unwrap());
                open.add([&browser, &server]);
                let pace = Arc::clone(&pace);
                thread::spawn(move || pass(browser, to_server, |_| {}));
                thread::spawn(move || pass(server, to_browser, |bytes| pace.wait(bytes)));
            }
        });
        connections
    }
}

/// Connections that a relay passes on, for whoever cuts them.
#[derive(Clone, Debug, Default)]
pub struct Connections(Arc<Mutex<Vec<TcpStream>>>);

impl Connections {
    /// Ends all that are open. New ones are passed on as before.
    pub fn cut(&self) {
        for end in self.0.lock().unwrap().drain(..) {
            // It may be closed already.
            drop(end.shutdown(Shutdown::Both));
        }
    }

    /// Adds the ends of one, and forgets those that are closed.
    fn add(&self, ends: [&TcpStream; 2]) {
        let mut open = self.0.lock().unwrap();
        open.retain(|end| end.peer_addr().is_ok());
        open.extend(ends.map(|end| end.try_clone().unwrap()));
    }
}

impl Pace {
    fn wait(&self, bytes: usize) {
        let free_at = {
            let mut free_at = self.free_at.lock().unwrap();
            *free_at = (*free_at).max(Instant::now()) + self.byte * u32::try_from(bytes).unwrap();
            *free_at
        };
        thread::sleep(free_at.saturating_duration_since(Instant::now()));
    }
}

/// Until either end is gone; then so is the other.
fn pass(mut from: TcpStream, mut to: TcpStream, wait: impl Fn(usize)) {
    let mut piece = [0; PIECE_BYTES];
    while let Ok(bytes @ 1..) = from.read(&mut piece) {
        wait(bytes);
        if to.write_all(&piece[..bytes]).is_err() {
            break;
        }
    }
    for end in [from, to] {
        // It may be closed already.
        drop(end.shutdown(Shutdown::Both));
    }
}
