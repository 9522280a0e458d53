//! What a response's body is made of: bytes at hand, or a viewer's pixels.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::Frame;
use lanstream_core::admission::{PumpReceiver, StreamPermit};
use lanstream_core::protocol::Route;
use lanstream_core::viewer::Pump;
use tokio::time::{Sleep, sleep};

use crate::config::TRANSPORT;

/// Bytes of pixels packed before they are handed to the socket: a band.
const CHUNK_BYTES: usize = TRANSPORT.band_bytes;
/// Room for a chunk. The stream is cut where it fits, so that only the row and the table that end it go beyond.
const CHUNK_ROOM: usize = CHUNK_BYTES + (96 << 10);
/// Time from the request to the route that it is of.
const ROUTE_TIMEOUT: Duration = Duration::from_secs(5);

/// A response's body.
#[derive(Debug)]
pub(crate) enum Body {
    Whole(Option<Bytes>),
    Pixels(Box<Pixels>),
}

/// A viewer's pixels on one route, for as long as that is open.
#[derive(Debug)]
pub(crate) struct Pixels {
    pump_receiver: PumpReceiver,
    /// The route's number: what the viewer says of it on its control channel may come later than the request.
    number: u32,
    pump: Option<Box<Pump>>,
    /// When it is too late for that.
    deadline: Pin<Box<Sleep>>,
    /// Filled in turn: while the socket still holds one, the next is packed into the other.
    buffers: [BytesMut; 2],
    _permit: StreamPermit,
}

impl Body {
    pub(crate) fn pixels(pump_receiver: PumpReceiver, number: u32, permit: StreamPermit) -> Self {
        let buffers = [BytesMut::with_capacity(CHUNK_ROOM), BytesMut::with_capacity(CHUNK_ROOM)];
        let deadline = Box::pin(sleep(ROUTE_TIMEOUT));
        Self::Pixels(Box::new(Pixels {
            pump_receiver,
            number,
            pump: None,
            deadline,
            buffers,
            _permit: permit,
        }))
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self::Whole(Some(Bytes::from_static(text.as_bytes())))
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::Whole(Some(Bytes::from(text)))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = match self.get_mut() {
            Self::Whole(bytes) => bytes.take(),
            Self::Pixels(pixels) => ready!(pixels.poll_chunk(context)),
        };
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn size_hint(&self) -> http_body::SizeHint {
        match self {
            Self::Whole(bytes) => {
                http_body::SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Pixels(_) => http_body::SizeHint::default(),
        }
    }
}

impl Pixels {
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let Some(pump) = &mut self.pump else { return self.poll_first(context) };
        self.buffers.swap(0, 1);
        let buffer = &mut self.buffers[0];
        // Gives the memory back to this buffer once the socket is done with it: no allocation after the first rounds.
        buffer.reserve(CHUNK_ROOM);
        ready!(pump.poll_bytes(context, buffer, CHUNK_BYTES)).map_or(Poll::Ready(None), |_| {
            let chunk = buffer.split().freeze();
            Poll::Ready(Some(chunk))
        })
    }
    fn poll_first(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mine = |route: &Route| route.transport == TRANSPORT.id && route.number == self.number;
        match self.pump_receiver.poll(context, mine) {
            Poll::Ready(pump) => self.pump = pump,
            Poll::Pending => ready!(self.deadline.as_mut().poll(context)),
        }
        if self.pump.is_some() { self.poll_chunk(context) } else { Poll::Ready(None) }
    }
}
