//! Properties: what programs and window managers write on windows, by names that the server numbers
//! ([`Atoms`](super::atoms::Atoms)).

use lanstream_core::source::Error;
use x11rb::protocol::xproto::{Atom, AtomEnum, ConnectionExt as _, GetPropertyReply, Window};

use super::connect::{DisplayConnection, if_there, lost};

/// Most 32-bit units of a property that are read: any sensible title, or the windows of a very full desktop.
const PROPERTY_UNITS_MAX: u32 = 4096;

/// What a property holds. Returns `None` if that is nothing, or the window has gone.
pub(super) fn read(
    link: &DisplayConnection,
    window: Window,
    name: impl Into<Atom>,
) -> Result<Option<GetPropertyReply>, Error> {
    let any = AtomEnum::ANY;
    let request = link.conn.get_property(false, window, name.into(), any, 0, PROPERTY_UNITS_MAX);
    let answer = if_there(request.map_err(lost)?.reply())?;
    Ok(answer.filter(|answer| !answer.value.is_empty()))
}

/// The numbers that a property holds: windows, names, states.
pub(super) fn numbers(
    link: &DisplayConnection,
    window: Window,
    name: impl Into<Atom>,
) -> Result<Vec<u32>, Error> {
    let answer = read(link, window, name)?;
    Ok(answer.as_ref().and_then(GetPropertyReply::value32).map(Iterator::collect).unwrap_or_default())
}
