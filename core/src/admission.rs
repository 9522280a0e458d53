//! Admission of viewers: exchanges the run's token for a viewer key, keys for subscriptions to the feed, and keeps the counters.
//!
//! All sinks share one [`Admission`]. It locks, but only when viewers come and go: no pixel passes through here.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use atomic_waker::AtomicWaker;

use crate::encode::Pool;
use crate::feed::{EventReceiver, FeedHandle};
use crate::guard::{Guard, GuardError, Secret};
use crate::pipeline;
use crate::protocol::{Certificates, GoodbyeCode, Route};
use crate::time::{Clock, Micros};
use crate::viewer::{CertificateWatch, Control, Counters, Pump, ViewerContext};

/// Viewers at a time: each may hold two frames and a socket buffer.
pub const VIEWERS_MAX: usize = 16;
/// Viewers with HTTP streams at a time. A browser opens six connections to a host; with more than four streams its next
/// page would wait for a free one, so later viewers get their pixels by WebSocket, which has a limit of its own.
pub const HTTP_STREAMS_MAX: usize = 4;
/// HTTP streams of one viewer at a time: whenever its route changes it opens one, perhaps before those before have ended.
const STREAMS_OF_ONE_MAX: usize = 8;
/// Carriers of one viewer that are remembered while they wait: all HTTP streams, its WebTransport session, and some that are
/// about to end.
const WAKERS_MAX: usize = HTTP_STREAMS_MAX + 4;
/// Time from the exchange of the token to the control channel.
pub const KEY_LIFETIME: Duration = Duration::from_secs(10);

/// Time from a ticket to the WebTransport session that it opens.
pub const TICKET_LIFETIME: Duration = Duration::from_secs(10);

/// The registry of viewers, shared by all sinks.
pub struct Admission {
    guard: Guard,
    token: Secret,
    feed_handle: FeedHandle,
    clock: Clock,
    state: Arc<pipeline::PipelineState>,
    epoch: u64,
    encoders: Arc<Pool>,
    certificates: Arc<CertificateWatch>,
    draw: fn() -> [u8; 32],
    observer: Box<dyn Fn(ViewerEvent) + Send + Sync>,
    inner: Mutex<Inner>,
    viewers_total: AtomicU64,
    farewell: OnceLock<Farewell>,
}

/// Reason sent to viewers when the server ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Farewell {
    /// Why, in a word.
    pub code: GoodbyeCode,
    /// Why, for people.
    pub text: String,
}

impl Farewell {
    /// Somebody stopped the server.
    pub fn stopped() -> Self {
        Self { code: GoodbyeCode::Stopped, text: "lanstream was stopped".to_owned() }
    }

    /// Its source has ended, for this reason.
    pub fn ended(reason: &str) -> Self {
        Self { code: GoodbyeCode::Ended, text: reason.to_owned() }
    }
}

/// Event of a viewer that joined or left.
#[derive(Clone, Debug)]
pub enum ViewerEvent {
    /// Its control channel is open.
    Joined {
        /// Counts viewers of this run from 1.
        viewer: u64,
        /// Number of viewers now.
        viewers: usize,
    },
    /// It is closed.
    Left {
        /// The same number.
        viewer: u64,
        /// Number of viewers now.
        viewers: usize,
        /// What was sent.
        counters: Arc<Counters>,
        /// Why, where the server closed it.
        reason: Option<String>,
    },
}

/// Parts of an [`Admission`].
pub struct Settings {
    /// Hosts and origins that are let in.
    pub guard: Guard,
    /// The run's token.
    pub token: Secret,
    /// Handle through which viewers subscribe to the feed.
    pub feed_handle: FeedHandle,
    /// The pipeline's clock.
    pub clock: Clock,
    /// What the pipeline tells of itself.
    pub state: Arc<pipeline::PipelineState>,
    /// Encodes for viewers that take codes.
    pub encoders: Arc<Pool>,
    /// Draws random bytes, for keys.
    pub draw: fn() -> [u8; 32],
    /// Called with every viewer event.
    pub observer: Box<dyn Fn(ViewerEvent) + Send + Sync>,
}

