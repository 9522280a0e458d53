//! A web site that has the element in a page of its own, with the viewer's files beside it.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// It shows nothing before it is told what, and keeps the codes of all errors and the names of all events.
const PAGE: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>an embedding page</title>
<link rel="icon" href="data:,">
<body>
<script type="module">
import './src/lan-stream.js';
const MEDIA = 'loadstart durationchange resize loadedmetadata loadeddata canplay canplaythrough playing waiting play ' +
  'pause seeking seeked ended emptied';
window.codes = [];
window.details = [];
window.events = [];
window.show = src => {
  const element = document.createElement('lan-stream');
  element.src = src;
  element.addEventListener('error', event => {
    window.codes.push(event.code);
    window.details.push(event.detail);
  });
  for (const name of MEDIA.split(' ')) element.addEventListener(name, () => window.events.push(name));
  document.body.append(element);
  window.lanstream = element;
};
</script>
</body>
</html>
"#;

/// What a site has at a path, which has no slash before it.
pub(crate) type Files = fn(&str) -> Option<Vec<u8>>;

/// A running site.
pub(crate) struct Embedding {
    pub(crate) port: u16,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Embedding {
    pub(crate) fn start() -> Self {
        Self::with_policy("")
    }

    /// Its page has this Content-Security-Policy, if it is not empty.
    pub(crate) fn with_policy(policy: &'static str) -> Self {
        let files: Files = |path| if path.is_empty() { Some(PAGE.into()) } else { viewer_file(path) };
        Self::of(files, policy)
    }

    /// It has these files, each with this Content-Security-Policy, if it is not empty.
    pub(crate) fn of(files: Files, policy: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let over = Arc::<AtomicBool>::default();
        let theirs = Arc::clone(&over);
        let serve = move || {
            for socket in listener.incoming().map_while(Result::ok) {
                if theirs.load(Ordering::SeqCst) {
                    return;
                }
                // A browser may open connections that it never uses, so each has its own thread.
                std::thread::spawn(move || answer(socket, files, policy));
            }
        };
        let thread = std::thread::Builder::new().name("embedding site".to_owned()).spawn(serve).unwrap();
        Self { port, over, thread: Some(thread) }
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Embedding {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // A connection wakes the thread, which then sees that it is over.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Returns a file of the viewer's package.
pub(crate) fn viewer_file(path: &str) -> Option<Vec<u8>> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../viewer").join(path)).ok()
}

/// Gives a file, or nothing where there is none.
fn answer(mut socket: TcpStream, files: Files, policy: &str) {
    let mut lines = BufReader::new(&socket).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let path = first.split(' ').nth(1).unwrap_or("/").trim_start_matches('/').to_owned();
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    let body = files(&path).unwrap_or_default();
    let kind = match path.rsplit_once('.') {
        Some((_, "js")) => "text/javascript",
        Some((_, "wasm")) => "application/wasm",
        Some((_, "css")) => "text/css",
        _ => "text/html; charset=utf-8",
    };
    let policy =
        if policy.is_empty() { String::new() } else { format!("Content-Security-Policy: {policy}\r\n") };
    let head = format!("{policy}Content-Type: {kind}\r\nContent-Length: {}\r\nConnection: close", body.len());
    let _ = socket.write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n").as_bytes());
    let _ = socket.write_all(&body);
}
