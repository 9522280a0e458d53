//! Control channel of a viewer: all messages in both directions that are not pixels.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use super::route_state::{COMMANDS_MAX, PumpCommand, RouteState};
use super::{ControlOutput, Error, MessageBudget, Pump, ROUTES_MAX, UNANSWERED_MAX, ViewerContext};
use crate::encode::UpdateEncoder;
use crate::feed::Status;
use crate::protocol::{
    HELLO_CODES, HELLO_VERIFY, Hello, NoticeCode, ParseError, Proven, ROUTE_PLAIN, Route, ServerMessage,
    SourceState, VERSION, Version, ViewerMessage,
};
use crate::session::{ProtocolError, Session, Totals};
use crate::source::{PlaybackCommand, Pointer};
use crate::time::{Clock, Micros};

/// What a viewer is told that is seen on the display it mirrors.
const MIRRORED_TEXT: &str =
    "this page is on the display that it mirrors: the rate is held at 10 frames a second";

/// The control channel of one viewer.
#[derive(Debug)]
pub struct Control {
    viewer: ViewerContext,
    /// Updates and bytes at the last report, and when it was.
    reported: (u64, u64, Micros),
    /// The edition of the certificates that the viewer has heard of.
    certificates_read: u64,
    hello: Option<Hello>,
    paused: bool,
    route: Option<OpenRoute>,
    /// Whether the viewer is counted among those that take frames.
    is_counted: bool,
    /// All routes that are not dropped yet.
    route_states: Vec<Weak<RouteState>>,
    outgoing: VecDeque<Vec<u8>>,
    shape_sent: u32,
    /// Whether the viewer was notified that it mirrors itself.
    mirrored: bool,
    budget: MessageBudget,
}

/// The current route.
#[derive(Debug)]
struct OpenRoute {
    number: u32,
    route_state: Arc<RouteState>,
    commands: SyncSender<PumpCommand>,
}

impl Control {
    /// The control channel of a viewer that was let in.
    pub fn new(viewer: ViewerContext) -> Self {
        let now = (viewer.clock)();
        Self {
            viewer,
            reported: (0, 0, now),
            certificates_read: 0,
            hello: None,
            paused: false,
            route: None,
            is_counted: false,
            route_states: Vec::new(),
            outgoing: VecDeque::new(),
            shape_sent: 0,
            mirrored: false,
            budget: MessageBudget::default(),
        }
    }

    /// Takes one message of the viewer.
    ///
    /// # Errors
    /// Reason why the channel must be closed.
    pub fn handle(&mut self, bytes: &[u8]) -> Result<ControlOutput, Error> {
        let now = (self.viewer.clock)();
        self.budget.spend(now)?;
        let (message, taken) = ViewerMessage::read(bytes)?.ok_or(ParseError::Incomplete)?;
        if taken != bytes.len() {
            return Err(ParseError::Trailing.into());
        }
        match message {
            ViewerMessage::Hello(hello) => self.greet(hello)?,
            ViewerMessage::Route(route) => return self.open(route),
            ViewerMessage::Ack(ack) => self.send_command(PumpCommand::Ack(ack, now))?,
            ViewerMessage::Proof { seq, hash } => self.send_command(PumpCommand::Proof { seq, hash })?,
            ViewerMessage::Refresh => self.send_command(PumpCommand::Refresh)?,
            ViewerMessage::Flow { paused } => {
                self.send_command(PumpCommand::Pause(paused))?;
                self.paused = paused;
                self.set_in_audience(!paused && self.route.is_some());
            }
            // It belongs onto a WebTransport session, and there is nothing to be done about it here.
            ViewerMessage::Nack(_) => {}
            ViewerMessage::PlaybackCommand(command) => self.control(command)?,
            ViewerMessage::AskTicket if self.hello.is_none() => return Err(Error::OutOfOrder),
            ViewerMessage::AskTicket => return Ok(ControlOutput::Ticket),
            ViewerMessage::Ping { token } => self.send(&ServerMessage::Pong { token, clock_us: now.0 }),
        }
        Ok(ControlOutput::None)
    }

    /// Counts a message that is not the protocol's, such as a WebSocket ping, among those a viewer may send.
    ///
    /// # Errors
    /// [`Error::Flood`].
    pub fn count(&mut self) -> Result<(), Error> {
        self.budget.spend((self.viewer.clock)())
    }

    /// The clock of all that the viewer is told.
    pub fn clock(&self) -> Clock {
        self.viewer.clock
    }

    /// The next message for the viewer; pending until there is one.
    pub fn poll_message(&mut self, context: &Context<'_>) -> Poll<Vec<u8>> {
        self.viewer.events.register(context);
        self.viewer.control_waker.register(context.waker());
        if let Some(route) = &self.route {
            route.route_state.control.register(context.waker());
        }
        // What is sent is then the newest: nothing is taken while something waits here, where there is no bound.
        if self.outgoing.is_empty() {
            self.gather();
        }
        self.outgoing.pop_front().map_or(Poll::Pending, Poll::Ready)
    }

