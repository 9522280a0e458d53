//! What carries a viewer's pixels where the control channel does not.

use crate::http::Peer;
use crate::webtransport::Stream;

/// A stream of messages.
#[derive(Debug)]
pub enum Pixels {
    /// The body of an HTTP response.
    Http(Peer),
    /// A stream of a WebTransport session.
    WebTransport(Stream),
}

impl Pixels {
    /// What came that nobody took yet.
    pub fn buffer(&self) -> &[u8] {
        match self {
            Self::Http(peer) => &peer.buffer,
            Self::WebTransport(stream) => &stream.buffer,
        }
    }

    /// Takes in more bytes; 0 at the end.
    pub fn fill(&mut self) -> usize {
        match self {
            Self::Http(peer) => peer.fill(),
            Self::WebTransport(stream) => stream.fill(),
        }
    }

    /// The next `len` bytes; `None` where it ends before.
    pub fn take(&mut self, len: usize) -> Option<Vec<u8>> {
        match self {
            Self::Http(peer) => peer.take(len),
            Self::WebTransport(stream) => stream.take(len),
        }
    }

    /// Takes all that comes until the end.
    pub fn rest(&mut self) {
        while self.fill() > 0 {}
    }

    /// Whether nothing is there to be taken now.
    pub fn is_silent(&mut self) -> bool {
        match self {
            Self::Http(peer) => peer.is_silent(),
            Self::WebTransport(stream) => stream.is_silent(),
        }
    }

    /// Is gone, without a word where that can be.
    pub fn reset(self) {
        match self {
            Self::Http(peer) => peer.reset(),
            Self::WebTransport(stream) => stream.stop(),
        }
    }
}
