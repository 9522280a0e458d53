//! Limiter of a sink's connections, before admission and after: where all places are taken, the one without a key that
//! has been idle the longest gives way to the next, so that nobody who shows no key keeps anybody out.
//!
//! It locks, but only when connections come, ask or go.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use super::signal::Signal;

/// Bits of an IPv6 address that a network has: one machine has as many addresses in it as it likes.
const NETWORK_MASK: u128 = !0 << 64;

/// Places of a sink's connections.
#[derive(Debug)]
pub struct ConnectionLimiter {
    places: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    entries: HashMap<u64, Entry>,
    /// Counts entries and uses, to order them.
    count: u64,
}

#[derive(Debug)]
struct Entry {
    origin: Origin,
    standing: Standing,
    /// When it last came or asked for something, by the count.
    used: u64,
    /// Tells the connection that it has lost its place.
    evicted: Arc<Signal>,
}

/// Where connections come from that are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Origin {
    /// This machine.
    Loopback,
    Address(IpAddr),
}

/// What a connection has shown of itself, in the order in which connections give way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    /// Nothing.
    Stranger,
    /// The token.
    Known,
    /// It carries what a viewer waits for, and stays.
    Viewer,
}

/// Place of one connection in the limiter; dropping it gives it back.
#[derive(Debug)]
pub struct ConnectionPermit {
    limiter: Arc<ConnectionLimiter>,
    number: u64,
    evicted: Arc<Signal>,
}

impl ConnectionLimiter {
    /// Returns a limiter for so many connections.
    pub fn new(places: usize) -> Arc<Self> {
        Arc::new(Self { places, inner: Mutex::default() })
    }

    /// Gives a connection from `address` a place. If all are taken another loses its own: of strangers, from where most
    /// of them come, the one that has been idle the longest. Returns `None` if all places are viewers'.
    pub fn enter(self: &Arc<Self>, address: IpAddr) -> Option<ConnectionPermit> {
        let mut inner = self.lock();
        if inner.entries.len() >= self.places {
            let number = inner.least()?;
            inner.evict(number);
        }
        let number = inner.next();
        let evicted = Arc::<Signal>::default();
        let entry = Entry {
            origin: origin(address),
            standing: Standing::Stranger,
            used: number,
            evicted: Arc::clone(&evicted),
        };
        inner.entries.insert(number, entry);
        Some(ConnectionPermit { limiter: Arc::clone(self), number, evicted })
    }

    /// A panic elsewhere can't leave it half-written: every change is one insertion, removal or assignment.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// Who gives way.
    fn least(&self) -> Option<u64> {
        let mut strangers = HashMap::new();
        for entry in self.entries.values().filter(|entry| entry.standing == Standing::Stranger) {
            *strangers.entry(entry.origin).or_insert(0_usize) += 1;
        }
        let crowd = |entry: &Entry| strangers.get(&entry.origin).copied().unwrap_or_default();
        let movable = self.entries.iter().filter(|(_, entry)| entry.standing != Standing::Viewer);
        let order = |entry: &Entry| (entry.standing, usize::MAX - crowd(entry), entry.used);
        movable.min_by_key(|(_, entry)| order(entry)).map(|(number, _)| *number)
    }

    fn evict(&mut self, number: u64) {
        if let Some(entry) = self.entries.remove(&number) {
            entry.evicted.raise();
        }
    }
}

impl ConnectionPermit {
    /// Notes that the connection asks for something: it is no longer idle.
    pub fn touch(&self) {
        let mut inner = self.limiter.lock();
        let used = inner.next();
        if let Some(entry) = inner.entries.get_mut(&self.number) {
            entry.used = used;
        }
    }

    /// Notes that the connection has shown the token: strangers give way before it.
    pub fn recognize(&self) {
        self.rise(Standing::Known);
    }

    /// Notes that the connection is a viewer's: it keeps its place until it ends.
    pub fn admit(&self) {
        self.rise(Standing::Viewer);
    }

    fn rise(&self, standing: Standing) {
        if let Some(entry) = self.limiter.lock().entries.get_mut(&self.number) {
            entry.standing = entry.standing.max(standing);
        }
    }

    /// Ready when the connection has lost its place and must end.
    pub fn poll_evicted(&self, context: &Context<'_>) -> Poll<()> {
        self.evicted.poll(context)
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.limiter.lock().entries.remove(&self.number);
    }
}

