//! The X11 backend: pixels by shared memory, changes by DAMAGE, monitors by RANDR, windows by COMPOSITE, what lies over
//! them by RENDER, the pointer by XFIXES and XInput; all of them pure Rust, and only the first is more than a
//! refinement.
//!
//! Invariant: a picture is of one instant. A look at the screen is one flush, however many rectangles and pieces it
//! reads, and the server is held meanwhile, so that no other program draws between two of them; and where something
//! outside of what was read had changed by then, it is looked again, at both.

use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use lanstream_core::source::{
    Captured, CursorSource, Description, Error, ErrorKind, Event, LateRows, Source, TitleProbe,
    UnreliableDamage,
};
use lanstream_core::{FrameBuffer, Layout, PixelMemory, Rect, Region};
use lanstream_wakeup::{Wakeup, Woken};
use x11rb::connection::{Connection, SequenceNumber};
use x11rb::protocol::Event as XEvent;
use x11rb::protocol::xproto::ConnectionExt as _;

use crate::pending::PendingEvents;
use crate::{Listed, Options, Target};

mod atoms;
mod backing;
mod canvas;
mod capture_target;
mod compound_text;
mod connect;
mod coordinates;
mod cursor;
mod damage;
mod monitor;
mod pixel;
mod popups;
mod property;
mod reader;
mod shm;
mod target_change;
mod title;
mod window;
mod windows;

use capture_target::CaptureTarget;
use connect::{DisplayConnection, lost};
use cursor::Pointer;
use damage::Watch;
use pixel::Pixels;
use reader::{Reader, View};
use target_change::TargetChange;

/// Looks at the screen for one picture. Each takes in all that was told until then, so the second finds nothing missing
/// but where other places change without a pause; such a picture shows one of them late.
const LOOKS_MAX: u32 = 4;

pub(crate) fn open(target: &Target, options: &Options) -> Result<Box<dyn Source>, Error> {
    let link = DisplayConnection::open(options)?;
    let (capture_target, pixels) = CaptureTarget::open(&link, target, options)?;
    let watch = Watch::new(&link, capture_target.window(&link))?;
    let reader = Reader::new(&link, pixels, capture_target.size())?;
    let pointer = if options.cursor { Pointer::new(&link, capture_target.window(&link))? } else { None };
    let wakeup = Wakeup::new()
        .map_err(|error| Error::new(ErrorKind::Lost, format!("no sockets to wake it by: {error}")))?;
    let damage = capture_target.everything(&link);
    let described = describe(&capture_target, reader.pixels());
    let pending = PendingEvents::default();
    Ok(Box::new(Screen { link, capture_target, reader, watch, damage, pointer, wakeup, described, pending }))
}

pub(crate) fn list(options: &Options) -> Result<Vec<Listed>, Error> {
    let link = DisplayConnection::open(options)?;
    let mut listed = monitor::list(&link)?;
    listed.extend(windows::list(&link)?);
    Ok(listed)
}

/// A part of an X screen or one of its windows.
struct Screen {
    link: DisplayConnection,
    capture_target: CaptureTarget,
    reader: Reader,
    watch: Watch,
    damage: Region,
    pointer: Option<Pointer>,
    wakeup: Arc<Wakeup>,
    described: Description,
    pending: PendingEvents,
}

impl Source for Screen {
    fn description(&self) -> Description {
        self.described.clone()
    }

    fn layout(&self) -> Layout {
        Layout::packed(self.capture_target.size(), self.reader.pixels().format())
    }

    fn allocate(&mut self) -> Result<Box<dyn PixelMemory>, Error> {
        let len = self.layout().bytes();
        self.reader.allocate(&self.link, len)
    }

