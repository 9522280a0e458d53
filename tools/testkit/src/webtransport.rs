//! WebTransport as a browser has it: a session that is asked for by the hash of the server's certificate, and its
//! streams.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::LazyLock;
use std::time::Duration;

use lanstream_core::Picture;
use lanstream_core::protocol::{Certificates, HEADER_BYTES, ServerMessage, ViewerMessage, kind};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use wtransport::config::{DnsLookupFuture, DnsResolver, QuicTransportConfig};
use wtransport::endpoint::{ConnectOptions, endpoint_side::Client};
use wtransport::error::ConnectingError;
use wtransport::tls::rustls::RootCertStore;
use wtransport::tls::{Sha256Digest, client::ServerHashVerification, client::build_default_tls_config};
use wtransport::{ClientConfig, Connection, Endpoint, RecvStream, VarInt};

use crate::door::Door;
use crate::http::PATIENCE;

/// Answers packets while a test does something else.
static CLIENTS: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).thread_name("client").enable_all();
    builder.build().expect("a thread for clients")
});

/// Runs `future` to its end, which must come.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    CLIENTS.block_on(async { timeout(PATIENCE, future).await }).expect("it takes too long")
}

/// Goes on with `future` while a test does something else.
pub fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    CLIENTS.spawn(future)
}

/// Where sessions are to be had, and by what the server is known there.
#[derive(Clone, Debug)]
pub struct Venue {
    /// Its UDP port.
    pub address: SocketAddr,
    /// SHA-256 of each certificate that it may show.
    pub hashes: Vec<[u8; 32]>,
}

impl Venue {
    /// From the body of a `Certificates`.
    pub fn read(page: SocketAddr, body: &[u8]) -> Self {
        let message = ServerMessage::from_body(kind::CERTIFICATES, body);
        let Ok(ServerMessage::Certificates(certificates)) = message else {
            panic!("certificates are read as {message:?}")
        };
        let Certificates { port, hashes } = certificates.into_owned();
        let port = if port == 0 { page.port() } else { port };
        Self { address: SocketAddr::new(page.ip(), port), hashes }
    }

    /// How a browser connects that was given the hashes.
    pub fn config(&self) -> ClientConfig {
        self.tuned(QuicTransportConfig::default())
    }

    /// The same with settings of QUIC's.
    pub fn tuned(&self, transport: QuicTransportConfig) -> ClientConfig {
        let known = self.hashes.iter().map(|hash| Sha256Digest::new(*hash));
        let verifier = std::sync::Arc::new(ServerHashVerification::new(known));
        let tls = build_default_tls_config(RootCertStore::empty().into(), Some(verifier));
        let builder = ClientConfig::builder().with_bind_address(any_port(self.address));
        builder.with_custom_tls_and_transport(tls, transport).build()
    }
}

/// A port of a client's own, on the loopback address of the same family.
pub fn any_port(address: SocketAddr) -> SocketAddr {
    let loopback = if address.is_ipv6() { address.ip() } else { IpAddr::V4(Ipv4Addr::LOCALHOST) };
    SocketAddr::new(loopback, 0)
}

/// Finds every name at one address, as a name that was rebound.
#[derive(Debug)]
pub struct Rebound(pub SocketAddr);

impl DnsResolver for Rebound {
    fn resolve(&self, _name: &str) -> std::pin::Pin<Box<dyn DnsLookupFuture>> {
        let address = self.0;
        Box::pin(async move { Ok(Some(address)) })
    }
}

/// A session.
pub struct Session {
    /// The connection, for what has no method here.
    pub connection: Connection,
    _endpoint: Endpoint<Client>,
}

impl Session {
    /// Of the viewer with this ticket, as the server's own page asks for it.
    pub fn open(door: &Door, venue: &Venue, ticket: &str) -> Self {
        let asked = Self::ask(venue.config(), &venue.address.to_string(), &door.page(), ticket);
        asked.expect("who is here gets a session")
    }