/// Reason why a viewer gets no key, session or stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdmissionError {
    /// See the refusal.
    #[error(transparent)]
    Refused(#[from] GuardError),
    /// All places are taken.
    #[error("{VIEWERS_MAX} viewers are here already")]
    Full,
    /// The key is not one that was given, was used, or is too old.
    #[error("the session is unknown or over")]
    KeyUnknown,
    /// The ticket is not one that was given last, was used, or is too old.
    #[error("the ticket is unknown, used or too old")]
    TicketUnknown,
    /// All HTTP streams are taken.
    #[error("{HTTP_STREAMS_MAX} HTTP streams are open already; use WebSocket")]
    StreamsTaken,
    /// The source's thread has ended.
    #[error("the source is gone")]
    SourceGone,
}

#[derive(Default)]
struct Inner {
    keys: Vec<(Secret, Micros)>,
    viewers: Vec<ViewerEntry>,
    /// Whose HTTP streams are open.
    streams: Vec<u64>,
}

struct ViewerEntry {
    viewer: u64,
    key: Secret,
    counters: Arc<Counters>,
    /// The newest pump that no transport has taken yet, and the tasks that wait for one.
    pump: Option<Box<Pump>>,
    wakers: Vec<Waker>,
    /// What opens its next session, until then, and when it was drawn.
    ticket: Option<(Secret, Micros)>,
    /// Its sessions so far. The last may still be there.
    sessions: u64,
    /// Wakes its control channel.
    control_waker: Arc<AtomicWaker>,
}

impl Admission {
    /// Returns an admission without viewers. `epoch` should differ from run to run.
    pub fn new(settings: Settings) -> Self {
        let Settings { guard, token, feed_handle, clock, state, encoders, draw, observer } = settings;
        let [a, b, c, d, e, f, g, h, ..] = draw();
        // 0 is a viewer's word for "none".
        let epoch = u64::from_le_bytes([a, b, c, d, e, f, g, h]) | 1;
        Self {
            guard,
            token,
            feed_handle,
            clock,
            state,
            epoch,
            encoders,
            certificates: Arc::default(),
            draw,
            observer,
            inner: Mutex::default(),
            viewers_total: AtomicU64::new(0),
            farewell: OnceLock::new(),
        }
    }

    /// Names this run of the source.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Hosts and origins that are let in.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// The source's clock.
    pub fn now(&self) -> Micros {
        (self.clock)()
    }

    /// Exchanges the run's token for a key that opens one control channel.
    ///
    /// # Errors
    /// [`AdmissionError::Refused`] for a wrong token, [`AdmissionError::Full`].
    pub fn exchange(&self, token: &Secret) -> Result<Secret, AdmissionError> {
        if !self.token.matches(token) {
            return Err(GuardError::TokenInvalid.into());
        }
        let now = self.now();
        let mut inner = self.lock();
        inner.keys.retain(|(_, drawn)| now.since(*drawn) < KEY_LIFETIME);
        if inner.viewers.len() + inner.keys.len() >= VIEWERS_MAX {
            return Err(AdmissionError::Full);
        }
        let key = Secret::new((self.draw)());
        inner.keys.push((key.clone(), now));
        Ok(key)
    }