    fn waker(&self) -> Waker {
        self.wakeup.waker()
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            self.catch_up()?;
            if let Some(event) = self.pending.take(&self.damage) {
                return Ok(event);
            }
            self.link.conn.flush().map_err(lost)?;
            let due = [deadline, self.next_check()].into_iter().flatten().min();
            let socket = Some(self.link.conn.stream().as_fd());
            let Woken { by_waker, ready: [answered] } =
                self.wakeup.sleep([socket], due).map_err(|error| lost_socket(&error))?;
            if by_waker {
                return Ok(Event::Woken);
            }
            if !answered && due == deadline {
                return Ok(Event::TimedOut);
            }
        }
    }

    fn damage(&self) -> Option<Region> {
        Some(self.damage)
    }

    fn capture(&mut self, frame: &mut FrameBuffer, region: &Region) -> Result<Captured, Error> {
        self.capture_target.check_open()?;
        let view = self.capture_target.view(&self.link).filter(|_| frame.layout() == self.layout());
        let view =
            view.ok_or_else(|| Error::new(ErrorKind::Retry, "there is no picture of this size now"))?;
        let mut updated = region.clipped(view.size.bounds());
        let mut damage = self.damage;
        let mut missed = self.read_pass(view, frame, &updated, &mut damage)?;
        for _ in 1..LOOKS_MAX {
            if missed.is_empty() {
                break;
            }
            updated.merge(&missed);
            let again = self.read_pass(view, frame, &updated, &mut damage);
            // What the look before took is lost with this one.
            missed = again.inspect_err(|_| self.damage_all())?;
        }
        self.pending.damaged = !self.damage.is_empty();
        Ok(Captured { updated, damage })
    }

    fn cursor(&self) -> Option<&dyn CursorSource> {
        self.pointer.as_ref().map(|pointer| pointer as &dyn CursorSource)
    }

    fn late_rows(&mut self) -> Option<&mut dyn LateRows> {
        Some(self)
    }

    fn unreliable_damage(&self) -> Option<&dyn UnreliableDamage> {
        Some(self)
    }

    fn title_probe(&mut self) -> Option<&mut dyn TitleProbe> {
        Some(self)
    }
}

impl LateRows for Screen {
    fn arrived(&mut self, rows: u32) -> Result<u32, Error> {
        let arrived = self.reader.arrived(&self.link, rows);
        if arrived.is_err() {
            self.damage_all();
        }
        arrived
    }
}

impl TitleProbe for Screen {
    fn shows_title(&mut self, part: &str) -> bool {
        windows::list(&self.link).is_ok_and(|windows| {
            windows.iter().any(|window| window.name.contains(part) && self.capture_target.shows(window))
        })
    }
}

impl UnreliableDamage for Screen {
    fn needs_rescan(&self) -> bool {
        self.watch.is_told() && self.capture_target.view(&self.link).is_some()
    }
}

impl Screen {
    /// Takes in all that the server has said, and what must be asked because of it, until there is no more: events
    /// that came with an answer are in memory, where sleeping on the socket would miss them.
    fn catch_up(&mut self) -> Result<(), Error> {
        loop {
            self.drain(|screen, _, event| screen.note(&event))?;
            self.capture_target.check_open()?;
            let followed = self.follow();
            if followed.is_err() {
                // A window that is closed meanwhile makes questions about it fail; the server has told so before its
                // answer.
                self.drain(|screen, _, event| screen.note(&event))?;
                self.capture_target.check_open()?;
            }
            if !followed? {
                break;
            }
        }
        if self.watch.is_time(Instant::now()) {
            self.damage_all();
        }
        Ok(())
    }

    /// Asks about what changed, and returns whether there was anything to ask.
    fn follow(&mut self) -> Result<bool, Error> {
        let popups = self.follow_popups()?;
        Ok(self.follow_pixels()? || popups.is_some() || self.follow_pointer()?)
    }

    fn drain(&mut self, mut take: impl FnMut(&mut Self, SequenceNumber, XEvent)) -> Result<(), Error> {
        while let Some((event, sequence)) = self.link.conn.poll_for_event_with_sequence().map_err(lost)? {
            take(self, sequence, event);
        }
        Ok(())
    }

    fn note(&mut self, event: &XEvent) {
        match event {
            XEvent::DamageNotify(_) => {
                if let Some(rect) = self.damaged(event) {
                    self.add_damage(rect);
                }
            }
            other => {
                self.capture_target.note(&self.link, other);
                self.pointer.iter_mut().for_each(|pointer| pointer.note(other));
            }
        }
    }