    /// Asks for a session by any host and origin, which may be refused.
    pub fn ask(
        config: ClientConfig,
        authority: &str,
        origin: &str,
        ticket: &str,
    ) -> Result<Self, ConnectingError> {
        let url = format!("https://{authority}/pixels?ticket={ticket}");
        let options = ConnectOptions::builder(url).add_header("origin", origin).build();
        wait(async {
            let endpoint = Endpoint::client(config).expect("a UDP socket");
            let connection = endpoint.connect(options).await?;
            Ok(Self { connection, _endpoint: endpoint })
        })
    }

    /// The stream of a route, after its first message.
    pub fn stream(&self, number: u32) -> Stream {
        loop {
            let mut stream = self.any_stream().expect("the session goes on");
            let routed = stream.take(HEADER_BYTES + 4);
            if routed.is_some_and(|routed| routed[HEADER_BYTES..] == number.to_le_bytes()) {
                return stream;
            }
        }
    }

    /// The next stream that the server opens; `None` where the session ends.
    pub fn any_stream(&self) -> Option<Stream> {
        let stream = wait(self.connection.accept_uni()).ok()?;
        Some(Stream { stream, buffer: Vec::new() })
    }

    /// Says something by datagram.
    pub fn say(&self, message: ViewerMessage) {
        let mut bytes = Vec::new();
        message.write(&mut bytes);
        self.connection.send_datagram(bytes).expect("datagrams may be sent");
    }

    /// The next datagram of this kind; `None` where none comes in time, since any may be lost.
    pub fn hear(&self, kind: u8, within: Duration) -> Option<Vec<u8>> {
        let heard = async {
            loop {
                let datagram = self.connection.receive_datagram().await.expect("the session goes on");
                if datagram[4] == kind {
                    assert_eq!(Picture::message_len(&datagram), Ok(Some(datagram.len())), "one message each");
                    return datagram[HEADER_BYTES..].to_vec();
                }
            }
        };
        CLIENTS.block_on(async { timeout(within, heard).await }).ok()
    }

    /// Waits until the server, or what is between, has ended it. Returns how.
    pub fn wait_closed(&self) -> String {
        wait(self.connection.closed()).to_string()
    }

    /// Ends it.
    pub fn close(&self) {
        self.connection.close(VarInt::from_u32(0), b"");
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({})", self.connection.remote_address())
    }
}

/// A stream that the server opened, and what came on it that nobody took yet.
pub struct Stream {
    stream: RecvStream,
    /// Bytes that came and were not taken.
    pub buffer: Vec<u8>,
}

impl Stream {
    /// Takes in more bytes; 0 at the stream's end.
    pub fn fill(&mut self) -> usize {
        let mut chunk = vec![0; 64 << 10];
        let count = wait(self.stream.read(&mut chunk)).ok().flatten().unwrap_or(0);
        self.buffer.extend_from_slice(&chunk[..count]);
        count
    }

    /// The next `len` bytes; `None` where the stream ends before.
    pub fn take(&mut self, len: usize) -> Option<Vec<u8>> {
        while self.buffer.len() < len {
            if self.fill() == 0 {
                return None;
            }
        }
        Some(self.buffer.drain(..len).collect())
    }

    /// Whether nothing is there to be taken now.
    pub fn is_silent(&mut self) -> bool {
        let mut byte = [0];
        let read = CLIENTS.block_on(async { timeout(Duration::ZERO, self.stream.read(&mut byte)).await });
        if let Ok(Ok(Some(count))) = read {
            self.buffer.extend_from_slice(&byte[..count]);
        }
        read.is_err() && self.buffer.is_empty()
    }

    /// Wants no more of it.
    pub fn stop(self) {
        self.stream.stop(VarInt::from_u32(0));
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Stream({} bytes)", self.buffer.len())
    }
}
