//! The menus and other pop-ups of a captured window: which windows of the screen belong to it, and where they lie over
//! it.
//!
//! A window belongs to the captured one if it lies above it and is transient for it (`WM_TRANSIENT_FOR`), directly or
//! through others that are; or if it is one that window managers leave alone (override-redirect: menus, tooltips,
//! drop-down lists), says nothing else of itself, and is of the same program: made over the same connection, or with
//! the same leader. A process's number is no sign of that: programs in containers have the same ones.

use std::collections::HashMap;

use lanstream_core::source::Error;
use lanstream_core::{Rect, Region, Size};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::damage::Damage;
use x11rb::protocol::shape::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, EventMask, MapState, Rectangle, Window,
    WindowClass,
};

use super::backing::{Backing, Geometry};
use super::canvas::{Canvas, Layer};
use super::connect::{DisplayConnection, if_there, lost};
use super::damage::Watch;
use super::property;
use super::reader::View;

/// Pop-ups that are shown: more than menus in menus go deep. Of more the topmost are.
const POPUPS_MAX: usize = 16;
/// Windows that are transient for one another, one after the other, which are followed.
const TRANSIENT_MAX: usize = 8;
/// Windows in a frame that are looked through for the program's own: window managers put it at most two deep.
const FRAME_DEPTH_MAX: usize = 2;
/// The place of the leading window in `WM_HINTS`, and the flag that says it is there.
const HINTS_GROUP: usize = 8;
const HINTS_GROUP_FLAG: u32 = 1 << 6;

/// What lies over a captured window and belongs to it.
pub(super) struct Popups {
    owner: Owner,
    canvas: Canvas,
    tells_shapes: bool,
    /// Whether a window of the screen is one of them, as far as that was asked.
    known: HashMap<Window, bool>,
    /// From the bottom up.
    shown: Vec<Popup>,
    outdated: bool,
}

/// The captured window, by what others say that they belong to it.
struct Owner {
    window: Window,
    /// The captured window, and those that it lies in, the screen's own child last.
    windows: Vec<Window>,
    leaders: Vec<Window>,
    is_shown: bool,
}

/// One of them.
struct Popup {
    backing: Backing,
    watch: Watch,
    layer: Layer,
    /// Column and row of the picture that its border's corner is at.
    at: (i32, i32),
}

impl Popups {
    /// Returns `None` if the server can't put pictures together.
    pub(super) fn open(link: &DisplayConnection, window: Window) -> Result<Option<Self>, Error> {
        let Some(canvas) = Canvas::open(link, window)? else { return Ok(None) };
        let children = ChangeWindowAttributesAux::new().event_mask(EventMask::SUBSTRUCTURE_NOTIFY);
        link.conn.change_window_attributes(link.root, &children).map_err(lost)?;
        let leaders = leaders(link, window)?;
        let owner = Owner { window, windows: vec![window], leaders, is_shown: false };
        let tells_shapes = link.offers(shape::X11_EXTENSION_NAME)?;
        let (known, shown) = (HashMap::new(), Vec::new());
        Ok(Some(Self { owner, canvas, tells_shapes, known, shown, outdated: true }))
    }

    /// Takes in that the captured window may lie elsewhere, or in other frames.
    pub(super) fn move_with(&mut self, frames: &[Window], is_shown: bool) {
        self.owner.windows.truncate(1);
        self.owner.windows.extend(frames);
        self.owner.is_shown = is_shown;
        self.outdated = true;
    }

    pub(super) fn note(&mut self, link: &DisplayConnection, event: &Event) {
        match event {
            Event::MapNotify(event) if event.event == link.root => {
                self.known.remove(&event.window);
                self.outdated = true;
            }
            Event::UnmapNotify(event) if event.event == link.root => self.forget(event.window),
            Event::DestroyNotify(event) if event.event == link.root => self.forget(event.window),
            Event::ReparentNotify(event) if event.event == link.root => self.forget(event.window),
            // Windows that are known to be of others may move as they like.
            Event::ConfigureNotify(event) => self.outdated |= self.known.get(&event.window) != Some(&false),
            Event::ShapeNotify(event) => {
                self.outdated |= self.known.get(&event.affected_window) == Some(&true);
            }
            Event::CirculateNotify(event) => self.outdated |= self.known.get(&event.window) != Some(&false),
            _ => {}
        }
    }

    fn forget(&mut self, window: Window) {
        self.outdated |= self.known.remove(&window) == Some(true);
    }

