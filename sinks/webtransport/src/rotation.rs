//! When which certificate of our own is presented: each for a week, announced a day before. Time is an argument.

use std::time::{Duration, SystemTime};

use crate::identity::{BACKDATED, VALID_FOR};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// How long one is presented: a little more than half of what it is valid for, so that a machine that slept for days
/// still has a valid one.
const PRESENTED_FOR: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long before it is presented, and after, viewers are told of it: anyone who connects knows the one that it meets.
const ANNOUNCED_FOR: Duration = DAY;

/// The certificates of one process.
pub(crate) struct Rotation<C> {
    presented: Validity<C>,
    next: Option<Validity<C>>,
    former: Option<Validity<C>>,
}

/// A certificate, and when it was made and came to be presented.
struct Validity<C> {
    certificate: C,
    made: SystemTime,
    since: SystemTime,
}

/// What has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// Another one is presented.
    pub(crate) presented: bool,
    /// Viewers must be told.
    pub(crate) announced: bool,
}

impl<C> Rotation<C> {
    pub(crate) fn new(now: SystemTime, first: C) -> Self {
        Self { presented: Validity { certificate: first, made: now, since: now }, next: None, former: None }
    }

    pub(crate) fn presented(&self) -> &C {
        &self.presented.certificate
    }

    /// All that a viewer may meet.
    pub(crate) fn announced(&self) -> impl Iterator<Item = &C> {
        let validities = [Some(&self.presented), self.next.as_ref(), self.former.as_ref()];
        validities.into_iter().flatten().map(|validity| &validity.certificate)
    }

    /// Does what is due; where time has jumped, all of it at once. `make` makes a certificate that is valid from now
    /// on.
    ///
    /// # Errors
    /// What `make` returns. Nothing has changed then, and it is tried again the next time.
    pub(crate) fn advance<E>(
        &mut self,
        now: SystemTime,
        make: impl FnOnce() -> Result<C, E>,
    ) -> Result<Change, E> {
        let presented_for = now.duration_since(self.presented.since).unwrap_or_default();
        let is_over = presented_for >= PRESENTED_FOR || !self.presented.is_valid(now);
        let announced = self.prepare(now, is_over || presented_for >= PRESENTED_FOR - ANNOUNCED_FOR, make)?;
        let presented = is_over && self.replace(now);
        let forgotten = self.former.take_if(|_| !presented && presented_for >= ANNOUNCED_FOR).is_some();
        Ok(Change { presented, announced: announced || presented || forgotten })
    }

    /// Makes the next where it is due and there is no good one.
    fn prepare<E>(
        &mut self,
        now: SystemTime,
        is_due: bool,
        make: impl FnOnce() -> Result<C, E>,
    ) -> Result<bool, E> {
        if !is_due || self.next.as_ref().is_some_and(|next| next.is_valid(now)) {
            return Ok(false);
        }
        self.next = Some(Validity { certificate: make()?, made: now, since: now });
        Ok(true)
    }

    fn replace(&mut self, now: SystemTime) -> bool {
        let Some(next) = self.next.take() else { return false };
        let former = std::mem::replace(&mut self.presented, Validity { since: now, ..next });
        self.former = Some(former);
        true
    }
}

impl<C> Validity<C> {
    fn is_valid(&self, now: SystemTime) -> bool {
        let since = self.made - BACKDATED;
        now >= since && now < since + VALID_FOR
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    /// A certificate is the time it was made at.
    fn start() -> (Rotation<SystemTime>, SystemTime) {
        let now = SystemTime::UNIX_EPOCH + 20_000 * DAY;
        (Rotation::new(now, now), now)
    }

    fn advance(rotation: &mut Rotation<SystemTime>, now: SystemTime) -> Change {
        rotation.advance(now, || Ok::<_, Infallible>(now)).unwrap()
    }

    fn is_valid(made: SystemTime, now: SystemTime) -> bool {
        now >= made - BACKDATED && now < made - BACKDATED + VALID_FOR
    }

    #[test]
    fn for_a_year_there_is_always_a_valid_one_that_viewers_have_known_for_a_day() {
        let (mut rotation, start) = start();
        let mut known: Vec<(SystemTime, SystemTime)> = vec![(start, start - DAY)];
        let mut replaced = 0;
        for hour in 1..=365 * 24 {
            let now = start + HOUR * hour;
            let change = advance(&mut rotation, now);
            replaced += u32::from(change.presented);
            for certificate in rotation.announced() {
                if known.iter().all(|(other, _)| other != certificate) {
                    assert!(change.announced, "viewers are told of what is new");
                    known.push((*certificate, now));
                }
            }
            let presented = *rotation.presented();
            assert!(is_valid(presented, now));
            let since = known.iter().find(|(certificate, _)| *certificate == presented).unwrap().1;
            assert!(now.duration_since(since).unwrap() >= DAY - HOUR, "it was announced a day before");
        }
        assert_eq!(replaced, 52);
    }

    #[test]
    fn the_one_before_is_announced_for_another_day() {
        let (mut rotation, start) = start();
        advance(&mut rotation, start + 6 * DAY);
        assert!(advance(&mut rotation, start + 7 * DAY).presented);
        assert_eq!(rotation.announced().count(), 2);
        assert_eq!(advance(&mut rotation, start + 7 * DAY + HOUR), Change::default());
        assert!(advance(&mut rotation, start + 8 * DAY).announced);
        assert_eq!(rotation.announced().count(), 1);
    }

    #[test]
    fn after_a_month_asleep_and_after_a_clock_set_back_there_is_a_new_one_at_once() {
        for now in [start().1 + 30 * DAY, start().1 - DAY] {
            let (mut rotation, _) = start();
            assert_eq!(advance(&mut rotation, now), Change { presented: true, announced: true });
            assert!(is_valid(*rotation.presented(), now));
        }
    }

    #[test]
    fn where_none_can_be_made_the_old_one_stays_and_it_is_tried_again() {
        let (mut rotation, start) = start();
        let now = start + 8 * DAY;
        assert_eq!(rotation.advance(now, || Err("no entropy")), Err("no entropy"));
        assert_eq!(*rotation.presented(), start);
        assert!(advance(&mut rotation, now).presented);
    }
}
