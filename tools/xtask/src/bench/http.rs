//! As much of HTTP/1.1 as a browser needs to get a page and to post a report, over a connection that it keeps.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Context, ensure};

/// A page's requests have a few hundred bytes of head.
const HEAD_BYTES_MAX: u64 = 16 << 10;
/// Header fields of a page that is isolated from other origins: it reads the clock to some microseconds, where some
/// engines round to a millisecond otherwise.
pub(crate) const ISOLATED: &str =
    "Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Embedder-Policy: require-corp\r\n";
pub(crate) const NOT_FOUND: &[u8] = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";

/// A listener on the loopback interface, until it goes. Connections that are open then are their threads' own matter.
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    has_ended: Arc<AtomicBool>,
}

impl Listener {
    /// Has each connection served on a thread of its own.
    pub(crate) fn start(
        name: &str,
        serve: impl Fn(&TcpStream) -> anyhow::Result<()> + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let has_ended = Arc::new(AtomicBool::new(false));
        let (ended, serve) = (Arc::clone(&has_ended), Arc::new(serve));
        thread::Builder::new().name(name.to_owned()).spawn(move || accept(&listener, &ended, &serve))?;
        Ok(Self { address, has_ended })
    }
}

impl Drop for Listener {
    /// The thread that accepts connections waits for one more.
    fn drop(&mut self) {
        self.has_ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

fn accept<F: Fn(&TcpStream) -> anyhow::Result<()> + Send + Sync + 'static>(
    listener: &TcpListener,
    has_ended: &AtomicBool,
    serve: &Arc<F>,
) {
    for connection in listener.incoming().map_while(Result::ok) {
        if has_ended.load(Ordering::SeqCst) {
            return;
        }
        let serve = Arc::clone(serve);
        thread::spawn(move || {
            // A browser that is ended breaks its connections off.
            let _ = connection.set_nodelay(true).map_err(Into::into).and_then(|()| serve(&connection));
        });
    }
}

/// What a page asked for.
#[derive(Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) path: String,
    /// What time it is there, where it says so in its query.
    pub(crate) now_ms: Option<f64>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The next request of a connection; `None` where it has ended.
    pub(crate) fn read(connection: impl Read, body_bytes_max: usize) -> anyhow::Result<Option<Self>> {
        // A page sends its next request when it has the answer, so nothing is read ahead that would be lost here.
        let mut reader = BufReader::new(connection);
        let mut head = reader.by_ref().take(HEAD_BYTES_MAX);
        let Some(target) = line(&mut head)? else { return Ok(None) };
        let target = target.split(' ').nth(1).context("a request names what it asks for")?.to_owned();
        let mut body_bytes = 0;
        while let Some(field) = line(&mut head)?.filter(|field| !field.is_empty()) {
            let (name, value) = field.split_once(':').context("a field has a name and a value")?;
            if name.eq_ignore_ascii_case("content-length") {
                body_bytes = value.trim().parse()?;
            }
        }
        ensure!(body_bytes <= body_bytes_max, "a report of {body_bytes} bytes");
        let mut body = vec![0; body_bytes];
        reader.read_exact(&mut body)?;
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let now_ms = query.strip_prefix("now=").and_then(|now| now.parse().ok());
        Ok(Some(Self { path: path.to_owned(), now_ms, body }))
    }
}

/// A line without its end; `None` at the end of all.
fn line(reader: &mut impl BufRead) -> anyhow::Result<Option<String>> {
    let mut line = String::new();
    let bytes = reader.read_line(&mut line)?;
    Ok((bytes > 0).then(|| line.trim_end().to_owned()))
}

/// Answers a request. `headers` are fields besides the usual ones, each with its end of line.
pub(crate) fn write(
    mut connection: &TcpStream,
    headers: &str,
    kind: &str,
    body: &[u8],
) -> anyhow::Result<()> {
    let length = body.len();
    write!(
        connection,
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nCache-Control: no-store\r\n{headers}\r\n"
    )?;
    Ok(connection.write_all(body)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_whole() {
        let bytes = b"POST /report?now=17.25 HTTP/1.1\r\nHost: a\r\ncontent-length: 2\r\n\r\n{}";
        let request = Request::read(&bytes[..], 10).unwrap().unwrap();
        let wanted = Request { path: "/report".to_owned(), now_ms: Some(17.25), body: b"{}".to_vec() };
        assert_eq!(request, wanted);
        assert!(Request::read(&bytes[..], 1).is_err(), "longer than it may be");
        assert!(Request::read(&bytes[..bytes.len() - 1], 10).is_err(), "cut off");
        assert_eq!(Request::read(&b""[..], 10).unwrap(), None);
    }
}
