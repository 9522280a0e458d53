//! Page tickets: secrets that let one viewer in, once, and are good where the run's token is.
//!
//! A ticket is redeemed for a key and its successor, and is used when a viewer enters with that key. Until then it can
//! be redeemed again, since the answer may have been lost; the key before it is void then.

use super::limits::{KEY_LIFETIME, PAGE_TICKETS_MAX};
use super::secret::Secret;
use crate::time::Micros;

/// Tickets that are not used yet, the oldest first.
#[derive(Debug, Default)]
pub(super) struct PageTickets(Vec<PageTicket>);

#[derive(Debug)]
struct PageTicket {
    secret: Secret,
    /// When it ends; `None` means with the run.
    ends: Option<Micros>,
    /// What it was last redeemed for.
    redeemed: Option<Redeemed>,
    /// Viewer that it lets come back.
    viewer: Option<u64>,
}

/// What a ticket is redeemed for.
#[derive(Clone, Debug)]
pub(super) struct Redeemed {
    /// Key that opens a control channel.
    pub(super) key: Secret,
    /// Ticket that takes the place of the redeemed one.
    pub(super) successor: Secret,
}

impl PageTickets {
    /// Adds a ticket. If there are too many, the oldest is removed that does not belong to one of the `present`
    /// viewers.
    pub(super) fn add(&mut self, secret: Secret, ends: Option<Micros>, present: &[u64]) {
        if self.0.len() >= PAGE_TICKETS_MAX {
            let is_spare =
                |ticket: &PageTicket| ticket.viewer.is_none_or(|viewer| !present.contains(&viewer));
            let oldest = self.0.iter().position(is_spare).unwrap_or(0);
            self.0.remove(oldest);
        }
        self.0.push(PageTicket { secret, ends, redeemed: None, viewer: None });
    }

    /// Returns whether the ticket is good, without redeeming it.
    pub(super) fn contains(&mut self, secret: &Secret, now: Micros) -> bool {
        self.0.retain(|ticket| ticket.ends.is_none_or(|ends| now < ends));
        self.0.iter().any(|ticket| ticket.is(secret))
    }

    /// Redeems a ticket that [is contained](Self::contains), and returns the key that it was redeemed for before, which
    /// is void now. A successor that is redeemed has been received, so it replaces the ticket before it.
    pub(super) fn redeem(&mut self, secret: &Secret, redeemed: Redeemed, now: Micros) -> Option<Secret> {
        let ticket = self.0.iter_mut().find(|ticket| ticket.is(secret))?;
        if !ticket.secret.matches(secret) {
            (ticket.secret, ticket.ends) = (secret.clone(), None);
        }
        // One that was redeemed in time is good for as long as its key is.
        ticket.ends = ticket.ends.map(|ends| ends.max(now + KEY_LIFETIME));
        ticket.redeemed.replace(redeemed).map(|before| before.key)
    }

    /// Replaces the ticket that was redeemed for this key, if there is one, by its successor, which belongs to this
    /// viewer.
    pub(super) fn enter(&mut self, key: &Secret, viewer: u64) {
        let was_for_key = |ticket: &&mut PageTicket| {
            ticket.redeemed.as_ref().is_some_and(|redeemed| redeemed.key.matches(key))
        };
        let Some(ticket) = self.0.iter_mut().find(was_for_key) else { return };
        if let Some(Redeemed { successor, .. }) = ticket.redeemed.take() {
            *ticket = PageTicket { secret: successor, ends: None, redeemed: None, viewer: Some(viewer) };
        }
    }
}

impl PageTicket {
    /// Returns whether the secret is the ticket's own or its successor's.
    fn is(&self, secret: &Secret) -> bool {
        let successor = self.redeemed.as_ref().map(|redeemed| &redeemed.successor);
        self.secret.matches(secret) || successor.is_some_and(|successor| successor.matches(secret))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A time after any other.
    const LATE: Micros = Micros(u64::MAX);

    fn secret(number: usize) -> Secret {
        Secret::new([u8::try_from(number).unwrap(); 32])
    }

    fn redeemed(key: usize, successor: usize) -> Redeemed {
        Redeemed { key: secret(key), successor: secret(successor) }
    }

    #[test]
    fn a_ticket_is_good_until_it_ends_or_is_used() {
        let mut tickets = PageTickets::default();
        tickets.add(secret(1), Some(Micros(10)), &[]);
        tickets.add(secret(2), None, &[]);
        assert!(tickets.contains(&secret(1), Micros(9)));
        assert!(!tickets.contains(&secret(1), Micros(10)));
        assert!(tickets.redeem(&secret(2), redeemed(3, 4), Micros(0)).is_none());
        assert!(tickets.contains(&secret(2), LATE), "its answer may have been lost");
        tickets.enter(&secret(3), 1);
        assert!(!tickets.contains(&secret(2), LATE) && tickets.contains(&secret(4), LATE));
    }

    #[test]
    fn a_ticket_that_is_redeemed_again_gives_another_key_for_the_first() {
        let mut tickets = PageTickets::default();
        tickets.add(secret(1), None, &[]);
        tickets.redeem(&secret(1), redeemed(2, 3), Micros(0));
        let void = tickets.redeem(&secret(1), redeemed(4, 5), Micros(0));
        assert!(void.is_some_and(|key| key.matches(&secret(2))));
        assert!(!tickets.contains(&secret(3), LATE), "it comes with a key that is void");
        let void = tickets.redeem(&secret(5), redeemed(6, 7), Micros(0));
        assert!(void.is_some_and(|key| key.matches(&secret(4))));
        assert!(!tickets.contains(&secret(1), LATE), "the successor was received");
        tickets.enter(&secret(6), 1);
        assert_eq!([5, 7].map(|number| tickets.contains(&secret(number), LATE)), [false, true]);
    }

    #[test]
    fn a_ticket_redeemed_in_time_is_good_for_as_long_as_its_key() {
        let mut tickets = PageTickets::default();
        tickets.add(secret(1), Some(Micros(10)), &[]);
        tickets.redeem(&secret(1), redeemed(2, 3), Micros(9));
        assert!(tickets.contains(&secret(1), Micros(10)));
        assert!(!tickets.contains(&secret(1), Micros(9) + KEY_LIFETIME));
    }

    #[test]
    fn newer_tickets_replace_the_oldest_that_belongs_to_no_present_viewer() {
        let mut tickets = PageTickets::default();
        tickets.add(secret(101), None, &[]);
        tickets.redeem(&secret(101), redeemed(102, 103), Micros(0));
        tickets.enter(&secret(102), 7);
        (0..PAGE_TICKETS_MAX).for_each(|number| tickets.add(secret(number), None, &[7]));
        assert_eq!([103, 0, 1].map(|number| tickets.contains(&secret(number), LATE)), [true, false, true]);
        tickets.add(secret(104), None, &[8]);
        assert_eq!([103, 1].map(|number| tickets.contains(&secret(number), LATE)), [false, true]);
    }
}
