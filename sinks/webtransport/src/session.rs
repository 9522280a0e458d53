//! One viewer's session: each route's pixels on a stream of its own, in the order in which the viewer asks for routes.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use lanstream_core::admission::PumpReceiver;
use lanstream_core::protocol::{ServerMessage, Transport, ViewerMessage};
use lanstream_core::viewer::{self, Pump};
use tokio::time::{Interval, MissedTickBehavior, interval, sleep};
use wtransport::quinn::WriteError;
use wtransport::{Connection, SendStream, VarInt};

use crate::ring::Ring;
use crate::scatter::Scatter;
use crate::silence::{LOOK_INTERVAL, Silence};

/// Room for a band.
const CHUNK_ROOM: usize = viewer::band_bytes(Transport::WebTransport) + viewer::BAND_ROOM;
/// Time for what is on its way to be acknowledged at the end.
const SETTLE_TIME: Duration = Duration::from_millis(50);
/// Says nothing but that it is over.
const DONE: VarInt = VarInt::from_u32(0);

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum End {
    #[error("the viewer has left, or has another session")]
    Left,
    #[error("the connection is gone: {0}")]
    Gone(String),
    #[error("no packet came back: the path is dead")]
    Silent,
}

/// Serves a session until either end leaves. Answers pings and tells of the pointer meanwhile.
pub(crate) async fn carry(connection: Connection, pump_receiver: PumpReceiver) -> End {
    let mut ring = Ring::new(CHUNK_ROOM);
    let end = tokio::select! {
        end = carry_routes(&connection, &pump_receiver, &mut ring) => end,
        end = converse(&connection, &pump_receiver) => end,
    };
    if matches!(end, End::Left) {
        // QUIC keeps a close to itself while its window is full, and after it hears no acknowledgement any more.
        sleep(SETTLE_TIME).await;
    }
    connection.close(DONE, end.to_string().as_bytes());
    end
}

async fn carry_routes(connection: &Connection, pump_receiver: &PumpReceiver, ring: &mut Ring) -> End {
    let mine = |transport| matches!(transport, Transport::WebTransport | Transport::Datagrams);
    loop {
        let Some(pump) = poll_fn(|context| pump_receiver.poll(context, |route| mine(route.transport))).await
        else {
            return End::Left;
        };
        if let Err(end) = Carrier::run(connection, pump, ring).await {
            return end;
        }
    }
}

/// A route while it is open.
struct Carrier<'a> {
    pump: Box<Pump>,
    ring: &'a mut Ring,
    stream: SendStream,
    /// Is done when the viewer wants no more of the stream.
    stopped: Pin<Box<dyn Future<Output = ()> + Send>>,
    watch: Watch<'a>,
}

impl<'a> Carrier<'a> {
    /// Carries a route to its end.
    async fn run(connection: &'a Connection, pump: Box<Pump>, ring: &'a mut Ring) -> Result<(), End> {
        let opening = connection.open_uni().await.map_err(|error| End::Gone(error.to_string()))?;
        let stream = opening.await.map_err(|error| End::Gone(error.to_string()))?;
        let stopping = stream.quic_stream().stopped();
        let stopped = Box::pin(async { drop(stopping.await) });
        let mut carrier = Self { pump, ring, stream, stopped, watch: Watch::new(connection) };
        let end = match carrier.pump.route().transport {
            Transport::Datagrams => carrier.scatter(connection).await,
            _ => carrier.carry().await,
        };
        // What the viewer does not want any more is not sent again, however much of it was lost.
        let _closed = carrier.stream.reset(DONE);
        end
    }

    async fn carry(&mut self) -> Result<(), End> {
        while let Some(chunk) = self.next_chunk().await? {
            if !self.write(chunk).await? {
                break;
            }
        }
        Ok(())
    }

