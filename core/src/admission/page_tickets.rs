//! Page tickets: secrets that let one viewer in, once, and are good where the run's token is.

use super::limits::PAGE_TICKETS_MAX;
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
}

impl PageTickets {
    pub(super) fn add(&mut self, secret: Secret, ends: Option<Micros>) {
        if self.0.len() >= PAGE_TICKETS_MAX {
            self.0.remove(0);
        }
        self.0.push(PageTicket { secret, ends });
    }

    /// Returns whether the ticket is good, without using it.
    pub(super) fn contains(&mut self, secret: &Secret, now: Micros) -> bool {
        self.0.retain(|ticket| ticket.ends.is_none_or(|ends| now < ends));
        self.0.iter().any(|ticket| ticket.secret.matches(secret))
    }

    pub(super) fn remove(&mut self, secret: &Secret) {
        self.0.retain(|ticket| !ticket.secret.matches(secret));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(number: usize) -> Secret {
        Secret::new([u8::try_from(number).unwrap(); 32])
    }

    #[test]
    fn a_ticket_is_good_until_it_ends_or_is_used_or_too_many_are_newer() {
        let mut tickets = PageTickets::default();
        tickets.add(secret(1), Some(Micros(10)));
        tickets.add(secret(2), None);
        assert!(tickets.contains(&secret(1), Micros(9)));
        assert!(!tickets.contains(&secret(1), Micros(10)));
        assert!(tickets.contains(&secret(2), Micros(u64::MAX)));
        tickets.remove(&secret(2));
        assert!(!tickets.contains(&secret(2), Micros(0)));
        (0..=PAGE_TICKETS_MAX).for_each(|number| tickets.add(secret(number), None));
        assert!(!tickets.contains(&secret(0), Micros(0)) && tickets.contains(&secret(1), Micros(0)));
    }
}
