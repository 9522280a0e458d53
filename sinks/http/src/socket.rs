//! The socket of a connection: little memory and little time for a stranger, as much as there is for a viewer's pixels.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket as RawSocket, Type};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// Bytes that the kernel keeps unsent for a stranger who reads nothing.
const STRANGER_BYTES: u32 = 64 << 10;
/// The same as the system has it.
const SYSTEM_BYTES: u32 = 0;
/// Time in which a stranger must have taken what it was sent. All that there is are files of some kilobytes.
const STRANGER_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of a viewer's send buffer: a large window's update leaves in one go, and its sender is off the processor
/// while the browser reads. There is one update on its way at most, so more does not make pictures older.
const VIEWER_BYTES: usize = 4 << 20;

/// Flag that a connection carries a viewer's pixels. Its socket and its request handler share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ViewerFlag(Arc<AtomicBool>);

impl ViewerFlag {
    /// Notes that the connection is a viewer's from now on.
    pub(crate) fn admit(&self) {
        // The socket's own task sets it and reads it.
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A stream of bytes whose limits end when its [`ViewerFlag`] is a viewer's.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    viewer_flag: ViewerFlag,
    is_wide: bool,
    /// When a stranger must have taken all; `None` while nothing waits.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream, viewer_flag: ViewerFlag) -> Self {
        limit_unsent(&stream, STRANGER_BYTES);
        Self { stream, viewer_flag, is_wide: false, deadline: None }
    }

    /// Returns the stream without limits, for the protocol that the connection is upgraded to.
    pub(crate) fn into_stream(mut self) -> TcpStream {
        self.widen();
        self.stream
    }

    fn widen(&mut self) {
        self.is_wide = true;
        self.deadline = None;
        limit_unsent(&self.stream, SYSTEM_BYTES);
        if can_have_viewer_bytes() {
            // Without it pixels take more system calls.
            let _slower = SockRef::from(&self.stream).set_send_buffer_size(VIEWER_BYTES);
        }
    }

    /// Ends the wait of a stranger that has taken too long.
    fn limit_wait<T>(&mut self, context: &mut Context<'_>, written: Poll<Result<T>>) -> Poll<Result<T>> {
        if written.is_ready() || self.is_wide {
            return written;
        }
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(STRANGER_TIMEOUT)));
        deadline.as_mut().poll(context).map(|()| Err(Error::from(ErrorKind::TimedOut)))
    }

    fn prepare(&mut self) {
        if !self.is_wide && self.viewer_flag.0.load(Ordering::Relaxed) {
            self.widen();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        self.prepare();
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.limit_wait(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        self.prepare();
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.limit_wait(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Is asked for once all that there was to write is written.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.deadline = None;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Limits what the kernel keeps unsent, where it can: elsewhere the time limit is all.
fn limit_unsent(stream: &TcpStream, bytes: u32) {
    #[cfg(any(target_os = "android", target_os = "linux"))]
    {
        let _unlimited = SockRef::from(stream).set_tcp_notsent_lowat(bytes);
    }
    #[cfg(not(any(target_os = "android", target_os = "linux")))]
    let _unlimited = (stream, bytes);
}

/// Whether the system gives so large a send buffer to who asks. Where it does not, asking would fix a smaller one than
/// the kernel makes by itself when it is needed.
fn can_have_viewer_bytes() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    let asked = || {
        let scratch = RawSocket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
        scratch.set_send_buffer_size(VIEWER_BYTES)?;
        scratch.send_buffer_size()
    };
    *CAN.get_or_init(|| asked().is_ok_and(|given: usize| given >= VIEWER_BYTES))
}
