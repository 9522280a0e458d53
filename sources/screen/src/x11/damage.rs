//! Notices that pixels change: told by the DAMAGE extension, or where there is none by the clock.

use std::time::{Duration, Instant};

use lanstream_core::source::Error;
use x11rb::connection::SequenceNumber;
use x11rb::protocol::damage::{self, ConnectionExt as _, Damage, ReportLevel};
use x11rb::protocol::xproto::Drawable;

use super::connect::{DisplayConnection, if_there, lost};

/// Time between two looks at a screen whose server tells of no damage.
const POLL_INTERVAL: Duration = Duration::from_micros(16_667);

/// How changes are noticed.
pub(super) enum Watch {
    /// The server tells each rectangle that isn't yet in its own record of damage.
    Told(Damage),
    /// Everything counts as changed every [`POLL_INTERVAL`].
    Polled { due: Instant },
}

impl Watch {
    pub(super) fn new(link: &DisplayConnection, drawable: Drawable) -> Result<Self, Error> {
        if !link.offers(damage::X11_EXTENSION_NAME)? {
            return Ok(Self::Polled { due: Instant::now() });
        }
        link.conn.damage_query_version(1, 1).map_err(lost)?.reply().map_err(lost)?;
        let id = link.id()?;
        let created = link.conn.damage_create(id, drawable, ReportLevel::DELTA_RECTANGLES);
        created.map_err(lost)?.check().map_err(lost)?;
        Ok(Self::Told(id))
    }

    /// The same for a window that may have gone meanwhile: `None`, then.
    pub(super) fn of_other(link: &DisplayConnection, window: Drawable) -> Result<Option<Self>, Error> {
        if !link.offers(damage::X11_EXTENSION_NAME)? {
            return Ok(Some(Self::Polled { due: Instant::now() }));
        }
        let id = link.id()?;
        let created = link.conn.damage_create(id, window, ReportLevel::DELTA_RECTANGLES).map_err(lost)?;
        Ok(if_there(created.check())?.map(|()| Self::Told(id)))
    }

    /// Gives back the server's record.
    pub(super) fn close(self, link: &DisplayConnection) -> Result<(), Error> {
        if let Self::Told(id) = self {
            link.conn.damage_destroy(id).map_err(lost)?.ignore_error();
        }
        Ok(())
    }

    /// Empties the server's record, so that whatever is drawn from now on is told again. To be sent in front of the
    /// requests for pixels: what is drawn between the two is then told although it was seen, never the reverse.
    ///
    /// Damage told in events from before the returned number is in every picture taken after.
    pub(super) fn forget(&self, link: &DisplayConnection) -> Result<SequenceNumber, Error> {
        match self {
            Self::Told(id) => {
                let cookie = link.conn.damage_subtract(*id, x11rb::NONE, x11rb::NONE).map_err(lost)?;
                Ok(cookie.sequence_number())
            }
            Self::Polled { .. } => Ok(0),
        }
    }

    pub(super) fn is_told(&self) -> bool {
        matches!(self, Self::Told(_))
    }

    pub(super) fn is_about(&self, damage: Damage) -> bool {
        matches!(self, Self::Told(id) if *id == damage)
    }

    /// When to look next, where no one tells.
    pub(super) fn due(&self) -> Option<Instant> {
        match self {
            Self::Told(_) => None,
            Self::Polled { due } => Some(*due),
        }
    }

    /// Whether it is time to look; then the next time is set.
    pub(super) fn is_time(&mut self, now: Instant) -> bool {
        match self {
            Self::Polled { due } if *due <= now => {
                *due = now + POLL_INTERVAL;
                true
            }
            _ => false,
        }
    }
}
