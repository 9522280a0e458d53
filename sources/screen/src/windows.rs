//! The backend of Windows: pixels by GDI, which every version, session and driver has. It copies a monitor, a part of
//! the screen or the inside of a window into memory that is the frame.
//!
//! GDI does not tell what changes. So while viewers take pictures there is a new one as often as a monitor shows
//! another, and the pipeline finds out what is different in it; while nobody does, none is copied.
//!
//! Invariant: a picture is of one instant. It is copied whole by one call, and not used if what is captured had another
//! size or place after the call.

use std::task::Waker;
use std::time::{Duration, Instant};

use lanstream_core::source::{
    Captured, CursorSource, Description, Error, ErrorKind, Event, Source, TitleProbe, Wakeup,
};
use lanstream_core::{FrameBuffer, Layout, PixelFormat, PixelMemory, Region};

use crate::looks::Looks;
use crate::pending::PendingEvents;
use crate::{Backend, Listed, Options, Target};

mod bitmap;
mod capture_target;
mod captured_window;
mod dpi;
mod monitor;
mod pointer;
mod target_change;
mod view;
mod window;
mod window_id;
mod window_list;

use bitmap::Bitmap;
use capture_target::CaptureTarget;
use dpi::MonitorPixels;
use pointer::Pointer;
use target_change::TargetChange;

/// Pictures in a row that the system refused, from which on it is told: one may be refused while a window changes.
const FAILURES_TOLD: u32 = 5;
/// Why the system may refuse pictures.
const REFUSED: &str = "the system hands out no picture: the session is locked or disconnected, or a prompt for an \
                       administrator is open";
/// What is not shown of a window.
const LEFT_OUT: &str = "pop-ups left out: GDI copies the window alone";

pub(crate) fn open(target: &Target, options: &Options) -> Result<Box<dyn Source>, Error> {
    check_backend(options)?;
    let _pixels = MonitorPixels::enter();
    let target = CaptureTarget::open(target, options)?;
    let mut capture = Capture {
        damage: Region::full(target.size()),
        looks: Looks::new(Instant::now(), target.view().is_some()),
        target,
        has_popups: options.popups,
        pointer: options.cursor.then(Pointer::new),
        failures: 0,
        wakeup: Wakeup::default(),
        described: Description::default(),
        pending: PendingEvents::default(),
    };
    capture.look_for_pointer();
    capture.described = capture.describe();
    Ok(Box::new(capture))
}

pub(crate) fn list(options: &Options) -> Result<Vec<Listed>, Error> {
    check_backend(options)?;
    let _pixels = MonitorPixels::enter();
    let screen = monitor::Screen::now()?;
    let monitors = monitor::all(screen);
    let listed = monitors.iter().enumerate().map(|(number, monitor)| monitor.listed(number));
    Ok(listed.chain(window_list::list(screen)).collect())
}

fn check_backend(options: &Options) -> Result<(), Error> {
    match options.backend {
        Backend::Auto => Ok(()),
        Backend::X11 | Backend::Wayland => {
            let message =
                "there is neither an X server nor a Wayland compositor on Windows: leave `--backend` out";
            Err(Error::new(ErrorKind::Unsupported, message))
        }
    }
}

/// A part of the screen or one of its windows.
struct Capture {
    target: CaptureTarget,
    damage: Region,
    /// Whether pop-ups of a window are asked for.
    has_popups: bool,
    pointer: Option<Pointer>,
    looks: Looks,
    /// Pictures in a row that the system refused.
    failures: u32,
    wakeup: Wakeup,
    described: Description,
    pending: PendingEvents,
}

impl Source for Capture {
    fn description(&self) -> Description {
        self.described.clone()
    }

    fn layout(&self) -> Layout {
        Layout::packed(self.target.size(), PixelFormat::Bgrx8)
    }

    fn allocate(&mut self) -> Result<Box<dyn PixelMemory>, Error> {
        match Bitmap::new(self.target.size()) {
            Ok(bitmap) => Ok(Box::new(bitmap)),
            Err(error) => {
                let size = self.target.size();
                Err(Error::new(ErrorKind::Lost, format!("no bitmap of {size} can be made: {error}")))
            }
        }
    }

