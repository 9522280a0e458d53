//! A source in another process.

use std::io;
use std::sync::{Arc, Weak};
use std::task::Waker;
use std::time::{Duration, Instant};

use lanstream_core::source::{
    AudioChunk, AudioSource, Captured, CursorSource, Description, Error, ErrorKind, Event, Playback,
    PlaybackCommand, PlaybackSource, Source,
};
use lanstream_core::{FrameBuffer, Layout, PixelMemory, Region};
use lanstream_wakeup::{Wakeup, Woken};
use rustix::fd::AsFd as _;

use super::cursor::RemoteCursor;
use super::launch::Launch;
use super::link::Link;
use super::memory::SharedMemory;
use super::message::{Capabilities, Reply, Request};
use super::wire::MalformedError;
use crate::playback::KnownPlayback;

/// Time in which a process that told of damage nobody wants is not asked for more. Other events are late by as much
/// while nobody watches.
const IDLE_PAUSE: Duration = Duration::from_millis(500);
/// First such time of a source with an extension; it doubles until a frame is wanted. Viewers that are still busy with
/// the last frame want none for some milliseconds, and cursor, sound and playback go on meanwhile.
const LIVE_PAUSE_MIN: Duration = Duration::from_millis(4);
/// Longest such time of a source with an extension: a viewer that takes long to receive a frame hears sound without
/// gaps, which is sent ahead by more.
const LIVE_PAUSE_MAX: Duration = Duration::from_millis(64);

/// A source in another process.
pub(super) struct RemoteSource {
    link: Link,
    description: Description,
    layout: Layout,
    /// A request to wait was sent, and its reply has not come.
    is_waiting: bool,
    /// It told of damage that was not captured.
    is_damaged: bool,
    /// An event that came while another reply was awaited.
    pending: Option<Event>,
    capabilities: Capabilities,
    cursor: Option<RemoteCursor>,
    /// Sound that is due and was not taken.
    sound: Option<AudioChunk>,
    playback: KnownPlayback,
    /// Why a command was not carried out, which `wait` returns.
    failure: Option<Error>,
    pause: Pause,
    wakeup: Arc<Wakeup>,
    /// Memory that the other process has: its number, and whether the frame still exists.
    buffers: Vec<(u64, Weak<()>)>,
    next_id: u64,
}

impl RemoteSource {
    pub(super) fn open(launch: &Launch, open: &Request) -> Result<Self, Error> {
        let mut link = Link::start(launch)?;
        let Reply::Opened { description, layout, capabilities } = link.ask(open)? else {
            return Err(link.out_of_order());
        };
        let wakeup = Wakeup::new().map_err(|error| Error::new(ErrorKind::Lost, error.to_string()))?;
        let cursor = if capabilities.has_cursor { Some(open_cursor(&mut link)?) } else { None };
        let playback = if capabilities.has_playback { ask_playback(&mut link)? } else { None };
        Ok(Self {
            link,
            description,
            layout,
            is_waiting: false,
            is_damaged: false,
            pending: None,
            capabilities,
            cursor,
            sound: None,
            playback: KnownPlayback::new(playback),
            failure: None,
            pause: Pause::of(capabilities),
            wakeup,
            buffers: Vec::new(),
            next_id: 1,
        })
    }

    /// Takes the reply to a request to wait. Returns `None` if the plugin was only woken.
    fn take_event(&mut self, reply: Reply) -> Result<Option<Event>, Error> {
        self.is_waiting = false;
        let Reply::Event { event, described, cursor, sound, playback } = reply else {
            return Err(self.link.out_of_order());
        };
        if let Some((description, layout)) = described {
            (self.description, self.layout) = (description, layout);
        }
        if let Some(told) = cursor {
            let taken = self.cursor.as_mut().ok_or(MalformedError).and_then(|cursor| cursor.take(told));
            taken.map_err(|_| self.link.out_of_order())?;
        }
        self.sound = sound;
        if let Some(told) = playback {
            self.playback = KnownPlayback::new(told);
        }
        self.is_damaged |= matches!(event, Event::Damaged | Event::Resized);
        let is_event = !matches!(event, Event::Woken | Event::TimedOut);
        if is_event {
            self.pause.is_due = event == Event::Damaged;
        }
        Ok(is_event.then_some(event))
    }

    /// Takes the reply to a request to wait that another request has ended, if there was one. What it tells is returned
    /// by the next `wait`.
    fn end_wait(&mut self) -> Result<(), Error> {
        if self.is_waiting {
            let reply = self.link.answer()?;
            if let Some(event) = self.take_event(reply)? {
                self.pending = Some(event);
            }
        }
        Ok(())
    }

    fn carry_out(&mut self, command: PlaybackCommand) -> Result<(), Error> {
        self.link.send(&Request::Control(command))?;
        self.end_wait()?;
        let Reply::Playback(told) = self.link.answer()? else { return Err(self.link.out_of_order()) };
        self.playback = KnownPlayback::new(told);
        Ok(())
    }

    /// Lets the process be until a moment. Returns whether the waker ended that.
    fn rest(&mut self, until: Option<Instant>) -> Result<bool, Error> {
        let socket = Some(self.link.channel.as_fd());
        let woken = self.wakeup.sleep([socket], until);
        match woken.map_err(|error| self.link.broken(&error))? {
            // Nothing was asked, so there is nothing but its end.
            Woken { ready: [true], .. } => {
                Err(self.link.receive().err().unwrap_or_else(|| self.link.out_of_order()))
            }
            Woken { by_waker, .. } => Ok(by_waker),
        }
    }

