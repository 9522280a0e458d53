//! Admission of viewers: exchanges the run's token for a viewer key, keys for subscriptions to the feed, and keeps the
//! counters.
//!
//! All sinks share one [`Admission`]. Each checks Host and Origin with its [`Guard`] before anything else.

mod backoff;
pub(crate) mod certificates;
mod connection_limiter;
mod error;
mod guard;
mod limits;
mod page_tickets;
mod pump_receiver;
mod registry;
mod secret;
mod signal;
mod viewer_guard;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::Waker;
use std::time::Duration;

use atomic_waker::AtomicWaker;

use backoff::Backoff;
pub use certificates::CertificateWatch;
pub use connection_limiter::{ConnectionLimiter, ConnectionPermit};
pub use error::AdmissionError;
pub use guard::{Guard, GuardError};
pub use limits::{KEY_LIFETIME, KEYS_MAX, SILENCE_MAX, StreamLimits, TICKET_LIFETIME, VIEWERS_MAX};
use page_tickets::Redeemed;
pub use pump_receiver::{PumpReceiver, StreamPermit};
pub use registry::{DepartedTotals, Farewell, Traffic, ViewerEvent};
use registry::{Inner, ViewerEntry, ViewerRegistry};

pub use secret::{SECRET_BYTES, Secret};
use signal::Signal;
pub use viewer_guard::ViewerGuard;

use crate::encode::EncodePool;
use crate::feed::FeedHandle;
use crate::pipeline;
use crate::protocol::Certificates;
use crate::time::{Clock, Micros};
use crate::transport::Transports;
use crate::viewer::{Control, Counters, ViewerContext};

/// Admission of one run, shared by all sinks.
pub struct Admission {
    guard: Guard,
    token: Secret,
    epoch: u64,
    transports: Arc<Transports>,
    encoders: Arc<EncodePool>,
    certificates: Arc<CertificateWatch>,
    viewers_total: AtomicU64,
    backoff: Backoff,
    registry: Arc<ViewerRegistry>,
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
    /// Transports that the run offers.
    pub transports: Transports,
    /// Encodes for viewers that take codes.
    pub encoders: Arc<EncodePool>,
    /// Draws random bytes, for keys.
    pub draw: fn() -> [u8; 32],
    /// Called with every viewer event.
    pub observer: Box<dyn Fn(ViewerEvent) + Send + Sync>,
}

