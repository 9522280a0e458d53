//! What the system says of a window.
#![allow(
    unsafe_code,
    reason = "windows are asked about by calls into the system, which lists them by calling back"
)]

use lanstream_core::Size;
use lanstream_core::source::{Error, ErrorKind};
use windows_sys::Win32::Foundation::{HWND, LPARAM, POINT, RECT};
use windows_sys::Win32::Graphics::Dwm::{DWMWA_CLOAKED, DwmGetWindowAttribute};
use windows_sys::Win32::Graphics::Gdi::ClientToScreen;
use windows_sys::Win32::UI::WindowsAndMessaging::{
    EnumWindows, GW_OWNER, GWL_EXSTYLE, GetClientRect, GetShellWindow, GetWindow, GetWindowLongW,
    InternalGetWindowText, IsIconic, IsWindow, IsWindowVisible, WS_EX_TOOLWINDOW,
};
use windows_sys::core::BOOL;

use super::window_id::WindowId;
use crate::visibility::Visibility;
use crate::{inside, titles};

/// Most units of a title that are read: more than are kept.
const TITLE_UNITS_MAX: usize = 512;
const TITLE_UNITS: i32 = 512;
const _: () = assert!(TITLE_UNITS as usize == TITLE_UNITS_MAX);
/// Bytes of the answer whether a window is cloaked.
const CLOAKED_BYTES: u32 = 4;
const _: () = assert!(CLOAKED_BYTES as usize == size_of::<u32>());

/// Returns the windows that have no parent, from the topmost down.
pub(super) fn top_level() -> Vec<WindowId> {
    let mut windows: Vec<WindowId> = Vec::new();
    let list: *mut Vec<WindowId> = &raw mut windows;
    // SAFETY: `add` is called with `list`, which nothing else uses meanwhile, and not after the call has returned.
    unsafe { EnumWindows(Some(add), list.expose_provenance().cast_signed()) };
    windows
}

/// Adds a window to the list whose address is `list`.
unsafe extern "system" fn add(window: HWND, list: LPARAM) -> BOOL {
    let list: *mut Vec<WindowId> = std::ptr::with_exposed_provenance_mut(list.cast_unsigned());
    // SAFETY: it is the list of `top_level`, which waits for this call and has no reference to it meanwhile.
    unsafe { (*list).extend(WindowId::of(window)) };
    1
}

// The system takes any number for a window, also one whose window has gone, and says so.
impl WindowId {
    /// Whether there is such a window.
    pub(super) fn exists(self) -> bool {
        // SAFETY: as said above; it touches no memory.
        unsafe { IsWindow(self.handle()) != 0 }
    }

    /// Returns its title, if it has one. It does not wait for the window's program.
    pub(super) fn title(self) -> Option<String> {
        let mut units = [0; TITLE_UNITS_MAX];
        // SAFETY: as said above; it writes no more than so many units.
        let len = unsafe { InternalGetWindowText(self.handle(), units.as_mut_ptr(), TITLE_UNITS) };
        let title = units.get(..usize::try_from(len).ok()?)?;
        titles::clean(&String::from_utf16_lossy(title))
    }

    pub(super) fn visibility(self) -> Visibility {
        // SAFETY: as said above; neither touches memory.
        let [is_minimised, is_visible] =
            unsafe { [IsIconic(self.handle()), IsWindowVisible(self.handle())] }.map(|answer| answer != 0);
        match (is_visible && !self.is_cloaked(), is_minimised) {
            (false, _) => Visibility::Hidden,
            (true, true) => Visibility::Minimised,
            (true, false) => Visibility::Shown,
        }
    }

    /// Returns width and height of its inside, which its program draws; 0 while it is minimised.
    pub(super) fn inside(self) -> (u32, u32) {
        let mut rect = RECT::default();
        // SAFETY: as said above; it writes the rectangle alone.
        unsafe { GetClientRect(self.handle(), &raw mut rect) };
        let side = |start: i32, end: i32| end.saturating_sub(start).max(0).cast_unsigned();
        (side(rect.left, rect.right), side(rect.top, rect.bottom))
    }

    /// Returns the size of its inside as that of a frame, or `None` while it has no pixels.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for a window that no frame can hold.
    pub(super) fn size(self) -> Result<Option<Size>, Error> {
        inside::size(self.inside())
    }

    /// Returns the size of its inside as that of a frame.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for a window that is minimised or has no pixels, or that no frame can hold.
    pub(super) fn capturable(self) -> Result<Size, Error> {
        let refused = |reason| Error::new(ErrorKind::Unsupported, reason);
        if self.visibility() == Visibility::Minimised {
            return Err(refused("a window that is minimised has no size: restore it first"));
        }
        self.size()?.ok_or_else(|| refused("a window without pixels cannot be captured"))
    }

    /// Returns where its inside begins, where the primary monitor begins at 0,0.
    pub(super) fn place(self) -> (i32, i32) {
        let mut point = POINT::default();
        // SAFETY: as said above; it writes the point alone.
        unsafe { ClientToScreen(self.handle(), &raw mut point) };
        (point.x, point.y)
    }

    /// Whether people would count it: it is on the screen or stands for itself in the task bar, and is neither a
    /// palette of another window nor the desktop.
    pub(super) fn is_counted(self) -> bool {
        // SAFETY: as said above; none of them touches memory.
        let (owner, style, shell) = unsafe {
            (GetWindow(self.handle(), GW_OWNER), GetWindowLongW(self.handle(), GWL_EXSTYLE), GetShellWindow())
        };
        let is_tool = style.cast_unsigned() & WS_EX_TOOLWINDOW != 0;
        let is_named = self.title().is_some() || owner.is_null();
        let has_pixels = match self.visibility() {
            Visibility::Hidden => false,
            Visibility::Minimised => true,
            Visibility::Shown => !matches!(self.inside(), (0 | 1, 0 | 1)),
        };
        has_pixels && is_named && !is_tool && Self::of(shell) != Some(self)
    }

    /// Whether the desktop leaves it out although it is visible to its program: it is on another virtual desktop, or
    /// belongs to an app that is suspended.
    fn is_cloaked(self) -> bool {
        let mut cloaked = 0_u32;
        let answer: *mut u32 = &raw mut cloaked;
        let attribute = DWMWA_CLOAKED.cast_unsigned();
        // SAFETY: as said above; it writes no more bytes than it is told that there are.
        unsafe { DwmGetWindowAttribute(self.handle(), attribute, answer.cast(), CLOAKED_BYTES) };
        cloaked != 0
    }
}
