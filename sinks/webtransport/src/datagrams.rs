//! A route by datagrams: bands cut into pieces, each of which may be lost, and is sent again on the route's stream
//! where the viewer asks for it. Slower than the stream alone in every browser; it is here for those who want to see
//! that.

use std::future::poll_fn;

use bytes::{Bytes, BytesMut};
use lanstream_core::protocol::{
    FRAGMENT_OVERHEAD, Fragment, Nack, ServerMessage, VIEWER_MESSAGE_BYTES_MAX, ViewerMessage, kind,
};
use lanstream_core::viewer::{Pump, WriteStatus};
use wtransport::proto::datagram::Datagram;
use wtransport::proto::ids::QStreamId;
use wtransport::{Connection, RecvStream, SendStream};

use crate::buffer_pool::BufferPool;
use crate::watchdog::{CloseReason, ConnectionWatchdog};

/// Bytes taken at a time of what a viewer asks for.
const READ_BYTES: usize = 4096;

/// A route by datagrams while it is open.
pub(crate) struct DatagramSender<'a, 'c> {
    pub(crate) connection: &'c Connection,
    pub(crate) pump: &'a mut Pump,
    pub(crate) buffers: &'a mut BufferPool,
    pub(crate) stream: &'a mut SendStream,
    pub(crate) watchdog: &'a mut ConnectionWatchdog<'c>,
}

/// What the viewer may still lack: the bands of the update that it has not acknowledged.
#[derive(Default)]
struct Sent {
    bands: Vec<Bytes>,
    /// Number of the first of them.
    first: u32,
    is_whole: bool,
}

/// What must be done next.
enum SendEvent {
    Send(Option<(WriteStatus, Bytes)>),
    Repair(Nack),
}

impl DatagramSender<'_, '_> {
    /// Carries the route to its end.
    pub(crate) async fn run(&mut self) -> Result<(), CloseReason> {
        let mut sent = Sent::default();
        let mut requests = Requests::new(self.connection);
        loop {
            match self.next(&mut requests).await? {
                SendEvent::Send(None) => return Ok(()),
                SendEvent::Send(Some((status, message))) => self.send(status, message, &mut sent).await?,
                SendEvent::Repair(nack) => self.repair(nack, &sent).await?,
            }
        }
    }

    async fn next(&mut self, requests: &mut Requests<'_>) -> Result<SendEvent, CloseReason> {
        let Self { pump, buffers, watchdog, .. } = self;
        loop {
            let awaits = pump.is_awaiting();
            tokio::select! {
                biased;
                nack = requests.next() => return Ok(SendEvent::Repair(nack?)),
                filled = poll_fn(|context| pump.poll_bytes(context, buffers.front(), usize::MAX)) => {
                    return Ok(SendEvent::Send(filled.map(|status| (status, buffers.take()))));
                }
                dead = watchdog.check(), if awaits => dead?,
            }
        }
    }

    async fn send(
        &mut self,
        status: WriteStatus,
        message: Bytes,
        sent: &mut Sent,
    ) -> Result<(), CloseReason> {
        if kind::of(&message) != Some(kind::BAND) {
            return self.write(message).await;
        }
        let (number, total) = (self.pump.route().number, length(message.len()));
        let band = sent.push(message.clone(), status == WriteStatus::Done);
        let room = self.connection.max_datagram_size().unwrap_or_default().saturating_sub(FRAGMENT_OVERHEAD);
        if room == 0 {
            return Err(CloseReason::Gone("the viewer takes no datagrams".into()));
        }
        let session = session_prefix(self.connection)?;
        for (index, bytes) in message.chunks(room).enumerate() {
            let offset = length(index * room);
            self.send_fragment(&session, Fragment { number, band, offset, total, bytes }).await?;
        }
        // What was taken back is kept until the viewer has answered something: it may still lack pieces of it.
        if status.is_end() {
            self.write(written(&ServerMessage::FragmentsEnd { number, bands: band + 1 })).await?;
        }
        Ok(())
    }

    /// Sends a datagram when there is room for it. `session` is what every datagram of this session begins with.
    async fn send_fragment(&mut self, session: &[u8], piece: Fragment<'_>) -> Result<(), CloseReason> {
        let mut bytes = Vec::with_capacity(session.len() + FRAGMENT_OVERHEAD + piece.bytes.len());
        bytes.extend_from_slice(session);
        ServerMessage::Fragment(piece).write(&mut bytes);
        let sent = self.connection.quic_connection().send_datagram_wait(bytes.into());
        self.watchdog.unless_dead(sent).await?.map_err(|error| CloseReason::Gone(error.to_string()))
    }

