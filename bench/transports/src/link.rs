//! The server's end of an open path: sends messages the way that the path says.

use anyhow::{Context, bail};
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::SinkExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_websockets::{Message, WebSocketStream};
use wtransport::{Connection, SendStream};

use crate::path::Path;

/// WebSocket messages where a message is cut.
const PIECE_BYTES: usize = 256 << 10;
/// In front of a datagram's bytes: the message's number and the number of its pieces.
const DATAGRAM_HEAD_BYTES: usize = 8;

/// What a page has opened, before it is known what goes over it.
pub enum Opened {
    /// A request for a response without end.
    Http(TcpStream),
    /// A socket.
    WebSocket(Box<WebSocketStream<TcpStream>>),
    /// A session.
    WebTransport(Connection),
}

/// An open path.
pub enum Link {
    /// A response without end.
    Http(TcpStream),
    /// Messages of at most so many bytes.
    WebSocket(Box<WebSocketStream<TcpStream>>, usize),
    /// One stream, handed pieces of so many bytes without a copy.
    Stream(Connection, SendStream, usize),
    /// One stream, written by the library's own loop.
    StreamPlain(Connection, SendStream),
    /// A stream for each message.
    Streams(Connection, usize),
    /// Datagrams.
    Datagrams(Connection),
}

impl Link {
    /// Makes what was opened ready for a path's messages.
    pub async fn new(opened: Opened, path: Path, chunk_bytes: usize) -> anyhow::Result<Self> {
        Ok(match (opened, path) {
            (Opened::Http(stream), Path::Http | Path::HttpByob) => Self::Http(stream),
            (Opened::WebSocket(socket), Path::Websocket) => Self::WebSocket(socket, usize::MAX),
            (Opened::WebSocket(socket), Path::WebsocketPieces) => Self::WebSocket(socket, PIECE_BYTES),
            (Opened::WebTransport(session), Path::Stream) => {
                let stream = session.open_uni().await?.await?;
                Self::Stream(session, stream, chunk_bytes)
            }
            (Opened::WebTransport(session), Path::StreamPlain) => {
                let stream = session.open_uni().await?.await?;
                Self::StreamPlain(session, stream)
            }
            (Opened::WebTransport(session), Path::Streams) => Self::Streams(session, chunk_bytes),
            (Opened::WebTransport(session), Path::Datagrams) => Self::Datagrams(session),
            (_, path) => bail!("the page opened something else than {path:?}"),
        })
    }

    /// The session below, where there is one.
    pub fn session(&self) -> Option<&Connection> {
        match self {
            Self::Http(_) | Self::WebSocket(..) => None,
            Self::Stream(session, ..)
            | Self::StreamPlain(session, _)
            | Self::Streams(session, _)
            | Self::Datagrams(session) => Some(session),
        }
    }

    /// Sends a message. It ends when the last bytes are in the hands of the kernel, or of QUIC.
    pub async fn send(&mut self, number: u32, message: &Bytes) -> anyhow::Result<()> {
        match self {
            Self::Http(stream) => stream.write_all(message).await?,
            Self::WebSocket(socket, limit) => {
                for piece in pieces(message, *limit) {
                    socket.send(Message::binary(piece)).await?;
                }
            }
            Self::Stream(_, stream, chunk) => write(stream, message, *chunk).await?,
            Self::StreamPlain(_, stream) => stream.write_all(message).await?,
            Self::Streams(session, chunk) => send_stream(session, number, message, *chunk).await?,
            Self::Datagrams(session) => send_datagrams(session, number, message).await?,
        }
        Ok(())
    }
}

/// Cuts without copying.
fn pieces(message: &Bytes, limit: usize) -> impl Iterator<Item = Bytes> {
    (0..message.len()).step_by(limit).map(move |at| message.slice(at..message.len().min(at.saturating_add(limit))))
}

async fn write(stream: &mut SendStream, message: &Bytes, chunk: usize) -> anyhow::Result<()> {
    for piece in pieces(message, chunk) {
        stream.quic_stream_mut().write_chunk(piece).await?;
    }
    Ok(())
}

/// Streams arrive in any order, so each begins with its message's number.
async fn send_stream(session: &Connection, number: u32, message: &Bytes, chunk: usize) -> anyhow::Result<()> {
    let mut stream = session.open_uni().await?.await?;
    let head = Bytes::copy_from_slice(&number.to_le_bytes());
    stream.quic_stream_mut().write_chunk(head).await?;
    write(&mut stream, &message.slice(..message.len() - size_of::<u32>()), chunk).await?;
    stream.quic_stream_mut().finish()?;
    Ok(())
}

/// Waits for room instead of pushing out what was not sent yet, which `Connection::send_datagram` would do.
async fn send_datagrams(session: &Connection, number: u32, message: &Bytes) -> anyhow::Result<()> {
    let connection = session.quic_connection();
    let quarter = u8::try_from(session.session_id().into_u64() / 4).context("a session of many on its connection")?;
    let bytes = session.max_datagram_size().context("the browser takes no datagrams")? - DATAGRAM_HEAD_BYTES;
    let count = u32::try_from(message.len().div_ceil(bytes))?;
    for piece in pieces(message, bytes) {
        let mut datagram = BytesMut::with_capacity(1 + DATAGRAM_HEAD_BYTES + piece.len());
        datagram.put_u8(quarter);
        datagram.put_u32_le(number);
        datagram.put_u32_le(count);
        datagram.put(piece);
        connection.send_datagram_wait(datagram.freeze()).await?;
    }
    Ok(())
}
