//! Monitors, and the screen that all of them are part of.
#![allow(unsafe_code, reason = "the system lists monitors by calling back")]

use lanstream_core::source::{Error, ErrorKind};
use lanstream_core::{Rect, SIDE_MAX, Size, text};
use windows_sys::Win32::Foundation::{LPARAM, RECT};
use windows_sys::Win32::Graphics::Gdi::{
    EnumDisplayMonitors, GetMonitorInfoW, HDC, HMONITOR, MONITORINFO, MONITORINFOEXW,
};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    GetSystemMetrics, MONITORINFOF_PRIMARY, SM_CXVIRTUALSCREEN, SM_CYVIRTUALSCREEN, SM_XVIRTUALSCREEN,
    SM_YVIRTUALSCREEN,
};
use windows_sys::core::BOOL;

use crate::{Listed, MonitorChoice};

/// What the system has in front of the name of each monitor.
const NAME_PREFIX: &str = r"\\.\";
/// Bytes of what is asked of a monitor.
const INFO_BYTES: u32 = 104;
const _: () = assert!(INFO_BYTES as usize == size_of::<MONITORINFOEXW>());

/// The rectangle around all monitors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Screen {
    /// Column of its left edge, where the primary monitor's is 0.
    pub(super) x: i32,
    /// Row of its top edge.
    pub(super) y: i32,
    pub(super) size: Size,
}

/// A monitor as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Monitor {
    pub(super) name: String,
    /// Its place on the screen, from the screen's upper left corner.
    pub(super) rect: Rect,
    is_primary: bool,
}

impl Screen {
    /// # Errors
    /// [`ErrorKind::Unsupported`] for a screen that no frame can hold.
    pub(super) fn now() -> Result<Self, Error> {
        // SAFETY: it returns a number and touches no memory.
        let metric = |index| unsafe { GetSystemMetrics(index) };
        let [width, height] =
            [SM_CXVIRTUALSCREEN, SM_CYVIRTUALSCREEN].map(|index| metric(index).max(0).cast_unsigned());
        let size = Size::new(width, height).ok_or_else(|| {
            let message = format!(
                "the screen of {width}x{height} cannot be captured, which is for 1 to {SIDE_MAX} pixels each way"
            );
            Error::new(ErrorKind::Unsupported, message)
        })?;
        Ok(Self { x: metric(SM_XVIRTUALSCREEN), y: metric(SM_YVIRTUALSCREEN), size })
    }
}

impl Monitor {
    /// Size and place in words.
    fn describe(&self) -> String {
        let Rect { x, y, width, height } = self.rect;
        format!("{width}x{height} at {x},{y}")
    }

    pub(super) fn listed(&self, number: usize) -> Listed {
        let Rect { x, y, width, height } = self.rect;
        let place = (x.cast_signed(), y.cast_signed());
        Listed::monitor(number, &self.name, place, Size { width, height }, None)
    }
}

/// Returns all monitors, the primary one first, the others in the system's order.
pub(super) fn all(screen: Screen) -> Vec<Monitor> {
    let mut handles: Vec<HMONITOR> = Vec::new();
    let list: *mut Vec<HMONITOR> = &raw mut handles;
    // SAFETY: `add` is called with `list`, which nothing else uses meanwhile, and not after the call has returned.
    unsafe {
        EnumDisplayMonitors(
            std::ptr::null_mut(),
            std::ptr::null(),
            Some(add),
            list.expose_provenance().cast_signed(),
        )
    };
    let mut monitors: Vec<_> = handles.into_iter().filter_map(|handle| monitor(handle, screen)).collect();
    monitors.sort_by_key(|monitor| !monitor.is_primary);
    monitors
}

/// Returns the monitor that `choice` means.
pub(super) fn find(screen: Screen, choice: &MonitorChoice) -> Result<Monitor, Error> {
    let monitors = all(screen);
    choice.pick(&monitors, |monitor| &monitor.name, Monitor::describe).cloned()
}

/// Adds a monitor to the list whose address is `list`.
unsafe extern "system" fn add(handle: HMONITOR, _: HDC, _: *mut RECT, list: LPARAM) -> BOOL {
    let list: *mut Vec<HMONITOR> = std::ptr::with_exposed_provenance_mut(list.cast_unsigned());
    // SAFETY: it is the list of `all`, which waits for this call and has no reference to it meanwhile.
    unsafe { (*list).push(handle) };
    1
}

/// Returns `None` if it has gone meanwhile.
fn monitor(handle: HMONITOR, screen: Screen) -> Option<Monitor> {
    let mut info = MONITORINFOEXW::default();
    info.monitorInfo.cbSize = INFO_BYTES;
    let start: *mut MONITORINFOEXW = &raw mut info;
    // SAFETY: the size in it tells the system that it is the longer of two structures, of which the other is the start.
    if unsafe { GetMonitorInfoW(handle, start.cast::<MONITORINFO>()) } == 0 {
        return None;
    }
    let RECT { left, top, right, bottom } = info.monitorInfo.rcMonitor;
    let [width, height] = [right - left, bottom - top].map(|side| side.max(0).cast_unsigned());
    let rect = Rect::clipped(left - screen.x, top - screen.y, width, height, screen.size)?;
    let end = info.szDevice.iter().position(|unit| *unit == 0).unwrap_or(info.szDevice.len());
    let name = String::from_utf16_lossy(&info.szDevice[..end]);
    let name = text::harmless(name.strip_prefix(NAME_PREFIX).unwrap_or(&name)).into_owned();
    Some(Monitor { name, rect, is_primary: info.monitorInfo.dwFlags & MONITORINFOF_PRIMARY != 0 })
}
