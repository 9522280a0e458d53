//! The pointer: where it is and what it looks like. The screen's own pixels are without it.
//!
//! The server tells that it moved (XInput 2 raw motion, which takes nothing away from other programs as core motion on
//! the root would) but not where to. So its place is asked for, at most every [`MOTION_INTERVAL`]; and with every
//! capture, at no round trip of its own, since a pointer that a program moves tells no raw motion.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lanstream_core::Size;
use lanstream_core::source::{CURSOR_SIDE_MAX, Cursor, CursorShape, CursorSource, Error};
use x11rb::cookie::Cookie;
use x11rb::errors::ReplyError;
use x11rb::protocol::Event;
use x11rb::protocol::xfixes::{self, ConnectionExt as _, CursorNotifyMask, GetCursorImageReply};
use x11rb::protocol::xinput::{self, ConnectionExt as _, EventMask, XIEventMask};
use x11rb::protocol::xproto::{ConnectionExt as _, QueryPointerReply, Window};
use x11rb::rust_connection::RustConnection;

use super::connect::{DisplayConnection, lost};
use crate::shape_serial;

/// Least time between two questions while it moves: a mouse reports up to a thousand times a second, a screen shows a
/// quarter of that at best.
const MOTION_INTERVAL: Duration = Duration::from_millis(4);
/// Time between two questions where the server doesn't tell of motion.
const POLL_INTERVAL: Duration = Duration::from_micros(16_667);

/// XInput's name for every device that moves a pointer on the screen.
const ALL_MASTER_DEVICES: u16 = 1;

/// Follows the pointer relative to one window.
pub(super) struct Pointer {
    window: Window,
    told_of_motion: bool,
    moved: bool,
    reshaped: bool,
    asked_at: Instant,
    shape: Option<Arc<CursorShape>>,
    /// Serial by which the server knows the shape.
    server_serial: Option<u32>,
    shown: Cursor,
}

/// The part of the window that is the picture.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) size: Size,
}

type PointerRequest<'a> = Cookie<'a, Arc<RustConnection>, QueryPointerReply>;

impl Pointer {
    /// Returns `None` if the server can't say what the pointer looks like.
    pub(super) fn new(link: &DisplayConnection, window: Window) -> Result<Option<Self>, Error> {
        if !link.offers(xfixes::X11_EXTENSION_NAME)? {
            return Ok(None);
        }
        link.conn.xfixes_query_version(5, 0).map_err(lost)?.reply().map_err(lost)?;
        let mask = CursorNotifyMask::DISPLAY_CURSOR;
        link.conn.xfixes_select_cursor_input(link.root, mask).map_err(lost)?;
        let shown = Cursor { x: 0, y: 0, shape: None };
        let told_of_motion = select_motion(link)?;
        Ok(Some(Self {
            window,
            told_of_motion,
            moved: true,
            reshaped: true,
            asked_at: Instant::now(),
            shape: None,
            server_serial: None,
            shown,
        }))
    }

    pub(super) fn note(&mut self, event: &Event) {
        match event {
            Event::XinputRawMotion(_) => self.moved = true,
            Event::XfixesCursorNotify(event) => {
                self.reshaped |= self.server_serial != Some(event.cursor_serial);
            }
            _ => {}
        }
    }

    /// When [`refresh`](Self::refresh) has something to do next.
    pub(super) fn due(&self) -> Option<Instant> {
        match (self.reshaped, self.moved, self.told_of_motion) {
            (true, _, _) => Some(self.asked_at),
            (_, true, true) => Some(self.asked_at + MOTION_INTERVAL),
            (_, false, true) => None,
            (_, _, false) => Some(self.asked_at + POLL_INTERVAL),
        }
    }

    /// Asks the server for what is new. Returns whether the cursor differs from before.
    pub(super) fn refresh(&mut self, link: &DisplayConnection, place: Place) -> Result<bool, Error> {
        let request = self.ask(link)?;
        let image = self.reshaped.then(|| link.conn.xfixes_get_cursor_image()).transpose().map_err(lost)?;
        if let Some(image) = image {
            match image.reply() {
                Ok(reply) => self.reshape(&reply),
                Err(ReplyError::X11Error(_)) => (self.shape, self.server_serial) = (None, None),
                Err(broken) => return Err(lost(broken)),
            }
            self.reshaped = false;
        }
        self.take(request, place)
    }

    fn reshape(&mut self, reply: &GetCursorImageReply) {
        let serial = Some(reply.cursor_serial);
        if std::mem::replace(&mut self.server_serial, serial) != serial {
            self.shape = shape_from(reply).map(Arc::new);
        }
    }