    /// Has the other process forget the memory of frames that are no more.
    fn release_buffers(&mut self) -> Result<(), Error> {
        let Self { buffers, link, .. } = self;
        let mut gone = buffers.extract_if(.., |(_, frame)| frame.strong_count() == 0);
        gone.try_for_each(|(id, _)| link.send(&Request::Release { id }))
    }
}

impl Source for RemoteSource {
    fn description(&self) -> Description {
        self.description.clone()
    }

    fn layout(&self) -> Layout {
        self.layout
    }

    fn waker(&self) -> Waker {
        self.wakeup.waker()
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Event, Error> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        if let Some(event) = self.pending.take() {
            return Ok(event);
        }
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        // Nobody takes sound because too much of it waits: the source stands still.
        if self.sound.is_some() {
            return Ok(if self.rest(deadline)? { Event::Woken } else { Event::TimedOut });
        }
        // Without a timeout nobody wants a frame, and more damage is no news.
        let is_idle = self.is_damaged && !self.is_waiting && timeout.is_none();
        if is_idle && self.pause.is_due {
            let end = Instant::now() + self.pause.take_next();
            if self.rest(Some(end))? {
                return Ok(Event::Woken);
            }
        }
        loop {
            if !self.is_waiting {
                self.link.send(&Request::Wait)?;
                self.is_waiting = true;
            }
            let socket = Some(self.link.channel.as_fd());
            let woken = self.wakeup.sleep([socket], deadline);
            match woken.map_err(|error| self.link.broken(&error))? {
                Woken { by_waker: true, .. } => return Ok(Event::Woken),
                Woken { ready: [false], .. } => return Ok(Event::TimedOut),
                Woken { ready: [true], .. } => {
                    let reply = self.link.receive()?;
                    if let Some(event) = self.take_event(reply)? {
                        return Ok(event);
                    }
                }
            }
        }
    }

    fn capture(&mut self, frame: &mut FrameBuffer, region: &Region) -> Result<Captured, Error> {
        let (id, layout) = (frame.memory_id(), frame.layout());
        self.link.send(&Request::Capture { id, layout, region: *region })?;
        self.end_wait()?;
        let Reply::Captured { captured, pts } = self.link.answer()? else {
            return Err(self.link.out_of_order());
        };
        self.is_damaged = false;
        self.pause = Pause::of(self.capabilities);
        let bounds = layout.cells().bounds();
        let is_inside = |region: &Region| region.rects().iter().all(|rect| bounds.contains(*rect));
        if !is_inside(&captured.updated) || !is_inside(&captured.damage) {
            return Err(self.link.out_of_order());
        }
        frame.set_pts(pts);
        Ok(captured)
    }

    fn allocate(&mut self) -> Result<Box<dyn PixelMemory>, Error> {
        self.release_buffers()?;
        let (id, len) = (self.next_id, self.layout.bytes());
        let no_memory =
            |error: io::Error| Error::new(ErrorKind::Lost, format!("no shared memory for frames: {error}"));
        let (memory, file) = SharedMemory::create(id, len).map_err(no_memory)?;
        self.link.send_with(&Request::Buffer { id, len: len as u64 }, &file)?;
        self.next_id += 1;
        self.buffers.push((id, memory.lifetime()));
        Ok(Box::new(memory))
    }

    fn cursor(&self) -> Option<&dyn CursorSource> {
        self.cursor.as_ref().map(|cursor| cursor.known() as &dyn CursorSource)
    }

    fn audio(&mut self) -> Option<&mut dyn AudioSource> {
        if self.capabilities.has_audio { Some(self) } else { None }
    }

    fn playback(&mut self) -> Option<&mut dyn PlaybackSource> {
        if self.capabilities.has_playback { Some(self) } else { None }
    }
}

impl PlaybackSource for RemoteSource {
    fn playback(&self) -> Option<Playback> {
        self.playback.now()
    }

    fn control(&mut self, command: PlaybackCommand) {
        let done = self.carry_out(command);
        self.failure = self.failure.take().or_else(|| done.err());
    }
}

impl AudioSource for RemoteSource {
    fn take_chunk(&mut self) -> Option<AudioChunk> {
        self.sound.take()
    }
}

/// Gives the process of a source the memory for the pixels of its cursor, and asks where that is.
fn open_cursor(link: &mut Link) -> Result<RemoteCursor, Error> {
    let no_memory =
        |error: io::Error| Error::new(ErrorKind::Lost, format!("no shared memory for the cursor: {error}"));
    let (mut cursor, file) = RemoteCursor::create().map_err(no_memory)?;
    link.send_with(&Request::Cursor, &file)?;
    let Reply::Cursor(told) = link.answer()? else { return Err(link.out_of_order()) };
    cursor.take(told).map_err(|_| link.out_of_order())?;
    Ok(cursor)
}

/// Asks the process of a source how its playback stands.
fn ask_playback(link: &mut Link) -> Result<Option<Playback>, Error> {
    match link.ask(&Request::Playback)? {
        Reply::Playback(told) => Ok(told),
        _ => Err(link.out_of_order()),
    }
}

/// Times for which a process is not asked for more, one after the other until a frame is captured.
#[derive(Clone, Copy, Debug)]
struct Pause {
    time: Duration,
    max: Duration,
    /// The last event was of damage: what else happened has been told.
    is_due: bool,
}

impl Pause {
    fn of(capabilities: Capabilities) -> Self {
        let is_live = capabilities != Capabilities::default();
        let (time, max) = if is_live { (LIVE_PAUSE_MIN, LIVE_PAUSE_MAX) } else { (IDLE_PAUSE, IDLE_PAUSE) };
        Self { time, max, is_due: false }
    }

    /// Returns the next time.
    fn take_next(&mut self) -> Duration {
        let longer = (self.time * 2).min(self.max);
        std::mem::replace(&mut self.time, longer)
    }
}