impl Admission {
    /// Returns an admission without viewers. `epoch` should differ from run to run.
    pub fn new(settings: Settings) -> Self {
        let Settings { guard, token, feed_handle, clock, state, transports, encoders, draw, observer } =
            settings;
        let [a, b, c, d, e, f, g, h, ..] = draw();
        // 0 is a viewer's word for "none".
        let epoch = u64::from_le_bytes([a, b, c, d, e, f, g, h]) | 1;
        Self {
            guard,
            token,
            epoch,
            transports: Arc::new(transports),
            encoders,
            certificates: Arc::default(),
            viewers_total: AtomicU64::new(0),
            backoff: Backoff::default(),
            registry: Arc::new(ViewerRegistry {
                feed_handle,
                clock,
                state,
                draw,
                observer,
                farewell: OnceLock::new(),
                inner: Mutex::default(),
            }),
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

    /// Returns the transports that the run offers.
    pub fn transports(&self) -> &Transports {
        &self.transports
    }

    /// The source's clock.
    pub fn now(&self) -> Micros {
        self.registry.now()
    }

    /// Exchanges the run's token for a key that opens one control channel.
    ///
    /// # Errors
    /// [`AdmissionError::Refused`] for a wrong token, [`AdmissionError::Full`].
    pub fn exchange(&self, token: &Secret) -> Result<Secret, AdmissionError> {
        if !self.token.matches(token) {
            return Err(GuardError::TokenInvalid.into());
        }
        self.draw_key(&mut self.registry.lock())
    }

    /// Exchanges a page ticket for a key as the token gives, and a ticket by which the same viewer can come back. It is
    /// used up once its viewer enters; when it is exchanged again before that, the previous key is void.
    ///
    /// # Errors
    /// [`AdmissionError::Refused`] for a ticket that is wrong, used or too old, [`AdmissionError::Full`].
    pub fn redeem(&self, ticket: &Secret) -> Result<(Secret, Secret), AdmissionError> {
        let mut inner = self.registry.lock();
        if !inner.page_tickets.contains(ticket, self.now()) {
            return Err(GuardError::TokenInvalid.into());
        }
        // One that finds no place may try again.
        let key = self.draw_key(&mut inner)?;
        let successor = self.draw_secret();
        let redeemed = Redeemed { key: key.clone(), successor: successor.clone() };
        if let Some(void) = inner.page_tickets.redeem(ticket, redeemed, self.now()) {
            inner.keys.retain(|(other, _)| !other.matches(&void));
        }
        Ok((key, successor))
    }

    /// Draws a page ticket: it lets one viewer in, once, within `lifetime`.
    pub fn page_ticket(&self, lifetime: Duration) -> Secret {
        let ticket = self.draw_secret();
        let mut inner = self.registry.lock();
        let present: Vec<_> = inner.viewers.iter().map(|entry| entry.viewer).collect();
        inner.page_tickets.add(ticket.clone(), Some(self.now() + lifetime), &present);
        ticket
    }

    fn draw_key(&self, inner: &mut Inner) -> Result<Secret, AdmissionError> {
        let now = self.now();
        inner.keys.retain(|(_, drawn)| now.since(*drawn) < KEY_LIFETIME);
        self.registry.make_room(inner)?;
        if inner.keys.len() >= KEYS_MAX {
            inner.keys.remove(0);
        }
        let key = self.draw_secret();
        inner.keys.push((key.clone(), now));
        Ok(key)
    }

    fn draw_secret(&self) -> Secret {
        Secret::new((self.registry.draw)())
    }

    /// Counts a wrong token or key. Returns how long its answer must wait: guesses come slowly, and right ones are
    /// never held up.
    pub fn back_off(&self) -> Duration {
        self.backoff.count(self.now())
    }

    /// Opens the control channel of the viewer with this key, which is used up.
    ///
    /// # Errors
    /// [`AdmissionError::KeyUnknown`], [`AdmissionError::Full`], [`AdmissionError::SourceGone`].
    pub fn enter(&self, key: &Secret) -> Result<(Control, ViewerGuard), AdmissionError> {
        let now = self.now();
        let (counters, control_waker) = (Arc::new(Counters::default()), Arc::new(AtomicWaker::new()));
        let displaced = Arc::<Signal>::default();
        let (viewer, token_exchanged_at, events) = {
            let mut inner = self.registry.lock();
            let known =
                |(own, drawn): &(Secret, Micros)| own.matches(key) && now.since(*drawn) < KEY_LIFETIME;
            let index = inner.keys.iter().position(known).ok_or(AdmissionError::KeyUnknown)?;
            self.registry.make_room(&inner)?;
            // Only now: who has no key must not even wake the source.
            let events = self.registry.feed_handle.subscribe_events().ok_or(AdmissionError::SourceGone)?;
            let (key, token_exchanged_at) = inner.keys.remove(index);
            let viewer = self.viewers_total.fetch_add(1, Ordering::Relaxed) + 1;
            inner.page_tickets.enter(&key, viewer);
            inner.viewers.push(ViewerEntry {
                viewer,
                key,
                counters: Arc::clone(&counters),
                pump: None,
                wakers: Vec::new(),
                ticket: None,
                sessions: 0,
                control_waker: Arc::clone(&control_waker),
                displaced: Arc::clone(&displaced),
            });
            let viewers = self.registry.count(&inner);
            (self.registry.observer)(ViewerEvent::Joined { viewer, viewers });
            (viewer, token_exchanged_at, events)
        };
        let registry = &self.registry;
        let (clock, state, encoders) =
            (registry.clock, Arc::clone(&registry.state), Arc::clone(&self.encoders));
        let (feed_handle, certificates) = (registry.feed_handle.clone(), Arc::clone(&self.certificates));
        let viewer_context = ViewerContext {
            feed_handle,
            events,
            epoch: self.epoch,
            clock,
            state,
            counters,
            encoders,
            token_exchanged_at,
            transports: Arc::clone(&self.transports),
            certificates,
            control_waker,
        };
        Ok((
            Control::new(viewer_context),
            ViewerGuard { registry: Arc::clone(&self.registry), viewer, displaced, reason: None },
        ))
    }

    /// Returns the receiver of the pumps of the viewer with this key.
    ///
    /// # Errors
    /// [`AdmissionError::KeyUnknown`].
    pub fn receiver(&self, key: &Secret) -> Result<PumpReceiver, AdmissionError> {
        let viewer = self.registry.lock().with_key(key)?.viewer;
        Ok(PumpReceiver { registry: Arc::clone(&self.registry), viewer, session: None })
    }

    /// Opens a stream of the viewer with this key, one of a limited number, and returns the receiver of its route's
    /// pump.
    ///
    /// # Errors
    /// [`AdmissionError::KeyUnknown`], [`AdmissionError::StreamsTaken`].
    pub fn stream(
        &self,
        key: &Secret,
        limits: StreamLimits,
    ) -> Result<(PumpReceiver, StreamPermit), AdmissionError> {
        let receiver = self.receiver(key)?;
        let viewer = receiver.viewer;
        self.registry.lock().open_stream(viewer, limits)?;
        Ok((receiver, StreamPermit { registry: Arc::clone(&self.registry), viewer }))
    }

    /// Opens a session of the viewer with this ticket, which is consumed, and returns the receiver of the pumps of its
    /// routes. A later session of the same viewer replaces it.
    ///
    /// # Errors
    /// [`AdmissionError::TicketUnknown`].
    pub fn session(&self, ticket: &Secret) -> Result<PumpReceiver, AdmissionError> {
        let now = self.now();
        let mut inner = self.registry.lock();
        let entry = inner.with_ticket(ticket, now)?;
        entry.sessions += 1;
        entry.wakers.drain(..).for_each(Waker::wake);
        let (viewer, session) = (entry.viewer, Some(entry.sessions));
        Ok(PumpReceiver { registry: Arc::clone(&self.registry), viewer, session })
    }

    /// Returns the WebTransport certificates last sent to viewers.
    pub fn certificates(&self) -> Arc<Certificates> {
        self.certificates.latest()
    }

    /// Sends the WebTransport certificates to every present and future viewer.
    pub fn certify(&self, certificates: Certificates) {
        self.certificates.publish(certificates);
        self.registry.lock().viewers.iter().for_each(|entry| entry.control_waker.wake());
    }

    /// Records why the server ends, before its sinks shut down. Only the first call counts.
    pub fn dismiss(&self, farewell: Farewell) {
        let _said_already = self.registry.farewell.set(farewell);
    }

    /// Returns the counters of all viewers of the run.
    pub fn traffic(&self) -> Traffic {
        let inner = self.registry.lock();
        let viewers = inner.viewers.iter().map(|entry| Arc::clone(&entry.counters)).collect();
        Traffic { viewers, departed: inner.departed }
    }

    /// Returns the counters of all present viewers.
    pub fn counters(&self) -> Vec<Arc<Counters>> {
        self.traffic().viewers
    }
}

impl std::fmt::Debug for Admission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admission").field("guard", &self.guard).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::task::{Context, Poll, Wake};

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
            transports: Transports::default(),
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
        let streams = [admission.receiver(&key).unwrap(), admission.receiver(&key).unwrap()];
        let tasks = [Arc::<Counting>::default(), Arc::default()];
        for (receiver, task) in streams.iter().zip(&tasks) {
            let waker = Waker::from(Arc::clone(task));
            for _ in 0..2 {
                assert!(receiver.poll(&Context::from_waker(&waker), |_| true).is_pending());
            }
        }
        drop(viewer_guard);
        assert_eq!(tasks.map(|task| task.0.load(Ordering::Relaxed)), [1, 1]);
        for receiver in &streams {
            assert!(matches!(
                receiver.poll(&Context::from_waker(Waker::noop()), |_| true),
                Poll::Ready(None)
            ));
        }
    }

