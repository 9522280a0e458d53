//! Budget of what a viewer may send in a second, and so of the processor time that it can take. Time is an argument.

use super::Error;
use crate::time::Micros;

/// Messages a viewer may send in a second: acks and proofs of 240 updates, pings, and as much again. Frames of a
/// transport that carry none count like those that do.
const MESSAGES_PER_SECOND_MAX: u32 = 1000;

/// Messages that may still come in this second.
#[derive(Clone, Copy, Debug)]
pub struct MessageBudget {
    second: u64,
    left: u32,
}

impl Default for MessageBudget {
    fn default() -> Self {
        Self { second: 0, left: MESSAGES_PER_SECOND_MAX }
    }
}

impl MessageBudget {
    /// Takes one message, which comes at `now`, from the budget.
    ///
    /// # Errors
    /// [`Error::Flood`] where nothing is left until the next second.
    pub fn spend(&mut self, now: Micros) -> Result<(), Error> {
        let second = now.since(Micros::ZERO).as_secs();
        if second != self.second {
            *self = Self { second, left: MESSAGES_PER_SECOND_MAX };
        }
        self.left = self.left.checked_sub(1).ok_or(Error::Flood)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn so_many_in_a_second_and_as_many_in_the_next() {
        let mut budget = MessageBudget::default();
        for second in [0, 1, 5] {
            let now = Micros::at(Duration::from_secs(second));
            assert_eq!((0..2000).filter(|_| budget.spend(now).is_ok()).count(), 1000);
            assert_eq!(budget.spend(now), Err(Error::Flood));
        }
    }
}
