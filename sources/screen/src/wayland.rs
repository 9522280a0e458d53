//! The Wayland backend: pictures of outputs by the compositor's own protocols, without a dialogue and without a system
//! library.
//!
//! The compositor copies an output into memory that it shares with this process, all of it at one instant, and says
//! what has changed since the copy before. It is asked for a copy when something changes, and never while nobody
//! watches. A picture of which everything is wanted becomes the frame, whose memory takes the place of the buffer; of
//! any other the rows that are wanted are copied.
//!
//! A compositor may be wrong about what has changed. So parts of the last picture are compared although nothing was
//! told of them, and where nothing was told for a second the compositor is asked for a picture at once.

use std::cell::Cell;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use lanstream_core::source::{
    Captured, Description, Error, ErrorKind, Event, Source, TitleProbe, UnreliableDamage,
};
use lanstream_core::{FrameBuffer, Layout, Orientation, PixelMemory, Region};
use lanstream_wakeup::{Wakeup, Woken};

use crate::pending::PendingEvents;
use crate::{Listed, Options, Target};

mod answer;
mod buffer;
mod connect;
mod image_copy;
mod output;
mod pacing;
mod pixel;
mod request;
mod screencopy;
mod state;
mod target;
mod toplevel;
mod view;
mod window;

use buffer::Buffer;
use connect::{Link, lost};
use pacing::Pacing;
use request::{Outcome, Picture, Purpose, Requests};
use target::{CaptureTarget, Subject};
use view::{Constraints, View};

/// Pause after the compositor had no picture, as of a monitor that is off.
const RETRY_PAUSE: Duration = Duration::from_millis(100);
/// Failures in a row that a change of mode does not explain.
const FAILURES_TOLD: u32 = 5;
/// Part of a picture, as a divisor, beyond which all of it is exchanged rather than that part copied: comparing the
/// rest costs less than copying so much.
const EXCHANGED_SHARE: usize = 2;

pub(crate) fn open(target: &Target, options: &Options) -> Result<Box<dyn Source>, Error> {
    let mut link = Link::open(options)?;
    let (target, subject) = CaptureTarget::find(&mut link, target, options)?;
    let mut requests = Requests::default();
    requests.prepare(&link, &subject, Purpose::Look, options.cursor);
    link.round_trip()?;
    let constraints = match requests.outcome(&mut link)? {
        Some(Outcome::Offered(constraints)) => Some(constraints),
        // It is off. What its pictures will be like is told when it is on.
        _ => subject.usual_constraints(),
    };
    let constraints = constraints.ok_or_else(|| Error::new(ErrorKind::NotFound, target.unseen()))?;
    let view = View::new(constraints, subject.orientation(), |size| target.part(&subject, size))?;
    let wakeup = Wakeup::new()
        .map_err(|error| Error::new(ErrorKind::Lost, format!("no sockets to wake it by: {error}")))?;
    let changes = link.changes();
    let mut screen = Screen {
        link,
        target,
        with_cursor: options.cursor,
        subject: Some(subject),
        changes,
        damage: Region::full(view.layout().size),
        view,
        requests,
        newest: None,
        pacing: Pacing::new(options.fps_max),
        retry: None,
        failures: 0,
        is_behind: true,
        is_wanted: Cell::new(false),
        has_put_off_rescan: Cell::new(false),
        wakeup,
        described: Description::default(),
        pending: PendingEvents::default(),
    };
    screen.described = screen.describe();
    Ok(Box::new(screen))
}

pub(crate) fn list(options: &Options) -> Result<Vec<Listed>, Error> {
    let monitors = Link::open(options)?.outputs().monitors();
    Ok(monitors.iter().enumerate().map(|(number, monitor)| monitor.listed(number)).collect())
}

/// A monitor, a part of it, or a window.
struct Screen {
    link: Link,
    target: CaptureTarget,
    with_cursor: bool,
    /// `None` while there is no monitor of its name.
    subject: Option<Subject>,
    /// What is known of outputs and windows, as [`Link::changes`] counts it.
    changes: u64,
    view: View,
    requests: Requests,
    /// The picture that came last, unless it became a frame.
    newest: Option<Picture>,
    damage: Region,
    pacing: Pacing,
    /// When to ask again, after the compositor had no picture.
    retry: Option<Instant>,
    /// Requests in a row without a picture.
    failures: u32,
    /// Something may have changed since the last picture was made, without being told.
    is_behind: bool,
    /// The pipeline has asked about the picture, which it does while a viewer waits for one.
    is_wanted: Cell<bool>,
    /// The pipeline was told that there is nothing to rescan, and may wait without end for word that there is.
    has_put_off_rescan: Cell<bool>,
    wakeup: Arc<Wakeup>,
    described: Description,
    pending: PendingEvents,
}