    fn waker(&self) -> Waker {
        self.wakeup.waker()
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        let _pixels = MonitorPixels::enter();
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let now = Instant::now();
            if self.looks.due() <= now {
                self.look(now)?;
            }
            if let Some(event) = self.pending.take(&self.takeable()) {
                return Ok(event);
            }
            let look = self.looks.due();
            let due = deadline.map_or(look, |deadline| deadline.min(look));
            if self.wakeup.sleep(Some(due.saturating_duration_since(Instant::now()))) {
                return Ok(Event::Woken);
            }
            if deadline == Some(due) {
                return Ok(Event::TimedOut);
            }
        }
    }

    fn damage(&self) -> Option<Region> {
        Some(self.takeable())
    }

    fn capture(&mut self, frame: &mut FrameBuffer, _region: &Region) -> Result<Captured, Error> {
        let _pixels = MonitorPixels::enter();
        self.looks.asked(Instant::now());
        self.copy(frame)?;
        self.damage = Region::EMPTY;
        Ok(Captured::all(self.layout()))
    }

    fn cursor(&self) -> Option<&dyn CursorSource> {
        self.pointer.as_ref().map(|pointer| pointer as &dyn CursorSource)
    }

    fn title_probe(&mut self) -> Option<&mut dyn TitleProbe> {
        Some(self)
    }
}

impl TitleProbe for Capture {
    fn shows_title(&mut self, part: &str) -> bool {
        let _pixels = MonitorPixels::enter();
        monitor::Screen::now().is_ok_and(|screen| {
            let windows = window_list::list(screen);
            windows.iter().any(|window| window.name.contains(part) && self.target.shows(window))
        })
    }
}

impl Capture {
    /// Learns what changed.
    fn look(&mut self, now: Instant) -> Result<(), Error> {
        let change = self.target.follow()?;
        let is_resized = change == Some(TargetChange::Resized);
        let may_be_newer = self.looks.look(now, self.target.view().is_some());
        if is_resized || may_be_newer {
            self.damage = Region::full(self.target.size());
        }
        self.pending.resized |= is_resized;
        self.pending.damaged |= may_be_newer;
        self.look_for_pointer();
        let described = self.describe();
        self.pending.described |= described != self.described;
        self.described = described;
        Ok(())
    }

    /// Returns the damage, none of which can be taken while there are no pixels or the system refuses them.
    fn takeable(&self) -> Region {
        let can_be = self.target.view().is_some() && !self.looks.is_refused();
        if can_be { self.damage } else { Region::EMPTY }
    }

    fn look_for_pointer(&mut self) {
        if let Some(pointer) = &mut self.pointer {
            self.pending.pointed |= pointer.look(self.target.corner(), self.target.size());
        }
    }

    /// Copies the picture into `frame`.
    fn copy(&mut self, frame: &mut FrameBuffer) -> Result<(), Error> {
        let retry = |reason: &str| Error::new(ErrorKind::Retry, reason);
        let view = self.target.view().ok_or_else(|| retry("there is no picture now"))?;
        let fits = frame.layout() == self.layout();
        let bitmap = frame.memory_mut::<Bitmap>().filter(|_| fits);
        let bitmap = bitmap.ok_or_else(|| retry("there is no picture of this size now"))?;
        let copied = bitmap.copy(view);
        self.failures = if copied.is_ok() { 0 } else { self.failures.saturating_add(1) };
        if self.failures >= FAILURES_TOLD {
            self.looks.refused();
        }
        copied.map_err(|error| retry(&format!("{REFUSED} ({error})")))?;
        // What changed meanwhile is left for the next look to find.
        if self.target.is_unchanged() { Ok(()) } else { Err(retry("it changed while it was copied")) }
    }

    fn describe(&self) -> Description {
        let refused = || (self.failures >= FAILURES_TOLD).then_some(REFUSED);
        let is_window = matches!(self.target, CaptureTarget::Window(_));
        Description {
            name: self.target.name(),
            stalled: self.target.stalled().or_else(refused).map(str::to_owned),
            alterations: (is_window && self.has_popups).then(|| LEFT_OUT.to_owned()).into_iter().collect(),
        }
    }
}
