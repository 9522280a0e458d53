//! The socket between lanstream and the process of a plugin: packets, and descriptors that come with them.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};

/// Maximum number of bytes of a packet: the description of a plugin with many options.
const PACKET_BYTES_MAX: usize = 128 << 10;

/// One end of the socket.
#[derive(Debug)]
pub(super) struct Channel {
    socket: OwnedFd,
    received: Vec<u8>,
}

impl Channel {
    /// Returns both ends of a new socket.
    pub(super) fn pair() -> io::Result<(Self, OwnedFd)> {
        let (own, other) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        Ok((Self::new(own), other))
    }

    pub(super) fn new(socket: OwnedFd) -> Self {
        Self { socket, received: vec![0; PACKET_BYTES_MAX] }
    }

    /// Sends a packet.
    pub(super) fn send(&self, bytes: &[u8]) -> io::Result<()> {
        let mut no_ancillary = SendAncillaryBuffer::default();
        sendmsg(&self.socket, &[IoSlice::new(bytes)], &mut no_ancillary, SendFlags::NOSIGNAL)?;
        Ok(())
    }

    /// Sends a packet with a descriptor, of which the other end gets a copy.
    pub(super) fn send_with(&self, bytes: &[u8], descriptor: BorrowedFd<'_>) -> io::Result<()> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        let descriptors = [descriptor];
        ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
        sendmsg(&self.socket, &[IoSlice::new(bytes)], &mut ancillary, SendFlags::NOSIGNAL)?;
        Ok(())
    }

    /// Receives a packet, and a descriptor if one came with it. An empty packet means that the other end is closed.
    pub(super) fn receive(&mut self) -> io::Result<(&[u8], Option<OwnedFd>)> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let message = loop {
            let mut into = [IoSliceMut::new(&mut self.received)];
            match recvmsg(&self.socket, &mut into, &mut ancillary, RecvFlags::CMSG_CLOEXEC) {
                Err(rustix::io::Errno::INTR) => {}
                received => break received?,
            }
        };
        let descriptor = ancillary.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
            _ => None,
        });
        Ok((&self.received[..message.bytes], descriptor))
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