    /// Looks where they are now, if that may have changed. Returns where the picture is another for it. Returns `None`
    /// if nothing was asked.
    pub(super) fn follow(&mut self, link: &DisplayConnection, size: Size) -> Result<Option<Region>, Error> {
        if !std::mem::take(&mut self.outdated) {
            return Ok(None);
        }
        let mut changed = self.places(size);
        let corner = link.conn.translate_coordinates(self.owner.window, link.root, 0, 0).map_err(lost)?;
        let Some(corner) = if_there(corner.reply())? else { return Ok(Some(changed)) };
        let mut before = std::mem::take(&mut self.shown);
        for window in self.above(link)? {
            let known = before.iter().position(|popup| popup.backing.window == window);
            let known = known.map(|index| before.swap_remove(index));
            if let Some(mut popup) = self.refreshed(link, window, known)? {
                popup.place_over(corner.dst_x, corner.dst_y);
                self.shown.push(popup);
            }
        }
        before.into_iter().try_for_each(|popup| popup.close(link))?;
        if self.shown.is_empty() {
            self.canvas.clear(link)?;
        }
        changed.merge(&self.places(size));
        Ok(Some(changed))
    }

    /// The pop-up that `window` is, with its pixels as they are now. Returns `None` if it has gone, or can't be drawn.
    fn refreshed(
        &self,
        link: &DisplayConnection,
        window: Window,
        known: Option<Popup>,
    ) -> Result<Option<Popup>, Error> {
        let (backing, watch) = match known {
            Some(Popup { mut backing, watch, layer, .. }) => {
                layer.close(link)?;
                backing.refresh(link)?;
                (backing, watch)
            }
            None => {
                if self.tells_shapes {
                    link.conn.shape_select_input(window, true).map_err(lost)?.ignore_error();
                }
                // Damage is told from before its pixels are read.
                let Some(watch) = Watch::of_other(link, window)? else { return Ok(None) };
                let Some(backing) = Backing::redirect(link, window)? else { return Ok(None) };
                (backing, watch)
            }
        };
        let layer = self.canvas.layer(link, &backing)?;
        Ok(layer.map(|layer| Popup { backing, watch, layer, at: (0, 0) }))
    }

    /// Where they lie in a picture of `size`.
    fn places(&self, size: Size) -> Region {
        let mut places = Region::EMPTY;
        self.shown.iter().filter_map(|popup| popup.place(size)).for_each(|rect| places.add(rect));
        places
    }

    /// Those above the captured window, from the bottom up.
    fn above(&mut self, link: &DisplayConnection) -> Result<Vec<Window>, Error> {
        let tree = link.conn.query_tree(link.root).map_err(lost)?.reply().map_err(lost)?;
        let base = self.owner.windows.last().copied().filter(|_| self.owner.is_shown);
        let is_below = |window: &Window| base.is_none_or(|base| *window != base);
        let mut above = Vec::new();
        for window in tree.children.into_iter().skip_while(is_below).skip(1) {
            if self.belongs(link, window)? {
                above.push(window);
            }
        }
        let left_out = above.len().saturating_sub(POPUPS_MAX);
        Ok(above.split_off(left_out))
    }

    fn belongs(&mut self, link: &DisplayConnection, window: Window) -> Result<bool, Error> {
        if let Some(belongs) = self.known.get(&window) {
            return Ok(*belongs);
        }
        let belongs = self.owner.has(link, window)?;
        self.known.insert(window, belongs);
        Ok(belongs)
    }

    /// Forgets what was told of them, as [`Watch::forget`] does.
    pub(super) fn forget_damage(&self, link: &DisplayConnection) -> Result<(), Error> {
        self.shown.iter().try_for_each(|popup| popup.watch.forget(link).map(drop))
    }

    /// Where in a picture of `size` damage lies, if it is of one of them.
    pub(super) fn damaged(&self, damage: Damage, area: Rectangle, size: Size) -> Option<Rect> {
        let popup = self.shown.iter().find(|popup| popup.watch.is_about(damage))?;
        let border = i32::from(popup.backing.geometry.border);
        let (x, y) = (popup.at.0 + border + i32::from(area.x), popup.at.1 + border + i32::from(area.y));
        Rect::clipped(x, y, area.width.into(), area.height.into(), size)
    }

    /// Has the server draw what `region` of the picture shows, and returns where. Where none of them is in it, that is
    /// the window itself. To be sent with the requests for pixels, while the server is held.
    pub(super) fn draw(
        &mut self,
        link: &DisplayConnection,
        view: View,
        region: &Region,
    ) -> Result<View, Error> {
        let layers = self
            .shown
            .iter()
            .filter_map(|popup| Some((&popup.layer, popup.at, popup.place(view.size)?)))
            .filter(|(_, _, place)| region.rects().iter().any(|rect| rect.intersection(*place).is_some()));
        if layers.clone().next().is_none() {
            return Ok(view);
        }
        self.canvas.draw(link, view, region, layers)
    }
}

