//! Table of the transports that a run offers: what differs between them, a row each.

use crate::protocol::TransportId;

/// Description of one transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportInfo {
    /// Number in a [`Route`](crate::protocol::Route).
    pub id: TransportId,
    /// Name for pages, options and people.
    pub name: &'static str,
    /// Sentence for the help of options.
    pub summary: &'static str,
    /// Bytes of pixels after which a band ends.
    pub band_bytes: usize,
    /// Whether every viewer can have it. One that some engines or networks lack needs another beside it.
    pub is_universal: bool,
    /// Whether viewers are told of it. One that is not listed is only taken by those who ask for it.
    pub is_listed: bool,
    /// Where pages connect to, if that is not the page's own origin.
    pub endpoint: Option<Endpoint>,
}

/// Scheme and port at the page's host, for the page's policy of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Scheme, such as `https`.
    pub scheme: &'static str,
    /// Port; `None` means the page's own.
    pub port: Option<u16>,
}

/// Transports of a run.
#[derive(Clone, Debug, Default)]
pub struct Transports {
    rows: Vec<TransportInfo>,
    preferred: Option<TransportId>,
}

/// Two transports of a run have one number or name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("transports {0} and {1} have the same number or name")]
pub struct DuplicateTransportError(pub &'static str, pub &'static str);

impl Transports {
    /// Returns a table of `rows`, in the order in which viewers are told of them. `preferred` is the one that viewers
    /// must take if they can, without measuring.
    ///
    /// # Errors
    /// [`DuplicateTransportError`].
    pub fn new(
        rows: Vec<TransportInfo>,
        preferred: Option<TransportId>,
    ) -> Result<Self, DuplicateTransportError> {
        for (index, row) in rows.iter().enumerate() {
            let is_same = |other: &&TransportInfo| other.id == row.id || other.name == row.name;
            if let Some(other) = rows[..index].iter().find(is_same) {
                return Err(DuplicateTransportError(other.name, row.name));
            }
        }
        Ok(Self { rows, preferred })
    }

    /// Returns the transport with this number, if it is offered.
    pub fn get(&self, id: TransportId) -> Option<&TransportInfo> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// Returns the transports that viewers are told of.
    pub fn listed(&self) -> impl Iterator<Item = &TransportInfo> {
        self.rows.iter().filter(|row| row.is_listed)
    }

    /// Returns the transport that viewers must take if they can, without measuring.
    pub fn preferred(&self) -> Option<&TransportInfo> {
        self.get(self.preferred?)
    }

    /// Returns where pages connect to besides their own origin.
    pub fn endpoints(&self) -> impl Iterator<Item = Endpoint> {
        self.listed().filter_map(|row| row.endpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u8, name: &'static str) -> TransportInfo {
        let id = TransportId::new(number).unwrap();
        TransportInfo {
            id,
            name,
            summary: "",
            band_bytes: 1,
            is_universal: true,
            is_listed: number != 9,
            endpoint: None,
        }
    }

    #[test]
    fn a_number_and_a_name_belong_to_one_transport() {
        let rows = |second| vec![row(1, "one"), second];
        assert!(Transports::new(rows(row(2, "two")), None).is_ok());
        for (second, name) in [(row(1, "two"), "two"), (row(2, "one"), "one")] {
            assert_eq!(
                Transports::new(rows(second), None).unwrap_err(),
                DuplicateTransportError("one", name)
            );
        }
    }

    #[test]
    fn a_transport_that_is_not_listed_can_be_asked_for() {
        let rows = vec![row(1, "one"), row(9, "nine")];
        let (one, nine) = (rows[0].id, rows[1].id);
        let transports = Transports::new(rows, Some(one)).unwrap();
        assert_eq!(transports.listed().map(|row| row.name).collect::<Vec<_>>(), ["one"]);
        assert_eq!(transports.get(nine).map(|row| row.name), Some("nine"));
        assert_eq!(transports.preferred().map(|row| row.name), Some("one"));
        assert_eq!(transports.get(TransportId::new(2).unwrap()), None);
    }
}
