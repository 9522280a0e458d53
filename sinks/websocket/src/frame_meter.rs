//! Meter of inbound frames: counts each of them, of whatever kind and however empty, as its bytes come in.
//!
//! The library tells of messages only, and a message may have any number of frames.

use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};

use lanstream_core::Clock;
use lanstream_core::viewer::MessageBudget;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes of the longest head: two, a length of eight, and a mask.
const HEAD_BYTES_MAX: usize = 14;
const MASKED: u8 = 0x80;

/// A stream of WebSocket frames, which gives no more once a viewer has sent more frames in a second than it may.
#[derive(Debug)]
pub(crate) struct FrameMeter<S> {
    stream: S,
    scanner: Scanner,
    budget: MessageBudget,
    clock: Clock,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Counting,
    /// Too many came: no more is read.
    Flooded,
    /// What comes is thrown away, so that the viewer's end hears why.
    Draining,
}

impl<S> FrameMeter<S> {
    pub(crate) fn new(stream: S, clock: Clock) -> Self {
        let (scanner, budget) = (Scanner::default(), MessageBudget::default());
        Self { stream, scanner, budget, clock, state: State::Counting }
    }

    /// Whether there were too many frames.
    pub(crate) fn is_flooded(&self) -> bool {
        self.state == State::Flooded
    }

    /// Counts no more, at the end.
    pub(crate) fn drain(&mut self) {
        self.state = State::Draining;
    }

    fn count(&mut self, bytes: &[u8]) {
        let now = (self.clock)();
        for _ in 0..self.scanner.scan(bytes) {
            if self.budget.spend(now).is_err() {
                self.state = State::Flooded;
                return;
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FrameMeter<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let this = &mut *self;
        if this.state == State::Flooded {
            // Whoever reads looks at `is_flooded` before it waits.
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        if this.state == State::Counting {
            this.count(&buffer.filled()[before..]);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FrameMeter<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Finds where frames begin (RFC 6455, section 5.2).
#[derive(Debug, Default)]
struct Scanner {
    head: [u8; HEAD_BYTES_MAX],
    head_len: usize,
    /// Bytes of payload that have not come yet.
    payload_left: u64,
}

impl Scanner {
    /// Takes the next bytes. Returns how many heads of frames end in them.
    fn scan(&mut self, mut bytes: &[u8]) -> u32 {
        let mut frames = 0;
        while let [first, rest @ ..] = bytes {
            if self.payload_left > 0 {
                let here = usize::try_from(self.payload_left).unwrap_or(usize::MAX).min(bytes.len());
                self.payload_left -= here as u64;
                bytes = &bytes[here..];
                continue;
            }
            self.head[self.head_len] = *first;
            self.head_len += 1;
            bytes = rest;
            if let Some(payload) = self.payload() {
                (self.payload_left, self.head_len) = (payload, 0);
                frames += 1;
            }
        }
        frames
    }

    /// Returns the length of the payload once the head is whole.
    fn payload(&self) -> Option<u64> {
        let head = &self.head[..self.head_len];
        let second = *head.get(1)?;
        let mask = if second & MASKED != 0 { 4 } else { 0 };
        let (length, end) = match second & !MASKED {
            126 => (u16::from_be_bytes(*head.get(2..)?.first_chunk()?).into(), 4),
            127 => (u64::from_be_bytes(*head.get(2..)?.first_chunk()?), 10),
            length => (length.into(), 2),
        };
        (head.len() >= end + mask).then_some(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(length: usize) -> Vec<u8> {
        let mut frame = match length {
            0..126 => vec![0x82, 0x80 | u8::try_from(length).unwrap()],
            126..65536 => [&[0x82, 0xfe][..], &u16::try_from(length).unwrap().to_be_bytes()].concat(),
            _ => [&[0x82, 0xff][..], &(length as u64).to_be_bytes()].concat(),
        };
        frame.extend([1, 2, 3, 4]);
        frame.resize(frame.len() + length, 0xff);
        frame
    }

    #[test]
    fn frames_are_counted_however_their_bytes_come() {
        let lengths = [0, 1, 125, 126, 0, 0, 1000, 65535, 65536, 3];
        let bytes: Vec<u8> = lengths.into_iter().flat_map(frame).collect();
        for piece in [1, 2, 3, 7, 100, 4096, bytes.len()] {
            let mut scanner = Scanner::default();
            let frames: u32 = bytes.chunks(piece).map(|bytes| scanner.scan(bytes)).sum();
            assert_eq!(frames as usize, lengths.len(), "pieces of {piece}");
        }
    }

    #[test]
    fn a_length_beyond_all_size_is_one_frame() {
        let mut scanner = Scanner::default();
        assert_eq!(scanner.scan(&[0x82, 0xff, 255, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4]), 1);
        assert_eq!(scanner.scan(&[0; 1 << 16]), 0);
    }
}
