//! A web server of pages and of what they import, on the loopback interface: for systems that have none of their own.
//! Two pages can also leave each other messages.

use std::collections::HashMap;
use std::io::Write;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};

use rustix::net::sockopt::set_socket_send_buffer_size;

use super::super::http::{self, Listener, NOT_FOUND, Request};
use super::jpeg_stream::JpegStream;

/// A description of a session between two browsers has some thousands of bytes.
const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// What the kernel may hold of pictures that a browser has not taken: less than most pictures.
const STREAM_BUFFER_BYTES: usize = 64 << 10;
/// What files are, by the end of their names.
const KINDS: [(&str, &str); 6] = [
    ("html", "text/html"),
    ("js", "text/javascript"),
    ("json", "application/json"),
    ("m3u8", "application/vnd.apple.mpegurl"),
    ("ts", "video/mp2t"),
    ("wasm", "application/wasm"),
];

/// A server, until it goes.
pub(super) struct Site {
    listener: Listener,
    shared: Arc<Shared>,
}

struct Shared {
    root: PathBuf,
    pictures: OnceLock<Arc<JpegStream>>,
    messages: Mutex<HashMap<String, Vec<u8>>>,
    came: Condvar,
    has_ended: AtomicBool,
}

impl Site {
    /// Serves the files of a folder: `/` is its `index.html`.
    pub(super) fn start(root: &Path) -> anyhow::Result<Self> {
        let shared = Arc::new(Shared {
            root: root.to_owned(),
            pictures: OnceLock::new(),
            messages: Mutex::default(),
            came: Condvar::new(),
            has_ended: AtomicBool::new(false),
        });
        let theirs = Arc::clone(&shared);
        let listener = Listener::start("site", move |connection| serve(connection, &theirs))?;
        Ok(Self { listener, shared })
    }

    /// Returns the URL of its first page.
    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.listener.address)
    }

    /// Has `stream` be a response without end of pictures, each the newest when the one before has left. There is one
    /// such response to a site.
    pub(super) fn show(&self, pictures: Arc<JpegStream>) {
        let _there_is_one = self.shared.pictures.set(pictures);
    }

    /// Returns a message that a page has left and nobody has taken.
    pub(super) fn message(&self, name: &str) -> Option<Vec<u8>> {
        self.shared.messages.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
}

impl Drop for Site {
    /// The threads of connections wait for a message.
    fn drop(&mut self) {
        let messages = self.shared.messages.lock();
        self.shared.has_ended.store(true, Ordering::SeqCst);
        self.shared.came.notify_all();
        drop(messages);
    }
}

fn serve(mut connection: &TcpStream, shared: &Shared) -> anyhow::Result<()> {
    while let Some(request) = Request::read(connection, MESSAGE_BYTES_MAX)? {
        if let ("/stream", Some(pictures)) = (request.path.as_str(), shared.pictures.get()) {
            return stream(connection, pictures);
        }
        let answer = match request.path.strip_prefix("/message/") {
            Some(name) if request.body.is_empty() => shared.take(name).map(|body| ("text/plain", body)),
            Some(name) => {
                shared.leave(name, request.body);
                Some(("text/plain", Vec::new()))
            }
            None => shared.file(&request.path),
        };
        let Some((kind, body)) = answer else {
            connection.write_all(NOT_FOUND)?;
            continue;
        };
        http::write(connection, "", kind, &body)?;
    }
    Ok(())
}

/// Sends pictures until there are no more. A boundary follows each at once: by that a browser knows its end.
fn stream(mut connection: &TcpStream, pictures: &JpegStream) -> anyhow::Result<()> {
    set_socket_send_buffer_size(connection, STREAM_BUFFER_BYTES)?;
    write!(
        connection,
        "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=next\r\n\r\n--next\r\n"
    )?;
    let mut number = 0;
    while let Some((next, picture)) = pictures.after(number) {
        number = next;
        write!(connection, "Content-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", picture.len())?;
        connection.write_all(&picture)?;
        write!(connection, "\r\n--next\r\n")?;
    }
    Ok(())
}

impl Shared {
    /// Keeps a message until somebody takes it.
    fn leave(&self, name: &str, body: Vec<u8>) {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), body);
        self.came.notify_all();
    }

    /// Waits for a message; `None` when the server goes.
    fn take(&self, name: &str) -> Option<Vec<u8>> {
        let messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        let is_missing = |messages: &mut HashMap<String, Vec<u8>>| {
            !messages.contains_key(name) && !self.has_ended.load(Ordering::SeqCst)
        };
        self.came.wait_while(messages, is_missing).unwrap_or_else(PoisonError::into_inner).remove(name)
    }

    /// Returns what kind of file lies at a path, and its bytes.
    fn file(&self, path: &str) -> Option<(&'static str, Vec<u8>)> {
        let path = if path == "/" { "index.html" } else { path.trim_start_matches('/') };
        let is_inside = !path.split('/').any(|folder| folder == "..");
        let body = is_inside.then(|| std::fs::read(self.root.join(path)).ok()).flatten()?;
        let end = path.rsplit('.').next().unwrap_or_default();
        let kind =
            KINDS.iter().find(|(own, _)| *own == end).map_or("application/octet-stream", |(_, kind)| kind);
        Some((kind, body))
    }
}

#[cfg(test)]
mod tests {
    use lanstream_testkit::http::{Peer, Response, request};

    use super::*;

    fn ask(site: &Site, line: &str, body: &[u8]) -> Response {
        let mut peer = Peer::connect(site.listener.address);
        let length = format!("Content-Length: {}", body.len());
        peer.send(&[&request(line, &[length]), body].concat());
        peer.response().unwrap()
    }

    #[test]
    fn files_of_the_folder_are_served_and_none_outside() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        std::fs::create_dir(&root).unwrap();
        std::fs::write(root.join("index.html"), "page").unwrap();
        std::fs::write(folder.path().join("secret"), "").unwrap();
        let site = Site::start(&root).unwrap();
        let page = ask(&site, "GET /", b"");
        assert!(page.head.contains("text/html") && page.body == b"page", "{}", page.text());
        assert_eq!(ask(&site, "GET /../secret", b"").status, 404);
        assert_eq!(ask(&site, "GET /none", b"").status, 404);
    }

    #[test]
    fn a_message_waits_for_its_reader_and_a_reader_for_its_message() {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::start(folder.path()).unwrap();
        ask(&site, "POST /message/offer", b"a");
        assert_eq!(ask(&site, "GET /message/offer", b"").body, b"a");
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| ask(&site, "GET /message/answer", b"").body);
            ask(&site, "POST /message/answer", b"b");
            assert_eq!(reader.join().unwrap(), b"b");
        });
    }
}
