//! The server's end of an open path: sends messages the way that the path says.

use anyhow::{Context, bail, ensure};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use futures_util::SinkExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_websockets::{Message, WebSocketStream};
use wtransport::quinn::SendDatagramError;
use wtransport::{Connection, SendStream};

use crate::path::Path;
use crate::tuning::CHUNK_BYTES;

/// WebSocket messages where a message is cut.
const PIECE_BYTES: usize = 256 << 10;
/// In front of a datagram's bytes: the message's number.
const DATAGRAM_HEAD_BYTES: usize = 4;

/// What a page has opened, before it is known what goes over it.
pub(crate) enum Opened {
    /// A request for a response without end.
    Http(TcpStream),
    /// A socket.
    WebSocket(Box<WebSocketStream<TcpStream>>),
    /// A session.
    WebTransport(Connection),
}

/// An open path.
pub(crate) enum Link {
    /// A response without end.
    Http(TcpStream),
    /// WebSocket messages of at most so many bytes.
    WebSocket(Box<WebSocketStream<TcpStream>>, usize),
    /// One stream, handed bytes without a copy.
    Stream(Connection, SendStream),
    /// One stream, written by the library's own loop.
    StreamPlain(Connection, SendStream),
    /// A stream for each message.
    Streams(Connection),
    /// Datagrams.
    Datagrams(Connection),
}

impl Link {
    /// Makes what was opened ready for a path's messages.
    pub(crate) async fn new(opened: Opened, path: Path) -> anyhow::Result<Self> {
        Ok(match (opened, path) {
            (Opened::Http(stream), Path::Http | Path::HttpByob) => Self::Http(stream),
            (Opened::WebSocket(socket), Path::Websocket) => Self::WebSocket(socket, usize::MAX),
            (Opened::WebSocket(socket), Path::WebsocketPieces) => Self::WebSocket(socket, PIECE_BYTES),
            (Opened::WebTransport(session), Path::Stream) => {
                let stream = session.open_uni().await?.await?;
                Self::Stream(session, stream)
            }
            (Opened::WebTransport(session), Path::StreamPlain) => {
                let stream = session.open_uni().await?.await?;
                Self::StreamPlain(session, stream)
            }
            (Opened::WebTransport(session), Path::Streams) => Self::Streams(session),
            (Opened::WebTransport(session), Path::Datagrams) => Self::Datagrams(session),
            (_, path) => bail!("the page opened something else than {path:?}"),
        })
    }

    /// The session below, where there is one.
    pub(crate) fn session(&self) -> Option<&Connection> {
        match self {
            Self::Http(_) | Self::WebSocket(..) => None,
            Self::Stream(session, _)
            | Self::StreamPlain(session, _)
            | Self::Streams(session)
            | Self::Datagrams(session) => Some(session),
        }
    }

    /// Whether all of what is sent arrives.
    pub(crate) fn is_reliable(&self) -> bool {
        !matches!(self, Self::Datagrams(_))
    }

    /// Sends a message and says in how many pieces that can be lost. It ends when the last bytes are in the hands of
    /// the kernel, or of QUIC.
    ///
    /// # Errors
    /// Where the page has closed the path.
    pub(crate) async fn send(&mut self, number: u32, message: &Bytes) -> anyhow::Result<u32> {
        match self {
            Self::Http(stream) => stream.write_all(message).await?,
            Self::WebSocket(socket, limit) => {
                for piece in pieces(message, *limit) {
                    socket.send(Message::binary(piece)).await?;
                }
            }
            Self::Stream(_, stream) => write(stream, message).await?,
            Self::StreamPlain(_, stream) => stream.write_all(message).await?,
            Self::Streams(session) => send_stream(session, number, message).await?,
            Self::Datagrams(session) => return send_datagrams(session, number, message).await,
        }
        Ok(1)
    }
}

/// Cuts without copying.
fn pieces(message: &Bytes, limit: usize) -> impl Iterator<Item = Bytes> {
    (0..message.len())
        .step_by(limit)
        .map(move |at| message.slice(at..message.len().min(at.saturating_add(limit))))
}

async fn write(stream: &mut SendStream, message: &Bytes) -> anyhow::Result<()> {
    for piece in pieces(message, CHUNK_BYTES) {
        stream.quic_stream_mut().write_chunk(piece).await?;
    }
    Ok(())
}

/// Streams arrive in any order, so each begins with its message's number.
async fn send_stream(session: &Connection, number: u32, message: &Bytes) -> anyhow::Result<()> {
    let mut stream = session.open_uni().await?.await?;
    let head = Bytes::copy_from_slice(&number.to_le_bytes());
    stream.quic_stream_mut().write_chunk(head).await?;
    write(&mut stream, &message.slice(size_of::<u32>()..)).await?;
    stream.quic_stream_mut().finish()?;
    Ok(())
}

/// Waits for room instead of pushing out what was not sent yet, which `Connection::send_datagram` would do. Returns how
/// many it took: packets may get smaller while it sends.
async fn send_datagrams(session: &Connection, number: u32, message: &Bytes) -> anyhow::Result<u32> {
    let quarter = quarter_id(session)?;
    let mut rest = message.clone();
    let mut count = 0;
    while !rest.is_empty() {
        let room = session.max_datagram_size().context("the browser takes no datagrams")?;
        let piece = rest.slice(..rest.len().min(room - DATAGRAM_HEAD_BYTES));
        let datagram = datagram(quarter, number, &piece);
        match session.quic_connection().send_datagram_wait(datagram).await {
            Ok(()) => {
                rest.advance(piece.len());
                count += 1;
            }
            Err(SendDatagramError::TooLarge) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(count)
}

fn datagram(quarter: u8, number: u32, piece: &Bytes) -> Bytes {
    let mut datagram = BytesMut::with_capacity(1 + DATAGRAM_HEAD_BYTES + piece.len());
    datagram.put_u8(quarter);
    datagram.put_u32_le(number);
    datagram.put_slice(piece);
    datagram.freeze()
}

/// A datagram begins with a quarter of its session's number (RFC 9297); below 64 that is one byte.
fn quarter_id(session: &Connection) -> anyhow::Result<u8> {
    let quarter = u8::try_from(session.session_id().into_u64() / 4)?;
    ensure!(quarter < 64, "the browser's connection has too many sessions");
    Ok(quarter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(bytes: usize, limit: usize) -> Vec<usize> {
        pieces(&Bytes::from(vec![0; bytes]), limit).map(|piece| piece.len()).collect()
    }

    #[test]
    fn a_message_is_cut_into_all_of_its_bytes() {
        assert_eq!(lengths(10, 4), [4, 4, 2]);
        assert_eq!(lengths(8, 4), [4, 4]);
        assert_eq!(lengths(3, usize::MAX), [3]);
    }
}