    /// Has `message` sent.
    pub fn send(&mut self, message: &ServerMessage<'_>) {
        let mut bytes = Vec::new();
        message.write(&mut bytes);
        self.outgoing.push_back(bytes);
    }

    /// Whether the viewer said hello.
    pub fn has_started(&self) -> bool {
        self.hello.is_some()
    }

    /// Returns the protocol violation of the viewer, if any; the channel must then be closed.
    pub fn violation(&self) -> Option<ProtocolError> {
        self.route.as_ref().and_then(|route| route.route_state.violation.get().copied())
    }

    /// Sends the viewer the statistics since the last report. Must be called once a second.
    ///
    /// # Errors
    /// [`Error::Unanswered`] if the viewer must be disconnected.
    pub fn report(&mut self) -> Result<(), Error> {
        let now = (self.viewer.clock)();
        let unanswered = |route: &OpenRoute| route.route_state.unanswered_since.load(Ordering::Relaxed);
        let since = self.route.as_ref().map_or(0, unanswered);
        let unanswered = if since > 0 { now.since(Micros(since)) } else { Duration::ZERO };
        if unanswered > UNANSWERED_MAX {
            return Err(Error::Unanswered);
        }
        if self.has_started() {
            let json = self.numbers(now, unanswered);
            self.send(&ServerMessage::Stats { json: &json });
        }
        Ok(())
    }

    /// `unanswered`: for how long the update that is on its way has not been acknowledged.
    fn numbers(&mut self, now: Micros, unanswered: Duration) -> String {
        let read = |number: &AtomicU32| number.load(Ordering::Relaxed);
        let count = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let (updates, bytes) = (count(&self.viewer.counters.updates), count(&self.viewer.counters.bytes));
        let (updates_before, bytes_before, at) = std::mem::replace(&mut self.reported, (updates, bytes, now));
        let seconds = now.since(at).as_secs_f64().max(1e-3);
        let fps = per_second(updates - updates_before, seconds);
        let mbps = per_second(bytes - bytes_before, seconds) * 8e-6;
        format!(
            r#"{{"capture_us":{},"compare_us":{},"send_us":{},"fps":{fps:.1},"mbps":{mbps:.1},"viewers":{},"missed_damage":{},"skipped":{},"unanswered_ms":{}}}"#,
            read(&self.viewer.state.capture_us),
            read(&self.viewer.state.compare_us),
            read(&self.viewer.counters.send_us),
            self.viewer.state.viewers.load(Ordering::Relaxed),
            count(&self.viewer.state.missed_damage),
            count(&self.viewer.counters.skipped),
            unanswered.as_millis(),
        )
    }

    fn greet(&mut self, hello: Hello) -> Result<(), Error> {
        if hello.version != VERSION {
            return Err(Error::Version(hello.version));
        }
        if self.hello.replace(hello).is_some() {
            return Err(Error::OutOfOrder);
        }
        self.send(&ServerMessage::Welcome {
            version: Version,
            epoch: self.viewer.epoch,
            clock_us: (self.viewer.clock)().0,
        });
        Ok(())
    }

    /// Opens a route. The previous one ends at once, whatever it still holds.
    fn open(&mut self, route: Route) -> Result<ControlOutput, Error> {
        let hello = self.hello.ok_or(Error::OutOfOrder)?;
        let transport = self.viewer.transports.get(route.transport);
        let band_bytes = transport.ok_or(Error::TransportUnknown(route.transport))?.band_bytes;
        self.close_route();
        self.route_states.retain(|route_state| route_state.strong_count() > 0);
        if self.route_states.len() >= ROUTES_MAX {
            return Err(Error::Routes);
        }
        let frames = self.viewer.feed_handle.subscribe_frames().ok_or(Error::SourceGone)?;
        self.set_in_audience(!self.paused);
        let (sender, commands) = sync_channel(COMMANDS_MAX);
        let route_state = Arc::new(RouteState::default());
        self.route_states.push(Arc::downgrade(&route_state));
        self.route =
            Some(OpenRoute { number: route.number, route_state: Arc::clone(&route_state), commands: sender });
        let session = self.new_session(hello, route, band_bytes);
        let (clock, counters) = (self.viewer.clock, Arc::clone(&self.viewer.counters));
        Ok(ControlOutput::Start(Box::new(Pump {
            route,
            token_exchanged_at: self.viewer.token_exchanged_at,
            announced: false,
            session,
            frames,
            commands,
            clock,
            counters,
            route_state,
            asked_at: clock(),
            began: None,
            published: Totals::default(),
        })))
    }

    fn new_session(&self, hello: Hello, route: Route, band_bytes: usize) -> Session {
        let held_seq = if route.epoch == self.viewer.epoch { route.held_seq } else { 0 };
        let encoder = self.encoder(hello, route);
        let mut session = Session::new(band_bytes, hello.flags & HELLO_VERIFY != 0, held_seq, encoder);
        session.pause(self.paused);
        session
    }

