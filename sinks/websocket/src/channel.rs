//! One viewer's control channel, and its pixels while its route is this transport.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_sink::Sink;
use lanstream_core::admission::{Farewell, ViewerGuard};
use lanstream_core::protocol::{GoodbyeCode, ServerMessage, TransportId};
use lanstream_core::sink::TransportInfo;
use lanstream_core::viewer::{self, Control, ControlOutput, ProtocolError, Pump};
use tokio::net::TcpStream;
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_websockets::{CloseCode, Config, Limits, Message, ServerBuilder, WebSocketStream};

use crate::frame_meter::FrameMeter;

/// The control channel's own WebSocket, a message for each band. Chromium takes messages of this size fastest; in
/// larger ones its pipe between processes stalls.
pub const TRANSPORT: TransportInfo = TransportInfo {
    id: TransportId::new(2).expect("the number is in range"),
    name: "websocket",
    summary: "WebSocket messages",
    band_bytes: 256 << 10,
    is_universal: true,
    is_listed: true,
    endpoint: None,
};

/// Room for a band.
const BUFFER_BYTES: usize = TRANSPORT.band_bytes + viewer::BAND_ROOM;
/// Bytes of one inbound message with its header; WebSocket's own framing is not counted.
const INBOUND_BYTES_MAX: usize =
    lanstream_core::protocol::VIEWER_MESSAGE_BYTES_MAX + lanstream_core::protocol::HEADER_BYTES;
/// Time from the handshake to the hello.
const HELLO_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for the last words to leave and for the viewer to say that it has them. A WebTransport session waits a little
/// longer for its viewer's control channel to end.
const GOODBYE_TIMEOUT: Duration = Duration::from_millis(250);
/// What a viewer is told that another one displaces.
const DISPLACED: &str = "it acknowledged nothing, and another viewer needed its place";
/// Time between two reports.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Control channel of an admitted viewer, which waits for its connection.
#[derive(Debug)]
pub struct ControlChannel {
    pub(crate) control: Control,
    pub(crate) viewer_guard: ViewerGuard,
    pub(crate) stop: CancellationToken,
}

impl ControlChannel {
    /// Carries the channel over `stream`, at its first WebSocket frame, until the viewer leaves, breaks the rules, or
    /// the sink ends.
    pub async fn run(self, stream: TcpStream) {
        let Self { control, viewer_guard, stop } = self;
        let mut channel = Channel::new(stream, control);
        let end = tokio::select! {
            () = stop.cancelled() => CloseReason::Shutdown,
            end = channel.run(&viewer_guard) => end,
            () = poll_fn(|context| viewer_guard.poll_displaced(context)) => CloseReason::Expelled(DISPLACED.to_owned()),
        };
        match end {
            CloseReason::Gone => {}
            CloseReason::Shutdown => channel.close(CloseCode::GOING_AWAY, viewer_guard.farewell()).await,
            CloseReason::Expelled(reason) => {
                let farewell = Farewell { code: GoodbyeCode::Expelled, text: reason.clone() };
                channel.close(CloseCode::POLICY_VIOLATION, farewell).await;
                tracing::warn!(%reason, "a viewer was sent away");
                viewer_guard.end(reason);
            }
        }
    }
}

/// Why a channel ended.
enum CloseReason {
    /// The viewer left.
    Gone,
    /// The server stops.
    Shutdown,
    /// The viewer broke the rules.
    Expelled(String),
}

impl From<viewer::Error> for CloseReason {
    fn from(error: viewer::Error) -> Self {
        Self::Expelled(error.to_string())
    }
}

/// What to do next on a channel.
enum ChannelEvent {
    Received(Option<Result<Message, tokio_websockets::Error>>),
    Send(Message),
    Report,
    /// More frames came than a viewer may send.
    Flooded,
    Broken(ProtocolError),
}