impl Source for Screen {
    fn description(&self) -> Description {
        self.described.clone()
    }

    fn layout(&self) -> Layout {
        self.view.layout()
    }

    fn allocate(&mut self) -> Result<Box<dyn PixelMemory>, Error> {
        if self.view.is_direct() {
            return Ok(Box::new(Buffer::new(&self.link, self.view.constraints())?));
        }
        Ok(Box::new(vec![0_u8; self.layout().bytes()]))
    }

    fn waker(&self) -> Waker {
        self.wakeup.waker()
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let is_wanted = self.is_wanted.take();
        loop {
            self.catch_up()?;
            if let Some(event) = self.pending.take(&self.damage) {
                return Ok(event);
            }
            let check = self.ask(Instant::now(), is_wanted)?;
            let due = [deadline, check].into_iter().flatten().min();
            let socket = Some(self.link.socket());
            let Woken { by_waker, ready: [answered] } =
                self.wakeup.sleep([socket], due).map_err(|error| lost(&error))?;
            if by_waker {
                return Ok(Event::Woken);
            }
            if !answered && due == deadline {
                return Ok(Event::TimedOut);
            }
        }
    }

    fn damage(&self) -> Option<Region> {
        self.is_wanted.set(true);
        Some(if self.has_newest(Instant::now()) { self.damage } else { Region::EMPTY })
    }

    fn capture(&mut self, frame: &mut FrameBuffer, region: &Region) -> Result<Captured, Error> {
        let fits = frame.layout() == self.layout();
        let Some(picture) = self.newest.take_if(|_| fits) else {
            return Err(Error::new(ErrorKind::Retry, "there is no picture of this size now"));
        };
        let updated = self.bring_up_to_date(frame, region, picture);
        let damage = std::mem::take(&mut self.damage);
        self.damage = damage.without(&updated);
        self.pending.damaged = !self.damage.is_empty();
        let now = Instant::now();
        self.pacing.took(now);
        // The next picture is made while this one is compared and sent.
        self.ask(now, false)?;
        Ok(Captured { updated, damage })
    }

    fn unreliable_damage(&self) -> Option<&dyn UnreliableDamage> {
        Some(self)
    }

    fn title_probe(&mut self) -> Option<&mut dyn TitleProbe> {
        Some(self)
    }
}

impl TitleProbe for Screen {
    fn shows_title(&mut self, part: &str) -> bool {
        match self.subject.clone() {
            // A connection that is lost is told by the next wait.
            Some(Subject::Monitor(monitor)) => self.link.shows_title(part, &monitor.handle).unwrap_or(false),
            Some(Subject::Window(_)) => self.target.name().contains(part),
            None => false,
        }
    }
}

impl UnreliableDamage for Screen {
    fn needs_rescan(&self) -> bool {
        self.is_wanted.set(true);
        let has_newest = self.has_newest(Instant::now());
        self.has_put_off_rescan.set(!has_newest);
        has_newest
    }
}

impl Screen {
    /// Whether there is a picture that is not known to be out of date.
    fn has_newest(&self, now: Instant) -> bool {
        self.newest.is_some() && self.is_up_to_date(now)
    }

    /// Whether the last picture that was made is the newest, as far as is known: it is young, or a newer one would have
    /// been told.
    fn is_up_to_date(&self, now: Instant) -> bool {
        !self.is_behind
            && (self.pacing.is_fresh(now) || self.pacing.has_made() && self.requests.tells_changes())
    }

    /// Takes in all that the compositor has said.
    fn catch_up(&mut self) -> Result<(), Error> {
        self.link.receive()?;
        let changes = self.link.changes();
        if std::mem::replace(&mut self.changes, changes) != changes {
            self.follow()?;
        }
        while let Some(outcome) = self.requests.outcome(&mut self.link)? {
            match outcome {
                Outcome::Offered(constraints) => self.offered(constraints)?,
                Outcome::Taken(picture) => self.made(picture)?,
                Outcome::Failed => self.failed(),
            }
        }
        let described = self.describe();
        self.pending.described |= described != self.described;
        self.described = described;
        Ok(())
    }

    /// The monitor came, went, was turned or has another mode or place; or the window is called otherwise.
    fn follow(&mut self) -> Result<(), Error> {
        let now = self.target.follow(&self.link)?;
        if now == self.subject {
            return Ok(());
        }
        self.requests.abandon();
        self.newest = None;
        self.pacing.restart();
        (self.retry, self.failures) = (None, 0);
        self.subject = now;
        let Some(subject) = &self.subject else { return Ok(()) };
        // What buffers must be like now is told soon; until then nothing is captured.
        self.requests.prepare(&self.link, subject, Purpose::Look, self.with_cursor);
        let constraints = subject.usual_constraints().unwrap_or_else(|| self.view.constraints());
        let orientation = subject.orientation();
        self.show(constraints, orientation)
    }