    /// Opens the control channel of the viewer with this key, which is used up.
    ///
    /// # Errors
    /// [`AdmissionError::KeyUnknown`], [`AdmissionError::SourceGone`].
    pub fn enter(self: &Arc<Self>, key: &Secret) -> Result<(Control, ViewerGuard), AdmissionError> {
        let now = self.now();
        let (counters, control_waker) = (Arc::new(Counters::default()), Arc::new(AtomicWaker::new()));
        let (viewer, token_exchanged_at, events) = {
            let mut inner = self.lock();
            let known =
                |(own, drawn): &(Secret, Micros)| own.matches(key) && now.since(*drawn) < KEY_LIFETIME;
            let index = inner.keys.iter().position(known).ok_or(AdmissionError::KeyUnknown)?;
            // Only now: who has no key must not even wake the source.
            let events = self.feed_handle.subscribe_events().ok_or(AdmissionError::SourceGone)?;
            let (key, token_exchanged_at) = inner.keys.swap_remove(index);
            let viewer = self.viewers_total.fetch_add(1, Ordering::Relaxed) + 1;
            inner.viewers.push(ViewerEntry {
                viewer,
                key,
                counters: Arc::clone(&counters),
                pump: None,
                wakers: Vec::new(),
                ticket: None,
                sessions: 0,
                control_waker: Arc::clone(&control_waker),
            });
            let viewers = self.count(&inner);
            (self.observer)(ViewerEvent::Joined { viewer, viewers });
            (viewer, token_exchanged_at, events)
        };
        let (clock, state, encoders) = (self.clock, Arc::clone(&self.state), Arc::clone(&self.encoders));
        let (feed_handle, certificates) = (self.feed_handle.clone(), Arc::clone(&self.certificates));
        let viewer_context = ViewerContext {
            feed_handle,
            events,
            epoch: self.epoch,
            clock,
            state,
            counters,
            encoders,
            token_exchanged_at,
            certificates,
            control_waker,
        };
        Ok((Control::new(viewer_context), ViewerGuard { admission: Arc::clone(self), viewer, reason: None }))
    }

    /// Opens an HTTP stream of the viewer with this key, and returns the receiver of its route's pump.
    ///
    /// # Errors
    /// [`AdmissionError::KeyUnknown`], [`AdmissionError::StreamsTaken`].
    pub fn stream(self: &Arc<Self>, key: &Secret) -> Result<(PumpReceiver, StreamPermit), AdmissionError> {
        let mut inner = self.lock();
        let viewer = inner.with_key(key)?.viewer;
        if inner.streams_of(viewer) >= STREAMS_OF_ONE_MAX
            || inner.others_with_streams(viewer) >= HTTP_STREAMS_MAX
        {
            return Err(AdmissionError::StreamsTaken);
        }
        inner.streams.push(viewer);
        let admission = || Arc::clone(self);
        Ok((
            PumpReceiver { admission: admission(), viewer, session: None },
            StreamPermit { admission: admission(), viewer },
        ))
    }

    /// Opens a session of the viewer with this ticket, which is consumed, and returns the receiver of the pumps of its routes. A later
    /// session of the same viewer replaces it.
    ///
    /// # Errors
    /// [`AdmissionError::TicketUnknown`].
    pub fn session(self: &Arc<Self>, ticket: &Secret) -> Result<PumpReceiver, AdmissionError> {
        let now = self.now();
        let mut inner = self.lock();
        let entry = inner.with_ticket(ticket, now)?;
        entry.sessions += 1;
        entry.wakers.drain(..).for_each(Waker::wake);
        let (viewer, session) = (entry.viewer, Some(entry.sessions));
        Ok(PumpReceiver { admission: Arc::clone(self), viewer, session })
    }

    /// Returns the WebTransport certificates last sent to viewers.
    pub fn certificates(&self) -> Arc<Certificates> {
        self.certificates.latest()
    }

    /// Sends the WebTransport certificates to every present and future viewer.
    pub fn certify(&self, certificates: Certificates) {
        self.certificates.publish(certificates);
        self.lock().viewers.iter().for_each(|entry| entry.control_waker.wake());
    }

    /// Records why the server ends, before its sinks shut down. Only the first call counts.
    pub fn dismiss(&self, farewell: Farewell) {
        let _said_already = self.farewell.set(farewell);
    }

