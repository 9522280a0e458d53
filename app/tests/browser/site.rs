//! A web site of somebody else's: one page, and a place where it reports what it could do.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use lanstream_testkit::wait::until;
use serde_json::Value;

/// A running site.
pub(crate) struct Site {
    port: u16,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    report: Mutex<Option<Value>>,
    over: AtomicBool,
}

impl Site {
    pub(crate) fn start(page: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::<Shared>::default();
        let theirs = Arc::clone(&shared);
        let serve = move || {
            for socket in listener.incoming().map_while(Result::ok) {
                if theirs.over.load(Ordering::SeqCst) {
                    return;
                }
                // A browser may open connections that it never uses, so each has its own thread.
                let theirs = Arc::clone(&theirs);
                std::thread::spawn(move || answer(socket, page, &theirs));
            }
        };
        let thread = std::thread::Builder::new().name("foreign site".to_owned()).spawn(serve).unwrap();
        Self { port, shared, thread: Some(thread) }
    }

    /// Its origin, by one of this machine's names.
    pub(crate) fn origin(&self, host: &str) -> String {
        format!("http://{host}:{}", self.port)
    }

    /// Waits for what the page reports.
    pub(crate) fn report(&self) -> Value {
        until("the page's report", || self.shared.report.lock().unwrap().clone().ok_or("there is none"))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        // A connection wakes the thread, which then sees that it is over.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Gives the page to whoever asks, and keeps what is posted. Connections that say nothing end with the browser.
fn answer(mut socket: TcpStream, page: &str, shared: &Shared) {
    let Some(body) = read(&socket) else { return };
    if !body.is_empty() {
        *shared.report.lock().unwrap() = serde_json::from_slice(&body).ok();
    }
    let length = page.len();
    let head =
        format!("Content-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close");
    let _ = socket.write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{page}").as_bytes());
}

/// A request's body; none where it was cut off.
fn read(socket: &TcpStream) -> Option<Vec<u8>> {
    let mut reader = BufReader::new(socket);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}
