//! What a response's body is made of: bytes at hand, bytes of no meaning, or a viewer's pixels.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::Frame;
use lanstream_core::reception::StreamPlace;
use lanstream_core::viewer::Pump;

/// Bytes of pixels packed before they are handed to the socket: a band. With smaller chunks the browser is woken more
/// often and takes processor time from the packing.
const CHUNK_BYTES: usize = 1 << 20;
/// Room beyond a chunk for the row and the patch table that may end it.
const CHUNK_ROOM: usize = CHUNK_BYTES + (96 << 10);
/// Bytes of no meaning.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// A response's body.
#[derive(Debug)]
pub(crate) enum Body {
    Whole(Option<Bytes>),
    Zeros(usize),
    Pixels(Box<Pixels>),
}

/// A viewer's pixels, for as long as it is there.
#[derive(Debug)]
pub(crate) struct Pixels {
    pump: Box<Pump>,
    /// Filled in turn: while the socket still holds one, the next is packed into the other.
    buffers: [BytesMut; 2],
    _place: StreamPlace,
}

impl Body {
    pub(crate) fn pixels(pump: Box<Pump>, place: StreamPlace) -> Self {
        let buffers = [BytesMut::with_capacity(CHUNK_ROOM), BytesMut::with_capacity(CHUNK_ROOM)];
        Self::Pixels(Box::new(Pixels { pump, buffers, _place: place }))
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
            Self::Zeros(left) => next_zeros(left),
            Self::Pixels(pixels) => ready!(pixels.poll_chunk(context)),
        };
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn size_hint(&self) -> http_body::SizeHint {
        match self {
            Self::Whole(bytes) => {
                http_body::SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Zeros(left) => http_body::SizeHint::with_exact(*left as u64),
            Self::Pixels(_) => http_body::SizeHint::default(),
        }
    }
}

fn next_zeros(left: &mut usize) -> Option<Bytes> {
    let len = ZEROS.len().min(*left);
    *left -= len;
    (len > 0).then(|| Bytes::from_static(&ZEROS[..len]))
}

impl Pixels {
    fn poll_chunk(&mut self, context: &Context<'_>) -> Poll<Option<Bytes>> {
        self.buffers.swap(0, 1);
        let buffer = &mut self.buffers[0];
        // Gives the memory back to this buffer once the socket is done with it: no allocation after the first rounds.
        buffer.reserve(CHUNK_ROOM);
        ready!(self.pump.poll_fill(context, buffer, CHUNK_BYTES)).map_or(Poll::Ready(None), |_| {
            let chunk = buffer.split().freeze();
            Poll::Ready(Some(chunk))
        })
    }
}
