//! Where the page comes from and where it opens what it measures: plain HTTP/1.1 on one port of 127.0.0.1.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio_websockets::{Config, ServerBuilder, WebSocketStream};

use crate::link::Opened;

/// What lanstream asks the kernel for.
const SEND_BUFFER_BYTES: u32 = 4 << 20;
/// Connections that wait to be taken.
const BACKLOG: u32 = 64;
/// Longest head of a request; browsers' are below one KiB here.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// Between two looks at a head that is not whole yet.
const HEAD_INTERVAL: Duration = Duration::from_millis(1);
/// Arrivals that nobody has taken yet: one is asked for at a time.
const ARRIVALS_MAX: usize = 8;

/// The page's files, with their types. The page itself comes with what it has to know.
const FILES: [(&str, &str, &str); 3] = [
    ("/bench.js", "text/javascript", include_str!("../page/bench.js")),
    ("/worker.js", "text/javascript", include_str!("../page/worker.js")),
    ("/receive.js", "text/javascript", include_str!("../page/receive.js")),
];
const PAGE: &str = include_str!("../page/index.html");
/// Stands in the page for the certificate's hash, in hexadecimal.
const HASH: &str = "{hash}";

/// What the page did.
pub(crate) enum Arrival {
    /// Opened the control channel.
    Control(Box<WebSocketStream<TcpStream>>),
    /// Opened a path for the cell of this number.
    Path(u32, Opened),
}

/// Listens, and serves what comes until the process ends.
pub(crate) struct Gate {
    /// The page.
    pub(crate) url: String,
    /// Everything that the page opens.
    pub(crate) arrivals: mpsc::Receiver<Arrival>,
    /// For what the page opens elsewhere.
    pub(crate) sender: mpsc::Sender<Arrival>,
}

impl Gate {
    /// Opens a port. `hash` is the certificate's.
    ///
    /// # Errors
    /// The kernel's.
    pub(crate) fn open(hash: &str) -> anyhow::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        // Connections inherit it from their listener.
        socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let listener = socket.listen(BACKLOG)?;
        let url = format!("http://{}/", listener.local_addr()?);
        let (sender, arrivals) = mpsc::channel(ARRIVALS_MAX);
        tokio::spawn(accept(listener, PAGE.replace(HASH, hash), sender.clone()));
        Ok(Self { url, arrivals, sender })
    }
}

async fn accept(listener: TcpListener, page: String, arrivals: mpsc::Sender<Arrival>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (page, arrivals) = (page.clone(), arrivals.clone());
        tokio::spawn(async move {
            // A browser may close a connection that it opened to be early.
            if let Err(error) = serve(stream, &page, &arrivals).await {
                eprintln!("transport bench: a request: {error:#}");
            }
        });
    }
}

async fn serve(stream: TcpStream, page: &str, arrivals: &mpsc::Sender<Arrival>) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let Some(head) = peek_head(&stream).await? else { return Ok(()) };
    let target = head.split(' ').nth(1).context("a request without a target")?;
    if target == "/control" {
        arrivals.send(Arrival::Control(Box::new(upgrade(stream).await?))).await?;
    } else if let Some(cell) = target.strip_prefix("/socket/") {
        let opened = Opened::WebSocket(Box::new(upgrade(stream).await?));
        arrivals.send(Arrival::Path(cell.parse()?, opened)).await?;
    } else if let Some(cell) = target.strip_prefix("/stream/") {
        let opened = Opened::Http(begin_stream(stream, head.len()).await?);
        arrivals.send(Arrival::Path(cell.parse()?, opened)).await?;
    } else {
        answer(stream, &head, target, page).await?;
    }
    Ok(())
}

/// The request's head, left where it is: a WebSocket handshake is read by its library. None where there is no request.
async fn peek_head(stream: &TcpStream) -> anyhow::Result<Option<String>> {
    let mut bytes = vec![0; HEAD_BYTES_MAX];
    loop {
        let len = stream.peek(&mut bytes).await?;
        if len == 0 {
            return Ok(None);
        }
        if let Some(end) = bytes[..len].windows(4).position(|end| end == b"\r\n\r\n") {
            bytes.truncate(end + 4);
            return Ok(Some(String::from_utf8(bytes)?));
        }
        ensure!(len < HEAD_BYTES_MAX, "a request's head has no end");
        tokio::time::sleep(HEAD_INTERVAL).await;
    }
}

async fn upgrade(stream: TcpStream) -> anyhow::Result<WebSocketStream<TcpStream>> {
    // Messages leave in one frame, however large.
    let config = Config::default().frame_size(usize::MAX);
    let (_, socket) = ServerBuilder::new().config(config).accept(stream).await?;
    Ok(socket)
}

/// The body ends with the connection: chunked framing makes Chromium move every chunk once more.
async fn begin_stream(mut stream: TcpStream, head_bytes: usize) -> anyhow::Result<TcpStream> {
    stream.read_exact(&mut vec![0; head_bytes]).await?;
    stream.write_all(head("200 OK", "application/octet-stream", "").as_bytes()).await?;
    Ok(stream)
}

async fn answer(mut stream: TcpStream, request: &str, target: &str, page: &str) -> anyhow::Result<()> {
    stream.read_exact(&mut vec![0; request.len()]).await?;
    let file = FILES.iter().find(|(path, ..)| *path == target);
    let (status, kind, body) = match file {
        Some((_, kind, body)) => ("200 OK", *kind, *body),
        None if target == "/" => ("200 OK", "text/html; charset=utf-8", page),
        None => ("404 Not Found", "text/plain", ""),
    };
    let length = format!("Content-Length: {}\r\n", body.len());
    stream.write_all(head(status, kind, &length).as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await?;
    Ok(())
}

fn head(status: &str, kind: &str, more: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{more}Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
}
