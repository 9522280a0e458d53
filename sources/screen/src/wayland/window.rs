//! Windows that can be captured, by `ext-foreign-toplevel-list`, and the one that is.

use lanstream_core::source::Error;
use wayland_client::Proxy as _;
use wayland_protocols::ext::foreign_toplevel_list::v1::client::ext_foreign_toplevel_handle_v1::{
    self as handle, ExtForeignToplevelHandleV1,
};

use crate::successor::Successor;
use crate::titles::{self, Titled};
use crate::{Options, WindowChoice};

/// The windows that the compositor told of.
#[derive(Default)]
pub(super) struct Windows {
    all: Vec<Window>,
    /// Counts what was told of any of them.
    changes: u64,
}

/// One window.
struct Window {
    handle: ExtForeignToplevelHandleV1,
    /// What the compositor knows it by.
    identifier: String,
    /// The title that is being told.
    told: Option<String>,
    /// The title that was told completely.
    title: Option<String>,
}

/// A window that is captured.
pub(super) struct CapturedWindow {
    pub(super) handle: ExtForeignToplevelHandleV1,
    title: String,
    successor: Successor,
}

impl Windows {
    pub(super) fn add(&mut self, handle: ExtForeignToplevelHandleV1) {
        let (identifier, told, title) = (String::new(), None, None);
        self.all.push(Window { handle, identifier, told, title });
    }

    /// Grows whenever something about a window was told completely.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// Takes in what the compositor says of a window.
    pub(super) fn note(&mut self, handle: &ExtForeignToplevelHandleV1, event: handle::Event) {
        let Some(index) = self.all.iter().position(|own| own.handle.id() == handle.id()) else { return };
        let own = &mut self.all[index];
        match event {
            handle::Event::Identifier { identifier } => own.identifier = identifier,
            handle::Event::Title { title } => own.told = titles::clean(&title),
            handle::Event::Done => own.title.clone_from(&own.told),
            handle::Event::Closed => self.all.remove(index).handle.destroy(),
            _ => return,
        }
        self.changes += 1;
    }

    /// The window that `choice` means. The compositor does not say which is above which: of several with a title the
    /// one that was there first is taken where only one can be.
    fn find(&self, choice: &WindowChoice) -> Result<&Window, Error> {
        match choice {
            WindowChoice::Id(number) => {
                Err(titles::not_found(&format!("no window {number:#x} in a Wayland session"), &self.all))
            }
            WindowChoice::Title(part) => match self.all.iter().find(|own| own.identifier == *part) {
                Some(window) => Ok(window),
                None => titles::only(&self.all, part),
            },
            WindowChoice::Topmost(part) => titles::topmost(&self.all, part),
        }
    }
}

impl Titled for Window {
    fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    fn words(&self) -> String {
        format!("--window {}", self.identifier)
    }
}

impl CapturedWindow {
    pub(super) fn find(windows: &Windows, choice: &WindowChoice, options: &Options) -> Result<Self, Error> {
        let window = windows.find(choice)?;
        let title = titles::or_untitled(window.title.clone());
        let successor = match choice {
            // Who says which window by its identifier means no other.
            WindowChoice::Title(part) | WindowChoice::Topmost(part) if window.identifier == *part => {
                Successor::NONE
            }
            choice => Successor::of(choice, options),
        };
        Ok(Self { handle: window.handle.clone(), title, successor })
    }

    /// Learns its title.
    ///
    /// # Errors
    /// Once it was closed: see [`Successor::closed`].
    pub(super) fn follow(&mut self, windows: &Windows) -> Result<(), Error> {
        match windows.all.iter().find(|window| window.handle == self.handle) {
            Some(window) => self.title = titles::or_untitled(window.title.clone()),
            None => return Err(self.successor.closed(&self.title)),
        }
        Ok(())
    }

    pub(super) fn title(&self) -> &str {
        &self.title
    }
}