    #[test]
    fn what_a_viewer_counted_is_counted_when_it_has_left() {
        let (_feed, feed_handle) = crate::feed::feed();
        let token = Secret::new([7; 32]);
        let admission = admission(&token, feed_handle);
        let enter = || admission.enter(&admission.exchange(&token).unwrap()).unwrap();
        for _ in 0..2 {
            let (_control, _viewer_guard) = enter();
            admission.counters()[0].proven.store(3, Ordering::Relaxed);
        }
        let traffic = admission.traffic();
        assert!(traffic.viewers.is_empty());
        assert_eq!(traffic.departed, DepartedTotals { proven: 6, ..DepartedTotals::default() });
    }

    #[test]
    fn the_viewer_that_has_been_silent_the_longest_gives_way() {
        static NOW: AtomicU64 = AtomicU64::new(1);
        static DRAWN: AtomicU64 = AtomicU64::new(0);
        let (_feed, feed_handle) = crate::feed::feed();
        let token = Secret::new([7; 32]);
        let mut admission = admission(&token, feed_handle);
        let registry = Arc::get_mut(&mut Arc::get_mut(&mut admission).unwrap().registry).unwrap();
        registry.clock = || Micros(NOW.load(Ordering::Relaxed));
        registry.draw = || [DRAWN.fetch_add(1, Ordering::Relaxed).to_le_bytes()[0]; 32];
        let enter = || admission.enter(&admission.exchange(&token).unwrap()).unwrap();
        let viewers: Vec<_> = (0..VIEWERS_MAX).map(|_| enter()).collect();
        let counters = admission.counters();
        counters[2].unanswered_since_us.store(20, Ordering::Relaxed);
        counters[5].unanswered_since_us.store(10, Ordering::Relaxed);
        NOW.store(10 + Micros::at(SILENCE_MAX).0 - 1, Ordering::Relaxed);
        assert_eq!(admission.exchange(&token).err(), Some(AdmissionError::Full));
        NOW.store(20 + Micros::at(SILENCE_MAX).0, Ordering::Relaxed);
        let (first, second) = (admission.exchange(&token).unwrap(), admission.exchange(&token).unwrap());
        let gone = || {
            let is_out = |index: &usize| {
                viewers[*index].1.poll_displaced(&Context::from_waker(Waker::noop())).is_ready()
            };
            (0..VIEWERS_MAX).filter(is_out).collect::<Vec<_>>()
        };
        assert_eq!(gone(), [5], "only as many as others need");
        let _first = admission.enter(&first).unwrap();
        let _second = admission.enter(&second).unwrap();
        assert_eq!(gone(), [2, 5]);
        assert_eq!(admission.exchange(&token).err(), Some(AdmissionError::Full));
    }

    #[test]
    fn a_newer_key_replaces_the_oldest() {
        static DRAWN: AtomicU64 = AtomicU64::new(0);
        let (_feed, feed_handle) = crate::feed::feed();
        let token = Secret::new([7; 32]);
        let mut admission = admission(&token, feed_handle);
        let registry = Arc::get_mut(&mut Arc::get_mut(&mut admission).unwrap().registry).unwrap();
        registry.draw = || [DRAWN.fetch_add(1, Ordering::Relaxed).to_le_bytes()[0]; 32];
        let keys: Vec<_> = (0..=KEYS_MAX).map(|_| admission.exchange(&token).unwrap()).collect();
        assert_eq!(admission.enter(&keys[0]).err(), Some(AdmissionError::KeyUnknown));
        assert!(admission.enter(&keys[1]).is_ok() && admission.enter(&keys[KEYS_MAX]).is_ok());
        assert_eq!(admission.exchange(&Secret::new([8; 32])).err(), Some(GuardError::TokenInvalid.into()));
    }
}
