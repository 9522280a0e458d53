//! One captured window: its pixels, what it is called, whether it can be seen, and what happens when it is closed.

use lanstream_core::source::Error;
use lanstream_core::{Region, Size};
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, EventMask, MapState, Visualid, Window,
};

use super::backing::{Backing, require_composite};
use super::connect::{DisplayConnection, if_there, lost};
use super::popups::Popups;
use super::reader::View;
use super::target_change::TargetChange;
use super::windows::{self, WindowInfo};
use super::{property, title};
use crate::successor::Successor;
use crate::titles::or_untitled;
use crate::visibility::Visibility;
use crate::{Options, WindowChoice};

/// Windows in windows that are followed up to the screen: a window manager puts one to three around a program's.
const FRAMES_MAX: usize = 8;
/// `WM_STATE` of a window that stands for itself as an icon.
const ICONIC_STATE: u32 = 3;

/// A window that is captured.
pub(super) struct CapturedWindow {
    backing: Backing,
    title: String,
    size: Size,
    successor: Successor,
    /// The windows that it lies in, from its parent to the screen's child. Where one is hidden, so is it.
    frames: Vec<Window>,
    visibility: Visibility,
    popups: Option<Popups>,
    /// Pop-ups must be shown and can't be.
    lacks_popups: bool,
    /// Its pixels may be elsewhere now.
    outdated: bool,
    /// Its title or its state may be another.
    reworded: bool,
    closed: bool,
}

/// What pixels a window has.
pub(super) struct WindowFormat {
    pub(super) depth: u8,
    pub(super) visual: Visualid,
}

impl CapturedWindow {
    pub(super) fn open(
        link: &DisplayConnection,
        choice: &WindowChoice,
        options: &Options,
    ) -> Result<(Self, WindowFormat), Error> {
        require_composite(link)?;
        let WindowInfo { window, title } = windows::find(link, choice)?;
        let title = or_untitled(title);
        let gone = || Successor::NONE.closed(&title);
        select(link, window, EventMask::STRUCTURE_NOTIFY | EventMask::PROPERTY_CHANGE)?;
        let backing = Backing::redirect(link, window)?.ok_or_else(gone)?;
        let attributes = link.conn.get_window_attributes(window).map_err(lost)?.reply();
        let attributes = if_there(attributes)?.ok_or_else(gone)?;
        let format = WindowFormat { depth: backing.geometry.depth, visual: attributes.visual };
        let size = windows::capturable(backing.geometry.width, backing.geometry.height)?;
        let popups = if options.popups { Popups::open(link, window)? } else { None };
        let mut captured = Self {
            backing,
            lacks_popups: options.popups && popups.is_none(),
            popups,
            title,
            size,
            successor: Successor::of(choice, options),
            frames: Vec::new(),
            visibility: Visibility::Shown,
            outdated: false,
            reworded: false,
            closed: false,
        };
        captured.refresh_all(link)?;
        Ok((captured, format))
    }

    pub(super) fn id(&self) -> Window {
        self.backing.window
    }