    fn offered(&mut self, constraints: Constraints) -> Result<(), Error> {
        if constraints == self.view.constraints() {
            return Ok(());
        }
        self.requests.require(constraints);
        self.newest = None;
        self.pacing.restart();
        self.show(constraints, self.view.orientation())
    }

    /// Shows buffers like these, turned like this, from now on.
    fn show(&mut self, constraints: Constraints, orientation: Orientation) -> Result<(), Error> {
        let Some(subject) = &self.subject else { return Ok(()) };
        let before = self.layout();
        self.view = View::new(constraints, orientation, |size| self.target.part(subject, size))?;
        self.damage = Region::full(self.layout().size);
        self.pending.resized |= self.layout() != before;
        self.pending.damaged = true;
        Ok(())
    }

    fn made(&mut self, picture: Picture) -> Result<(), Error> {
        if picture.buffer.constraints() != self.view.constraints() {
            return Ok(());
        }
        if let Some(orientation) = picture.orientation.filter(|own| *own != self.view.orientation()) {
            self.show(self.view.constraints(), orientation)?;
        }
        (self.retry, self.failures, self.is_behind) = (None, 0, false);
        self.pacing.made(Instant::now());
        let told = picture.damage.unwrap_or(Region::EMPTY);
        for rect in told.rects() {
            self.view.damaged(*rect, picture.inverted).for_each(|rect| self.damage.add(rect));
        }
        self.pending.damaged = !self.damage.is_empty();
        self.pending.rescannable = self.has_put_off_rescan.get() && self.damage.is_empty();
        if let Some(Picture { mut buffer, .. }) = self.newest.replace(picture) {
            buffer.miss(&told);
            self.requests.give_back(buffer, self.view.constraints());
        }
        Ok(())
    }

    fn failed(&mut self) {
        self.failures += 1;
        self.retry = Some(Instant::now() + RETRY_PAUSE);
    }

    /// Asks for pictures as far as it is time to. Returns when to look again although nothing happens.
    fn ask(&mut self, now: Instant, is_wanted: bool) -> Result<Option<Instant>, Error> {
        let Some(subject) = self.subject.as_ref() else { return self.link.flush().map(|()| None) };
        if let Some(retry) = self.retry.filter(|retry| *retry > now) {
            return self.link.flush().map(|()| Some(retry).filter(|_| is_wanted));
        }
        let mut check = None;
        let constraints = self.view.constraints();
        // What changed since no change was told any more is not known.
        self.is_behind |= !self.is_up_to_date(now);
        if is_wanted || self.pacing.is_eager(now) {
            self.requests.prepare(&self.link, subject, Purpose::Change, self.with_cursor);
            match self.pacing.due().filter(|due| *due > now) {
                Some(due) => check = Some(due),
                None => self.requests.send(&self.link, Purpose::Change, constraints)?,
            }
        }
        if is_wanted && check.is_none() {
            let look_due = self.pacing.look_due().filter(|due| *due > now);
            if look_due.is_none() || self.is_behind {
                self.requests.prepare(&self.link, subject, Purpose::Look, self.with_cursor);
                self.requests.send(&self.link, Purpose::Look, constraints)?;
            }
            check = look_due;
        }
        self.link.flush()?;
        Ok(check)
    }

    /// Writes `region` of the picture, or all of it where that is less work, and returns what was written.
    fn bring_up_to_date(&mut self, frame: &mut FrameBuffer, region: &Region, picture: Picture) -> Region {
        let bounds = frame.size().bounds();
        let region = region.clipped(bounds);
        let Picture { mut buffer, orientation, inverted, damage } = picture;
        let constraints = self.view.constraints();
        if self.view.is_direct()
            && !inverted
            && region.area() * EXCHANGED_SHARE > bounds.area()
            && let Some(memory) = frame.memory_mut::<Buffer>().filter(|own| own.fits(constraints))
        {
            std::mem::swap(memory, &mut buffer);
            buffer.invalidate();
            self.requests.give_back(buffer, constraints);
            return Region::full(frame.size());
        }
        let bytes = buffer.bytes(0..self.view.buffer_len());
        region.rects().iter().for_each(|rect| self.view.copy(bytes, inverted, frame, *rect));
        self.newest = Some(Picture { buffer, orientation, inverted, damage });
        region
    }

    fn describe(&self) -> Description {
        let unseen = || (self.failures >= FAILURES_TOLD).then(|| self.target.unseen().to_owned());
        Description {
            name: self.target.name(),
            stalled: if self.subject.is_none() { Some(self.target.gone()) } else { unseen() },
            alterations: self.view.pixels().alteration().into_iter().collect(),
        }
    }
}