    async fn repair(&mut self, nack: Nack, sent: &Sent) -> Result<(), CloseReason> {
        let number = self.pump.route().number;
        let Some(message) = sent.band(nack.band).filter(|_| nack.number == number) else { return Ok(()) };
        let start = (nack.offset as usize).min(message.len());
        let end = start.saturating_add(nack.bytes as usize).min(message.len());
        let piece = Fragment {
            number,
            band: nack.band,
            offset: length(start),
            total: length(message.len()),
            bytes: &message[start..end],
        };
        self.write(written(&ServerMessage::Fragment(piece))).await
    }

    async fn write(&mut self, bytes: Bytes) -> Result<(), CloseReason> {
        let done = self.stream.quic_stream_mut().write_chunk(bytes);
        self.watchdog.unless_dead(done).await?.map_err(|error| CloseReason::Gone(error.to_string()))
    }
}

impl Sent {
    /// Returns the band's number. After the last of an update the next begins another: the viewer has the previous one.
    fn push(&mut self, band: Bytes, is_last: bool) -> u32 {
        if std::mem::replace(&mut self.is_whole, is_last) {
            self.first += length(self.bands.len());
            self.bands.clear();
        }
        self.bands.push(band);
        self.first + length(self.bands.len()) - 1
    }

    fn band(&self, number: u32) -> Option<&Bytes> {
        self.bands.get(number.checked_sub(self.first)? as usize)
    }
}

/// What the viewer asks for, on a stream that it opens.
struct Requests<'a> {
    connection: &'a Connection,
    stream: Option<RecvStream>,
    unread: BytesMut,
}

impl<'a> Requests<'a> {
    fn new(connection: &'a Connection) -> Self {
        Self { connection, stream: None, unread: BytesMut::new() }
    }

    /// The next; nothing is lost where it is given up.
    async fn next(&mut self) -> Result<Nack, CloseReason> {
        loop {
            match ViewerMessage::read(&self.unread) {
                Ok(Some((ViewerMessage::Nack(nack), taken))) => {
                    drop(self.unread.split_to(taken));
                    return Ok(nack);
                }
                Ok(None) if self.unread.len() <= VIEWER_MESSAGE_BYTES_MAX => self.read().await?,
                _ => return Err(CloseReason::Gone("the viewer sent something that is no request".into())),
            }
        }
    }

    async fn read(&mut self) -> Result<(), CloseReason> {
        let gone = |error: &dyn std::fmt::Display| CloseReason::Gone(error.to_string());
        let Some(stream) = &mut self.stream else {
            self.stream = Some(self.connection.accept_uni().await.map_err(|error| gone(&error))?);
            return Ok(());
        };
        let read = stream.quic_stream_mut().read_chunk(READ_BYTES, true).await;
        match read.map_err(|error| gone(&error))? {
            Some(chunk) => self.unread.extend_from_slice(&chunk.bytes),
            None => self.stream = None,
        }
        Ok(())
    }
}

/// What a datagram of a session begins with.
fn session_prefix(connection: &Connection) -> Result<Vec<u8>, CloseReason> {
    let empty = Datagram::new(QStreamId::from_session_id(connection.session_id()), &[]);
    let mut bytes = vec![0; empty.write_size()];
    empty.write(&mut bytes).map_err(|_| CloseReason::Gone("a datagram has no room".into()))?;
    Ok(bytes)
}

/// A number of bytes or of bands as messages have it: the band's own header has no room for more.
fn length(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn written(message: &ServerMessage<'_>) -> Bytes {
    let mut bytes = Vec::new();
    message.write(&mut bytes);
    bytes.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bands_of_the_update_on_its_way_can_be_had_again() {
        let mut sent = Sent::default();
        let bands: Vec<Bytes> = (0..5_u8).map(|byte| vec![byte].into()).collect();
        let is_last = [false, true, false, false, true];
        for ((number, band), is_last) in (0..).zip(&bands).zip(is_last) {
            assert_eq!(sent.push(band.clone(), is_last), number);
        }
        assert_eq!(sent.band(1), None, "of the update before");
        assert_eq!((sent.band(2), sent.band(4), sent.band(5)), (Some(&bands[2]), Some(&bands[4]), None));
    }
}