fn origin(address: IpAddr) -> Origin {
    match address.to_canonical() {
        address if address.is_loopback() => Origin::Loopback,
        IpAddr::V6(address) => Origin::Address(IpAddr::V6((address.to_bits() & NETWORK_MASK).into())),
        address => Origin::Address(address),
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    const PLACES: usize = 4;

    fn limiter() -> Arc<ConnectionLimiter> {
        ConnectionLimiter::new(PLACES)
    }

    fn enter(limiter: &Arc<ConnectionLimiter>, address: &str) -> ConnectionPermit {
        limiter.enter(address.parse().unwrap()).expect("somebody gives way")
    }

    /// Which of these have lost their places.
    fn evicted(permits: &[ConnectionPermit]) -> Vec<usize> {
        let context = Context::from_waker(Waker::noop());
        let is_out = |index: &usize| permits[*index].poll_evicted(&context).is_ready();
        (0..permits.len()).filter(is_out).collect()
    }

    #[test]
    fn the_one_that_has_been_idle_the_longest_gives_way() {
        let limiter = limiter();
        let permits: Vec<_> = (0..PLACES).map(|_| enter(&limiter, "127.0.0.1")).collect();
        permits[0].touch();
        let more = [enter(&limiter, "::1"), enter(&limiter, "127.0.0.2")];
        assert_eq!((evicted(&permits), evicted(&more)), (vec![1, 2], vec![]));
    }

    #[test]
    fn an_address_that_takes_most_places_gives_way_to_others() {
        for (crowd, crowds_other) in [("10.0.0.1", "10.0.0.1"), ("fd00::1", "fd00::2:0:0:1")] {
            let limiter = limiter();
            let alone = enter(&limiter, "10.0.0.9");
            let many: Vec<_> = (0..PLACES * 3)
                .map(|number| enter(&limiter, if number % 2 == 0 { crowd } else { crowds_other }))
                .collect();
            assert_eq!(evicted(&[alone]), [0; 0], "{crowd}");
            assert_eq!(many.len() - evicted(&many).len(), PLACES - 1);
        }
    }

    #[test]
    fn strangers_give_way_before_the_known_and_viewers_never_do() {
        let limiter = limiter();
        let permits: Vec<_> = (0..PLACES).map(|_| enter(&limiter, "127.0.0.1")).collect();
        permits[0].admit();
        permits[1].recognize();
        permits[2].recognize();
        permits[0].recognize();
        let (first, second) = (enter(&limiter, "127.0.0.1"), enter(&limiter, "127.0.0.1"));
        assert_eq!((evicted(&permits), evicted(&[first])), (vec![3], vec![0]));
        second.admit();
        let third = enter(&limiter, "127.0.0.1");
        third.admit();
        assert_eq!(evicted(&permits), [1, 3]);
        enter(&limiter, "127.0.0.1").admit();
        let all: Vec<_> = std::iter::from_fn(|| limiter.enter([127, 0, 0, 1].into())).take(PLACES).collect();
        assert_eq!(evicted(&permits), [1, 2, 3]);
        assert_eq!(all.len(), PLACES, "the place that was given back is there for strangers");
        all[PLACES - 1].admit();
        assert!(limiter.enter([127, 0, 0, 1].into()).is_none(), "all places are viewers'");
    }

    #[test]
    fn a_place_that_is_given_back_is_free() {
        let limiter = limiter();
        let mut permits: Vec<_> = (0..PLACES).map(|_| enter(&limiter, "127.0.0.1")).collect();
        drop(permits.remove(0));
        drop(permits.remove(0));
        let _more = [enter(&limiter, "127.0.0.1"), enter(&limiter, "127.0.0.1")];
        assert_eq!(evicted(&permits), [0; 0]);
    }

    #[test]
    fn whoever_loses_its_place_is_woken() {
        use std::sync::atomic::{AtomicBool, Ordering};

        struct Flag(AtomicBool);
        impl std::task::Wake for Flag {
            fn wake(self: Arc<Self>) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let limiter = ConnectionLimiter::new(1);
        let permit = enter(&limiter, "127.0.0.1");
        let flag = Arc::new(Flag(AtomicBool::new(false)));
        let waker = Waker::from(Arc::clone(&flag));
        assert!(permit.poll_evicted(&Context::from_waker(&waker)).is_pending());
        let _other = enter(&limiter, "127.0.0.1");
        assert!(flag.0.load(Ordering::Relaxed));
    }
}
