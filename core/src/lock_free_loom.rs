//! Every interleaving of the two sides of a slot, of a queue, of a demand and of stamps. Run with
//! `RUSTFLAGS="--cfg loom" cargo test -p lanstream-core --release --lib lock_free_loom`.

use loom::sync::Arc;
use loom::thread;

use crate::demand::{Demand, Parked};
use crate::queue::Queue;
use crate::slot::Slot;
use crate::stamps::Stamps;

#[test]
fn the_newest_value_is_never_lost_and_none_is_seen_twice() {
    loom::model(|| {
        let slot = Arc::new(Slot::new());
        let writer = {
            let slot = Arc::clone(&slot);
            thread::spawn(move || {
                for value in 1..=3 {
                    drop(slot.put(Arc::new(value)));
                }
            })
        };
        let mut last = 0;
        for _ in 0..2 {
            if let Some(value) = slot.take() {
                assert!(*value > last);
                last = *value;
            }
        }
        writer.join().unwrap();
        let newest = slot.take().map_or(last, |value| *value);
        assert_eq!(newest, 3);
    });
}

#[test]
fn a_value_is_either_taken_or_replaced() {
    loom::model(|| {
        let slot = Arc::new(Slot::new());
        drop(slot.put(Arc::new(1)));
        let writer = {
            let slot = Arc::clone(&slot);
            thread::spawn(move || slot.put(Arc::new(2)).map(|value| *value))
        };
        let taken = slot.take().map(|value| *value);
        let replaced = writer.join().unwrap();
        assert!(matches!((taken, replaced), (Some(1), None) | (Some(2), Some(1))));
    });
}

#[test]
fn a_wish_is_found_or_wakes() {
    loom::model(|| {
        let both = Arc::new((Demand::new(), Parked::new()));
        let viewer = {
            let both = Arc::clone(&both);
            thread::spawn(move || both.0.set(&both.1))
        };
        both.1.set(true);
        let found = both.0.is_set();
        let woken = viewer.join().unwrap();
        assert!(found || woken, "the source sleeps and nobody wakes it");
    });
}

#[test]
fn stamps_of_rows_that_are_known_are_seen() {
    loom::model(|| {
        let mut stamps = Stamps::default();
        stamps.fill(2, 1, 0);
        let stamps = Arc::new(stamps);
        let stage = {
            let stamps = Arc::clone(&stamps);
            thread::spawn(move || {
                for row in 0..2_u8 {
                    stamps.set(usize::from(row), 2);
                    stamps.know(u32::from(row) + 1);
                }
            })
        };
        for row in 0..stamps.rows() {
            assert_eq!(stamps.of(row as usize), 2);
        }
        stage.join().unwrap();
        assert_eq!(stamps.rows(), 2);
    });
}

#[test]
fn what_is_queued_comes_once_and_in_its_order() {
    loom::model(|| {
        let queue = Arc::new(Queue::<u32, 2>::new());
        let source = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || {
                (1..=3).filter(|value| queue.put(Arc::new(*value)).is_ok()).collect::<Vec<_>>()
            })
        };
        let mut taken = Vec::new();
        for _ in 0..2 {
            taken.extend(queue.take().map(|value| *value));
        }
        let put = source.join().unwrap();
        taken.extend(std::iter::from_fn(|| queue.take().map(|value| *value)));
        assert_eq!(taken, put);
    });
}

#[test]
fn room_is_found_or_wakes() {
    loom::model(|| {
        let both = Arc::new((Queue::<u32, 1>::new(), Parked::new()));
        assert!(both.0.put(Arc::new(1)).is_ok());
        let consumer = {
            let both = Arc::clone(&both);
            thread::spawn(move || {
                assert!(both.0.take().is_some());
                both.1.must_wake()
            })
        };
        both.1.set(true);
        let found = !both.0.is_full();
        let woken = consumer.join().unwrap();
        assert!(found || woken, "the source sleeps and nobody wakes it");
    });
}
