//! Lobby: places of connections before admission. They are few, and when another connection comes the one that has been
//! idle the longest gives way, so that nobody who shows no key keeps anybody out.
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
pub struct Lobby {
    places: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    seats: HashMap<u64, SeatEntry>,
    /// Counts entries and uses, to order them.
    count: u64,
}

#[derive(Debug)]
struct SeatEntry {
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

/// Place of one connection in the lobby; dropping it gives it back.
#[derive(Debug)]
pub struct Seat {
    lobby: Arc<Lobby>,
    number: u64,
    evicted: Arc<Signal>,
}

impl Lobby {
    /// Returns a lobby for so many connections.
    pub fn new(places: usize) -> Arc<Self> {
        Arc::new(Self { places, inner: Mutex::default() })
    }

    /// Gives a connection from `address` a place. If all are taken another loses its own: of strangers, from where most
    /// of them come, the one that has been idle the longest. Returns `None` if all places are viewers'.
    pub fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Seat> {
        let mut inner = self.lock();
        if inner.seats.len() >= self.places {
            let number = inner.least()?;
            inner.evict(number);
        }
        let number = inner.next();
        let evicted = Arc::<Signal>::default();
        let entry = SeatEntry {
            origin: origin(address),
            standing: Standing::Stranger,
            used: number,
            evicted: Arc::clone(&evicted),
        };
        inner.seats.insert(number, entry);
        Some(Seat { lobby: Arc::clone(self), number, evicted })
    }

    /// Whether more than half of the places are taken by those who may be anybody.
    pub fn is_crowded(&self) -> bool {
        let inner = self.lock();
        let strangers = inner.seats.values().filter(|entry| entry.standing == Standing::Stranger);
        2 * strangers.count() > self.places
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
        for entry in self.seats.values().filter(|entry| entry.standing == Standing::Stranger) {
            *strangers.entry(entry.origin).or_insert(0_usize) += 1;
        }
        let crowd = |entry: &SeatEntry| strangers.get(&entry.origin).copied().unwrap_or_default();
        let movable = self.seats.iter().filter(|(_, entry)| entry.standing != Standing::Viewer);
        let order = |entry: &SeatEntry| (entry.standing, usize::MAX - crowd(entry), entry.used);
        movable.min_by_key(|(_, entry)| order(entry)).map(|(number, _)| *number)
    }

    fn evict(&mut self, number: u64) {
        if let Some(entry) = self.seats.remove(&number) {
            entry.evicted.raise();
        }
    }
}

impl Seat {
    /// Notes that the connection asks for something: it is no longer idle.
    pub fn touch(&self) {
        let mut inner = self.lobby.lock();
        let used = inner.next();
        if let Some(entry) = inner.seats.get_mut(&self.number) {
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
        if let Some(entry) = self.lobby.lock().seats.get_mut(&self.number) {
            entry.standing = entry.standing.max(standing);
        }
    }

    /// Ready when the connection has lost its place and must end.
    pub fn poll_evicted(&self, context: &Context<'_>) -> Poll<()> {
        self.evicted.poll(context)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.lobby.lock().seats.remove(&self.number);
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

    fn lobby() -> Arc<Lobby> {
        Lobby::new(PLACES)
    }

    fn enter(lobby: &Arc<Lobby>, address: &str) -> Seat {
        lobby.enter(address.parse().unwrap()).expect("somebody gives way")
    }

    /// Which of these have lost their places.
    fn evicted(seats: &[Seat]) -> Vec<usize> {
        let context = Context::from_waker(Waker::noop());
        let is_out = |index: &usize| seats[*index].poll_evicted(&context).is_ready();
        (0..seats.len()).filter(is_out).collect()
    }

    #[test]
    fn the_one_that_has_been_idle_the_longest_gives_way() {
        let lobby = lobby();
        let seats: Vec<_> = (0..PLACES).map(|_| enter(&lobby, "127.0.0.1")).collect();
        seats[0].touch();
        let more = [enter(&lobby, "::1"), enter(&lobby, "127.0.0.2")];
        assert_eq!((evicted(&seats), evicted(&more)), (vec![1, 2], vec![]));
    }

    #[test]
    fn an_address_that_takes_most_places_gives_way_to_others() {
        for (crowd, crowds_other) in [("10.0.0.1", "10.0.0.1"), ("fd00::1", "fd00::2:0:0:1")] {
            let lobby = lobby();
            let alone = enter(&lobby, "10.0.0.9");
            let many: Vec<_> = (0..PLACES * 3)
                .map(|number| enter(&lobby, if number % 2 == 0 { crowd } else { crowds_other }))
                .collect();
            assert_eq!(evicted(&[alone]), [0; 0], "{crowd}");
            assert_eq!(many.len() - evicted(&many).len(), PLACES - 1);
        }
    }

    #[test]
    fn strangers_give_way_before_the_known_and_viewers_never_do() {
        let lobby = lobby();
        let seats: Vec<_> = (0..PLACES).map(|_| enter(&lobby, "127.0.0.1")).collect();
        seats[0].admit();
        seats[1].recognize();
        seats[2].recognize();
        seats[0].recognize();
        let (first, second) = (enter(&lobby, "127.0.0.1"), enter(&lobby, "127.0.0.1"));
        assert_eq!((evicted(&seats), evicted(&[first])), (vec![3], vec![0]));
        second.admit();
        let third = enter(&lobby, "127.0.0.1");
        third.admit();
        assert_eq!(evicted(&seats), [1, 3]);
        enter(&lobby, "127.0.0.1").admit();
        let all: Vec<_> = std::iter::from_fn(|| lobby.enter([127, 0, 0, 1].into())).take(PLACES).collect();
        assert_eq!(evicted(&seats), [1, 2, 3]);
        assert_eq!(all.len(), PLACES, "the place that was given back is there for strangers");
        all[PLACES - 1].admit();
        assert!(lobby.enter([127, 0, 0, 1].into()).is_none(), "all places are viewers'");
    }

    #[test]
    fn a_place_that_is_given_back_is_free() {
        let lobby = lobby();
        let seats: Vec<_> = (0..PLACES).map(|_| enter(&lobby, "127.0.0.1")).collect();
        assert!(lobby.is_crowded());
        let mut seats = seats;
        drop(seats.remove(0));
        drop(seats.remove(0));
        assert!(!lobby.is_crowded());
        let _more = [enter(&lobby, "127.0.0.1"), enter(&lobby, "127.0.0.1")];
        assert_eq!(evicted(&seats), [0; 0]);
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
        let lobby = Lobby::new(1);
        let seat = enter(&lobby, "127.0.0.1");
        let flag = Arc::new(Flag(AtomicBool::new(false)));
        let waker = Waker::from(Arc::clone(&flag));
        assert!(seat.poll_evicted(&Context::from_waker(&waker)).is_pending());
        let _other = enter(&lobby, "127.0.0.1");
        assert!(flag.0.load(Ordering::Relaxed));
    }
}