    pub(super) fn title(&self) -> &str {
        &self.title
    }

    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// Why no new pictures come, although it is open.
    pub(super) fn stalled(&self) -> Option<&'static str> {
        self.visibility.stalled()
    }

    /// `None` while there never was a picture.
    pub(super) fn view(&self) -> Option<View> {
        let border = i32::from(self.backing.geometry.border);
        self.backing.pixmap.map(|drawable| View { drawable, x: border, y: border, size: self.size })
    }

    /// # Errors
    /// Once the window was closed: see [`Successor::closed`].
    pub(super) fn check_open(&self) -> Result<(), Error> {
        if self.closed { Err(self.successor.closed(&self.title)) } else { Ok(()) }
    }

    pub(super) fn note(&mut self, link: &DisplayConnection, event: &Event) {
        if let Some(popups) = &mut self.popups {
            popups.note(link, event);
        }
        match event {
            Event::DestroyNotify(event) if event.window == self.id() => self.closed = true,
            Event::MapNotify(event) => self.outdated |= self.lies_in(event.window),
            Event::UnmapNotify(event) => self.outdated |= self.lies_in(event.window),
            Event::ReparentNotify(event) => self.outdated |= self.lies_in(event.window),
            Event::ConfigureNotify(event) if event.window == self.id() => {
                let same_size =
                    windows::capturable(event.width, event.height).is_ok_and(|size| size == self.size);
                self.outdated |= !(same_size && event.border_width == self.backing.geometry.border);
            }
            Event::PropertyNotify(event) if event.window == self.id() => {
                self.reworded |= says_words(link, event.atom);
            }
            _ => {}
        }
    }

    /// Follows its pixels, its title and its state where they may be others. Returns `None` if nothing says that they
    /// are.
    pub(super) fn follow(&mut self, link: &DisplayConnection) -> Result<Option<TargetChange>, Error> {
        if std::mem::take(&mut self.outdated) {
            self.refresh_all(link)?;
            let before = self.size;
            self.backing.refresh(link)?;
            self.size = windows::capturable(self.backing.geometry.width, self.backing.geometry.height)?;
            return Ok(Some(if self.size == before { TargetChange::Redrawn } else { TargetChange::Resized }));
        }
        if std::mem::take(&mut self.reworded) {
            self.refresh_words(link)?;
            return Ok(Some(TargetChange::Reworded));
        }
        Ok(None)
    }

    /// Looks where its pop-ups are now, if that may have changed. Returns where the picture is another for it. Returns
    /// `None` if nothing was asked.
    pub(super) fn follow_popups(&mut self, link: &DisplayConnection) -> Result<Option<Region>, Error> {
        let size = self.size;
        self.popups.as_mut().map_or(Ok(None), |popups| popups.follow(link, size))
    }

    pub(super) fn popups(&self) -> Option<&Popups> {
        self.popups.as_ref()
    }

    pub(super) fn popups_mut(&mut self) -> Option<&mut Popups> {
        self.popups.as_mut()
    }

    /// In what its pictures differ from what is on the screen.
    pub(super) fn alteration(&self) -> Option<&'static str> {
        self.lacks_popups.then_some("pop-ups left out: the X server lacks the RENDER or the XFIXES extension")
    }

    /// Learns what it lies in, what it is called, and whether it can be seen.
    fn refresh_all(&mut self, link: &DisplayConnection) -> Result<(), Error> {
        self.frames = frames(link, self.id())?;
        self.refresh_words(link)?;
        let is_shown = self.visibility == Visibility::Shown;
        if let Some(popups) = &mut self.popups {
            popups.move_with(&self.frames, is_shown);
        }
        Ok(())
    }

    fn refresh_words(&mut self, link: &DisplayConnection) -> Result<(), Error> {
        let title = title::read(link, self.id())?;
        // A window that is closed by now has no title any more, and goes by the one it had.
        if let Some(visibility) = visibility(link, self.id())? {
            self.title = or_untitled(title);
            self.visibility = visibility;
        }
        Ok(())
    }

    fn lies_in(&self, window: Window) -> bool {
        window == self.id() || self.frames.contains(&window)
    }
}

/// Asks to be told what happens to a window of another program's.
fn select(link: &DisplayConnection, window: Window, events: EventMask) -> Result<(), Error> {
    let events = ChangeWindowAttributesAux::new().event_mask(events);
    link.conn.change_window_attributes(window, &events).map_err(lost)?.ignore_error();
    Ok(())
}

/// The windows that `window` lies in, below the screen, from its parent up. Each is asked to tell when it is hidden or
/// shown.
fn frames(link: &DisplayConnection, window: Window) -> Result<Vec<Window>, Error> {
    let mut frames = Vec::new();
    let mut inner = window;
    while frames.len() < FRAMES_MAX {
        let Some(tree) = if_there(link.conn.query_tree(inner).map_err(lost)?.reply())? else { break };
        if tree.parent == link.root || tree.parent == x11rb::NONE {
            break;
        }
        select(link, tree.parent, EventMask::STRUCTURE_NOTIFY)?;
        frames.push(tree.parent);
        inner = tree.parent;
    }
    Ok(frames)
}

/// Returns `None` if the window has gone.
fn visibility(link: &DisplayConnection, window: Window) -> Result<Option<Visibility>, Error> {
    let attributes = link.conn.get_window_attributes(window).map_err(lost)?.reply();
    let Some(attributes) = if_there(attributes)? else { return Ok(None) };
    if attributes.map_state == MapState::VIEWABLE {
        return Ok(Some(Visibility::Shown));
    }
    let is_icon = property::numbers(link, window, link.atoms.WM_STATE)?.first() == Some(&ICONIC_STATE);
    let states = property::numbers(link, window, link.atoms._NET_WM_STATE)?;
    let minimised = is_icon || states.contains(&link.atoms._NET_WM_STATE_HIDDEN);
    Ok(Some(if minimised { Visibility::Minimised } else { Visibility::Hidden }))
}

/// Whether a property holds what viewers are told in words.
fn says_words(link: &DisplayConnection, property: Atom) -> bool {
    let atoms = &link.atoms;
    let named = [AtomEnum::WM_NAME.into(), atoms._NET_WM_NAME, atoms.WM_STATE, atoms._NET_WM_STATE];
    named.contains(&property)
}