    /// Returns the counters of all present viewers.
    pub fn counters(&self) -> Vec<Arc<Counters>> {
        self.lock().viewers.iter().map(|entry| Arc::clone(&entry.counters)).collect()
    }

    fn count(&self, inner: &Inner) -> usize {
        self.state.viewers.store(inner.viewers.len() as u32, Ordering::Relaxed);
        inner.viewers.len()
    }

    /// A panic elsewhere can't leave the registry half-written: every change is one push, removal or assignment.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Admission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admission").field("guard", &self.guard).finish_non_exhaustive()
    }
}

/// Registration of a viewer while its control channel is open; dropping it removes the viewer.
#[derive(Debug)]
pub struct ViewerGuard {
    admission: Arc<Admission>,
    viewer: u64,
    reason: Option<String>,
}

impl ViewerGuard {
    /// Stores `pump` until the transport of its route takes it or another pump replaces it.
    pub fn deposit(&self, pump: Box<Pump>) {
        let mut inner = self.admission.lock();
        if let Some(entry) = inner.viewers.iter_mut().find(|entry| entry.viewer == self.viewer) {
            entry.pump = Some(pump);
            entry.wakers.drain(..).for_each(Waker::wake);
        }
    }

    /// A ticket for a session, in hexadecimal digits. It replaces the previous one. Browsers report the
    /// address of a session that could not be opened, so the address must not hold a secret that opens anything else.
    pub fn ticket(&self) -> String {
        let ticket = Secret::new((self.admission.draw)());
        let now = self.admission.now();
        let mut inner = self.admission.lock();
        if let Some(entry) = inner.viewers.iter_mut().find(|entry| entry.viewer == self.viewer) {
            entry.ticket = Some((ticket.clone(), now));
        }
        ticket.to_hex()
    }

    /// Returns the reason sent to the viewer when the server ends.
    pub fn farewell(&self) -> Farewell {
        self.admission.farewell.get().cloned().unwrap_or_else(Farewell::stopped)
    }

    /// Records why the server ends the viewer's session.
    pub fn end(mut self, reason: String) {
        self.reason = Some(reason);
    }
}

impl Drop for ViewerGuard {
    fn drop(&mut self) {
        let mut inner = self.admission.lock();
        let Some(index) = inner.viewers.iter().position(|entry| entry.viewer == self.viewer) else {
            return;
        };
        let ViewerEntry { viewer, counters, wakers, .. } = inner.viewers.swap_remove(index);
        wakers.into_iter().for_each(Waker::wake);
        let viewers = self.admission.count(&inner);
        (self.admission.observer)(ViewerEvent::Left {
            viewer,
            viewers,
            counters,
            reason: self.reason.take(),
        });
    }
}

impl Inner {
    fn with_key(&mut self, key: &Secret) -> Result<&mut ViewerEntry, AdmissionError> {
        let entry = self.viewers.iter_mut().find(|entry| entry.key.matches(key));
        entry.ok_or(AdmissionError::KeyUnknown)
    }

    fn with_ticket(&mut self, ticket: &Secret, now: Micros) -> Result<&mut ViewerEntry, AdmissionError> {
        let is_good =
            |(own, drawn): &mut (Secret, Micros)| own.matches(ticket) && now.since(*drawn) < TICKET_LIFETIME;
        let found = self.viewers.iter_mut().find_map(|entry| {
            entry.ticket.take_if(is_good)?;
            Some(entry)
        });
        found.ok_or(AdmissionError::TicketUnknown)
    }

    fn streams_of(&self, viewer: u64) -> usize {
        self.streams.iter().filter(|other| **other == viewer).count()
    }

    fn others_with_streams(&self, viewer: u64) -> usize {
        let has_stream = |entry: &&ViewerEntry| entry.viewer != viewer && self.streams_of(entry.viewer) > 0;
        self.viewers.iter().filter(has_stream).count()
    }
}