    /// Asks where it is; the question goes out with the next flush.
    pub(super) fn ask<'a>(&mut self, link: &'a DisplayConnection) -> Result<PointerRequest<'a>, Error> {
        self.moved = false;
        self.asked_at = Instant::now();
        link.conn.query_pointer(self.window).map_err(lost)
    }

    /// Takes the answer. Returns whether the cursor differs from before.
    pub(super) fn take(&mut self, request: PointerRequest<'_>, place: Place) -> Result<bool, Error> {
        let reply = match request.reply() {
            Ok(reply) => reply,
            // The window is gone, which its own event will tell.
            Err(ReplyError::X11Error(_)) => return Ok(false),
            Err(broken) => return Err(lost(broken)),
        };
        let (x, y) = (i32::from(reply.win_x) - place.x, i32::from(reply.win_y) - place.y);
        let inside = |at: i32, len: u32| u32::try_from(at).is_ok_and(|at| at < len);
        let over = reply.same_screen && inside(x, place.size.width) && inside(y, place.size.height);
        let shape = self.shape.clone().filter(|_| over);
        // One that is hidden may move as it likes.
        let differs = (shape.is_some() || self.shown.shape.is_some())
            && self.shown != Cursor { x, y, shape: shape.clone() };
        self.shown = Cursor { x, y, shape };
        Ok(differs)
    }
}

impl CursorSource for Pointer {
    fn cursor(&self) -> Cursor {
        self.shown.clone()
    }
}

/// Asks to be told of motion. Returns whether the server can.
fn select_motion(link: &DisplayConnection) -> Result<bool, Error> {
    if !link.offers(xinput::X11_EXTENSION_NAME)? {
        return Ok(false);
    }
    // Version 2.1 is the first to tell raw motion while another program holds the pointer.
    if link.conn.xinput_xi_query_version(2, 1).map_err(lost)?.reply().is_err() {
        return Ok(false);
    }
    let mask = EventMask { deviceid: ALL_MASTER_DEVICES, mask: vec![XIEventMask::RAW_MOTION] };
    let selected = link.conn.xinput_xi_select_events(link.root, &[mask]).map_err(lost)?;
    Ok(selected.check().is_ok())
}

fn shape_from(reply: &GetCursorImageReply) -> Option<CursorShape> {
    let sides = 1..=CURSOR_SIDE_MAX;
    let complete = reply.cursor_image.len() == usize::from(reply.width) * usize::from(reply.height);
    let drawable = complete && sides.contains(&reply.width) && sides.contains(&reply.height);
    drawable.then(|| CursorShape {
        serial: shape_serial::next(),
        width: reply.width,
        height: reply.height,
        hot_x: reply.xhot,
        hot_y: reply.yhot,
        rgba: reply.cursor_image.iter().flat_map(|pixel| straight_rgba(*pixel)).collect(),
    })
}

/// A pixel whose colours were multiplied with its alpha, without that.
fn straight_rgba(argb: u32) -> [u8; 4] {
    let [alpha, red, green, blue] = argb.to_be_bytes();
    let straight = |level: u8| match u32::from(alpha) {
        0 => 0,
        alpha => u8::try_from((u32::from(level) * 255 + alpha / 2) / alpha).unwrap_or(u8::MAX),
    };
    [straight(red), straight(green), straight(blue), alpha]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_come_back_from_their_alpha() {
        assert_eq!(straight_rgba(0xff10_2030), [0x10, 0x20, 0x30, 0xff]);
        assert_eq!(straight_rgba(0x8080_4000), [255, 128, 0, 0x80]);
        assert_eq!(straight_rgba(0x0000_0000), [0, 0, 0, 0]);
        assert_eq!(straight_rgba(0x40ff_0000), [255, 0, 0, 0x40]);
    }

    #[test]
    fn it_is_asked_for_when_it_moved_or_by_the_clock() {
        let asked_at = Instant::now();
        let due = |told_of_motion, moved, reshaped| {
            let shown = Cursor { x: 0, y: 0, shape: None };
            let (shape, server_serial) = (None, None);
            let pointer =
                Pointer { window: 1, told_of_motion, moved, reshaped, asked_at, shape, server_serial, shown };
            pointer.due().map(|due| due - asked_at)
        };
        assert_eq!(due(true, false, false), None);
        assert_eq!(due(true, true, false), Some(MOTION_INTERVAL));
        assert_eq!(due(false, false, false), Some(POLL_INTERVAL));
        assert_eq!(due(true, false, true), Some(Duration::ZERO));
    }
}