    fn encoder(&self, hello: Hello, route: Route) -> UpdateEncoder {
        if route.flags & ROUTE_PLAIN != 0 {
            return UpdateEncoder::raw();
        }
        if hello.flags & HELLO_CODES == 0 {
            return UpdateEncoder::Solid;
        }
        let ViewerContext { clock, encoders, state, counters, .. } = &self.viewer;
        let byte_ns = counters.byte_times[route.transport.index()].load();
        UpdateEncoder::adaptive(*clock, Arc::clone(encoders), Arc::clone(state), byte_ns)
    }

    /// Counts the viewer among those that take frames, or no longer.
    fn set_in_audience(&mut self, is_in: bool) {
        let audience = &self.viewer.state.audience;
        match (std::mem::replace(&mut self.is_counted, is_in), is_in) {
            (false, true) => audience.enter(),
            (true, false) => audience.leave(),
            _ => {}
        }
    }

    fn close_route(&mut self) {
        if let Some(route) = self.route.take() {
            route.route_state.end();
        }
    }

    /// Sends a command to the pump. Without a route there is nothing that it could change.
    fn send_command(&mut self, command: PumpCommand) -> Result<(), Error> {
        if self.hello.is_none() {
            return Err(Error::OutOfOrder);
        }
        let Some(route) = &self.route else { return Ok(()) };
        // A pump that is gone needs no command: its route has ended.
        match route.commands.try_send(command) {
            Err(TrySendError::Full(_)) => return Err(Error::Flood),
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
        }
        route.route_state.pump.wake();
        Ok(())
    }

    fn control(&self, command: PlaybackCommand) -> Result<(), Error> {
        if self.hello.is_none() {
            return Err(Error::OutOfOrder);
        }
        self.viewer.feed_handle.control(command);
        Ok(())
    }

    /// Turns pending events into messages. Nothing is sent before the welcome.
    fn gather(&mut self) {
        if self.hello.is_none() {
            return;
        }
        if let Some(status) = self.viewer.events.take_status() {
            self.tell_status(&status);
        }
        if let Some(description) = self.viewer.events.take_description() {
            self.send(&ServerMessage::Description(Cow::Borrowed(&description)));
        }
        if let Some(went) = self.viewer.events.take_playback() {
            self.send(&ServerMessage::Playback(Cow::Borrowed(&went)));
        }
        if let Some(pointer) = self.viewer.events.take_pointer() {
            self.point(&pointer);
        }
        if let Some(certificates) = self.viewer.certificates.take(&mut self.certificates_read) {
            self.send(&ServerMessage::Certificates(Cow::Borrowed(&certificates)));
        }
        self.poll_route();
        // One by one: what waits here is not bounded, what waits there is.
        if self.outgoing.is_empty()
            && let Some(sound) = self.viewer.events.take_sound()
        {
            self.send(&ServerMessage::Sound(Cow::Borrowed(&sound)));
        }
    }

    /// Sends the verdict on a proof, and reports that the route has ended.
    fn poll_route(&mut self) {
        let Some(route) = &self.route else { return };
        let (number, route_state) = (route.number, Arc::clone(&route.route_state));
        if let Some((seq, exact)) = route_state.take_verdict() {
            let count = self.viewer.counters.proven.load(Ordering::Relaxed);
            self.send(&ServerMessage::Proven(Proven { seq, exact, count }));
        }
        // A route that ended by a violation stays, as what the channel ends for.
        if route_state.over.load(Ordering::Acquire) && route_state.violation.get().is_none() {
            self.route = None;
            self.send(&ServerMessage::Unrouted { number });
        }
    }

    fn tell_status(&mut self, status: &Status) {
        let (state, text) = match status {
            Status::Live { name } | Status::Mirrored { name } => (SourceState::Live, name),
            Status::Lost { reason } => (SourceState::Lost, reason),
            Status::Ended { reason } => (SourceState::Ended, reason),
        };
        self.send(&ServerMessage::Source { state, text });
        let mirrored = matches!(status, Status::Mirrored { .. });
        if mirrored {
            self.send(&ServerMessage::Notice { code: NoticeCode::SelfCapture, text: MIRRORED_TEXT });
        } else if self.mirrored {
            self.send(&ServerMessage::Notice { code: NoticeCode::SelfCaptureEnded, text: "" });
        }
        self.mirrored = mirrored;
    }

    fn point(&mut self, pointer: &Pointer) {
        if let Some(shape) = pointer.cursor.shape.as_ref().filter(|shape| shape.serial != self.shape_sent) {
            self.shape_sent = shape.serial;
            self.send(&ServerMessage::CursorShape(Cow::Borrowed(shape)));
        }
        self.send(&ServerMessage::CursorAt(pointer.into()));
    }
}

/// Returns how many there were in a second.
#[expect(clippy::cast_precision_loss, reason = "it is told to one decimal place")]
fn per_second(count: u64, seconds: f64) -> f64 {
    count as f64 / seconds
}

impl Drop for Control {
    fn drop(&mut self) {
        self.set_in_audience(false);
        self.close_route();
    }
}
