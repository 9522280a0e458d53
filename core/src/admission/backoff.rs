//! Backoff: wrong tokens and keys are answered later and later. Right ones never wait. Time is an argument.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::time::Micros;

/// Wrong tokens that are answered at once: pages of an earlier run come back by themselves, all at once.
const FREE: u32 = 24;
/// Delay of the next one, which doubles with each.
const FIRST: Duration = Duration::from_millis(25);
/// The longest.
const LAST: Duration = Duration::from_secs(2);
/// Time after which one is forgotten.
const FORGET: Duration = Duration::from_secs(1);

/// Count of wrong tokens, of which one is forgotten each second.
#[derive(Debug, Default)]
pub(super) struct Backoff(Mutex<(u32, Micros)>);

impl Backoff {
    /// Counts one more at `now`. Returns how long its answer must wait.
    pub(super) fn count(&self, now: Micros) -> Duration {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, last) = *state;
        let forgotten = now.since(last).as_secs() / FORGET.as_secs();
        let count = count.saturating_sub(u32::try_from(forgotten).unwrap_or(u32::MAX));
        let counted = count.saturating_add(1).min(FREE + u32::BITS);
        *state = (counted, if forgotten > 0 || count == 0 { now } else { last });
        match count.checked_sub(FREE) {
            None => Duration::ZERO,
            Some(doublings) => FIRST.saturating_mul(1 << doublings.min(u32::BITS - 1)).min(LAST),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_to_wrong_tokens_take_longer_and_longer_until_they_are_forgotten() {
        let backoff = Backoff::default();
        let start = Micros::at(Duration::from_secs(100));
        let delays: Vec<_> = (0..FREE + 200).map(|_| backoff.count(start)).collect();
        let (free, delayed) = delays.split_at(FREE as usize);
        assert!(free.iter().all(Duration::is_zero));
        assert_eq!(delayed[..3], [FIRST, FIRST * 2, FIRST * 4]);
        assert!(delayed.is_sorted() && delayed.last() == Some(&LAST));
        let later = Micros::at(Duration::from_secs(100 + 300));
        assert_eq!(backoff.count(later), Duration::ZERO);
        assert_eq!(backoff.count(Micros(later.0 + 1)), Duration::ZERO);
    }
}
