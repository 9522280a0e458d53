//! What windows are called. Titles are in one of several encodings.

use std::borrow::Cow;

use lanstream_core::source::Error;
use x11rb::protocol::xproto::{AtomEnum, GetPropertyReply, Window};

use super::connect::DisplayConnection;
use super::{compound_text, property};
use crate::titles::clean;

/// A window's title, unless it has none.
pub(super) fn read(link: &DisplayConnection, window: Window) -> Result<Option<String>, Error> {
    let modern = property::read(link, window, link.atoms._NET_WM_NAME)?;
    let title = modern.and_then(|reply| clean(&decode(link, &reply)));
    if title.is_some() {
        return Ok(title);
    }
    let old = property::read(link, window, AtomEnum::WM_NAME)?;
    Ok(old.and_then(|reply| clean(&decode(link, &reply))))
}

fn decode<'a>(link: &DisplayConnection, reply: &'a GetPropertyReply) -> Cow<'a, str> {
    if reply.type_ == u32::from(AtomEnum::STRING) {
        return reply.value.iter().map(|byte| char::from(*byte)).collect();
    }
    if reply.type_ == link.atoms.COMPOUND_TEXT {
        return compound_text::decode(&reply.value).into();
    }
    String::from_utf8_lossy(&reply.value)
}