impl ViewerEntry {
    fn register_waker(&mut self, waker: &Waker) {
        if self.wakers.iter().any(|known| known.will_wake(waker)) {
            return;
        }
        if self.wakers.len() >= WAKERS_MAX {
            // Most likely it is gone. If not, it comes again.
            self.wakers.remove(0).wake();
        }
        self.wakers.push(waker.clone());
    }
}

/// Receives the pumps of one viewer, for a transport that carries them.
#[derive(Debug)]
pub struct PumpReceiver {
    admission: Arc<Admission>,
    viewer: u64,
    /// The number of the viewer's session, where it is of one.
    session: Option<u64>,
}

impl PumpReceiver {
    /// Where the pointer is, for a transport that sends it sooner than the control channel. Returns `None` if the source is gone.
    pub fn events(&self) -> Option<EventReceiver> {
        self.admission.feed_handle.subscribe_events()
    }

    /// The source's clock.
    pub fn now(&self) -> Micros {
        self.admission.now()
    }

    /// Returns the pump of a route that `wanted` accepts, once there is one. Returns `None` if the viewer has left or another transport
    /// session replaces this one.
    pub fn poll(&self, context: &Context<'_>, wanted: impl Fn(&Route) -> bool) -> Poll<Option<Box<Pump>>> {
        let mut inner = self.admission.lock();
        let Some(entry) = inner.viewers.iter_mut().find(|entry| entry.viewer == self.viewer) else {
            return Poll::Ready(None);
        };
        if self.session.is_some_and(|session| session != entry.sessions) {
            return Poll::Ready(None);
        }
        if let Some(pump) = entry.pump.take_if(|pump| wanted(&pump.route())) {
            return Poll::Ready(Some(pump));
        }
        entry.register_waker(context.waker());
        Poll::Pending
    }
}

/// Permit for one open HTTP stream; dropping it gives it back.
#[derive(Debug)]
pub struct StreamPermit {
    admission: Arc<Admission>,
    viewer: u64,
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        let mut inner = self.admission.lock();
        if let Some(index) = inner.streams.iter().position(|viewer| *viewer == self.viewer) {
            inner.streams.swap_remove(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    use super::*;

    /// Counts how often it was woken.
    #[derive(Default)]
    struct Counting(AtomicUsize);

    impl Wake for Counting {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn admission(token: &Secret, feed_handle: FeedHandle) -> Arc<Admission> {
        Arc::new(Admission::new(Settings {
            guard: Guard::new(&[], &[], &[]),
            token: token.clone(),
            feed_handle,
            clock: || Micros(1),
            state: Arc::default(),
            encoders: Arc::default(),
            draw: || [3; 32],
            observer: Box::new(|_| {}),
        }))
    }

    #[test]
    fn every_transport_that_waits_for_a_pump_is_woken_once() {
        let (_feed, feed_handle) = crate::feed::feed();
        let token = Secret::new([7; 32]);
        let admission = admission(&token, feed_handle);
        let key = admission.exchange(&token).unwrap();
        let (_control, viewer_guard) = admission.enter(&key).unwrap();
        let streams = [admission.stream(&key).unwrap(), admission.stream(&key).unwrap()];
        let tasks = [Arc::<Counting>::default(), Arc::default()];
        for ((receiver, _), task) in streams.iter().zip(&tasks) {
            let waker = Waker::from(Arc::clone(task));
            for _ in 0..2 {
                assert!(receiver.poll(&Context::from_waker(&waker), |_| true).is_pending());
            }
        }
        drop(viewer_guard);
        assert_eq!(tasks.map(|task| task.0.load(Ordering::Relaxed)), [1, 1]);
        for (receiver, _) in &streams {
            assert!(matches!(
                receiver.poll(&Context::from_waker(Waker::noop()), |_| true),
                Poll::Ready(None)
            ));
        }
    }
}