struct Channel {
    socket: WebSocketStream<FrameMeter<TcpStream>>,
    control: Control,
    /// The pixels, while they come here.
    pump: Option<Box<Pump>>,
    /// What the socket has no room for yet. It outlives anyone who waits for it: the end may come meanwhile.
    unsent: Option<Message>,
    /// Filled in turn: while the socket still holds one, the next band is packed into the other.
    buffers: [BytesMut; 2],
    reports: Interval,
}

impl Channel {
    fn new(stream: TcpStream, control: Control) -> Self {
        let limits = Limits::default().max_payload_len(Some(INBOUND_BYTES_MAX));
        let config = Config::default().frame_size(usize::MAX);
        let metered = FrameMeter::new(stream, control.clock());
        Self {
            socket: ServerBuilder::new().config(config).limits(limits).serve(metered),
            control,
            pump: None,
            unsent: None,
            buffers: [BytesMut::new(), BytesMut::new()],
            reports: reports(),
        }
    }

    async fn run(&mut self, viewer_guard: &ViewerGuard) -> CloseReason {
        loop {
            let next = poll_fn(|context| self.poll_event(context)).await;
            if let Err(end) = self.act(next, viewer_guard).await {
                return end;
            }
        }
    }

    /// What the viewer said comes first, then what must be said to it, then pixels.
    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<ChannelEvent> {
        if let Poll::Ready(message) = Pin::new(&mut self.socket).poll_next(context) {
            return Poll::Ready(ChannelEvent::Received(message));
        }
        if self.socket.get_ref().is_flooded() {
            return Poll::Ready(ChannelEvent::Flooded);
        }
        if let Poll::Ready(message) = self.control.poll_message(context) {
            return Poll::Ready(ChannelEvent::Send(Message::binary(Bytes::from(message))));
        }
        if let Some(violation) = self.control.violation() {
            return Poll::Ready(ChannelEvent::Broken(violation));
        }
        if self.reports.poll_tick(context).is_ready() {
            return Poll::Ready(ChannelEvent::Report);
        }
        self.poll_band(context)
    }

    fn poll_band(&mut self, context: &Context<'_>) -> Poll<ChannelEvent> {
        let Some(pump) = self.pump.as_mut() else { return Poll::Pending };
        self.buffers.swap(0, 1);
        let buffer = &mut self.buffers[0];
        // Gives the memory back to this buffer once the socket is done with it: no allocation after the first rounds.
        buffer.reserve(BUFFER_BYTES);
        match ready!(pump.poll_bytes(context, buffer, usize::MAX)) {
            Some(_) => Poll::Ready(ChannelEvent::Send(Message::binary(buffer.split().freeze()))),
            None => {
                // Another route has taken over, or the viewer broke a rule, which control has woken this task for.
                self.pump = None;
                Poll::Pending
            }
        }
    }

    async fn act(&mut self, next: ChannelEvent, viewer_guard: &ViewerGuard) -> Result<(), CloseReason> {
        match next {
            ChannelEvent::Received(Some(Ok(ping))) if ping.is_ping() => {
                self.control.count()?;
                // The pong leaves before more is heard: a viewer that reads nothing would have them pile up.
                with_timeout(self.flush()).await
            }
            ChannelEvent::Received(Some(Ok(message))) => self.receive(message, viewer_guard),
            ChannelEvent::Received(Some(Err(error))) => {
                tracing::debug!(%error, "a control channel ended");
                Err(CloseReason::Gone)
            }
            ChannelEvent::Received(None) => Err(CloseReason::Gone),
            ChannelEvent::Send(message) => with_timeout(self.send(message)).await,
            ChannelEvent::Report => self.report(),
            ChannelEvent::Flooded => Err(viewer::Error::Flood.into()),
            ChannelEvent::Broken(violation) => Err(CloseReason::Expelled(violation.to_string())),
        }
    }