impl Owner {
    /// Whether a window on the screen, or the program's in it, belongs to the captured one.
    fn has(&self, link: &DisplayConnection, window: Window) -> Result<bool, Error> {
        let Some(window) = program_window(link, window)? else { return Ok(false) };
        self.is_followed_by(link, window, TRANSIENT_MAX)
    }

    fn is_followed_by(&self, link: &DisplayConnection, window: Window, steps: usize) -> Result<bool, Error> {
        if self.windows.contains(&window) {
            return Ok(true);
        }
        let Some(attributes) = if_there(link.conn.get_window_attributes(window).map_err(lost)?.reply())?
        else {
            return Ok(false);
        };
        let transient_for = property::numbers(link, window, AtomEnum::WM_TRANSIENT_FOR)?;
        match transient_for.first() {
            Some(of) if self.windows.contains(of) => Ok(true),
            // For all windows of its program.
            Some(of) if [x11rb::NONE, link.root].contains(of) || self.leaders.contains(of) => {
                self.is_of_same_program(link, window)
            }
            Some(of) => Ok(steps > 0 && self.is_followed_by(link, *of, steps - 1)?),
            None => Ok(attributes.override_redirect && self.is_of_same_program(link, window)?),
        }
    }

    fn is_of_same_program(&self, link: &DisplayConnection, window: Window) -> Result<bool, Error> {
        let client = |window: Window| window & !link.conn.setup().resource_id_mask;
        Ok(client(window) == client(self.window)
            || leaders(link, window)?.iter().any(|leader| self.leaders.contains(leader)))
    }
}

impl Popup {
    /// Takes in where the corner of the captured window is on the screen.
    fn place_over(&mut self, x: i16, y: i16) {
        let Geometry { x: left, y: top, .. } = self.backing.geometry;
        self.at = (i32::from(left) - i32::from(x), i32::from(top) - i32::from(y));
    }

    /// Where it lies in a picture of `size`, with its border.
    fn place(&self, size: Size) -> Option<Rect> {
        let Geometry { width, height, border, .. } = self.backing.geometry;
        let borders = 2 * u32::from(border);
        let (width, height) = (u32::from(width) + borders, u32::from(height) + borders);
        Rect::clipped(self.at.0, self.at.1, width, height, size)
    }

    fn close(self, link: &DisplayConnection) -> Result<(), Error> {
        self.layer.close(link)?;
        self.watch.close(link)?;
        self.backing.close(link)
    }
}

/// The program's own window: `window`, or the one in it that a window manager put there. Returns `None` if nothing can
/// be seen.
fn program_window(link: &DisplayConnection, window: Window) -> Result<Option<Window>, Error> {
    let attributes = if_there(link.conn.get_window_attributes(window).map_err(lost)?.reply())?;
    let is_seen = attributes
        .is_some_and(|found| found.class != WindowClass::INPUT_ONLY && found.map_state == MapState::VIEWABLE);
    if !is_seen {
        return Ok(None);
    }
    Ok(Some(managed_within(link, window, FRAME_DEPTH_MAX)?.unwrap_or(window)))
}

/// The window in `window`, or that itself, which a window manager says that it manages.
fn managed_within(link: &DisplayConnection, window: Window, depth: usize) -> Result<Option<Window>, Error> {
    if !property::numbers(link, window, link.atoms.WM_STATE)?.is_empty() {
        return Ok(Some(window));
    }
    let tree = if_there(link.conn.query_tree(window).map_err(lost)?.reply())?;
    for child in tree.filter(|_| depth > 0).map(|tree| tree.children).unwrap_or_default() {
        if let Some(found) = managed_within(link, child, depth - 1)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The windows that stand for all of a program's.
fn leaders(link: &DisplayConnection, window: Window) -> Result<Vec<Window>, Error> {
    let mut leaders = property::numbers(link, window, link.atoms.WM_CLIENT_LEADER)?;
    let hints = property::numbers(link, window, AtomEnum::WM_HINTS)?;
    let has_group = hints.first().is_some_and(|flags| flags & HINTS_GROUP_FLAG != 0);
    leaders.extend(hints.get(HINTS_GROUP).filter(|_| has_group));
    leaders.retain(|leader| ![x11rb::NONE, link.root].contains(leader));
    Ok(leaders)
}
