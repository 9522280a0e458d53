//! Registry of viewers: their keys, tickets, streams and pumps, and what all of admission's handles share.
//!
//! It locks, but only when viewers come and go or change routes: no pixel passes through here.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;

use atomic_waker::AtomicWaker;

use super::error::AdmissionError;
use super::limits::{SILENCE_MAX, StreamLimits, TICKET_LIFETIME, VIEWERS_MAX, WAKERS_MAX};
use super::page_tickets::PageTickets;
use super::secret::Secret;
use super::signal::Signal;
use crate::feed::FeedHandle;
use crate::pipeline;
use crate::protocol::GoodbyeCode;
use crate::time::{Clock, Micros};
use crate::viewer::{Counters, Pump};

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

/// Counters of all viewers of a run.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    /// Counters of each present viewer.
    pub viewers: Vec<Arc<Counters>>,
    /// Sums over the viewers that have left.
    pub departed: DepartedTotals,
}

/// Sums over the viewers that have left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DepartedTotals {
    /// Bytes of updates that were sent.
    pub bytes: u64,
    /// Updates that they acknowledged.
    pub updates: u64,
    /// Updates that they proved to show exactly.
    pub proven: u64,
    /// Updates that they showed otherwise.
    pub refuted: u64,
}

impl DepartedTotals {
    /// Adds the counters of a viewer that has left.
    pub(super) fn add(&mut self, counters: &Counters) {
        self.bytes += counters.bytes.load(Ordering::Relaxed);
        self.updates += counters.updates.load(Ordering::Relaxed);
        self.proven += counters.proven.load(Ordering::Relaxed);
        self.refuted += counters.refuted.load(Ordering::Relaxed);
    }
}

/// State that admission and its handles share.
pub(super) struct ViewerRegistry {
    pub(super) feed_handle: FeedHandle,
    pub(super) clock: Clock,
    pub(super) state: Arc<pipeline::PipelineState>,
    pub(super) draw: fn() -> [u8; 32],
    pub(super) observer: Box<dyn Fn(ViewerEvent) + Send + Sync>,
    pub(super) farewell: OnceLock<Farewell>,
    pub(super) inner: Mutex<Inner>,
}

#[derive(Default)]
pub(super) struct Inner {
    pub(super) keys: Vec<(Secret, Micros)>,
    pub(super) page_tickets: PageTickets,
    pub(super) viewers: Vec<ViewerEntry>,
    pub(super) departed: DepartedTotals,
    /// Whose limited streams are open.
    pub(super) streams: Vec<u64>,
}

pub(super) struct ViewerEntry {
    pub(super) viewer: u64,
    pub(super) key: Secret,
    pub(super) counters: Arc<Counters>,
    /// The newest pump that no transport has taken yet, and the tasks that wait for one.
    pub(super) pump: Option<Box<Pump>>,
    pub(super) wakers: Vec<Waker>,
    /// What opens its next session, until then, and when it was drawn.
    pub(super) ticket: Option<(Secret, Micros)>,
    /// Its sessions so far. The last may still be there.
    pub(super) sessions: u64,
    /// Wakes its control channel.
    pub(super) control_waker: Arc<AtomicWaker>,
    /// Tells it that another viewer has its place.
    pub(super) displaced: Arc<Signal>,
}

impl ViewerRegistry {
    pub(super) fn now(&self) -> Micros {
        (self.clock)()
    }

    /// A panic elsewhere can't leave the registry half-written: every change is one push, removal or assignment.
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes the number of viewers, and returns it.
    pub(super) fn count(&self, inner: &Inner) -> usize {
        self.state.viewers.store(inner.viewers.len(), Ordering::Relaxed);
        inner.viewers.len()
    }

    /// Makes sure that there is a place for another viewer: where there is none, the one that has been silent the
    /// longest loses its own.
    ///
    /// # Errors
    /// [`AdmissionError::Full`] where none has been silent for long.
    pub(super) fn make_room(&self, inner: &Inner) -> Result<(), AdmissionError> {
        let now = self.now();
        let present: Vec<_> = inner.viewers.iter().filter(|entry| !entry.displaced.is_raised()).collect();
        if present.len() < VIEWERS_MAX {
            return Ok(());
        }
        let silent = present.into_iter().filter_map(|entry| {
            let since = entry.counters.unanswered_since_us.load(Ordering::Relaxed);
            (since > 0 && now.since(Micros(since)) >= SILENCE_MAX).then_some((since, entry))
        });
        let (_, entry) = silent.min_by_key(|(since, _)| *since).ok_or(AdmissionError::Full)?;
        entry.displaced.raise();
        Ok(())
    }
}

impl std::fmt::Debug for ViewerRegistry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ViewerRegistry").finish_non_exhaustive()
    }
}

impl Inner {
    pub(super) fn of(&mut self, viewer: u64) -> Option<&mut ViewerEntry> {
        self.viewers.iter_mut().find(|entry| entry.viewer == viewer)
    }

    pub(super) fn with_key(&mut self, key: &Secret) -> Result<&mut ViewerEntry, AdmissionError> {
        let entry = self.viewers.iter_mut().find(|entry| entry.key.matches(key));
        entry.ok_or(AdmissionError::KeyUnknown)
    }

    pub(super) fn with_ticket(
        &mut self,
        ticket: &Secret,
        now: Micros,
    ) -> Result<&mut ViewerEntry, AdmissionError> {
        let is_good =
            |(own, drawn): &mut (Secret, Micros)| own.matches(ticket) && now.since(*drawn) < TICKET_LIFETIME;
        let found = self.viewers.iter_mut().find_map(|entry| {
            entry.ticket.take_if(is_good)?;
            Some(entry)
        });
        found.ok_or(AdmissionError::TicketUnknown)
    }

    pub(super) fn open_stream(&mut self, viewer: u64, limits: StreamLimits) -> Result<(), AdmissionError> {
        if self.streams_of(viewer) >= limits.of_one_max
            || self.others_with_streams(viewer) >= limits.viewers_max
        {
            return Err(AdmissionError::StreamsTaken(limits.viewers_max));
        }
        self.streams.push(viewer);
        Ok(())
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
    pub(super) fn register_waker(&mut self, waker: &Waker) {
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
