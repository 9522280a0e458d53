//! Where the page comes from, and where it says what it did: plain HTTP/1.1 on one port of 127.0.0.1, a thread and one
//! request for each connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use anyhow::{Context, bail};

/// Longest body: the pixels of a picture with sides of 16384.
const BODY_BYTES_MAX: u64 = 1 << 30;
/// The page's own files; others are the viewer's.
const FILES: [(&str, &[u8]); 2] =
    [("/", include_bytes!("../page/index.html")), ("/worker.js", include_bytes!("../page/worker.js"))];
/// Only a page that is isolated from others has a clock that tells microseconds.
const ISOLATED: &str =
    "Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Embedder-Policy: require-corp\r\n";

/// Listens, and serves what comes until the process ends.
pub(crate) struct Gate {
    /// The page.
    pub(crate) url: String,
    said: Receiver<anyhow::Result<Turn>>,
}

/// The page has decoded a picture, and waits for what is next.
pub(crate) struct Turn {
    pub(crate) took: Duration,
    pub(crate) pixels: Vec<u8>,
    stream: TcpStream,
}

impl Gate {
    /// Opens a port.
    ///
    /// # Errors
    /// The kernel's.
    pub(crate) fn open() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let url = format!("http://{}/", listener.local_addr()?);
        let (sender, said) = mpsc::channel();
        std::thread::Builder::new().name("gate".into()).spawn(move || accept(&listener, &sender))?;
        Ok(Self { url, said })
    }

    /// Waits for the page.
    ///
    /// # Errors
    /// Where it failed.
    pub(crate) fn next(&self) -> anyhow::Result<Turn> {
        self.said.recv().context("nobody listens")?
    }
}

impl Turn {
    /// Gives the page a picture; nothing: the one that it has again.
    pub(crate) fn answer(&mut self, message: &[u8]) -> std::io::Result<()> {
        answer(&mut self.stream, "200 OK", "application/octet-stream", message)
    }
}

fn accept(listener: &TcpListener, sender: &Sender<anyhow::Result<Turn>>) {
    for stream in listener.incoming().flatten() {
        let sender = sender.clone();
        std::thread::spawn(move || match serve(stream) {
            Ok(Some(turn)) => drop(sender.send(Ok(turn))),
            Ok(None) => {}
            Err(error) => drop(sender.send(Err(error))),
        });
    }
}

/// Answers a request for a file. What the page says is for others to answer.
fn serve(mut stream: TcpStream) -> anyhow::Result<Option<Turn>> {
    let Some(Request { target, body }) = Request::read(&stream)? else { return Ok(None) };
    if target == "/fault" {
        bail!("the page: {}", String::from_utf8_lossy(&body));
    }
    if let Some(took_ms) = target.strip_prefix("/turn/") {
        let took = Duration::try_from_secs_f64(took_ms.parse::<f64>()? / 1e3)?;
        return Ok(Some(Turn { took, pixels: body, stream }));
    }
    let (status, bytes) = file(&target).map_or(("404 Not Found", &b""[..]), |bytes| ("200 OK", bytes));
    let kind = media_type(&target);
    answer(&mut stream, status, kind, bytes)?;
    Ok(None)
}

fn file(target: &str) -> Option<&'static [u8]> {
    let own = FILES.iter().find(|(path, _)| *path == target).map(|(_, bytes)| *bytes);
    let of_viewer = || lanstream_viewer::FILES.iter().find(|file| file.path == target).map(|file| file.bytes);
    own.or_else(of_viewer)
}

fn media_type(target: &str) -> &'static str {
    match target.rsplit_once('.') {
        Some((_, "js")) => "text/javascript",
        Some((_, "wasm")) => "application/wasm",
        _ => "text/html; charset=utf-8",
    }
}

struct Request {
    target: String,
    body: Vec<u8>,
}

impl Request {
    /// `None`: a browser opens connections that it may need, and closes those that it did not.
    fn read(stream: &TcpStream) -> anyhow::Result<Option<Self>> {
        let mut reader = BufReader::new(stream);
        let mut lines = reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty());
        let Some(first) = lines.next() else { return Ok(None) };
        let target = first.split(' ').nth(1).context("a request without a target")?.to_owned();
        let length = lines
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
        lines.for_each(drop);
        let mut body = Vec::new();
        reader.take(length.unwrap_or(0).min(BODY_BYTES_MAX)).read_to_end(&mut body)?;
        Ok(Some(Self { target, body }))
    }
}

fn answer(stream: &mut TcpStream, status: &str, kind: &str, body: &[u8]) -> std::io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{ISOLATED}Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the files that a module imports, at the paths that it names from its own.
    fn imports(path: &str) -> Vec<String> {
        let source = String::from_utf8_lossy(file(path).unwrap_or_else(|| panic!("{path} is not served")));
        let named =
            source.split("from '").skip(1).filter_map(|rest| rest.split('\'').next()?.strip_prefix('.'));
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let resolved = |name: &str| match name.strip_prefix("./") {
            Some(above) => format!("{}/{above}", folder.rsplit_once('/').map_or("", |(folder, _)| folder)),
            None => format!("{folder}{name}"),
        };
        named.map(resolved).collect()
    }

    #[test]
    fn all_that_the_worker_imports_is_served() {
        let mut waiting = vec!["/worker.js".to_owned()];
        let mut seen = Vec::new();
        while let Some(path) = waiting.pop() {
            if !seen.contains(&path) {
                waiting.extend(imports(&path));
                seen.push(path);
            }
        }
        assert!(seen.len() > 3, "{seen:?}");
        assert!(file("/src/codec.wasm").is_some());
    }
}
