//! Memory for chunks that are handed to QUIC, which keeps each until the peer has acknowledged it: used over and over.

use bytes::{Bytes, BytesMut};

/// Buffers: as many as hold what may be unacknowledged, and the one that is written.
const BUFFERS: usize = 12;

/// Buffers that are filled in turn.
#[derive(Debug)]
pub(crate) struct BufferPool {
    buffers: [BytesMut; BUFFERS],
    room: usize,
}

impl BufferPool {
    /// For chunks of up to `room` bytes.
    pub(crate) fn new(room: usize) -> Self {
        Self { buffers: std::array::from_fn(|_| BytesMut::new()), room }
    }

    /// The one to be filled.
    pub(crate) fn front(&mut self) -> &mut BytesMut {
        let buffer = &mut self.buffers[0];
        // Gives the memory back to this buffer once QUIC is done with it: no allocation after the first rounds.
        buffer.reserve(self.room);
        buffer
    }

    /// Takes what was filled in. The next is another's turn.
    pub(crate) fn take(&mut self) -> Bytes {
        let filled = self.buffers[0].split().freeze();
        self.buffers.rotate_left(1);
        filled
    }
}
