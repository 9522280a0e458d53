//! One viewer's session: each route's pixels on a stream of its own, in the order in which the viewer asks for routes.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use lanstream_core::admission::PumpReceiver;
use lanstream_core::protocol::{ServerMessage, ViewerMessage};
use lanstream_core::viewer::{self, MessageBudget, Pump};
use tokio::time::{Instant, sleep, sleep_until};
use wtransport::quinn::WriteError;
use wtransport::{Connection, SendStream, VarInt};

use crate::buffer_pool::BufferPool;
use crate::datagrams::DatagramSender;
use crate::transports::{DATAGRAMS, STREAM};
use crate::watchdog::{CloseReason, ConnectionWatchdog};

/// Room for a band.
const CHUNK_ROOM: usize = STREAM.band_bytes + viewer::BAND_ROOM;
/// Time for what is on its way to be acknowledged at the end.
const SETTLE_TIME: Duration = Duration::from_millis(50);
/// Pause in which no datagrams are read, once more came than a viewer may send in a second.
const BUDGET_PAUSE: Duration = Duration::from_millis(250);
/// Says nothing but that it is over.
const DONE: VarInt = VarInt::from_u32(0);

/// Serves a session until either end leaves. Answers pings and tells of the pointer meanwhile.
pub(crate) async fn run_session(connection: Connection, pump_receiver: PumpReceiver) -> CloseReason {
    let mut buffers = BufferPool::new(CHUNK_ROOM);
    let end = tokio::select! {
        end = run_routes(&connection, &pump_receiver, &mut buffers) => end,
        end = run_datagrams(&connection, &pump_receiver) => end,
    };
    if matches!(end, CloseReason::Left) {
        // QUIC keeps a close to itself while its window is full, and after it hears no acknowledgement any more.
        sleep(SETTLE_TIME).await;
    }
    connection.close(DONE, end.to_string().as_bytes());
    end
}

async fn run_routes(
    connection: &Connection,
    pump_receiver: &PumpReceiver,
    buffers: &mut BufferPool,
) -> CloseReason {
    let mine = |transport| [STREAM.id, DATAGRAMS.id].contains(&transport);
    loop {
        let Some(pump) = poll_fn(|context| pump_receiver.poll(context, |route| mine(route.transport))).await
        else {
            return CloseReason::Left;
        };
        if let Err(end) = RouteSender::run(connection, pump, buffers).await {
            return end;
        }
    }
}

/// A route while it is open.
struct RouteSender<'a> {
    pump: Box<Pump>,
    buffers: &'a mut BufferPool,
    stream: SendStream,
    /// Is done when the viewer wants no more of the stream.
    stopped: Pin<Box<dyn Future<Output = ()> + Send>>,
    watchdog: ConnectionWatchdog<'a>,
}

impl<'a> RouteSender<'a> {
    /// Carries a route to its end.
    async fn run(
        connection: &'a Connection,
        pump: Box<Pump>,
        buffers: &'a mut BufferPool,
    ) -> Result<(), CloseReason> {
        let opening = connection.open_uni().await.map_err(|error| CloseReason::Gone(error.to_string()))?;
        let stream = opening.await.map_err(|error| CloseReason::Gone(error.to_string()))?;
        let stopping = stream.quic_stream().stopped();
        let stopped = Box::pin(async { drop(stopping.await) });
        let mut sender =
            Self { pump, buffers, stream, stopped, watchdog: ConnectionWatchdog::new(connection) };
        let end = if sender.pump.route().transport == DATAGRAMS.id {
            sender.run_datagrams(connection).await
        } else {
            sender.run_stream().await
        };
        // What the viewer does not want any more is not sent again, however much of it was lost.
        let _closed = sender.stream.reset(DONE);
        end
    }

    async fn run_stream(&mut self) -> Result<(), CloseReason> {
        while let Some(chunk) = self.next_chunk().await? {
            if !self.write(chunk).await? {
                break;
            }
        }
        Ok(())
    }

    async fn run_datagrams(&mut self, connection: &'a Connection) -> Result<(), CloseReason> {
        let Self { pump, buffers, stream, stopped, watchdog } = self;
        let mut datagrams = DatagramSender { connection, pump, buffers, stream, watchdog };
        tokio::select! {
            biased;
            () = stopped => Ok(()),
            end = datagrams.run() => end,
        }
    }

    /// Returns `None` if the route is over.
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, CloseReason> {
        let Self { pump, buffers, stopped, watchdog, .. } = self;
        loop {
            let awaits = pump.is_awaiting();
            tokio::select! {
                biased;
                filled = poll_fn(|context| pump.poll_bytes(context, buffers.front(), usize::MAX)) => {
                    return Ok(filled.map(|_| buffers.take()));
                }
                () = &mut *stopped => return Ok(None),
                dead = watchdog.check(), if awaits => dead?,
            }
        }
    }

    /// Hands a chunk to QUIC, which takes it when it has room. Returns whether the route is still wanted.
    async fn write(&mut self, chunk: Bytes) -> Result<bool, CloseReason> {
        let Self { pump, stream, watchdog, .. } = self;
        let mut written = std::pin::pin!(stream.quic_stream_mut().write_chunk(chunk));
        loop {
            tokio::select! {
                biased;
                done = &mut written => return match done {
                    Ok(()) => Ok(true),
                    Err(WriteError::Stopped(_)) => Ok(false),
                    Err(error) => Err(CloseReason::Gone(error.to_string())),
                },
                () = poll_fn(|context| pump.poll_over(context)) => return Ok(false),
                dead = watchdog.check() => dead?,
            }
        }
    }
}

/// Answers pings, and tells where the pointer is, by datagram: what is lost is of no use later. Datagrams beyond the
/// budget are not read, so that newer ones replace them.
async fn run_datagrams(connection: &Connection, pump_receiver: &PumpReceiver) -> CloseReason {
    let events = pump_receiver.events();
    let pointer = poll_fn(|context| {
        let Some(events) = &events else { return Poll::Pending };
        events.register(context);
        events.take_pointer().map_or(Poll::Pending, Poll::Ready)
    });
    tokio::pin!(pointer);
    let (mut budget, mut read_again_at) = (MessageBudget::default(), Instant::now());
    loop {
        let is_resting = Instant::now() < read_again_at;
        tokio::select! {
            heard = connection.receive_datagram(), if !is_resting => match heard {
                Ok(datagram) => {
                    if budget.spend(pump_receiver.now()).is_err() {
                        read_again_at = Instant::now() + BUDGET_PAUSE;
                    }
                    answer_ping(connection, pump_receiver, &datagram);
                }
                Err(error) => return CloseReason::Gone(error.to_string()),
            },
            () = sleep_until(read_again_at), if is_resting => {}
            pointer = &mut pointer => send_datagram(connection, &ServerMessage::CursorAt((&*pointer).into())),
        }
    }
}

fn answer_ping(connection: &Connection, pump_receiver: &PumpReceiver, bytes: &[u8]) {
    if let Ok(Some((ViewerMessage::Ping { token }, _))) = ViewerMessage::read(bytes) {
        send_datagram(connection, &ServerMessage::Pong { token, clock_us: pump_receiver.now().0 });
    }
}

fn send_datagram(connection: &Connection, message: &ServerMessage<'_>) {
    let mut bytes = Vec::new();
    message.write(&mut bytes);
    // One that finds no room is lost, as any may be.
    let _lost = connection.send_datagram(bytes);
}