    async fn scatter(&mut self, connection: &'a Connection) -> Result<(), End> {
        let Self { pump, ring, stream, stopped, watch } = self;
        let mut scatter = Scatter { connection, pump, ring, stream, watch };
        tokio::select! {
            biased;
            () = stopped => Ok(()),
            end = scatter.carry() => end,
        }
    }

    /// `None`: the route is over.
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, End> {
        let Self { pump, ring, stopped, watch, .. } = self;
        loop {
            let awaits = pump.is_awaiting();
            tokio::select! {
                biased;
                filled = poll_fn(|context| pump.poll_fill(context, ring.front(), usize::MAX)) => {
                    return Ok(filled.map(|_| ring.take()));
                }
                () = &mut *stopped => return Ok(None),
                dead = watch.look(), if awaits => dead?,
            }
        }
    }

    /// Hands a chunk to QUIC, which takes it when it has room. Returns whether the route is still wanted.
    async fn write(&mut self, chunk: Bytes) -> Result<bool, End> {
        let Self { pump, stream, watch, .. } = self;
        let mut written = std::pin::pin!(stream.quic_stream_mut().write_chunk(chunk));
        loop {
            tokio::select! {
                biased;
                done = &mut written => return match done {
                    Ok(()) => Ok(true),
                    Err(WriteError::Stopped(_)) => Ok(false),
                    Err(error) => Err(End::Gone(error.to_string())),
                },
                () = poll_fn(|context| pump.poll_over(context)) => return Ok(false),
                dead = watch.look() => dead?,
            }
        }
    }
}

/// Looks at a connection's packets now and then.
pub(crate) struct Watch<'a> {
    connection: &'a Connection,
    looks: Interval,
    silence: Silence,
}

impl<'a> Watch<'a> {
    fn new(connection: &'a Connection) -> Self {
        let mut looks = interval(LOOK_INTERVAL);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { connection, looks, silence: Silence::default() }
    }

    /// What comes of `future`, unless the path dies meanwhile.
    pub(crate) async fn unless_dead<T>(&mut self, future: impl Future<Output = T>) -> Result<T, End> {
        let mut future = std::pin::pin!(future);
        loop {
            tokio::select! {
                biased;
                done = &mut future => return Ok(done),
                dead = self.look() => dead?,
            }
        }
    }

    pub(crate) async fn look(&mut self) -> Result<(), End> {
        self.looks.tick().await;
        let stats = self.connection.quic_connection().stats();
        let sent = stats.frame_tx;
        let asked = sent.stream + sent.datagram + sent.ping + sent.reset_stream;
        let is_dead = self.silence.look(asked, stats.udp_rx.datagrams, Instant::now());
        if is_dead { Err(End::Silent) } else { Ok(()) }
    }
}

/// Answers pings, and tells where the pointer is, by datagram: what is lost is of no use later.
async fn converse(connection: &Connection, pump_receiver: &PumpReceiver) -> End {
    let events = pump_receiver.events();
    let pointer = poll_fn(|context| {
        let Some(events) = &events else { return Poll::Pending };
        events.register(context);
        events.take_pointer().map_or(Poll::Pending, Poll::Ready)
    });
    tokio::pin!(pointer);
    loop {
        tokio::select! {
            heard = connection.receive_datagram() => match heard {
                Ok(datagram) => answer(connection, pump_receiver, &datagram),
                Err(error) => return End::Gone(error.to_string()),
            },
            pointer = &mut pointer => say(connection, &ServerMessage::CursorAt(&pointer)),
        }
    }
}

fn answer(connection: &Connection, pump_receiver: &PumpReceiver, bytes: &[u8]) {
    if let Ok(Some((ViewerMessage::Ping { token }, _))) = ViewerMessage::read(bytes) {
        say(connection, &ServerMessage::Pong { token, clock_us: pump_receiver.now().0 });
    }
}

fn say(connection: &Connection, message: &ServerMessage<'_>) {
    let mut bytes = Vec::new();
    message.write(&mut bytes);
    // One that finds no room is lost, as any may be.
    let _lost = connection.send_datagram(bytes);
}