    fn receive(&mut self, message: Message, viewer_guard: &ViewerGuard) -> Result<(), CloseReason> {
        if message.is_close() {
            return Err(CloseReason::Gone);
        }
        if message.is_pong() {
            return Ok(self.control.count()?);
        }
        let had_started = self.control.has_started();
        let reaction = self.control.handle(message.as_payload())?;
        if !had_started {
            self.reports.reset_after(REPORT_INTERVAL);
        }
        match reaction {
            ControlOutput::None => {}
            ControlOutput::Ticket => {
                self.control.send(&ServerMessage::Ticket { ticket: &viewer_guard.ticket() })
            }
            ControlOutput::Start(pump) => {
                self.pump = None;
                let here = pump.route().transport == TRANSPORT.id;
                if here { self.pump = Some(pump) } else { viewer_guard.deposit(pump) }
            }
        }
        Ok(())
    }

    fn report(&mut self) -> Result<(), CloseReason> {
        if !self.control.has_started() {
            return Err(CloseReason::Expelled(format!(
                "no hello within {} seconds",
                HELLO_TIMEOUT.as_secs()
            )));
        }
        Ok(self.control.report()?)
    }

    async fn send(&mut self, message: Message) -> Result<(), tokio_websockets::Error> {
        self.unsent = Some(message);
        self.deliver().await
    }

    /// Gives the socket what is not sent yet, and waits until all has left.
    async fn deliver(&mut self) -> Result<(), tokio_websockets::Error> {
        poll_fn(|context| {
            let mut socket = Pin::new(&mut self.socket);
            if self.unsent.is_some() {
                ready!(socket.as_mut().poll_ready(context))?;
            }
            if let Some(message) = self.unsent.take() {
                socket.as_mut().start_send(message)?;
            }
            socket.poll_flush(context)
        })
        .await
    }

    async fn flush(&mut self) -> Result<(), tokio_websockets::Error> {
        poll_fn(|context| Pin::new(&mut self.socket).poll_flush(context)).await
    }

    /// Says what is left to be said and why it ends, and closes. A viewer that does not read gets no more than a
    /// moment.
    async fn close(&mut self, code: CloseCode, farewell: Farewell) {
        self.socket.get_mut().drain();
        let mut goodbye = Vec::new();
        ServerMessage::Goodbye { code: farewell.code, text: &farewell.text }.write(&mut goodbye);
        let messages = async {
            self.deliver().await?;
            while let Some(message) = self.next_message().await {
                self.send(message).await?;
            }
            self.send(Message::binary(Bytes::from(goodbye))).await?;
            self.send(Message::close(Some(code), "")).await?;
            self.drain_until_close().await;
            Ok::<(), tokio_websockets::Error>(())
        };
        if timeout(GOODBYE_TIMEOUT, messages).await.is_err() {
            tracing::debug!("a viewer did not take the goodbye");
        }
    }

    /// The next message of the control channel, if there is one now.
    async fn next_message(&mut self) -> Option<Message> {
        let message = |context: &mut Context<'_>| match self.control.poll_message(context) {
            Poll::Ready(bytes) => Poll::Ready(Some(Message::binary(Bytes::from(bytes)))),
            Poll::Pending => Poll::Ready(None),
        };
        poll_fn(message).await
    }

    /// Waits for the viewer's own close, and reads what comes before it: a socket that is closed with something unread
    /// in it takes back what has not arrived at the other end.
    async fn drain_until_close(&mut self) {
        while let Some(Ok(message)) = poll_fn(|context| Pin::new(&mut self.socket).poll_next(context)).await {
            if message.is_close() {
                return;
            }
        }
    }
}

/// While a viewer takes nothing there are no reports, which would find that it answers nothing: so that is found here.
async fn with_timeout(
    sent: impl Future<Output = Result<(), tokio_websockets::Error>>,
) -> Result<(), CloseReason> {
    match timeout(viewer::UNANSWERED_MAX, sent).await {
        Ok(sent) => sent.map_err(|_| CloseReason::Gone),
        Err(_) => Err(viewer::Error::Unanswered.into()),
    }
}

/// The first tick is the hello's deadline; every one after it a report.
fn reports() -> Interval {
    let mut reports = interval(REPORT_INTERVAL);
    reports.set_missed_tick_behavior(MissedTickBehavior::Delay);
    reports.reset_after(HELLO_TIMEOUT);
    reports
}