    /// Has `region` read at one instant, and returns what had changed by then, lies outside of it and was not known to
    /// have changed: where there is something, the picture is now of two instants. Adds all damage that was told to
    /// `told`.
    fn read_pass(
        &mut self,
        view: View,
        frame: &mut FrameBuffer,
        region: &Region,
        told: &mut Region,
    ) -> Result<Region, Error> {
        self.link.conn.grab_server().map_err(lost)?.ignore_error();
        let forgotten = self.watch.forget(&self.link)?;
        self.capture_target.forget_damage_of_popups(&self.link)?;
        let view = self.capture_target.draw(&self.link, view, region)?;
        let pointer = self.pointer.as_mut().map(|pointer| pointer.ask(&self.link)).transpose()?;
        let is_read = self.reader.read(&self.link, view, frame, region);
        if let (Some(answer), Some(pointer)) = (pointer, self.pointer.as_mut()) {
            self.pending.pointed |= pointer.take(answer, self.capture_target.place())?;
        }
        is_read?;
        let mut missed = Region::EMPTY;
        let known = self.damage;
        self.damage = known.without(region);
        self.drain(|screen, sequence, event| {
            let Some(rect) = screen.damaged(&event) else { return screen.note(&event) };
            told.add(rect);
            let was_before = sequence < forgotten;
            if was_before && region.contains(rect) {
                return;
            }
            if was_before && !known.contains(rect) {
                missed.add(rect);
            }
            screen.add_damage(rect);
        })?;
        // A pop-up that came, went or moved by then was not taken as it is.
        if let Some(changed) = self.follow_popups()? {
            told.merge(&changed);
            missed.merge(&changed);
        }
        Ok(missed)
    }

    /// The part of the picture that `event` tells of damage in.
    fn damaged(&self, event: &XEvent) -> Option<Rect> {
        match event {
            XEvent::DamageNotify(event) if self.watch.is_about(event.damage) => {
                self.capture_target.damaged(event.area)
            }
            XEvent::DamageNotify(event) => self.capture_target.damaged_popup(event.damage, event.area),
            _ => None,
        }
    }

    fn add_damage(&mut self, rect: Rect) {
        self.pending.damaged |= self.damage.is_empty();
        self.damage.add(rect);
    }

    fn damage_all(&mut self) {
        let everything = self.capture_target.everything(&self.link);
        everything.rects().iter().for_each(|rect| self.add_damage(*rect));
    }

    /// Returns whether the server was asked something.
    fn follow_pixels(&mut self) -> Result<bool, Error> {
        match self.capture_target.follow(&self.link)? {
            None => return Ok(false),
            Some(TargetChange::Reworded) => {}
            Some(TargetChange::Redrawn) => self.damage_all(),
            Some(TargetChange::Resized) => {
                self.reader.resize(&self.link, self.capture_target.size())?;
                self.damage = self.capture_target.everything(&self.link);
                self.pending.resized = true;
            }
        }
        let now = describe(&self.capture_target, self.reader.pixels());
        self.pending.described |= now != self.described;
        self.described = now;
        Ok(true)
    }

    /// Returns where the picture is another for it. Returns `None` if the server was not asked.
    fn follow_popups(&mut self) -> Result<Option<Region>, Error> {
        let changed = self.capture_target.follow_popups(&self.link)?;
        let rects = changed.iter().flat_map(Region::rects);
        rects.for_each(|rect| self.add_damage(*rect));
        Ok(changed)
    }

    /// Returns whether the server was asked something.
    fn follow_pointer(&mut self) -> Result<bool, Error> {
        let Some(pointer) = &mut self.pointer else { return Ok(false) };
        let due = pointer.due().is_some_and(|due| due <= Instant::now());
        if due {
            self.pending.pointed |= pointer.refresh(&self.link, self.capture_target.place())?;
        }
        Ok(due)
    }

    /// When there is something to do although no one says so.
    fn next_check(&self) -> Option<Instant> {
        let pixels = self.watch.due().filter(|_| self.damage.is_empty());
        let pointer = self.pointer.as_ref().and_then(Pointer::due);
        [pixels, pointer].into_iter().flatten().min()
    }
}

fn describe(capture_target: &CaptureTarget, pixels: &Pixels) -> Description {
    Description {
        name: capture_target.name(),
        stalled: capture_target.stalled().map(str::to_owned),
        alterations: pixels
            .alterations()
            .into_iter()
            .chain(capture_target.alteration().map(str::to_owned))
            .collect(),
    }
}

fn lost_socket(error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Lost, format!("the X display is gone: {error}"))
}
